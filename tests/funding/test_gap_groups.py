"""Groups of the gap explorer: against plain loops over the plans, and always adding to the total."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crp.common.figures import Rollup
from funding.rollups import figures_of
from funding.selectors.gap_groups import GROUPS, Groups
from funding.selectors.gaps import GapExplorer
from funding.selectors.portfolio import published_plans
from plans.models import Plan
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_country, make_plan, make_plans, make_taxonomy
from tests.funding.world import World

MEASURES = ("requested_usd", "received_usd", "pledged_usd")


def explore(query: str, on: date | None = None) -> GapExplorer:
    explorer = GapExplorer(QueryDict(query), on)
    assert explorer.problems == {}
    return explorer


def groups_of(query: str, on: date | None = None) -> Groups:
    groups = explore(query, on).groups
    assert groups is not None
    return groups


def added(figures: Iterable[Rollup], measure: str) -> Decimal | None:
    known = [amount for item in figures if (amount := getattr(item, measure)) is not None]
    return sum(known, Decimal(0)) if known else None


def keys_of(plan: Any, by: str) -> str:
    countries = [country.iso3 for country in plan.countries.all()]
    return {
        "kind": plan.kind,
        "year": str(plan.totals_year or plan.start_year),
        "country": countries[0] if len(countries) == 1 else "several_countries" if countries else "not_specified",
    }[by]


@pytest.mark.parametrize(
    ("several", "on"),
    [
        (list(GROUPS)[::3], None),
        pytest.param([by for number, by in enumerate(GROUPS) if number % 3], None, marks=pytest.mark.once),
        pytest.param(list(GROUPS)[::3], date(2021, 6, 1), marks=pytest.mark.once),
    ],
    ids=["every third", "the rest", "every third on a past day"],
)
def test_subtotals_add_to_the_total_and_plans_to_their_subtotal(
    empty_database: None, several: list[str], on: date | None
) -> None:
    World(seed=7, plans=14)
    total = explore("", on).total
    assert total.plans > 3
    for by in several:
        groups = groups_of(f"group={by}", on)
        assert groups.breakdown.total == total, by
        for measure in MEASURES:
            assert added((line.figures for line in groups.lines), measure) == getattr(total, measure), (by, measure)
        for line in groups.lines[:6]:  # the residuals stand at the end, see below
            adds_up_when_opened(by, line, on)
        adds_up_when_opened(by, groups.lines[-1], on)


def adds_up_when_opened(by: str, line: Any, on: date | None) -> None:
    opened = groups_of(f"group={by}&open={line.code}", on)
    assert opened.parts is not None
    parts = [part.figures for part in opened.parts]
    assert len(parts) == line.figures.plans
    for measure in (*MEASURES, "gap_usd"):
        assert added(parts, measure) == getattr(line.figures, measure), (by, line.code, measure)
    assert [group.code for group in opened.lines if group.is_open] == [line.code]


@pytest.mark.parametrize("by", ["kind", "year"])
def test_groups_of_whole_plans_are_a_plain_loop_over_them(empty_database: None, by: str) -> None:
    World(seed=11, plans=14)
    expected: dict[str, dict[str, list[Decimal]]] = defaultdict(lambda: defaultdict(list))
    for plan in published_plans():
        figures = figures_of(plan)
        of_plan = expected[keys_of(plan, by)]
        of_plan["plans"].append(Decimal(1))
        for measure in (*MEASURES, "gap_usd"):
            if (amount := getattr(figures, measure)) is not None:
                of_plan[measure].append(amount)
    groups = groups_of(f"group={by}")
    assert {line.code for line in groups.lines} == set(expected)
    for line in groups.lines:
        assert line.figures.plans == len(expected[line.code]["plans"])
        for measure in (*MEASURES, "gap_usd"):
            amounts = expected[line.code].get(measure)
            assert getattr(line.figures, measure) == (sum(amounts) if amounts else None), (line.code, measure)
    assert groups.gaps_add_up


def test_what_several_countries_share_stands_in_a_line_of_its_own(empty_database: None) -> None:
    here, there = make_country(iso3="QAA"), make_country(iso3="QBB")
    make_plan(countries=[here], requested_usd=100, contributions=0)
    make_plan(countries=[here], requested_usd=40, contributions=0)
    make_plan(countries=[there], requested_usd=900, contributions=0, reports_funding=False)
    make_plan(countries=[here, there], requested_usd=7, contributions=0)
    groups = groups_of("group=country")
    told = [(line.code, line.figures.requested_usd, line.figures.gap_usd, line.figures.plans) for line in groups.lines]
    assert told == [  # the largest gap first, the unknown one after it, the rest last
        ("QAA", Decimal(140), Decimal(140), 2),
        ("QBB", Decimal(900), None, 1),
        ("several_countries", Decimal(7), Decimal(7), 1),
    ]


def test_the_gaps_of_sectors_do_not_add_where_one_has_too_much(empty_database: None) -> None:
    taxonomy = make_taxonomy(sectors=2)
    plan = make_plan(requested_usd=1_000, taxonomy=taxonomy, sectors=2, projects=0, contributions=0)
    first, second = taxonomy.sectors.order_by("order", "pk")
    make_contribution(plan=plan, amount_usd=800, sector=first)
    groups = groups_of("group=sector&ordering=requested_usd")
    gaps = {line.key.subject: line.figures.gap_usd for line in groups.lines}
    assert gaps == {first: Decimal(0), second: Decimal(500)}
    assert explore("").total.gap_usd == Decimal(200)
    assert not groups.gaps_add_up


def test_mali_by_year_cluster_and_framework(mali: MaliPlans) -> None:
    by_year = groups_of("country=MLI&group=year")
    assert [(line.code, line.figures.requested_usd) for line in by_year.lines] == [
        ("2025", Decimal("32353500.00")),
        ("2021", None),
        ("2017", Decimal("37360000.00")),
    ]
    health = next(line for line in groups_of("group=global_cluster&open=HEA").lines if line.code == "HEA")
    assert health.figures.requested_usd == Decimal("3500000.00")  # 2,500,000 in 2025 and 1,000,000 in 2017
    frameworks = {line.code: line.figures.requested_usd for line in groups_of("group=framework").lines}
    assert frameworks["HRP"] == Decimal("12360000.00")
    assert frameworks["MCOF"] == Decimal("25000000.00")
    assert frameworks["not_specified"] == Decimal("32353500.00")


@pytest.mark.parametrize(
    ("ordering", "codes"),
    [
        ("requested_usd", ["QAA", "QCC", "QBB"]),
        ("-requested_usd", ["QBB", "QCC", "QAA"]),
        ("received_usd", ["QCC", "QAA", "QBB"]),
        ("-received_usd", ["QAA", "QCC", "QBB"]),
        ("title", ["QCC", "QBB", "QAA"]),
        ("-title", ["QAA", "QBB", "QCC"]),
        ("-people_targeted", ["QCC", "QAA", "QBB"]),  # a column that groups have not: by gap
    ],
)
def test_groups_are_ordered_with_the_unknown_last(empty_database: None, ordering: str, codes: list[str]) -> None:
    countries = {code: make_country(iso3=code, name=name) for code, name in (("QAA", "C"), ("QBB", "B"), ("QCC", "Å"))}
    make_contribution(plan=make_plan(countries=[countries["QAA"]], requested_usd=10, contributions=0), amount_usd=9)
    make_plan(countries=[countries["QBB"]], requested_usd=30, contributions=0, reports_funding=False)
    make_contribution(plan=make_plan(countries=[countries["QCC"]], requested_usd=20, contributions=0), amount_usd=8)
    make_plan(countries=list(countries.values()), requested_usd=5_000, contributions=0)
    found = [line.code for line in groups_of(f"group=country&ordering={ordering}").lines]
    assert found == [*codes, "several_countries"]


def test_an_open_group_has_pages(empty_database: None) -> None:
    make_plans(27, countries=[make_country(iso3="QAA")], taxonomy=make_taxonomy(sectors=2))
    first, second = (groups_of(f"group=country&open=QAA&page={number}").parts for number in (1, 2))
    assert first is not None
    assert second is not None
    shown = [part.line.plan.code for page in (first, second) for part in page]
    assert [len(first.object_list), len(second.object_list)] == [25, 2]
    assert sorted(shown) == sorted(Plan.objects.values_list("code", flat=True))


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("group=colour", "group"), ("group=donor", "group"), ("group=<script>alert(1)</script>", "group"),
        ("open=MLI", "open"), ("group=country&open=XXX", "open"), ("group=country&open=" + "9" * 9_000, "open"),
        ("group=country&page=2", "page"), ("group=country&open=MLI&page=2", "page"), ("group=year&page=-1", "page"),
    ],
)  # fmt: skip
def test_a_group_that_there_is_not_is_400_and_named(client: Client, mali: MaliPlans, query: str, name: str) -> None:
    answer = client.get(f"/gaps/?{query}")
    html = answer.content.decode()
    assert answer.status_code == 400
    assert list(answer.context["explorer"].problems) == [name]
    assert "<script>alert" not in html
    assert "Mali 2017" not in html


@pytest.mark.once
@pytest.mark.parametrize("view", ["table", "chart"])
def test_groups_ask_as_often_for_many_plans_as_for_one(client: Client, empty_database: None, view: str) -> None:
    taxonomy = make_taxonomy(sectors=3)
    plan = make_plan(taxonomy=taxonomy, start_year=2011)
    codes = {by: groups_of(f"group={by}").lines[0].code for by in GROUPS}

    def asked(by: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/gaps/?group={by}&view={view}&open={codes[by]}").status_code == 200
        return len(queries)

    few = {by: asked(by) for by in GROUPS}
    make_plans(12, taxonomy=taxonomy, countries=list(plan.countries.all()))
    assert {by: asked(by) for by in GROUPS} == few
