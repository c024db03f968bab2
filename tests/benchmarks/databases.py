"""The measured databases: built once a size, kept outside the project, and built anew where the schema changes.

``CRP_BENCH_CACHE`` says where; not set, a folder of the system's temporary directory. PostgreSQL runs from there on
its own data, with the settings it is installed with (a write is on disk before it is answered), so that writing is
measured as it is in production.
"""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg2
from environ import Env

from tests import postgres
from tests.benchmarks.sizes import SIZES
from tests.shared import PROJECT

VENDORS = ("postgresql", "sqlite")
# What decides the content of a database: built with other files, it is another one.
BUILT_FROM = (
    "*/migrations/*.py",
    "funding/summaries/*.py",
    "fixtures/*.json",
    "tests/benchmarks/generator.py",
    "tests/benchmarks/loading.py",
    "tests/benchmarks/sizes.py",
)


def cache() -> Path:
    """Return the folder of the databases, made where it is missing."""
    given = os.environ.get("CRP_BENCH_CACHE")
    folder = Path(given) if given else Path(tempfile.gettempdir()) / f"crp-bench-{os.getuid()}"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    return folder


def fingerprint() -> str:
    """Return what changes when the databases must be built anew."""
    digest = hashlib.sha256()
    for pattern in BUILT_FROM:
        for path in sorted(PROJECT.glob(pattern)):
            text = path.read_text()
            # Of code what it does: a comment or a line break builds nothing anew.
            digest.update((ast.dump(ast.parse(text)) if path.suffix == ".py" else text).encode())
    return digest.hexdigest()[:10]


@contextmanager
def server(vendor: str) -> Iterator[str]:
    """Yield the beginning of the addresses of this vendor's databases, their server running where there is one."""
    if vendor == "sqlite":
        yield f"sqlite:///{cache()}/"
    elif os.environ.get("TEST_DATABASE_URL"):
        yield os.environ["TEST_DATABASE_URL"].rpartition("/")[0] + "/"
    else:
        with _postgres() as url:
            yield url


@contextmanager
def _postgres() -> Iterator[str]:
    home = cache() / "postgresql"
    programs, options = _programs(home)
    data = home / "data"
    if not (data / "PG_VERSION").exists():
        postgres.create_cluster(programs, home, options)
    with postgres.temporary_directory() as sockets:
        if options:
            os.chown(sockets, options["user"], options["group"])
        with (sockets / "log").open("wb") as log:
            running = subprocess.Popen(
                [programs / "bin" / "postgres", "-D", data, "-k", sockets, "-c", "listen_addresses="],
                cwd=home,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **options,
            )
            try:
                postgres.wait_until_ready(running, programs, sockets)
                yield f"postgres://postgres@/{quote(str(sockets))}/"
            finally:
                running.send_signal(signal.SIGINT)
                running.wait(60)


def _programs(home: Path) -> tuple[Path, dict]:
    """Return PostgreSQL's programs and whom they run as; root's run as another user, from a copy that stays."""
    programs = postgres.find_programs()
    if os.geteuid() != 0:
        home.mkdir(exist_ok=True)
        return programs, {}
    copies = sorted(home.glob("*/pginstall*/bin/postgres"))
    if copies:
        owner = home.stat()
        return copies[-1].parent.parent, {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}
    home.mkdir(exist_ok=True)
    return postgres.prepare_for_root(home, programs)


def prepare(vendor: str, start: str, size: str) -> str:
    """Return the address of the database of a size, built first where it is missing or out of date."""
    name = f"crp_bench_{size.lower()}_{fingerprint()}"
    if vendor == "sqlite":
        return _prepare_sqlite(name, size)
    connection = _connect(f"{start}postgres")
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"crp_bench_{size.lower()}_%"])
        known = [row[0] for row in cursor.fetchall()]
        if name not in known:
            for other in (*known, f"{name}_building"):
                cursor.execute(f'DROP DATABASE IF EXISTS "{other}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{name}_building"')
            _build(f"{start}{name}_building", size)
            # Renamed when whole: a build that was broken off is never taken for one that was not.
            cursor.execute(f'ALTER DATABASE "{name}_building" RENAME TO "{name}"')
    connection.close()
    return f"{start}{name}"


def _connect(url: str) -> Any:
    """Return a connection that needs no transaction."""
    found = Env.db_url_config(url)
    connection = psycopg2.connect(
        dbname=found["NAME"], user=found["USER"], password=found["PASSWORD"], host=found["HOST"], port=found["PORT"]
    )
    connection.autocommit = True
    return connection


def _prepare_sqlite(name: str, size: str) -> str:
    file = cache() / f"{name}.sqlite3"
    if not file.exists():
        for old in cache().glob(f"crp_bench_{size.lower()}_*"):
            old.unlink()
        building = file.with_suffix(".building")
        _build(f"sqlite:///{building}", size)
        building.rename(file)
    return f"sqlite:///{file}"


def _build(url: str, size: str) -> None:
    sys.stderr.write(f"Building {size} ({SIZES[size].contributions:,} contributions) ...\n")
    command = [sys.executable, "-m", "tests.benchmarks.build", size]
    subprocess.run(command, check=True, cwd=PROJECT, env={**os.environ, "DATABASE_URL": url})


def remove_all() -> None:
    """Take the databases away."""
    shutil.rmtree(cache(), ignore_errors=True)
