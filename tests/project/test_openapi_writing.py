"""What the description says of writes: their headers, every way to be refused, and examples that fit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from jsonschema import Draft202012Validator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import MaliPlans
from tests.funding.writing import Finance, officer_of
from tests.openapi import SPEC

pytestmark = pytest.mark.once

WRITES: dict[str, tuple[str, dict[str, Any]]] = {
    operation["operationId"]: (path, operation)
    for path, methods in SPEC["paths"].items()
    for method, operation in methods.items()
    if method != "get" and path.startswith("/api/v1/contributions/")
}


def fits(schema: dict[str, Any], value: Any) -> list[str]:
    validator = Draft202012Validator({**schema, "components": SPEC["components"]})
    return [error.message for error in validator.iter_errors(value)]


def test_these_are_all() -> None:
    assert set(WRITES) == {
        "contributions_create", "contributions_change", "contributions_take_back", "contributions_batch",
    }  # fmt: skip
    elsewhere = {
        f"{method} {path}"
        for path, methods in SPEC["paths"].items()
        for method in methods
        if method != "get" and not path.startswith("/api/v1/contributions/")
    }
    assert elsewhere == set()


@pytest.mark.parametrize("name", WRITES)
def test_a_write_is_described(name: str) -> None:
    path, operation = WRITES[name]
    assert operation["summary"]
    assert "contributions:write" in operation["description"]
    assert operation["tags"] == ["money"]
    assert {} not in operation["security"], "it takes a key"
    headers = {item["name"]: item.get("required", False) for item in operation["parameters"] if item["in"] == "header"}
    assert headers == ({"If-Match": True} if "{code}" in path else {}) | {"Idempotency-Key": False}
    refused = {"400", "401", "403", "406", "409", "411", "413", "415", "422", "503"}
    assert refused | ({"404", "412", "428"} if "{code}" in path else set()) <= set(operation["responses"])
    for parameter in operation["parameters"]:
        assert parameter["description"], parameter["name"]


@pytest.mark.parametrize("name", WRITES)
def test_its_examples_fit(name: str) -> None:
    operation = WRITES[name][1]
    content = operation["requestBody"]["content"]
    assert set(content) == {"application/json"}
    assert content["application/json"]["examples"]
    bodies = [content["application/json"]]
    for status, response in operation["responses"].items():
        assert response["description"], status
        told = response["content"]["application/json"]
        assert told["examples"], status
        bodies.append(told)
    for body in bodies:
        for example in body["examples"].values():
            assert fits(body["schema"], example["value"]) == []


@pytest.mark.parametrize(
    "entry",
    [
        {"plan": None},
        {"plan": None, "status": "given"},
        {"plan": None, "status": "paid", "amount_usd": 1.5},
        {"plan": None, "status": "paid", "amount_usd": "1,000"},
        {"plan": None, "status": "paid", "decided": "2025-01-01"},
        {"code": "X", "note": "x"},
    ],
)
def test_what_is_refused_does_not_fit(entry: dict[str, Any]) -> None:
    schema = WRITES["contributions_batch"][1]["requestBody"]["content"]["application/json"]["schema"]
    assert fits(schema, {"contributions": [entry]})


handler = cache(WSGIHandler)


def application(environ: Any, start_response: Any) -> Any:
    """Answer as the server does, under the settings that hold when the first test asks."""
    return handler()(environ, start_response)


@pytest.fixture
def _kept_connection() -> Iterator[None]:
    """Have the server leave the connection open that this test's transaction runs in."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


writes = schemathesis.openapi.from_dict(SPEC).include(path_regex="^/api/v1/contributions/", method=["POST", "PATCH"])
writes.app = application


@pytest.mark.usefixtures("_kept_connection")
@writes.parametrize()
@settings(
    max_examples=8,
    phases=[Phase.generate],  # each case that the description can be turned into would be some thousand requests
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)
def test_whatever_is_sent_is_answered_as_described(mali: MaliPlans, case: schemathesis.Case) -> None:
    finance = Finance(officer_of())
    case.call_and_validate(
        headers={"Accept-Encoding": "identity", "Authorization": f"Bearer {finance.token}"},
        checks=[not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance],
    )
