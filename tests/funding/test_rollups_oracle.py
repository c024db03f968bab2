"""Random plans, added up twice: by the rollups, and by a loop over lists (``ledger.py``)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crp.common.figures import Breakdown, Key
from funding.dimensions import PORTFOLIO, WITHIN_PLAN
from funding.models import Project
from funding.rollups import (
    add_up,
    break_down,
    break_down_plan,
    figures_of,
    requested_of,
    sums_by_breakdown,
    with_amounts,
    with_figures,
)
from funding.rollups.proof import differences
from plans.models import Plan
from tests.factories import make_plans
from tests.funding.ledger import Ledger
from tests.funding.world import World

pytestmark = pytest.mark.usefixtures("empty_module", "db")

PAIRS = [
    ("country", "year"), ("region", "kind"), ("country", "sector"), ("year", "framework"), ("sector", "kind"),
    ("global_cluster", "year"), ("objective", "country"), ("donor", "year"), ("framework", "sector"),
    ("framework", "global_cluster"), ("global_cluster", "framework"), ("country", "region"), ("region", "year"),
    ("status", "country"), ("kind", "decision_year"),
]  # fmt: skip
EVERYTHING = [*((name,) for name in PORTFOLIO), *PAIRS]


def value(key: Key) -> Any:
    return key.residual or key.subject or key.code


def told(opened: Breakdown) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    return {
        tuple(value(key) for key in line.keys): (
            line.figures.requested_usd,
            line.figures.requested_reporting_usd,
            line.figures.received_usd,
            line.figures.pledged_usd,
            line.figures.gap_usd,
            line.figures.over_funded_usd,
            line.figures.plans,
        )
        for line in opened.lines
    }


DAYS = [None, date(2021, 3, 15), date(2022, 1, 1)]


@pytest.mark.parametrize("seed", range(1))
def test_rollups_agree_with_a_plain_loop(seed: int) -> None:
    World(seed)
    lines = 0
    for on in DAYS:
        ledger = Ledger(on)
        plans = with_figures(Plan.objects.in_force(on), on)
        assert {plan.pk for plan in plans} == {plan.pk for plan, _revision in ledger.plans}
        for by in EVERYTHING:
            opened = break_down(plans, by, on)
            expected = ledger.lines(by)
            assert told(opened) == expected, (by, on)
            assert len(opened.lines) == len(expected)  # no two lines of one value
            lines += len(expected)
    assert lines > 300


@pytest.mark.parametrize("seed", range(40, 42))
def test_what_the_database_keeps_is_what_everything_adds_to(seed: int) -> None:
    world = World(seed)
    for _round in range(3):
        assert [str(difference) for difference in differences()] == []
        world.change_something()


@pytest.mark.parametrize("seed", range(10, 11))
def test_each_plan_agrees_with_a_plain_loop(seed: int) -> None:
    World(seed, plans=4)
    compared = 0
    for on in DAYS:
        ledger = Ledger(on)
        for plan, revision in list(ledger.plans):
            ledger.plans = [(plan, revision)]
            for by in ("framework", "sector", "global_cluster", "country", "donor", "status", "earmarking"):
                expected = ledger.lines((by,))
                assert told(break_down_plan(plan, by, on)) == expected, (by, on)
                compared += len(expected)
    assert compared > 50


@pytest.mark.parametrize("seed", range(20, 22))
def test_the_whole_is_the_sum_of_every_breakdown(seed: int) -> None:
    World(seed, plans=20)
    plans = with_figures(Plan.objects.in_force())
    whole = add_up(figures_of(plan) for plan in plans)
    for by in EVERYTHING:
        assert break_down(plans, by).total == whole


@pytest.mark.parametrize("seed", range(30, 33))
def test_columns_agree_with_figures(seed: int) -> None:
    """Lists sort and filter by the columns; pages show the figures."""
    World(seed, plans=25)
    for plan in with_figures(Plan.objects.in_force()):
        found = figures_of(plan)
        assert (plan.requested_usd, plan.received_usd, plan.pledged_usd) == (
            found.requested_usd, found.received_usd, found.pledged_usd,
        )  # fmt: skip
        assert (plan.gap_usd, plan.percent_funded) == (found.gap_usd, found.percent_funded)
        if found.gap_usd is not None:
            itself = with_figures(Plan.objects.in_force()).filter(pk=plan.pk)
            assert itself.filter(gap_usd=found.gap_usd).exists()
            assert itself.filter(gap_usd__gte=found.gap_usd, gap_usd__lte=found.gap_usd).exists()


def queries(work: Any) -> int:
    with CaptureQueriesContext(connection) as caught:
        work()
    return len(caught)


JOBS = {
    "with_figures": lambda: [figures_of(plan) for plan in with_figures(Plan.objects.in_force())],
    "with_amounts": lambda: list(with_amounts(Project.objects.all())),
    **{
        f"break_down by {' and '.join(by)}": lambda by=by: break_down(with_figures(Plan.objects.in_force()), by)
        for by in EVERYTHING
    },
}


@pytest.mark.once
def test_as_many_queries_for_thirty_plans_as_for_one() -> None:
    make_plans(1)
    one = {name: queries(job) for name, job in JOBS.items()}
    make_plans(29)
    assert Plan.objects.count() == 30
    assert {name: queries(job) for name, job in JOBS.items()} == one
    assert one["with_figures"] == one["with_amounts"] == 1
    assert max(one.values()) <= 9


@pytest.mark.once
def test_as_many_queries_for_thirty_lines_as_for_one() -> None:
    small = make_plans(1, objectives=1, sectors=1, projects=1, contributions=1)[0]
    large = make_plans(1, objectives=30, sectors=30, projects=30, contributions=30)[0]
    for by in WITHIN_PLAN:
        one, thirty = (queries(lambda by=by, plan=plan: break_down_plan(plan, by)) for plan in (small, large))
        assert one == thirty <= 8
    for job in (requested_of, sums_by_breakdown):
        one, thirty = (queries(lambda job=job, plan=plan: job(plan.revisions.get())) for plan in (small, large))
        assert one == thirty <= 2
