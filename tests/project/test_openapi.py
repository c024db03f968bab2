"""The API's description of itself: kept, complete, true, and readable in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from tests.api import ask, get, text_of
from tests.conftest import MaliPlans
from tests.factories import make_plan, make_reported_funding
from tests.funding.revised import revise_mali
from tests.openapi import SPEC
from tests.shared import PROJECT

pytestmark = pytest.mark.once

KEPT = PROJECT / "docs" / "openapi.yaml"
OPERATIONS = {
    operation["operationId"]: (path, operation)
    for path, methods in SPEC["paths"].items()
    if path.startswith("/api/v1/")  # HAPI's has other rules, see tests/exchange/test_hapi.py
    for method, operation in methods.items()
    if method == "get"  # what writes: tests/project/test_openapi_writing.py
}
SCHEMAS = SPEC["components"]["schemas"]


def test_what_is_kept_is_what_the_code_says(tmp_path: Any) -> None:
    """``make openapi`` writes it again; the difference is what other programs will notice."""
    written = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(written), validate=True, fail_on_warn=True)
    assert KEPT.read_text() == written.read_text(), "run: make openapi"


def test_the_server_gives_the_same(db: None) -> None:
    assert yaml.safe_load(text_of(ask("schema/"))) == yaml.safe_load(KEPT.read_text())
    response: Any = ask("schema/?format=json")
    assert response["Content-Type"].startswith("application/vnd.oai.openapi+json")
    assert response.json() == yaml.safe_load(KEPT.read_text())


def test_it_is_valid_and_of_version_3_1() -> None:
    validate_schema(SPEC)
    assert SPEC["openapi"] == "3.1.0"


def test_it_tells_people_what_they_need() -> None:
    told = SPEC["info"]["description"]
    for words in (
        "Not reported is not zero",
        "## Formats",
        "## Lists",
        "## Errors",
        "## Types",
        "`offset`",
        "text/csv",
    ):
        assert words in told
    assert [tag["name"] for tag in SPEC["tags"]] == ["plans", "money", "reference", "hapi", "bulk", "webhooks", "about"]
    assert all(tag["description"] for tag in SPEC["tags"])
    assert not {"contact", "license", "termsOfService"} & SPEC["info"].keys()


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_is_described(name: str) -> None:
    path, operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["description"]
    assert len(operation["tags"]) == 1
    assert operation["tags"][0] in {tag["name"] for tag in SPEC["tags"]}
    assert {"200", "400", "406"} <= set(operation["responses"])
    assert ("404" in operation["responses"]) == ("{" in path)
    for parameter in operation["parameters"]:
        assert parameter["description"], parameter["name"]
        assert parameter["schema"]["type"], parameter["name"]
    for status, response in operation["responses"].items():
        assert response["description"]
        if status != "200":
            assert response["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Error"}
            assert response["content"]["application/json"]["examples"]


IN_JSON = [
    name
    for name, (path, operation) in OPERATIONS.items()
    if path != "/api/v1/" and "application/json" in operation["responses"]["200"]["content"]
]


def test_only_the_files_of_dumps_are_never_json() -> None:
    assert set(OPERATIONS) - set(IN_JSON) == {"root", "dumps_file"}


@pytest.mark.parametrize("name", IN_JSON)
def test_every_answer_has_an_example(name: str) -> None:
    assert OPERATIONS[name][1]["responses"]["200"]["content"]["application/json"]["examples"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_csv_is_text(name: str) -> None:
    content = OPERATIONS[name][1]["responses"]["200"]["content"]
    formats = next(item for item in OPERATIONS[name][1]["parameters"] if item["name"] == "format")["schema"]["enum"]
    assert ("text/csv" in content) == ("csv" in formats)
    if "text/csv" in content:
        assert content["text/csv"]["schema"]["type"] == "string"


def columns() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, schema in SCHEMAS.items():
        if name.startswith("Hapi"):
            continue
        for column, item in schema.get("properties", {}).items():
            yield name, column, item


def test_every_column_is_described() -> None:
    silent = [
        f"{name}.{column}"
        for name, column, item in columns()
        if not item.get("description") and "$ref" not in item and "allOf" not in item
    ]
    assert silent == []


def test_every_column_that_may_be_null_says_what_null_means() -> None:
    def may_be_null(item: dict[str, Any]) -> bool:
        return "null" in item.get("type", []) or {"$ref": "#/components/schemas/NullEnum"} in item.get("oneOf", [])

    silent = [
        f"{name}.{column}"
        for name, column, item in columns()
        if may_be_null(item) and "null:" not in item["description"]
    ]
    assert silent == []


def test_money_is_a_string_and_names_its_unit() -> None:
    money = [(name, column, item) for name, column, item in columns() if column.endswith("_usd")]
    assert len(money) > 30
    for name, column, item in money:
        assert item["format"] == "decimal", f"{name}.{column}"
        assert "US dollars" in item["description"], f"{name}.{column}"


def test_parameters_have_the_types_they_take() -> None:
    parameters = {item["name"]: item for item in OPERATIONS["plans_list"][1]["parameters"]}
    assert parameters["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50}
    assert parameters["offset"]["schema"]["minimum"] == 0
    assert (parameters["year"]["schema"]["minimum"], parameters["year"]["schema"]["maximum"]) == (1900, 2200)
    for name in ("country", "region", "sector", "global_cluster", "framework", "kind", "plan", "ordering"):
        assert parameters[name]["schema"]["type"] == "array", name
        assert (parameters[name]["style"], parameters[name]["explode"]) == ("form", False), name
    assert set(parameters["kind"]["schema"]["items"]["enum"]) == {
        "crp", "compendium", "flash_appeal", "hnrp", "rrp", "regional", "consolidated", "other",
    }  # fmt: skip
    assert "-gap_usd" in parameters["ordering"]["schema"]["items"]["enum"]
    assert parameters["reported"]["schema"] == {"type": "boolean"}
    assert parameters["gap_min"]["schema"]["type"] == "number"
    assert parameters["updated_since"]["schema"] == {"type": "string", "format": "date-time"}
    by = next(item for item in OPERATIONS["rollups"][1]["parameters"] if item["name"] == "by")
    assert by["required"]
    assert (by["schema"]["minItems"], by["schema"]["maxItems"]) == (1, 2)


def resolve(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": SPEC["components"]})


EXAMPLES = [
    (f"{name}-{status}", status, content)
    for name, (_path, operation) in OPERATIONS.items()
    for status, response in operation["responses"].items()
    for content in [response.get("content", {}).get("application/json", {})]
    if content.get("examples")
]


@pytest.mark.parametrize(("name", "status", "content"), EXAMPLES, ids=[item[0] for item in EXAMPLES])
def test_an_example_fits_its_schema(name: str, status: str, content: dict[str, Any]) -> None:
    for example in content["examples"].values():
        errors = [error.message for error in resolve(content["schema"]).iter_errors(example["value"])]
        assert errors == [] or set(errors) == PARTIAL.get(name, set())


# An entry that is told in part says so here, so that nothing else is left out unseen.
PARTIAL: dict[str, set[str]] = {
    "plans_revisions-200": {"'seal' is a required property"},
    "plans_revision-200": {"'seal' is a required property"},
    "sectors_list-200": {
        f"'{column}' is a required property"
        for column in ("confidence", "confidence_note", "fts_id", "global_cluster_confidence")
    },
}

# Where the answer stands that an example is taken from.
ANSWERS = {
    "plans_list": "plans/",
    "plans_retrieve": "plans/MLI-CRP-2025-2026/",
    "plans_rollup": "plans/MLI-COMPENDIUM-2017/rollup/?by=framework",
    "plans_checks": "plans/MLI-CRP-2025-2026/checks/",
    "plans_revisions": "plans/MLI-CRP-2025-2026/revisions/",
    "plans_revision": "plans/MLI-CRP-2025-2026/revisions/1/",
    "plans_diff": "plans/MLI-CRP-2025-2026/diff/?from=1&to=2",
    "rollups": "rollups/?by=framework",
    "contributions_retrieve": "contributions/MLI-2017-0001/",
    "countries_retrieve": "countries/MLI/",
    "organizations_retrieve": "organizations/iom/",
    "organizations_rollup": "organizations/iom/rollup/?by=country",
    "taxonomies_retrieve": "taxonomies/IOM-2025/",
    "terms": "terms/?limit=1000",
    "countries_list": "countries/?limit=1000",
    "sectors_list": "sectors/?limit=1000",
    **{
        f"{name.replace('-', '_')}_list": f"{name}/?limit=1000"
        for name in (
            "contributions",
            "funding-requests",
            "objectives",
            "organizations",
            "outcomes",
            "projects",
            "reported-funding",
            "taxonomies",
        )
    },
}


def test_every_example_is_compared() -> None:
    of_their_moment = {"changes", "dumps", "dumps_file"}  # compared in tests/exchange
    assert set(ANSWERS) == set(OPERATIONS) - {"root"} - of_their_moment


def stands_in(part: Any, whole: Any) -> bool:
    """Return whether an example tells nothing that the answer does not: lists may be shortened."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(name in whole and stands_in(part[name], whole[name]) for name in part)
    if isinstance(part, list):
        return isinstance(whole, list) and all(any(stands_in(item, other) for other in whole) for item in part)
    return part == whole


@pytest.mark.parametrize("name", ANSWERS)
def test_an_example_is_what_the_api_answers(mali: MaliPlans, name: str) -> None:
    (example,) = OPERATIONS[name][1]["responses"]["200"]["content"]["application/json"]["examples"].values()
    if name == "reported_funding_list":  # the fixtures have none: the example is a real plan of OCHA's FTS
        plan = make_plan(code="HMLI25", start_year=2025, contributions=0)
        total = make_reported_funding(plan=plan, amount_usd=198_676_093, reported_on=date(2026, 4, 30))
        type(total).objects.update(created_at=datetime(2026, 4, 30, 6, tzinfo=UTC))
    if name == "plans_diff":  # the example is a revision with 500,000 more for shelter
        revise_mali(mali.crp_2025_2026)
    answer = get(ANSWERS[name])
    if "results" in answer:
        assert stands_in(example["value"]["results"], answer["results"])
        assert example["value"]["count"] == len(example["value"]["results"])
    else:
        assert stands_in(example["value"], answer)


@pytest.mark.parametrize("name", ["root", *IN_JSON])
def test_the_demonstration_data_fits_the_schema(mali: MaliPlans, name: str) -> None:
    path, operation = OPERATIONS[name]
    codes = {
        item["name"]: str(next(iter(item["examples"].values()))["value"])
        for item in operation["parameters"]
        if item["in"] == "path"
    }
    address = path.format(**codes)
    query = "?by=sector" if "roll" in address else "?limit=1000" if name.endswith("_list") else ""
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    errors = resolve(schema).iter_errors(get(address.removeprefix("/api/v1/") + query))
    assert [f"{list(error.path)}: {error.message}" for error in errors] == []


# The page for people


def test_the_page_loads_nothing_from_elsewhere_and_holds_no_code(db: None) -> None:
    page = text_of(ask("docs/"))
    assert "<style" not in page
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r"\sstyle=|\son[a-z]+=", page) == []
    assert all(address.startswith("/") for address in re.findall(r'(?:src|href)="([^"]+)"', page))
    script = text_of(ask("docs/?script="))
    assert "/api/v1/schema/" in script
