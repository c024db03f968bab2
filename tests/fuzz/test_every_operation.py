"""Schemathesis asks every operation of the description what it allows, and much that it does not.

It runs as its users run it, against a server, with all its checks. What fails can be asked again: the output names each
request as curl. ``make fuzz`` asks far more.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer

from tests.conftest import MaliPlans
from tests.funding.writing import Finance, officer_of
from tests.openapi import SPEC
from tests.shared import PROJECT

CONFIG = PROJECT / "tests" / "fuzz" / "schemathesis.toml"
METHODS = {"get", "post", "patch", "put", "delete"}
OPERATIONS = [
    item["operationId"] for path in SPEC["paths"].values() for method, item in path.items() if method in METHODS
]
EXAMPLES = os.environ.get("FUZZ_EXAMPLES")
# Every edge of every parameter is some 8,000 requests, most of which other lists take with the same code.
AT_THE_EDGES = (
    "plans_list", "plans_rollup", "contributions_retrieve", "changes", "hapi_funding",
    "contributions_create", "contributions_change", "contributions_take_back", "contributions_batch",
)  # fmt: skip


@pytest.fixture
def ask_all(mali: MaliPlans, live_server: LiveServer, tmp_path: Path) -> Any:
    def ask(phases: str, operations: Sequence[str]) -> None:
        only = [part for name in operations for part in ("--include-operation-id", name)]
        command: list[Any] = [
            sys.executable, "-m", "schemathesis.cli", "--config-file", CONFIG,
            "run", f"{live_server.url}/api/v1/schema/?format=json",
            "--header", f"Authorization: Bearer {Finance(officer_of()).token}",
            "--checks", "all", "--exclude-checks", "positive_data_acceptance",  # reasons.py has it
            "--phases", phases, "--max-examples", EXAMPLES or "5", "--seed", "1",
            "--workers", "1",  # CPython 3.11 takes nested syntax trees for an error in a thread beside another
            "--continue-on-failure", "--no-color", *only,
        ]  # fmt: skip
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.reasons", "PYTHONPATH": str(PROJECT)}
        ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert f"Tested: {len(operations) or len(OPERATIONS)}\n" in ran.stdout

    return ask


@pytest.mark.django_db(transaction=True)
def test_no_answer_is_other_than_described(ask_all: Any) -> None:
    ask_all("examples,fuzzing", ())


@pytest.mark.django_db(transaction=True)
def test_nor_at_the_edges_of_what_is_allowed(ask_all: Any) -> None:
    ask_all("coverage", () if EXAMPLES else AT_THE_EDGES)
