"""Writers at the same moment, one of them killed: the sums that the database keeps are right after it.

``make stress`` does the same for a minute.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

SECONDS = float(os.environ.get("STRESS_SECONDS", "5"))
WRITERS = 8 if "STRESS_SECONDS" in os.environ else 4
"""Each is a process that loads CRP anew: `make stress` has twice as many as a run of the tests."""
MAKE_PLANS = """
from tests.factories import make_plans
make_plans(6, contributions=1)
"""


def run(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "DATABASE_URL": url},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=300 + SECONDS,
    )


@pytest.fixture
def database(tmp_path: Path, transactional_db: None) -> Iterator[str]:
    """Return the address of a database of its own with six plans, on the engine that is tested."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path / 'parallel.sqlite3'}"
        return
    name = f"{connection.settings_dict['NAME']}_parallel"
    address = os.environ["DATABASE_URL"]
    query = address.partition("?")[2]
    base = address.partition("?")[0].rsplit("/", 1)[0]
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield f"{base}/{name}" + (f"?{query}" if query else "")
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.mark.django_db(transaction=True)
def test_writers_and_a_killed_one_leave_every_sum_right(database: str) -> None:
    for step in (["manage.py", "migrate", "--verbosity", "0"], ["manage.py", "shell", "--command", MAKE_PLANS]):
        made = run(database, *step)
        assert made.returncode == 0, made.stderr
    writers: list[Any] = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.funding.parallel", str(SECONDS), str(seed)],
            env={**os.environ, "DATABASE_URL": database},
            cwd=settings.BASE_DIR,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(WRITERS)
    ]
    time.sleep(SECONDS / 2 + 2)  # they need a moment to start
    writers[0].send_signal(signal.SIGKILL)
    told = [writer.communicate(timeout=SECONDS + 120) for writer in writers]
    assert [writer.returncode for writer in writers] == [-signal.SIGKILL] + [0] * (WRITERS - 1), told
    changes, repeated = zip(*(map(int, output.split()) for output, _errors in told[1:]), strict=True)
    sys.stdout.write(f"{sum(changes)} changes, {sum(repeated)} made again after a deadlock\n")
    proof = run(database, "manage.py", "check_rollups")
    assert proof.returncode == 0, proof.stdout + proof.stderr
    assert proof.stdout.startswith("0 differences over 6 plans and "), proof.stdout
