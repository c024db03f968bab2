"""Writers at the same moment, one of them killed: the sums that the database keeps are right after it.

``make stress`` does the same for a minute.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from tests.factories import make_plans

SECONDS = float(os.environ.get("STRESS_SECONDS", "3"))
WRITERS = 8 if "STRESS_SECONDS" in os.environ else 3
"""Each is a process that loads CRP anew: `make stress` has more of them than a run of the tests."""
MIGRATE_AND_MAKE_PLANS = """
from django.core.management import call_command
from tests.factories import make_plans
call_command("migrate", verbosity=0)
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
def database(tmp_path: Path, transactional_db: None) -> str:
    """Return the address of a database with six plans, on the engine that is tested.

    On SQLite it is a file of its own, made by the migrations, which no other test runs there. On PostgreSQL it is the
    test database, which they made; this test has real transactions, so it is emptied at the end.
    """
    if connection.vendor == "sqlite":
        url = f"sqlite:///{tmp_path / 'parallel.sqlite3'}"
        made = run(url, "manage.py", "shell", "--no-imports", "--command", MIGRATE_AND_MAKE_PLANS)
        assert made.returncode == 0, made.stderr
        return url
    call_command("flush", interactive=False, verbosity=0)
    make_plans(6, contributions=1)
    address, _mark, query = os.environ["DATABASE_URL"].partition("?")
    url = f"{address.rsplit('/', 1)[0]}/{connection.settings_dict['NAME']}"
    return f"{url}?{query}" if query else url


@pytest.mark.django_db(transaction=True)
def test_writers_and_a_killed_one_leave_every_sum_right(database: str) -> None:
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
