"""The trend of a plan among those before it, and what else was published at the same time."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from funding.selectors.plan_around import PlansAround
from funding.selectors.portfolio import plan_lines, published_plans
from plans.models import Country, Plan
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_country, make_plan
from tests.funding.test_pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def country() -> Country:
    return make_country(name="Testland")


def make(country: Country, year: int, asked: int | None, kind: str = "hnrp", **fields: Any) -> Plan:
    return make_plan(
        code=f"{kind.upper().replace('_', '-')}-{year}", kind=kind, countries=[country], start_year=year,
        requested_usd=asked, contributions=0, reports_funding=False, **fields,
    )  # fmt: skip


def around(plan: Plan, on: date | None = None) -> PlansAround:
    return PlansAround(plan_lines(published_plans(on).filter(pk=plan.pk))[0], on)


def test_each_step_is_compared_with_the_plan_before(country: Country) -> None:
    make(country, 2020, 1_000, "consolidated")
    make(country, 2021, 1_500)
    make(country, 2022, None)
    plan = make(country, 2023, 1_200)
    make(country, 2024, 900)
    found = around(plan)
    assert [(step.line.plan.start_year, step.change_percent, step.is_this) for step in found.steps] == [
        (2024, Decimal("-25.00"), False),
        (2023, None, True),
        (2022, None, False),
        (2021, Decimal("50.00"), False),
        (2020, None, False),
    ]
    assert found.before is not None
    assert found.before.plan.start_year == 2022
    assert found.has_changes
    assert found.unseen == 0


def test_a_series_is_of_one_kind_and_the_same_countries(country: Country) -> None:
    plan = make(country, 2023, 1_000)
    make(country, 2022, 1_000, "flash_appeal")
    shared = make_plan(code="BOTH", kind="hnrp", countries=[country, make_country()], start_year=2021, contributions=0)
    make_plan(code="ELSEWHERE", kind="hnrp", countries=[make_country()], start_year=2021, contributions=0)
    found = around(plan)
    assert found.steps == []
    assert found.before is None
    assert [line.plan.code for line in found.others] == ["FLASH-APPEAL-2022", shared.code]


def test_a_long_series_shows_the_plans_around_this_one(country: Country) -> None:
    plans = {year: make(country, year, 1_000) for year in range(2005, 2025)}
    shown = {
        2024: [2024, 2023, 2022, 2021, 2020, 2019],
        2015: [2016, 2015, 2014, 2013, 2012, 2011],
        2005: [2010, 2009, 2008, 2007, 2006, 2005],
    }
    for year, expected in shown.items():
        found = around(plans[year])
        assert [step.line.plan.start_year for step in found.steps] == expected
        assert [step.line.plan.start_year for step in found.steps if step.is_this] == [year]
        assert found.unseen == 14


def test_plans_of_the_same_time_are_those_whose_years_touch(country: Country) -> None:
    plan = make(country, 2022, 1_000, "crp", end_year=2023)
    codes = {make(country, year, 500).code for year in (2021, 2022, 2023, 2024)}
    make(country, 2020, 500, "flash_appeal", end_year=2022)
    assert {line.plan.code for line in around(plan).concurrent} == (
        codes - {"HNRP-2021", "HNRP-2024"} | {"FLASH-APPEAL-2020"}
    )


def test_the_trend_is_by_year_and_only_where_there_is_one(country: Country) -> None:
    plan = make(country, 2023, 1_000)
    make(country, 2022, 800)
    assert around(plan).years == []
    first = make(country, 2020, 500)
    make_contribution(plan=first, amount_usd=125)
    columns = [
        (column.year, column.figures and (column.figures.requested_usd, column.figures.percent_funded))
        for column in around(plan).years
    ]
    assert columns == [
        (2020, (Decimal("500.00"), Decimal("25.00"))),
        (2021, None),
        (2022, (Decimal("800.00"), None)),
        (2023, (Decimal("1000.00"), None)),
    ]


def test_a_past_day_has_the_plans_of_then(country: Country) -> None:
    plan = make(country, 2022, 800)
    make(country, 2023, 1_000)  # published on 24 January 2023
    on = date(2022, 6, 1)
    assert [line.plan.code for line in around(plan, on).series] == ["HNRP-2022"]
    assert [line.plan.code for line in around(plan).series] == ["HNRP-2023", "HNRP-2022"]


def test_thirty_plans_cost_no_more_queries_than_three(client: Client, country: Country) -> None:
    plan = make(country, 2020, 1_000)
    for year in (2018, 2019):
        make(country, year, 1_000)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(plan.get_absolute_url()).status_code == 200
        return len(captured)

    few = queries()
    for year in range(1990, 2017):
        make(country, year, 1_000)
    assert queries() == few


def test_the_page_of_a_plan_opens_its_total(client: Client, mali: MaliPlans) -> None:
    text = read(client, "/plans/MLI-CRP-2025-2026/")
    opening = text[text.index("How USD 32,353,500 adds up") : text.index("People in need")]
    assert "3 lines 32,353,500" in opening
    assert "18 lines 32,353,500" in opening
    for figure in ("12,584,000", "10,057,000", "9,712,500", "6,200,000", "1,153,500"):
        assert figure in opening
    opening = read(client, "/plans/MLI-COMPENDIUM-2017/")
    assert "The gap Requested 37,360,000 Received \N{MINUS SIGN}112,550 Gap 37,247,450" in opening
    assert "adds up" not in read(client, "/plans/MLI-CRP-2021/").split("Checks")[0]


def test_what_no_line_asks_for_is_a_line_of_its_own(client: Client) -> None:
    plan = make_plan(requested_usd=1_000, contributions=0, sectors=2)
    line = plan.revisions.get().funding_requests.filter(breakdown="sector").first()
    type(line).objects.filter(pk=line.pk).update(amount_usd=line.amount_usd - 100)
    text = read(client, plan.get_absolute_url())
    opening = text[text.index("How USD 1,000 adds up") : text.index("Figures as the plan")]
    assert "Not specified 100" in opening or "Sector not specified 100" in opening
    assert "1,000" in opening
