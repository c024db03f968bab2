"""Any figure as of a past day: what was true and published then."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from crp.common.figures import Breakdown
from funding.dimensions import PORTFOLIO, WITHIN_PLAN
from funding.models import FundingRequest, Project
from funding.rollups import break_down, break_down_plan, figures_of, with_amounts, with_figures
from funding.services import publish_revision
from plans.models import Framework, Objective, Plan, Revision
from plans.services import start_revision
from tests.factories import add_request, make_contribution, make_plan

pytestmark = pytest.mark.usefixtures("empty_module", "db")

JULY = datetime(2024, 7, 1, 10, 0, tzinfo=UTC)


@pytest.fixture
def plan() -> Plan:
    """Return a plan for 1,000 of 24 January 2024, revised on 1 July to 1,500 with a framework RRP beside its HRP."""
    plan = make_plan(requested_usd=1_000, contributions=0, start_year=2024)
    make_contribution(plan=plan, amount_usd=100, decision_on=date(2024, 3, 1), framework_code="HRP")
    make_contribution(plan=plan, amount_usd=50, decision_on=date(2024, 8, 1), framework_code="RRP")
    make_contribution(plan=plan, amount_usd=7, decision_on=None, objective_number=1)
    make_contribution(plan=plan, amount_usd=900, decision_on=date(2024, 9, 1), status="pledge")
    draft = start_revision(plan=plan, by=None)
    Revision.objects.filter(pk=draft.pk).update(stated_requested_usd=1_500)
    framework = Framework.objects.create(revision=draft, code="RRP", name="Refugee plan", order=1)
    add_request(draft, "framework", framework, Decimal(500))
    project = Project.objects.create(revision=draft, code="P-9", title="New", framework=framework, order=9)
    add_request(draft, "project", project, Decimal(500))
    Objective.objects.filter(revision=draft, number=1).update(title="Reworded")
    publish_revision(revision=draft, by=None, reason="More need", at=JULY)
    return plan


def on_day(plan: Plan, on: date | None) -> tuple[Any, ...]:
    found = figures_of(with_figures(Plan.objects.in_force(on), on).get(pk=plan.pk))
    return found.requested_usd, found.received_usd, found.pledged_usd, found.gap_usd


def amounts(opened: Breakdown, measure: str = "requested_usd") -> dict[Any, Any]:
    return {line.key.residual or line.key.code: getattr(line.figures, measure) for line in opened.lines}


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2024, 1, 24), (1_000, 7, None, 993)),
        (date(2024, 2, 29), (1_000, 7, None, 993)),
        (date(2024, 3, 1), (1_000, 107, None, 893)),  # decided on the day counts
        (date(2024, 6, 30), (1_000, 107, None, 893)),
        (date(2024, 7, 1), (1_500, 107, None, 1_393)),  # published on the day counts
        (date(2024, 7, 31), (1_500, 107, None, 1_393)),
        (date(2024, 8, 1), (1_500, 157, None, 1_343)),
        (date(2024, 9, 1), (1_500, 157, 900, 1_343)),
        (None, (1_500, 157, 900, 1_343)),
    ],
)
def test_the_figures_of_a_day(plan: Plan, on: date | None, expected: tuple[Any, ...]) -> None:
    assert on_day(plan, on) == expected


def test_before_its_first_publication_a_plan_is_not_there(plan: Plan) -> None:
    before = date(2024, 1, 23)
    assert not Plan.objects.in_force(before).exists()
    opened = break_down(with_figures(Plan.objects.in_force(before), before), ["country"], before)
    assert (opened.total.plans, opened.total.requested_usd, opened.lines) == (0, None, ())
    assert break_down_plan(plan, "framework", before).lines == ()


def test_lines_are_those_of_the_revision_of_the_day(plan: Plan) -> None:
    june, august = date(2024, 6, 30), date(2024, 8, 31)
    assert amounts(break_down_plan(plan, "framework", june)) == {"HRP": 1_000, "not_specified": None}
    assert amounts(break_down_plan(plan, "framework", august)) == {"HRP": 1_000, "RRP": 500, "not_specified": None}
    assert amounts(break_down_plan(plan, "project", june)) == {"P-1": 500, "P-2": 500, "not_specified": None}
    assert amounts(break_down_plan(plan, "project", august))["P-9"] == 500


def test_lines_are_worded_as_on_the_day(plan: Plan) -> None:
    def titles(on: date | None) -> list[str]:
        return [line.key.name for line in break_down_plan(plan, "objective", on).rows]

    assert titles(date(2024, 6, 30)) == ["Objective 1", "Objective 2"]
    assert titles(None) == titles(date(2024, 8, 31)) == ["Reworded", "Objective 2"]


def test_money_for_what_the_revision_of_the_day_did_not_have_yet_keeps_its_code(plan: Plan) -> None:
    """Given in March for a framework that the plan took up in July."""
    make_contribution(plan=plan, amount_usd=3, decision_on=date(2024, 3, 2), framework_code="RRP")
    opened = break_down_plan(plan, "framework", date(2024, 6, 30))
    received = {line.key.name: line.figures.received_usd for line in opened.lines}
    assert received == {"Humanitarian Response Plan": 100, "RRP": 3, "No framework named": 7}


def test_money_of_a_project_goes_to_the_framework_that_it_had_on_the_day(plan: Plan) -> None:
    draft = start_revision(plan=plan, by=None)
    rrp = Framework.objects.get(revision=draft, code="RRP")
    Project.objects.filter(revision=draft, code="P-1").update(framework=rrp)
    publish_revision(revision=draft, by=None, reason="Moved", at=JULY + timedelta(hours=1))
    make_contribution(plan=plan, amount_usd=20, decision_on=date(2024, 2, 1), project_code="P-1")
    june = amounts(break_down_plan(plan, "framework", date(2024, 6, 30)), "received_usd")
    assert june["HRP"] == 120
    now = amounts(break_down_plan(plan, "framework"), "received_usd")
    assert (now["HRP"], now["RRP"]) == (100, 70)


def test_a_plan_can_begin_to_report_its_funding(plan: Plan) -> None:
    silent = make_plan(requested_usd=10, contributions=0, reports_funding=False)
    make_contribution(plan=silent, amount_usd=4, decision_on=date(2024, 5, 5))
    assert on_day(silent, date(2024, 5, 4)) == (10, None, None, None)
    assert on_day(silent, date(2024, 5, 5)) == (10, 4, None, 6)


@pytest.mark.parametrize("on", [date(2024, 1, 24), date(2024, 6, 30), date(2024, 8, 31), None])
def test_every_breakdown_of_a_day_adds_to_the_total_of_that_day(plan: Plan, on: date | None) -> None:
    expected = on_day(plan, on)[:3]
    for by in WITHIN_PLAN:
        total = break_down_plan(plan, by, on).total
        assert (total.requested_usd, total.received_usd, total.pledged_usd) == expected
    plans = with_figures(Plan.objects.in_force(on), on)
    for by in PORTFOLIO:
        total = break_down(plans, [by], on).total
        assert (total.requested_usd, total.received_usd, total.pledged_usd) == expected


def test_today_and_no_day_are_the_same_where_nothing_lies_ahead(plan: Plan) -> None:
    for by in WITHIN_PLAN:
        assert break_down_plan(plan, by) == break_down_plan(plan, by, date(2030, 1, 1))


def test_projects_with_what_they_ask_for_and_have_received_on_a_day(plan: Plan) -> None:
    make_contribution(plan=plan, amount_usd=30, decision_on=date(2024, 4, 1), project_code="P-1")
    make_contribution(plan=plan, amount_usd=-5, decision_on=date(2024, 10, 1), project_code="P-1")
    make_contribution(plan=plan, amount_usd=99, decision_on=date(2024, 4, 1), project_code="P-2", status="pledge")
    current = Project.objects.filter(revision=plan.revisions.in_force().get())

    def told(on: date | None) -> dict[str, tuple[Any, Any]]:
        return {item.code: (item.requested_usd, item.received_usd) for item in with_amounts(current, on)}

    assert told(None) == {"P-1": (500, 25), "P-2": (500, 0), "P-9": (500, 0)}
    assert told(date(2024, 4, 30))["P-1"] == (500, 30)


def test_projects_of_a_plan_that_does_not_report_have_received_nothing_known() -> None:
    silent = make_plan(requested_usd=10, contributions=0, reports_funding=False)
    make_contribution(plan=silent, amount_usd=4, status="pledge", project_code="P-1")
    FundingRequest.objects.filter(project__code="P-2").delete()
    found = {item.code: (item.requested_usd, item.received_usd) for item in with_amounts(Project.objects.all())}
    assert found == {"P-1": (5, None), "P-2": (None, None)}
