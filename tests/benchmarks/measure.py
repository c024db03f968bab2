"""``python -m tests.benchmarks.measure SECONDS ROUNDS FILE``: measure on the database at DATABASE_URL.

Every item and its floors are asked in turn, round after round, so that what else the machine does falls on all of
them; of the rounds the median counts.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crp.settings")
django.setup()

from django.db import connection  # noqa: E402 (models exist only now)
from django.test import Client  # noqa: E402

from crp.common.recent import Recent  # noqa: E402
from plans.models import Plan  # noqa: E402
from tests.benchmarks import anew, writing  # noqa: E402
from tests.benchmarks.items import ITEMS, Item  # noqa: E402
from tests.benchmarks.serving import Server, serve  # noqa: E402
from tests.shared import PROJECT  # noqa: E402

CLIENTS = (1, 8)
COPY_TIMES = FIRST_TIMES = 5
EXPORT_SECONDS = 2
Statements = list[tuple[str, Any]]


def say(text: str) -> None:
    sys.stderr.write(f"\r{text:<100}")
    sys.stderr.flush()


def codes_of_plans() -> list[str]:
    """Return the codes of the plans whose detail is asked for: those of Mali, which every size has."""
    found = Plan.objects.in_force().filter(countries__iso3="MLI").order_by("-start_year", "code")
    return list(found.values_list("code", flat=True)[:400])


def fetch(path: str, **headers: str) -> tuple[Any, bytes]:
    """Return an answer and its whole body, from this process."""
    response: Any = Client().get(path, headers={"host": "127.0.0.1", **headers})  # an ETag is of one address
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return response, body


def capture(path: str) -> dict[str, Any] | None:
    """Return the statements of a real answer, its bytes and its ETag. None: there is no such address yet."""
    fetch(path)  # what is read once a process is not part of an answer
    statements: Statements = []
    first = min(timed(lambda: (Recent.forget_all(), fetch(path))) for _ in range(FIRST_TIMES))
    again = min(timed(lambda: fetch(path)) for _ in range(FIRST_TIMES))

    def note(execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(("SELECT", "WITH")):
            statements.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        response, body = fetch(path)
    if response.status_code != 200:
        return None
    packed = fetch(path, **{"accept-encoding": "gzip"})[1]
    etag = response.headers.get("ETag", "")
    return {
        "statements": statements,
        "body": body,
        "etag": etag,
        "gzip": len(packed),
        "rows": rows_in(body, path),
        "first_ratio": first / again,
    }


def timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def rows_in(body: bytes, path: str) -> int:
    """Return how many rows an export has."""
    return body.count(b"\n") - ("csv" in path)


def load(server: Server, paths: Sequence[str], clients: int, seconds: float, headers: dict[str, str]) -> dict[str, Any]:
    """Return what the load generator measured."""
    job = {"port": server.port, "paths": list(paths), "clients": clients, "seconds": seconds, "headers": headers}
    command = [sys.executable, "-m", "tests.benchmarks.load"]
    done = subprocess.run(
        command, input=json.dumps(job), stdout=subprocess.PIPE, check=True, cwd=PROJECT, text=True, timeout=300
    )
    return json.loads(done.stdout)


def sql_alone(statements: Statements, seconds: float) -> float:
    """Return milliseconds that the statements and their rows take through the same driver, at the median."""
    times = []
    end = perf_counter() + seconds
    with connection.cursor() as cursor:
        while perf_counter() < end or len(times) < 3:
            start = perf_counter()
            for sql, parameters in statements:
                cursor.execute(sql, parameters)
                cursor.fetchall()
            times.append(perf_counter() - start)
    return median(times) * 1000


def copy_alone(statements: Statements) -> float:
    """Return milliseconds that COPY takes for the rows of the last statement."""
    times = []
    with connection.cursor() as cursor, Path(os.devnull).open("w") as nowhere:
        sql = cursor.mogrify(*statements[-1]).decode()
        for _ in range(COPY_TIMES):
            start = perf_counter()
            cursor.copy_expert(f"COPY ({sql}) TO STDOUT", nowhere)
            times.append(perf_counter() - start)
    return median(times) * 1000


def targets_of(item: Item, found: dict[str, Any], codes: Sequence[str]) -> Iterator[tuple[str, str, list[str], dict]]:
    """Yield name, server, addresses and headers of what is measured for one item: the answer, then its floors."""
    headers = {"If-None-Match": found["etag"]} if item.revalidates else {}
    yield "crp", "crp", item.paths(codes), headers
    if not item.revalidates and not item.is_export:
        yield "anew", "anew", item.paths(codes), {}
    if item.revalidates:
        yield "static_304", "floors", [f"/304/{item.name}"], headers
    elif item.name != "details":
        yield "bare_bytes", "floors", [f"/bytes/{item.name}"], {}
        yield "bare_sql", "floors", [f"/sql/{item.name}"], {}


def measure(seconds: float, rounds: int) -> dict[str, Any]:
    """Return every figure of one database."""
    codes = codes_of_plans()
    items, captured = [], {}
    for item in ITEMS:
        one = Item(
            item.name, item.title, item.path.format(code=codes[len(codes) // 2]), item.is_export, item.revalidates
        )
        found = capture(one.paths(codes)[0])
        if found and (found["etag"] or not item.revalidates):
            items.append(one)
            captured[item.name] = found
    with tempfile.NamedTemporaryFile() as file:
        file.write(pickle.dumps(captured))
        file.flush()
        with (
            serve("crp.wsgi") as crp,
            serve(anew.__name__) as as_new,
            serve("tests.benchmarks.floors", CRP_BENCH_FLOORS=file.name) as floors,
        ):
            servers = {"crp": crp, "anew": as_new, "floors": floors}
            measured = _measure(items, captured, codes, servers, seconds, rounds)
    return {**measured, "writing": writing.measure(codes, rounds, say)}


def _measure(
    items: Sequence[Item],
    captured: dict[str, Any],
    codes: Sequence[str],
    servers: dict[str, Server],
    seconds: float,
    rounds: int,
) -> dict[str, Any]:
    results: dict[str, Any] = {}
    runs: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    alone: dict[str, list[float]] = {}
    for number in range(rounds):
        for item in items:
            found = captured[item.name]
            say(f"{connection.vendor}: round {number + 1} of {rounds}, {item.title}")
            clients_of = (1,) if item.is_export else CLIENTS
            for name, where, paths, headers in targets_of(item, found, codes):
                for clients in clients_of:
                    run = load(servers[where], paths, clients, seconds, headers)
                    runs.setdefault((item.name, name, clients), []).append(run)
            if not item.revalidates:
                alone.setdefault(item.name, []).append(sql_alone(found["statements"], min(seconds, 0.3)))
    for item in items:
        found = captured[item.name]
        results[item.name] = {
            "statements": len(found["statements"]),
            "first_ratio": found["first_ratio"],
            "bytes": len(found["body"]),
            "gzip": found["gzip"],
            "sql_ms": median(alone[item.name]) if item.name in alone else None,
            **{
                f"{name}_{clients}": {
                    key: median(run[key] for run in several) for key in ("p50_ms", "p95_ms", "per_second", "status")
                }
                for (of, name, clients), several in runs.items()
                if of == item.name
            },
        }
    crp = servers["crp"]
    memory = {"after_all_mb": crp.memory_mb()}
    for item in items:
        if item.is_export:
            results[item.name] |= _export(crp, item, captured[item.name])
    return {"items": results, "memory": memory}


def _export(crp: Server, item: Item, found: dict[str, Any]) -> dict[str, Any]:
    """Return rows a second of an export, beside COPY, and what it adds to the memory of the workers at its peak."""
    before = crp.memory_mb()
    if before is not None:
        crp.forget_peak()
    run = load(crp, [f"/api/v1/{item.path}"], 2, 0.1, {})
    peak = crp.memory_mb("VmHWM")
    rows = found["rows"]
    copy_ms = copy_alone(found["statements"]) if connection.vendor == "postgresql" else None
    alone = load(crp, [f"/api/v1/{item.path}"], 1, EXPORT_SECONDS, {})
    return {
        "rows": rows,
        "rows_per_second": rows / alone["p50_ms"] * 1000,
        "copy_rows_per_second": rows / copy_ms * 1000 if copy_ms else None,
        "memory_added_mb": peak - before if before is not None and peak is not None else None,
        "both_workers_ms": run["p50_ms"],
    }


if __name__ == "__main__":
    figures = measure(float(sys.argv[1]), int(sys.argv[2]))
    Path(sys.argv[3]).write_text(json.dumps(figures, indent=1))
    say("")
