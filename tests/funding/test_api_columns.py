"""``fields=``, ``expand=``, ``count=`` and ``updated_since``: what is told of each row, and what that costs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from zeal import zeal_context

from crp.common.recent import Recent
from funding.models import Contribution, Organization
from plans.models import Country, Plan
from tests.api import LISTS, ask, count_queries, get, problem, results, rows, text_of
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_organization, make_plans, make_reported_funding

EXPANSIONS = {
    "plans": [
        "countries",
        "objectives",
        "outcomes",
        "sectors",
        "projects",
        "funding_requests",
        "risk_indicators",
        "inter_agency",
        "narratives",
        "sources",
    ],
    "objectives": ["plan"],
    "outcomes": ["plan", "objective"],
    "projects": ["plan", "sector"],
    "funding-requests": ["plan", "objective", "sector", "country", "project"],
    "contributions": ["plan", "country", "donor", "recipient", "objective", "sector", "project", "source"],
    "reported-funding": ["plan", "country", "sector", "source"],
    "organizations": ["country"],
    "sectors": ["taxonomy"],
    "taxonomies": ["sectors"],
    "countries": ["profile"],
}
# Where the entries of an expansion are listed, and by which column.
LISTED = {
    "plan": ("plans", "code"),
    "donor": ("organizations", "code"),
    "recipient": ("organizations", "code"),
    "country": ("countries", "iso3"),
    "countries": ("countries", "iso3"),
    "sector": ("sectors", "sector"),
    "taxonomy": ("taxonomies", "code"),
}
# The same of rows that are known within their plan.
WITHIN_PLANS = {"objective": ("objectives", "number"), "project": ("projects", "code")}
OF_PLANS = {
    "objectives": "objectives",
    "outcomes": "outcomes",
    "projects": "projects",
    "funding_requests": "funding-requests",
}


def columns(name: str) -> list[str]:
    return list(results(f"{name}/?limit=1")[0])


@pytest.fixture
def world(mali: MaliPlans) -> MaliPlans:
    """Return the Mali plans with an official total, and a contribution that names all it can."""
    sector = mali.crp_2025_2026.revisions.get().taxonomy.sectors.first()
    donor, other = make_organization(), make_organization()
    make_contribution(plan=mali.crp_2025_2026, code="ALL", donor=donor, recipient=other, sector=sector)
    make_contribution(plan=mali.crp_2021, code="FEW", donor=None)
    # A number and a code that another plan has too, and its own has not.
    make_contribution(plan=mali.compendium_2017, code="ONE", objective_number=2, project_code="MLI-2017-HRP-01")
    make_contribution(plan=mali.crp_2025_2026, code="TWO", objective_number=2, project_code="MLI-2017-HRP-01")
    make_reported_funding(plan=mali.crp_2021)
    return mali


@pytest.mark.once
@pytest.mark.parametrize("name", LISTS)
def test_columns_are_chosen_in_every_format(world: MaliPlans, name: str) -> None:
    whole = get(f"{name}/?limit=1000")["results"]
    known = list(whole[0])
    wanted = [known[-1], known[0], known[len(known) // 2]]
    expected = [{column: row[column] for column in wanted} for row in whole]
    address = f"{name}/?fields={','.join(wanted)}"
    found = get(f"{address}&limit=1000")["results"]
    assert found == expected
    assert list(found[0]) == wanted
    table = rows(f"{address}&format=csv")
    assert list(table[0]) == wanted
    assert len(table) == len(whole)
    lines = [json.loads(line) for line in text_of(ask(f"{address}&format=ndjson")).splitlines()]
    assert sorted(map(str, lines)) == sorted(map(str, expected))
    assert b"".join(ask(f"{address}&format=xlsx")).startswith(b"PK")  # type: ignore[arg-type]


@pytest.mark.once
@pytest.mark.parametrize("name", LISTS)
def test_each_column_alone_is_read_without_a_query_per_row(world: MaliPlans, name: str, per_row_queries: None) -> None:
    whole = get(f"{name}/?limit=1000")["results"]
    for column in whole[0]:
        assert results(f"{name}/?limit=1000&fields={column}") == [{column: row[column]} for row in whole], column


def test_what_is_left_out_is_not_read(world: MaliPlans) -> None:
    """Neither joined nor computed nor fetched."""
    for address, words in {
        "plans/?fields=code,title": ("funding_contribution", "reportedfunding", "plans_plan_countries"),
        "contributions/?fields=code,amount_usd&ordering=code&cursor=*": (
            "funding_organization",
            "statuschange",
            "sectors_",
            "plans_plan",
        ),
        "projects/?fields=code": ("funding_contribution", "sectors_sector"),
        "objectives/?fields=title": ("targetgroup", "plans_strategicobjective"),
        "organizations/?fields=code": ("identifier", "historical", "plans_country"),
        "countries/?fields=iso3": ("plans_plan", "historical"),
    }.items():
        Recent.forget_all()
        with CaptureQueriesContext(connection) as captured:
            get(address)
        read = " ".join(
            query["sql"].partition(" WHERE ")[0] for query in captured if "changecounter" not in query["sql"]
        )
        assert not [word for word in words if word in read], (address, read)


@pytest.mark.once
@pytest.mark.parametrize(
    ("query", "name", "words"),
    [
        ("fields=cod", "fields", "“cod” is not a column of this list. Did you mean “code”? Choose from: code,"),
        ("fields=code,code", "fields", "“code” is named twice"),
        ("fields=", "fields", "No value is given"),
        ("fields=%00", "fields", "null character"),
        ("fields=expanded", "fields", "is not a column"),
        ("fields=plan__code", "fields", "is not a column"),
        ("fields=" + "x" * 10_000, "fields", "xxx"),
        ("fields=" + ",".join(["code"] * 101), "fields", "101 values are too many"),
        ("fields=<script>alert(1)</script>", "fields", "is not a column"),
        ("fields=" + quote("code'; DROP TABLE plans_plan --"), "fields", "is not a column"),
        (
            "expand=donors",
            "expand",
            "is not an expansion of this list. Did you mean “donor”? Choose from: plan, country",
        ),
        ("expand=", "expand", "No value is given"),
        ("expand=plan.countries", "expand", "is not an expansion"),
        ("expand=plan,plan", "expand", "named twice"),
        ("expand=plan&format=csv", "expand", "A table has no room for it"),
        ("expand=plan&format=xlsx", "expand", "A table has no room for it"),
        ("count=maybe", "count", "expected true or false"),
        ("count=", "count", "No value is given"),
        ("count=false&count=true", "count", "Given 2 times"),
        ("updated_since=yesterday", "updated_since", "a time such as"),
        ("amount_min=many", "amount_min", "expected a number"),
        ("objective=1.5", "objective", "whole number"),
        ("global_cluster=XXX", "global_cluster", "No global cluster"),
    ],
)
def test_what_can_not_be_chosen_is_named(mali: MaliPlans, query: str, name: str, words: str) -> None:
    errors = problem(f"contributions/?{query}")
    assert list(errors) == [name]
    assert words in errors[name][0]
    assert len(errors[name][0]) < 1500


@pytest.mark.once
@pytest.mark.parametrize(
    "query", ["fields=cod", "expand=x", "count=x", "cursor=x", "fields=code&expand=objectives&format=csv"]
)
def test_plans_refuse_too_when_they_were_asked_for_before(mali: MaliPlans, query: str) -> None:
    get("plans/?fields=code")
    problem(f"plans/?{query}")
    problem(f"plans/?as_of=2025-12-31&{query}")


@pytest.mark.parametrize("name", [name for name in LISTS if EXPANSIONS[name]])
def test_what_is_expanded_is_the_row_of_its_own_list(world: MaliPlans, name: str) -> None:
    page = results(f"{name}/?limit=1000&expand={','.join(EXPANSIONS[name])}")
    plain = results(f"{name}/?limit=1000")
    assert [{column: row[column] for column in row if column != "expanded"} for row in page] == plain
    lists = {source: {row[key]: row for row in results(f"{source}/?limit=1000")} for source, key in LISTED.values()}
    within = {
        word: {(row["plan"], row[key]): row for row in results(f"{source}/?limit=1000")}
        for word, (source, key) in WITHIN_PLANS.items()
    }
    told = 0
    for row in page:
        assert list(row["expanded"]) == EXPANSIONS[name]
        for word, value in row["expanded"].items():
            if name == "plans" and word in OF_PLANS:
                own = results(f"{OF_PLANS[word]}/?limit=1000&plan={row['code']}")
                assert sorted(map(str, value)) == sorted(map(str, own))
            elif name == "plans" and word in {"sectors", "risk_indicators", "narratives", "sources"}:
                assert value == get(f"plans/{row['code']}/")[word]
            elif word in {"inter_agency", "profile"}:  # told nowhere else: see test_api_entries
                assert bool(value) == (row.get("iso3") == "MLI" or row.get("code") == "MLI-CRP-2025-2026")
            elif word in WITHIN_PLANS:
                assert value == within[word].get((row["plan"], row[word]))
            elif word == "sectors":
                assert value == results(f"sectors/?limit=1000&taxonomy={row['code']}")
            elif word == "source":
                assert (value and value["code"]) == row["source"]
            elif word == "countries":
                assert value == [lists["countries"][code] for code in row["countries"]]
            else:
                assert value == (lists[LISTED[word][0]][row[word]] if row[word] is not None else None)
            told += value not in (None, [])
    assert told or name == "organizations"


def test_lines_of_ndjson_and_a_past_day_are_expanded_too(world: MaliPlans) -> None:
    page = results("contributions/?expand=plan,donor&fields=code")
    assert [list(row) for row in page] == [["code", "expanded"]] * len(page)
    lines = [
        json.loads(line)
        for line in text_of(ask("contributions/?expand=plan,donor&fields=code&format=ndjson")).splitlines()
    ]
    assert sorted(map(str, lines)) == sorted(map(str, page))
    (plan,) = results("plans/?as_of=2018-01-01&expand=projects")
    assert plan["expanded"]["projects"] == results("projects/?as_of=2018-01-01&ordering=code")
    (plan,) = results("plans/?as_of=2018-01-01&expand=sectors&fields=title")
    assert plan["expanded"]["sectors"] == get("plans/MLI-COMPENDIUM-2017/?as_of=2018-01-01")["sectors"] != []
    then = results("projects/?as_of=2018-01-01&expand=plan&limit=1")[0]["expanded"]["plan"]
    assert then == results("plans/?as_of=2018-01-01")[0]


@pytest.mark.once
@pytest.mark.parametrize("name", [name for name in LISTS if EXPANSIONS[name]])
def test_to_expand_costs_the_same_for_one_row_and_for_many(mali: MaliPlans, name: str) -> None:
    address = f"{name}/?limit=1000&count=false&expand={','.join(EXPANSIONS[name])}"
    make_plans(1)
    for plan in Plan.objects.all():
        make_reported_funding(plan=plan)
    few, before = count_queries(address), len(results(address))
    for plan in make_plans(4):
        make_reported_funding(plan=plan)
    with zeal_context():
        assert count_queries(address) == few
    assert len(results(address)) > before


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_is_not_counted(world: MaliPlans, name: str) -> None:
    counted = get(f"{name}/?limit=2")
    Recent.forget_all()
    with CaptureQueriesContext(connection) as captured:
        page = get(f"{name}/?limit=2&count=false")
    assert page["count"] is None
    assert page["results"] == counted["results"]
    assert (page["next"] is None) == (counted["next"] is None)
    assert not any(query["sql"].startswith("SELECT COUNT(") for query in captured)
    last = get(f"{name}/?limit=1&count=false&offset={counted['count'] - 1}")
    assert last["next"] is None
    assert len(last["results"]) == 1
    assert last["previous"] is None or "offset" in last["previous"] or counted["count"] == 2


@pytest.mark.parametrize("name", LISTS)
def test_updated_since_goes_by_updated_at(world: MaliPlans, name: str, history: None) -> None:
    if name in {"organizations", "countries"}:
        model: Any = Organization if name == "organizations" else Country
        model.objects.order_by("pk").first().save()  # which the history keeps
    whole = results(f"{name}/?limit=1000")
    known = [row for row in whole if row["updated_at"] is not None]
    for row in known[:3]:
        moment = datetime.fromisoformat(row["updated_at"])
        for since in (moment, moment + timedelta(microseconds=1)):
            found = results(f"{name}/?limit=1000&updated_since={quote(since.isoformat())}")
            assert found == [item for item in known if datetime.fromisoformat(item["updated_at"]) >= since]
    assert known or name in {"sectors", "taxonomies"}


def test_money_changes_when_a_plan_was_updated(mali: MaliPlans) -> None:
    def times() -> tuple[str, str]:
        return (
            results("plans/?search=MLI-CRP-2021")[0]["updated_at"],
            results("plans/?search=MLI-COMPENDIUM-2017")[0]["updated_at"],
        )

    published, other = times()
    contribution = make_contribution(plan=mali.crp_2021)
    after, same = times()
    assert after > published
    assert same == other
    assert after == results(f"contributions/?search={contribution.code}")[0]["updated_at"]
    moment = datetime(2040, 1, 1, tzinfo=UTC)
    Contribution.objects.filter(pk=contribution.pk).update(updated_at=moment)
    assert times()[0] == "2040-01-01T00:00:00Z"
    assert [row["code"] for row in results("plans/?updated_since=2040-01-01")] == ["MLI-CRP-2021"]
    assert {row["updated_at"] for row in results("projects/?limit=1000")} == {other}


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("contributions/?amount_min=112550", 1),
        ("contributions/?amount_max=112549.99", 0),
        ("contributions/?amount_min=112550&as_of=2025-12-31", 1),
        ("contributions/?amount_max=112549.99&as_of=2025-12-31", 0),
        ("contributions/?project=MLI-2017-HRP-06,NONE", 1),
        ("contributions/?project=mli-2017-hrp-06", 1),
        ("contributions/?objective=1", 0),
        ("contributions/?global_cluster=SHL", 1),
        ("contributions/?global_cluster=WSH", 0),
        ("funding-requests/?objective=1", 1),
        ("funding-requests/?framework=hrp,MCOF", 2),
        ("funding-requests/?project=MLI-2017-HRP-06", 1),
        ("countries/?country=MLI,bfa&country=NER", 3),
        ("countries/?country=MLI&has_plans=false", 0),
        ("organizations/?region=002", 0),
        ("taxonomies/?year=1950", 0),
        ("objectives/?updated_since=2025-04-18", 0),
        ("objectives/?updated_since=2025-04-17&country=MLI,BFA", 3),
    ],
)
def test_filters_find_what_they_name_and_nothing_else(mali: MaliPlans, address: str, expected: int) -> None:
    assert get(address)["count"] == expected
