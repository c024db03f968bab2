"""The figures that must come out for the Mali plans: each worked out by hand from the documents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crp.common.figures import Breakdown, Rollup
from funding.rollups import add_up, break_down, break_down_plan, figures_of, with_figures
from plans.models import Plan
from sectors.models import Crosswalk
from tests.conftest import MaliPlans

pytestmark = pytest.mark.django_db


def figures(code: str) -> Rollup:
    return figures_of(with_figures(Plan.objects.in_force()).get(code=code))


def tell(figures: Rollup) -> tuple[Any, ...]:
    return figures.requested_usd, figures.received_usd, figures.gap_usd, figures.percent_funded


def amounts(opened: Breakdown) -> dict[Any, tuple[Any, ...]]:
    """Return requested and received of each line, by code, or by the sort of rest that it is."""
    return {
        line.key.residual or line.key.code: (line.figures.requested_usd, line.figures.received_usd)
        for line in opened.lines
    }


def portfolio(*by: str) -> Breakdown:
    return break_down(with_figures(Plan.objects.in_force()), by)


def test_the_compendium(mali: MaliPlans) -> None:
    found = figures("MLI-COMPENDIUM-2017")
    assert tell(found) == (37_360_000, 112_550, 37_247_450, Decimal("0.30"))
    assert found.pledged_usd is None
    assert found.over_funded_usd == 0


def test_the_frameworks_of_the_compendium(mali: MaliPlans) -> None:
    opened = break_down_plan(mali.compendium_2017, "framework")
    assert {line.key.code: tell(line.figures) for line in opened.lines} == {
        "HRP": (12_360_000, 112_550, 12_247_450, Decimal("0.91")),
        "MCOF": (25_000_000, 0, 25_000_000, 0),
    }
    assert [line.key.name for line in opened.lines] == [
        "Humanitarian Response Plans",
        "Migration Crisis Operational Frameworks",
    ]


def test_the_sectors_of_the_compendium(mali: MaliPlans) -> None:
    opened = break_down_plan(mali.compendium_2017, "sector")
    assert amounts(opened) == {
        "COMPENDIUM-2017/EARLY_RECOVERY": (2_330_000, 0),
        "COMPENDIUM-2017/HEALTH": (1_000_000, 0),
        "COMPENDIUM-2017/PROTECTION": (3_000_000, 0),  # two projects
        "COMPENDIUM-2017/WASH": (2_450_000, 0),
        "COMPENDIUM-2017/SHELTER_NFI": (3_580_000, 112_550),
        "MCOF-2012/BORDER_MANAGEMENT": (12_000_000, 0),
        "MCOF-2012/REINTEGRATION": (3_000_000, 0),
        "MCOF-2012/COUNTER_TRAFFICKING": (3_000_000, 0),
        "MCOF-2012/MIGRATION_POLICY": (7_000_000, 0),
    }
    shelter = next(line for line in opened.lines if line.key.name == "Emergency Shelter and Non-food Items")
    assert shelter.figures.percent_funded == Decimal("3.14")


def test_the_projects_of_the_compendium(mali: MaliPlans) -> None:
    opened = break_down_plan(mali.compendium_2017, "project")
    assert len(opened.lines) == 10
    assert amounts(opened)["MLI-2017-HRP-06"] == (3_580_000, 112_550)
    assert sum(line.figures.received_usd for line in opened.lines) == 112_550


def test_the_donor_of_the_compendium_is_not_named(mali: MaliPlans) -> None:
    opened = break_down_plan(mali.compendium_2017, "donor")
    assert amounts(opened) == {"not_specified": (None, 112_550)}
    assert opened.lines[0].key.name == "Donor not specified"


def test_the_compendium_says_nothing_by_objective(mali: MaliPlans) -> None:
    assert amounts(break_down_plan(mali.compendium_2017, "objective")) == {"not_specified": (37_360_000, 112_550)}


def test_the_plan_of_2025(mali: MaliPlans) -> None:
    found = figures("MLI-CRP-2025-2026")
    assert tell(found) == (32_353_500, None, None, None)
    assert not found.funding_reported


def test_the_plan_of_2025_by_objective(mali: MaliPlans) -> None:
    opened = break_down_plan(mali.crp_2025_2026, "objective")
    assert amounts(opened) == {1: (12_584_000, None), 2: (10_057_000, None), 3: (9_712_500, None)}


def test_the_plan_of_2025_by_sector(mali: MaliPlans) -> None:
    opened = break_down_plan(mali.crp_2025_2026, "sector")
    assert len(opened.lines) == 18
    assert opened.residuals == ()
    assert sum(line.figures.requested_usd for line in opened.lines) == 32_353_500
    assert {line.figures.received_usd for line in opened.lines} == {None}
    assert amounts(opened)["IOM-2025/PROTECTION_CENTRED"] == (1_153_500, None)


@pytest.mark.parametrize("by", ["framework", "project"])
def test_what_the_plan_of_2025_does_not_split_by_stands_in_one_rest(mali: MaliPlans, by: str) -> None:
    assert amounts(break_down_plan(mali.crp_2025_2026, by)) == {"not_specified": (32_353_500, None)}


@pytest.mark.parametrize("by", ["framework", "objective", "sector", "global_cluster", "project", "donor"])
def test_the_plan_of_2021_reports_nothing(mali: MaliPlans, by: str) -> None:
    opened = break_down_plan(mali.crp_2021, by)
    assert opened.lines == ()
    assert tell(opened.total) == (None, None, None, None)


def test_the_portfolio(mali: MaliPlans) -> None:
    total = add_up(figures_of(plan) for plan in with_figures(Plan.objects.in_force()))
    # Gap and percentage compare with what the one plan asks for that reports.
    assert tell(total) == (69_713_500, 112_550, 37_247_450, Decimal("0.30"))
    assert total.requested_reporting_usd == 37_360_000
    assert (total.plans, total.plans_requesting, total.plans_reporting) == (3, 2, 1)


def test_the_portfolio_by_year(mali: MaliPlans) -> None:
    opened = portfolio("year")
    assert [(line.key.code, line.figures.requested_usd, line.figures.received_usd) for line in opened.lines] == [
        (2017, 37_360_000, 112_550),
        (2021, None, None),
        (2025, 32_353_500, None),
    ]


def test_the_portfolio_by_kind_country_and_region(mali: MaliPlans) -> None:
    assert amounts(portfolio("kind")) == {"compendium": (37_360_000, 112_550), "crp": (32_353_500, None)}
    assert amounts(portfolio("country")) == {"MLI": (69_713_500, 112_550)}
    assert amounts(portfolio("region")) == {"002": (69_713_500, 112_550)}


def test_the_portfolio_by_framework(mali: MaliPlans) -> None:
    opened = portfolio("framework")
    assert {line.key.code: tell(line.figures) for line in opened.lines} == {
        "HRP": (12_360_000, 112_550, 12_247_450, Decimal("0.91")),
        "MCOF": (25_000_000, 0, 25_000_000, 0),
        None: (32_353_500, None, None, None),
    }
    assert opened.residuals[0].key.name == "No framework named"


def test_the_portfolio_by_objective_goes_by_the_strategy(mali: MaliPlans) -> None:
    assert amounts(portfolio("objective")) == {
        "2024-2028/1": (12_584_000, None),
        "2024-2028/2": (10_057_000, None),
        "2024-2028/3": (9_712_500, None),
        "not_specified": (37_360_000, 112_550),
    }


# Both plans together; received, and the requirement of the plan that reports, are of 2017.
CLUSTERS = {
    "SHL": (9_780_000, 112_550),  # 3,580,000 + 6,200,000
    "CCM": (600_000, None),
    "WSH": (5_250_000, 0),  # 2,450,000 + 2,800,000
    "PRO": (7_350_000, 0),  # 3,000,000 + 4,350,000
    "MPC": (1_300_000, None),
    "HEA": (3_500_000, 0),  # 1,000,000 + 2,500,000
    "ERY": (4_330_000, 0),  # 2,330,000 + 2,000,000
    # The four sectors of the MCOF, 25,000,000, and eleven of 2025: 500,000 + 550,000 + 500,000 + 2,000,000 + 1,400,000
    # + 500,000 + 1,000,000 + 1,500,000 + 2,000,000 + 1,500,000 + 1,153,500 = 12,603,500.
    "no_cluster": (37_603_500, 0),
}


def test_the_portfolio_by_global_cluster_compares_the_years(mali: MaliPlans) -> None:
    opened = portfolio("global_cluster")
    assert amounts(opened) == CLUSTERS
    shelter = next(line for line in opened.lines if line.key.code == "SHL")
    assert (shelter.figures.plans, shelter.figures.plans_reporting) == (2, 1)
    assert (shelter.figures.requested_reporting_usd, shelter.figures.percent_funded) == (3_580_000, Decimal("3.14"))
    rest = opened.residuals[0]
    assert (rest.key.name, rest.key.code) == ("No global cluster", None)


def test_without_its_crosswalk_a_sector_falls_into_the_rest(mali: MaliPlans) -> None:
    Crosswalk.objects.filter(sector__code="SHELTER", sector__taxonomy__code="IOM-2025").delete()
    found = amounts(portfolio("global_cluster"))
    assert found["SHL"] == (3_580_000, 112_550)
    assert found["no_cluster"] == (43_803_500, 0)


def test_clusters_by_year_keep_the_years_apart(mali: MaliPlans) -> None:
    opened = portfolio("global_cluster", "year")
    found = {tuple(key.residual or key.code for key in line.keys): line.figures for line in opened.lines}
    assert tell(found["SHL", 2017])[:2] == (3_580_000, 112_550)
    assert tell(found["SHL", 2025])[:2] == (6_200_000, None)
    assert tell(found["no_cluster", 2017])[:2] == (25_000_000, 0)
    assert tell(found["no_cluster", 2025])[:2] == (12_603_500, None)
    assert ("SHL", 2021) not in found


def test_frameworks_by_sector_come_from_the_projects(mali: MaliPlans) -> None:
    opened = portfolio("framework", "sector")
    found = {tuple(key.residual or key.code for key in line.keys): tell(line.figures)[:2] for line in opened.lines}
    assert found["HRP", "COMPENDIUM-2017/PROTECTION"] == (3_000_000, 0)
    assert found["HRP", "COMPENDIUM-2017/SHELTER_NFI"] == (3_580_000, 112_550)
    assert found["MCOF", "MCOF-2012/MIGRATION_POLICY"] == (7_000_000, 0)
    assert found["not_specified", "not_specified"] == (32_353_500, None)
    assert len(found) == 10


def test_the_columns_of_a_list_agree_with_the_figures(mali: MaliPlans) -> None:
    """A list sorts and filters by the columns and shows the figures."""
    for plan in with_figures(Plan.objects.in_force()):
        found = figures_of(plan)
        assert (plan.requested_usd, plan.received_usd, plan.gap_usd, plan.percent_funded) == tell(found)
        assert plan.funding_reported == found.funding_reported
