"""What the description says of writes: their headers, every way to be refused, and examples that fit."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

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
