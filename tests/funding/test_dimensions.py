"""What money can be grouped by: which choices make sense, which are refused with a sentence, what a rest is called."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from django.utils import translation

from funding.dimensions import PORTFOLIO, WITHIN_PLAN, Residual, choose, rest_name, sector_code
from funding.rollups import break_down, break_down_plan, with_figures
from plans.models import Plan
from sectors.models import Sector
from tests.conftest import MaliPlans


def test_what_the_money_of_many_plans_can_be_grouped_by() -> None:
    assert list(PORTFOLIO) == [
        "country", "region", "year", "kind", "framework", "objective", "sector", "global_cluster", "donor", "status",
        "earmarking", "decision_year",
    ]  # fmt: skip


def test_what_the_money_of_one_plan_can_be_opened_into() -> None:
    assert list(WITHIN_PLAN) == [
        "framework", "objective", "sector", "global_cluster", "project", "country", "donor", "status", "earmarking",
        "decision_year",
    ]  # fmt: skip


@pytest.mark.parametrize("name", PORTFOLIO)
def test_one_dimension_is_always_possible(name: str) -> None:
    assert [dimension.name for dimension in choose([name], PORTFOLIO)] == [name]


OF_PLANS = {"country", "region", "year", "kind"}
# Only a project has two at once.
TOGETHER = {("framework", "sector"), ("framework", "global_cluster")}


@pytest.mark.parametrize(("first", "second"), list(combinations(PORTFOLIO, 2)))
def test_two_dimensions_are_possible_where_some_line_carries_both(mali: MaliPlans, first: str, second: str) -> None:
    possible = bool({first, second} & OF_PLANS) or (first, second) in TOGETHER
    for names in ((first, second), (second, first)):
        if possible:
            opened = break_down(with_figures(Plan.objects.in_force()), names)
            assert opened.by == names
            assert opened.total.received_usd == 112_550
        else:
            with pytest.raises(ValueError, match=f"by {names[0]} and {names[1]} at once: ask for one at a time"):
                choose(names, PORTFOLIO)


@pytest.mark.parametrize("names", [[], ["country", "country"], ["country", "year", "kind"]])
def test_none_more_than_two_or_the_same_twice_is_refused(names: list[str]) -> None:
    with pytest.raises(ValueError, match="Name one dimension, or two different ones: country, region, year"):
        choose(names, PORTFOLIO)


@pytest.mark.parametrize(
    ("name", "among"), [("contry", PORTFOLIO), ("", PORTFOLIO), ("project", PORTFOLIO), ("year", WITHIN_PLAN)]
)
def test_a_dimension_that_is_not_there_is_named_with_those_that_are(name: str, among: Any) -> None:
    with pytest.raises(ValueError, match=f"“{name}” is not a dimension. Choose from: {', '.join(among)}"):
        choose([name], among)


def test_one_plan_is_not_opened_by_what_all_of_it_shares(mali: MaliPlans) -> None:
    with pytest.raises(ValueError, match="“region” is not a dimension"):
        break_down_plan(mali.compendium_2017, "region")


@pytest.mark.parametrize(
    ("rest", "dimension", "name"),
    [
        (Residual.NOT_SPECIFIED, "framework", "No framework named"),
        (Residual.NOT_SPECIFIED, "donor", "Donor not specified"),
        (Residual.NOT_SPECIFIED, "sector", "Sector not specified"),
        (Residual.NOT_SPECIFIED, "global_cluster", "Sector not specified"),
        (Residual.NOT_SPECIFIED, "objective", "Objective not specified"),
        (Residual.NOT_SPECIFIED, "project", "Project not specified"),
        (Residual.NOT_SPECIFIED, "country", "Not specified"),
        (Residual.SHARED, "sector", "Multiple sectors (shared)"),
        (Residual.NO_CLUSTER, "global_cluster", "No global cluster"),
        (Residual.SEVERAL_COUNTRIES, "country", "Several countries (shared)"),
        (Residual.SEVERAL_REGIONS, "region", "Several regions (shared)"),
    ],
)
def test_every_rest_has_a_name(rest: Residual, dimension: str, name: str) -> None:
    assert rest_name(rest, dimension) == name


def test_values_are_named_in_the_readers_language(mali: MaliPlans) -> None:
    with translation.override("fr"):
        names = {line.key.code: line.key.name for line in break_down_plan(mali.crp_2025_2026, "global_cluster").lines}
        assert names["SHL"] == Sector.objects.get(code="SHL", taxonomy__code="IASC-GC").name_fr != ""


def test_sectors_of_two_lists_have_two_codes(mali: MaliPlans) -> None:
    found = {sector_code(sector) for sector in Sector.objects.filter(code="WASH").select_related("taxonomy")}
    assert {"IOM-2025/WASH", "COMPENDIUM-2017/WASH"} <= found


def test_a_line_leads_to_what_it_is_about(mali: MaliPlans) -> None:
    opened = break_down(with_figures(Plan.objects.in_force()), ["country", "year"])
    country, year = opened.lines[0].keys
    assert (country.code, country.subject.iso3) == ("MLI", "MLI")
    assert (year.code, year.name, year.subject) == (2017, "2017", None)
