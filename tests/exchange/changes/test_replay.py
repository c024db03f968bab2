"""Clients that follow the feed while others write hold in the end what the lists hold."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.factories import make_organization, make_plans, make_reported_funding

STEPS = int(os.environ.get("REPLAY_STEPS", "12"))


@pytest.fixture
def address(transactional_db: None, tmp_path: Path) -> str:
    """Return the address of a database with a few plans that several programs can open."""
    plans = make_plans(4, contributions=2)
    make_reported_funding(plan=plans[0])
    make_organization()
    if connection.vendor == "postgresql":
        base, _mark, query = os.environ["DATABASE_URL"].partition("?")
        name = connection.settings_dict["NAME"]
        return f"{base.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")
    path = tmp_path / "replay.sqlite3"
    with sqlite3.connect(path) as copy:
        connection.connection.backup(copy)
    copy.close()
    return f"sqlite:///{path}"


@pytest.mark.django_db(transaction=True)
def test_clients_hold_in_the_end_what_the_lists_hold(address: str) -> None:
    done: Any = subprocess.run(
        [sys.executable, "-m", "tests.exchange.changes.replay", str(STEPS)],
        env={**os.environ, "DATABASE_URL": address, "API_LIMIT": "0", "ALLOWED_HOSTS": "testserver"},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["polls"] >= 12
    assert sum(told["done"].values()) >= 3 * STEPS
