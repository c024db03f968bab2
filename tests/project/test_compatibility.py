"""Version 1 keeps what it has promised: the code against the frozen description, and each rule by itself."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator

from tests.project import freeze
from tests.project.compatibility import breaks
from tests.project.freeze import FROZEN, without_words

pytestmark = pytest.mark.once


# What the description says of an answer that a client of before never asks for, each with the reason.
ACCEPTED: dict[str, str] = {}


def test_version_1_keeps_what_it_has_promised() -> None:
    """Add instead. Where something must go, it is deprecated (crp/common/versions.py) and goes with version 2."""
    now = without_words(json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str)))
    found = breaks(json.loads(FROZEN.read_text()), now)
    assert [item for item in found if not any(re.fullmatch(pattern, item) for pattern in ACCEPTED)] == []


PLAN: dict[str, Any] = {
    "type": "object",
    "required": ["code", "gap_usd"],
    "properties": {
        "code": {"type": "string"},
        "kind": {"type": "string", "enum": ["crp", "hnrp"]},
        "gap_usd": {"type": ["string", "null"], "format": "decimal"},
        "years": {"type": "array", "items": {"type": "integer"}},
        "status": {"oneOf": [{"$ref": "#/components/schemas/Status"}, {"$ref": "#/components/schemas/NullEnum"}]},
        "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Plan"}},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
OLD: dict[str, Any] = {
    "paths": {
        "/plans/{code}/": {
            "get": {
                "operationId": "plans_retrieve",
                "security": [{"key": []}, {}],
                "parameters": [
                    {"in": "path", "name": "code", "required": True, "schema": {"type": "string"}},
                    {
                        "in": "query",
                        "name": "kind",
                        "style": "form",
                        "explode": False,
                        "schema": {
                            "type": "array",
                            "maxItems": 9,
                            "items": {"type": "string", "enum": ["crp", "hnrp"]},
                        },
                    },
                    {"in": "query", "name": "limit", "schema": {"type": "integer", "minimum": 1, "maximum": 1000}},
                    {"in": "query", "name": "q", "schema": {"type": "string", "maxLength": 100}},
                ],
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Plan"}},
                            "text/csv": {"schema": {"type": "string"}},
                        }
                    },
                    "404": {"content": {"application/json": {"schema": {"type": "object"}}}},
                },
            },
            "post": {
                "operationId": "plans_add",
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["code"],
                                "properties": {
                                    "code": {"type": "string"},
                                    "amount": {"type": ["number", "null"]},
                                    "note": {"type": "string"},
                                },
                            }
                        }
                    }
                },
                "responses": {"201": {}},
            },
        }
    },
    "components": {
        "schemas": {"Plan": PLAN, "Status": {"enum": ["paid", "pledge"]}, "NullEnum": {"enum": [None]}},
    },
}
GET, POST = "GET /plans/{code}/", "POST /plans/{code}/"
Change = Callable[[Any], Any]


def read(new: Any) -> Any:
    return new["paths"]["/plans/{code}/"]["get"]


def parameter(new: Any, number: int) -> Any:
    return read(new)["parameters"][number]


def columns(new: Any) -> Any:
    return new["components"]["schemas"]["Plan"]["properties"]


def sent(new: Any) -> Any:
    return new["paths"]["/plans/{code}/"]["post"]["requestBody"]["content"]["application/json"]["schema"]


BROKEN: dict[str, tuple[Change, str]] = {
    "address": (lambda new: new["paths"].clear(), "/plans/{code}/: the address is gone"),
    "operation": (lambda new: new["paths"]["/plans/{code}/"].pop("post"), f"{POST}: the operation is gone"),
    "operation renamed": (
        lambda new: read(new).update(operationId="plan"),
        f"{GET}: the operation was called plans_retrieve, now plan",
    ),
    "key": (lambda new: read(new).update(security=[{"key": []}]), f"{GET}: it takes a key now"),
    "parameter": (lambda new: read(new)["parameters"].pop(1), f"{GET} ?kind: the parameter is gone"),
    "parameter required": (lambda new: parameter(new, 1).update(required=True), f"{GET} ?kind: it must be given now"),
    "new parameter required": (
        lambda new: read(new)["parameters"].append(
            {"in": "query", "name": "by", "required": True, "schema": {"type": "string"}}
        ),
        f"{GET} ?by: a new parameter that must be given",
    ),
    "explode": (lambda new: parameter(new, 1).update(explode=True), f"{GET} ?kind: explode was False, now True"),
    "default": (
        lambda new: parameter(new, 2)["schema"].update(default=10),
        f"{GET} ?limit: what holds where it is not given has changed",
    ),
    "narrower enum": (
        lambda new: parameter(new, 1)["schema"]["items"]["enum"].remove("hnrp"),
        f"{GET} ?kind[]: “hnrp” is no value any more",
    ),
    "new enum": (
        lambda new: parameter(new, 3)["schema"].update(enum=["a"]),
        f"{GET} ?q: it must be one of a few values now",
    ),
    "fewer values": (
        lambda new: parameter(new, 1)["schema"].update(maxItems=3),
        f"{GET} ?kind: maxItems 3 may be passed",
    ),
    "higher minimum": (
        lambda new: parameter(new, 2)["schema"].update(minimum=5),
        f"{GET} ?limit: minimum 5 may be passed",
    ),
    "new pattern": (
        lambda new: parameter(new, 3)["schema"].update(pattern="[a-z]"),
        f"{GET} ?q: it must look like [a-z] now",
    ),
    "parameter retyped": (
        lambda new: parameter(new, 3).update(schema={"type": "integer"}),
        f"{GET} ?q: may no longer be string",
    ),
    "parameter formatted": (
        lambda new: parameter(new, 3)["schema"].update(format="date"),
        f"{GET} ?q: format was None, now date",
    ),
    "answer": (lambda new: read(new)["responses"].pop("404"), f"{GET}: the answer 404 is gone"),
    "media type": (
        lambda new: read(new)["responses"]["200"]["content"].pop("text/csv"),
        f"{GET} 200: no text/csv any more",
    ),
    "column": (lambda new: columns(new).pop("code"), f"{GET} 200.code: it is gone"),
    "column no longer certain": (
        lambda new: new["components"]["schemas"]["Plan"]["required"].remove("code"),
        f"{GET} 200.code: it may be left out now",
    ),
    "column retyped": (
        lambda new: columns(new)["code"].update(type="integer"),
        f"{GET} 200.code: may be integer, and was string",
    ),
    "column nullable": (
        lambda new: columns(new)["code"].update(type=["string", "null"]),
        f"{GET} 200.code: may be null, and was string",
    ),
    "column no decimal": (
        lambda new: columns(new)["gap_usd"].pop("format"),
        f"{GET} 200.gap_usd: format was decimal, now None",
    ),
    "items retyped": (
        lambda new: columns(new)["years"].update(items={"type": "string"}),
        f"{GET} 200.years[]: may be string, and was integer",
    ),
    "whole to fraction": (
        lambda new: columns(new)["years"].update(items={"type": "number"}),
        f"{GET} 200.years[]: may be number, and was integer",
    ),
    "mapping retyped": (
        lambda new: columns(new)["errors"].update(additionalProperties={"type": "array"}),
        f"{GET} 200.errors{{}}: may be array, and was string",
    ),
    "one of": (
        lambda new: columns(new)["status"]["oneOf"].append({"type": "integer"}),
        f"{GET} 200.status: may be integer, and was string or null",
    ),
    "no body": (
        lambda new: new["paths"]["/plans/{code}/"]["post"].pop("requestBody"),
        f"{POST}: it takes no body any more",
    ),
    "body required": (
        lambda new: new["paths"]["/plans/{code}/"]["post"]["requestBody"].update(required=True),
        f"{POST}: it takes a body now",
    ),
    "sent column gone": (lambda new: sent(new)["properties"].pop("note"), f"{POST} body.note: it is gone"),
    "sent column required": (
        lambda new: sent(new)["required"].append("note"),
        f"{POST} body.note: it must be given now",
    ),
    "sent null refused": (
        lambda new: sent(new)["properties"]["amount"].update(type="number"),
        f"{POST} body.amount: may no longer be null",
    ),
}
ADDED: dict[str, Change] = {
    "nothing": lambda new: None,
    "address": lambda new: new["paths"].update({"/new/": {}}),
    "name in an address": lambda new: new["paths"].update({"/plans/{id}/": new["paths"].pop("/plans/{code}/")}),
    "parameter": lambda new: read(new)["parameters"].append(
        {"in": "query", "name": "by", "schema": {"type": "string"}}
    ),
    "column": lambda new: columns(new).update(new={"type": "string"}),
    "column certain": lambda new: new["components"]["schemas"]["Plan"]["required"].append("kind"),
    "column never null": lambda new: columns(new)["gap_usd"].update(type="string"),
    "value of a column": lambda new: columns(new)["kind"]["enum"].append("rrp"),
    "value of a parameter": lambda new: parameter(new, 1)["schema"]["items"]["enum"].append("rrp"),
    "higher limit": lambda new: parameter(new, 2)["schema"].update(maximum=5000),
    "parameter with more types": lambda new: parameter(new, 2)["schema"].update(type=["integer", "string"]),
    "answer": lambda new: read(new)["responses"].update({"429": {}}),
    "media type": lambda new: read(new)["responses"]["200"]["content"].update({"application/x-new": {}}),
    "column of a request": lambda new: sent(new)["properties"].update(new={"type": "string"}),
    "column of a request no longer required": lambda new: sent(new)["required"].clear(),
    "schema by another name": lambda new: (
        new["components"]["schemas"].update(Plan2=new["components"]["schemas"]["Plan"]),
        read(new)["responses"]["200"]["content"]["application/json"].update(
            schema={"allOf": [{"$ref": "#/components/schemas/Plan2"}]}
        ),
    ),
    "deprecated": lambda new: read(new).update(deprecated=True),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_is_named(name: str) -> None:
    change, sentence = BROKEN[name]
    new = copy.deepcopy(OLD)
    change(new)
    assert breaks(OLD, new) == [sentence]


@pytest.mark.parametrize("name", ADDED)
def test_what_is_added_passes(name: str) -> None:
    new = copy.deepcopy(OLD)
    ADDED[name](new)
    assert breaks(OLD, new) == []


def test_what_breaks_is_not_frozen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    frozen, kept = tmp_path / "v1.json", tmp_path / "openapi.yaml"
    monkeypatch.setattr(freeze, "FROZEN", frozen)
    monkeypatch.setattr(freeze, "KEPT", kept)
    kept.write_text(json.dumps(OLD))  # JSON is YAML
    assert freeze.main() == 0
    assert json.loads(frozen.read_text()) == OLD
    new = copy.deepcopy(OLD)
    columns(new)["description"] = {"type": "string", "description": "A column of this name is no word."}
    kept.write_text(json.dumps(new))
    assert freeze.main() == 0
    before = frozen.read_text()
    assert '"description": {"type": "string"}' in before
    kept.write_text(json.dumps(OLD))
    assert freeze.main() == 1
    assert frozen.read_text() == before
    assert "200.description: it is gone" in capsys.readouterr().err
