"""Money received: where it counts, what is no money yet, and what nobody knows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crp.common.figures import Breakdown, Rollup
from funding.dimensions import PORTFOLIO
from funding.models import Contribution, Project
from funding.rollups import break_down, break_down_plan, figures_of, with_figures
from plans.models import Framework, Plan
from tests.factories import make_contribution, make_country, make_organization, make_plan, make_taxonomy

pytestmark = pytest.mark.usefixtures("empty_module", "db")


def figures(plan: Plan) -> Rollup:
    return figures_of(with_figures(Plan.objects.in_force()).get(pk=plan.pk))


def portfolio(*by: str) -> Breakdown:
    return break_down(with_figures(Plan.objects.in_force()), by)


def amounts(opened: Breakdown, measure: str) -> dict[Any, Any]:
    return {line.key.residual or line.key.code: getattr(line.figures, measure) for line in opened.lines}


def names(opened: Breakdown) -> list[str]:
    return [line.key.name for line in opened.lines]


def test_money_for_several_sectors_is_shared_and_not_unknown() -> None:
    plan = make_plan(requested_usd=1_000, contributions=0)
    make_contribution(plan=plan, amount_usd=30, is_shared_across_sectors=True)
    make_contribution(plan=plan, amount_usd=20)
    make_contribution(plan=plan, amount_usd=7, project_code="P-1", is_shared_across_sectors=True)
    for by in ("sector", "global_cluster"):
        opened = break_down_plan(plan, by)
        received = amounts(opened, "received_usd")
        assert (received["shared"], received["not_specified"]) == (37, 20)
        assert names(opened)[-2:] == ["Multiple sectors (shared)", "Sector not specified"]
    assert amounts(break_down_plan(plan, "framework"), "received_usd") == {"HRP": 7, "not_specified": 50}


def test_money_of_a_project_counts_for_its_framework_and_sector() -> None:
    plan = make_plan(requested_usd=1_000, contributions=0)
    project = Project.objects.get(code="P-2")
    make_contribution(plan=plan, amount_usd=40, project_code="P-2")
    sector = break_down_plan(plan, "sector")
    assert {line.key.subject: line.figures.received_usd for line in sector.rows}[project.sector] == 40
    cluster = project.sector.crosswalk.global_cluster
    opened = break_down_plan(plan, "global_cluster")
    assert {line.key.subject: line.figures.received_usd for line in opened.rows}[cluster] == 40
    assert amounts(break_down_plan(plan, "framework"), "received_usd") == {"HRP": 40}
    assert amounts(break_down_plan(plan, "project"), "received_usd") == {"P-1": 0, "P-2": 40}
    assert amounts(break_down_plan(plan, "objective"), "received_usd") == {1: 0, 2: 0, "not_specified": 40}


def test_what_a_contribution_says_itself_wins_over_its_project() -> None:
    plan = make_plan(requested_usd=1_000, contributions=0, taxonomy=make_taxonomy(sectors=3))
    revision = plan.revisions.get()
    Framework.objects.create(revision=revision, code="RRP", name="RRP")
    other = revision.taxonomy.sectors.order_by("order").last()
    make_contribution(plan=plan, amount_usd=40, project_code="P-1", framework_code="RRP", sector=other)
    assert amounts(break_down_plan(plan, "framework"), "received_usd") == {"HRP": 0, "RRP": 40}
    opened = break_down_plan(plan, "sector")
    assert {line.key.subject: line.figures.received_usd for line in opened.lines}[other] == 40


def test_money_for_an_objective_is_told_by_plan_and_by_strategy() -> None:
    plan = make_plan(requested_usd=1_000, contributions=0)
    make_contribution(plan=plan, amount_usd=40, objective_number=2)
    assert amounts(break_down_plan(plan, "objective"), "received_usd") == {1: 0, 2: 40}
    assert amounts(portfolio("objective"), "received_usd") == {"not_specified": 40}  # of no strategy


def test_money_by_donor_has_no_requirement() -> None:
    plan = make_plan(requested_usd=1_000, contributions=0)
    donor = make_organization(code="ech", name="ECHO")
    make_contribution(plan=plan, amount_usd=30, donor=donor)
    make_contribution(plan=plan, amount_usd=12, donor=donor)
    make_contribution(plan=plan, amount_usd=5, donor=None)
    opened = break_down_plan(plan, "donor")
    assert amounts(opened, "received_usd") == {"ech": 42, "not_specified": 5}
    assert {line.figures.requested_usd for line in opened.lines} == {None}
    assert {line.figures.percent_funded for line in opened.lines} == {None}
    assert (opened.total.requested_usd, opened.total.received_usd) == (1_000, 47)
    assert names(opened) == ["ECHO", "Donor not specified"]


def test_a_pledge_is_told_apart_and_never_received() -> None:
    plan = make_plan(requested_usd=1_000, contributions=0)
    for status, amount in (("pledge", 500), ("pledge", 100), ("commitment", 40), ("paid", 2)):
        make_contribution(plan=plan, amount_usd=amount, status=status, framework_code="HRP")
    found = figures(plan)
    assert (found.received_usd, found.pledged_usd, found.gap_usd) == (42, 600, 958)
    assert found.percent_funded == Decimal("4.20")
    line = break_down_plan(plan, "framework").lines[0].figures
    assert (line.received_usd, line.pledged_usd) == (42, 600)


def test_a_pledge_does_not_make_unknown_funding_zero() -> None:
    plan = make_plan(requested_usd=1_000, contributions=0, reports_funding=False)
    make_contribution(plan=plan, amount_usd=500, status="pledge", framework_code="HRP")
    found = figures(plan)
    assert (found.received_usd, found.pledged_usd, found.percent_funded) == (None, 500, None)
    line = break_down_plan(plan, "framework").lines[0].figures
    assert (line.received_usd, line.pledged_usd, line.funding_reported) == (None, 500, False)


def test_money_on_record_reports_funding_though_the_document_does_not() -> None:
    plan = make_plan(requested_usd=1_000, contributions=0, reports_funding=False)
    make_contribution(plan=plan, amount_usd=10)
    assert figures(plan).received_usd == 10


def test_corrections_are_taken_off() -> None:
    plan = make_plan(requested_usd=1_000, contributions=0)
    make_contribution(plan=plan, amount_usd="100.10", framework_code="HRP")
    make_contribution(plan=plan, amount_usd="-100.20", framework_code="HRP")
    found = figures(plan)
    assert (str(found.received_usd), str(found.gap_usd), found.percent_funded) == ("-0.10", "1000.10", Decimal("-0.01"))
    assert break_down_plan(plan, "framework").lines[0].figures.received_usd == Decimal("-0.10")


def test_over_funding_leaves_no_gap_and_shows_the_surplus() -> None:
    plan = make_plan(requested_usd=1_000, contributions=0)
    make_contribution(plan=plan, amount_usd=13_640)
    found = figures(plan)
    assert (found.percent_funded, found.gap_usd, found.over_funded_usd) == (1364, 0, 12_640)
    column = with_figures(Plan.objects.in_force()).get()
    assert (column.gap_usd, column.percent_funded) == (0, 1364)


def test_a_requirement_of_zero_is_known_and_its_percentage_is_not_defined() -> None:
    plan = make_plan(requested_usd=0, contributions=0)
    make_contribution(plan=plan, amount_usd=5)
    found = figures(plan)
    assert (found.requested_usd, found.received_usd, found.percent_funded) == (0, 5, None)
    assert with_figures(Plan.objects.in_force()).get().percent_funded is None


@pytest.mark.parametrize(
    ("by", "target", "code"),
    [
        ("framework", {"framework_code": "RRP"}, "RRP"),
        ("project", {"project_code": "GONE"}, "GONE"),
        ("objective", {"objective_number": 9}, 9),
    ],
)
def test_money_for_what_the_revision_does_not_have_is_shown_by_code(by: str, target: dict[str, Any], code: Any) -> None:
    """A revision dropped it, or does not have it yet on the day asked for: the money is real all the same."""
    plan = make_plan(requested_usd=1_000, contributions=0)
    make_contribution(plan=plan, amount_usd=40, **target)
    opened = break_down_plan(plan, by)
    assert amounts(opened, "received_usd")[code] == 40
    assert names(opened)[-1] == str(code)
    assert opened.total.received_usd == 40


def test_money_is_not_multiplied_by_the_rows_beside_it() -> None:
    """Two countries, three sectors, four contributions: joined in one query each would multiply the others."""
    plan = make_plan(
        requested_usd=900, sectors=3, projects=3, contributions=0, countries=[make_country(), make_country()]
    )
    for _number in range(4):
        make_contribution(plan=plan, amount_usd=10)
        make_contribution(plan=plan, amount_usd=1, status="pledge")
    found = figures(plan)
    assert (found.requested_usd, found.received_usd, found.pledged_usd) == (900, 40, 4)
    assert Contribution.objects.count() == 8
    for by in PORTFOLIO:
        total = portfolio(by).total
        assert (total.requested_usd, total.received_usd, total.pledged_usd) == (900, 40, 4)
