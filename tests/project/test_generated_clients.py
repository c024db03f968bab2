"""Clients that two well-known generators make from the description of the API, and what they get from it."""

from __future__ import annotations

import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import openapi_python_client
import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from openapi_python_client.config import Config, ConfigFile, MetaType

from tests.conftest import MaliPlans
from tests.openapi import SPEC

# All with the database: pytest-django runs those without it at another time, and a client would be made twice.
pytestmark = [pytest.mark.once, pytest.mark.django_db]

MADE = "crp_python_client"
SITE = "http://localhost"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a folder that clients are made in, with the description, from which Python can import."""
    found = tmp_path_factory.mktemp("clients")
    (found / "openapi.json").write_text(json.dumps(SPEC))
    sys.path.insert(0, str(found))
    yield found
    sys.path.remove(str(found))


@pytest.fixture(scope="module")
def complaints(folder: Path) -> list[str]:
    """Return what openapi-python-client complains of while it makes a client."""
    config = Config.from_sources(
        ConfigFile(post_hooks=[]), MetaType.NONE, folder / "openapi.json", "utf-8", True, folder / MADE
    )
    return [f"{error.header}: {error.detail}" for error in openapi_python_client.generate(config=config)]


@pytest.fixture
def client(complaints: list[str], mali: MaliPlans) -> Iterator[Any]:
    """Return the client, which asks this process and no server."""
    for signal in (request_started, request_finished):  # which would close the connection of this test
        signal.disconnect(close_old_connections)
    made = importlib.import_module(MADE).Client(base_url=SITE, raise_on_unexpected_status=True)
    made.set_httpx_client(httpx.Client(base_url=SITE, transport=httpx.WSGITransport(app=WSGIHandler())))
    yield made
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def operation(name: str) -> ModuleType:
    return importlib.import_module(f"{MADE}.api.{name}")


def model(name: str) -> Any:
    return getattr(importlib.import_module(f"{MADE}.models"), name)


def test_openapi_python_client_has_nothing_to_complain_of(complaints: list[str]) -> None:
    assert complaints == []


def test_its_client_lists_plans(client: Any) -> None:
    page = operation("plans.plans_list").sync(client=client, country=["MLI"], ordering=[])
    assert page.count == 3
    found = {plan.code: plan for plan in page.results}
    compendium, crp = found["MLI-COMPENDIUM-2017"], found["MLI-CRP-2025-2026"]
    assert Decimal(compendium.gap_usd) == Decimal("37247450.00")
    assert compendium.percent_funded == 0.3
    assert (crp.requested_usd, crp.received_usd, crp.funding_reported) == ("32353500.00", None, False)
    assert crp.kind == model("PlanKind").CRP
    assert crp.document_on.isoformat() == "2025-04-17"


def test_its_client_walks_by_cursor(client: Any) -> None:
    """What a client sends when nothing is said must not stand in the way."""
    first = operation("plans.plans_list").sync(client=client, cursor="*", limit=2)
    assert [plan.code for plan in first.results] == ["MLI-COMPENDIUM-2017", "MLI-CRP-2021"]
    assert first.count is None


def test_its_client_gets_a_plan(client: Any) -> None:
    plan = operation("plans.plans_retrieve").sync("MLI-CRP-2025-2026", client=client)
    assert plan.requested_usd == "32353500.00"
    assert sum(Decimal(sector.requested_usd) for sector in plan.sectors) == Decimal("32353500.00")
    assert [objective.number for objective in plan.objectives] == [1, 2, 3]


def test_its_client_lists_contributions_with_what_they_name(client: Any) -> None:
    expand = [model("ContributionsListExpandItem").PLAN]
    (row,) = operation("money.contributions_list").sync(client=client, expand=expand).results
    assert (row.counted_usd, row.donor, row.decision_on) == ("112550.00", None, None)
    assert row.expanded.plan.title == "Mali 2017"


def test_its_client_opens_a_total(client: Any) -> None:
    by = SPEC["paths"]["/api/v1/rollups/"]["get"]["parameters"]
    assert next(item for item in by if item["name"] == "by")["required"]
    found = operation("money.rollups").sync(client=client, by=[model("RollupsByItem")("year")])
    assert found.total.gap_usd == "37247450.00"
    assert [row.year for row in found.rows] == [2017, 2021, 2025]


def test_its_client_follows_changes(client: Any) -> None:
    found = operation("bulk.changes").sync(client=client, since="start")
    kinds = {entry.key: type(entry.row).__name__ for entry in found.results}
    assert kinds == {
        "iom": "Organization",
        "MLI-2017-0001": "Contribution",
        **dict.fromkeys(("MLI-COMPENDIUM-2017", "MLI-CRP-2021", "MLI-CRP-2025-2026"), "Plan"),
        **dict.fromkeys(("MLI-COMPENDIUM-2017/1", "MLI-CRP-2021/1", "MLI-CRP-2025-2026/1"), "Revision"),
    }
    assert not found.has_more


def test_its_client_gets_errors_as_errors(client: Any) -> None:
    error = operation("plans.plans_retrieve").sync("MLI-CRP-1999", client=client)
    assert type(error).__name__ == "Error"
    assert error.code == "not_found"


# openapi-generator

JAVA_CLIENT = "crp_java_made_client"


@pytest.fixture(scope="module")
def generated(folder: Path) -> str:
    """Make a client with openapi-generator, and return what it wrote while it did."""
    command = shutil.which("openapi-generator-cli", path=str(Path(sys.executable).parent))
    if command is None:
        pytest.skip("openapi-generator-cli is not installed: see requirements-dev.in")
    done = subprocess.run(
        [
            command, "generate", "-g", "python", "-i", str(folder / "openapi.json"), "-o", str(folder),
            "--package-name", JAVA_CLIENT,
            "--global-property", "apiTests=false,modelTests=false,apiDocs=false,modelDocs=false",
        ],
        check=False, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, (done.stdout + done.stderr)[-1500:]
    return done.stdout + done.stderr


# Of the generator itself, of a type "null" beside another one, and of a model called From, which it renames.
KNOWN = ("OpenAPI 3.1 support is still in beta", "Failed to get the schema name: null", "From (reserved word)")


def test_openapi_generator_has_nothing_to_complain_of(generated: str) -> None:
    lines = [line for line in generated.splitlines() if " WARN " in line or " ERROR " in line]
    assert [line for line in lines if not any(words in line for words in KNOWN)] == []


def test_its_client_understands_a_list(generated: str, client: Any) -> None:
    """It brings an HTTP client of its own, so its models are given what the API answers."""
    models = importlib.import_module(f"{JAVA_CLIENT}.models")
    answer = client.get_httpx_client().get("/api/v1/plans/", params={"country": "MLI"})
    page = models.PaginatedPlanRowList.from_json(answer.text)
    assert [plan.gap_usd for plan in page.results if plan.funding_reported] == ["37247450.00"]
