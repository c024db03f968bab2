"""What an amount changes, worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crp.common.figures import Key, Line, Rollup
from funding.rollups.scenarios import (
    Effect,
    Known,
    cost_per_person,
    put_on,
    put_together,
    summarize,
    unplaced_by_plan,
)

D = Decimal


def effect(requested: Any, received: Any, put: Any, **more: Any) -> Effect:
    amounts = [None if amount is None else D(amount) for amount in (requested, received)]
    return Effect(requested_usd=amounts[0], received_usd=amounts[1], put_usd=D(put), **more)


def figures(requested: Any, received: Any) -> Rollup:
    asked, given = (None if amount is None else D(amount) for amount in (requested, received))
    return Rollup(
        requested_usd=asked,
        requested_reporting_usd=asked if given is not None else None,
        received_usd=given,
        pledged_usd=None,
        plans_requesting=int(asked is not None),
        plans_reporting=int(given is not None),
    )


def test_a_gap_that_is_known_gets_smaller() -> None:
    change = effect(1_000, 250, 500)
    assert change.known == Known.EXACTLY
    assert (change.missing_usd, change.still_missing_usd) == (D(750), D(250))
    assert (change.percent_before, change.percent_after) == (D("25.00"), D("75.00"))
    assert (change.percent_put, change.percent_closed) == (D("50.00"), D("66.67"))
    assert (change.used_usd, change.left_usd, change.over_after_usd) == (D(500), D(0), D(0))
    assert change.parts == [("received", D(250)), ("put", D(500)), ("missing", D(250))]


def test_what_a_gap_cannot_take_is_over_funding() -> None:
    change = effect(1_000, 900, 500)
    assert (change.used_usd, change.left_usd) == (D(100), D(400))
    assert (change.percent_after, change.percent_closed) == (D("140.00"), D("100.00"))
    assert (change.over_before_usd, change.over_after_usd) == (D(0), D(400))
    assert change.parts == [("received", D(900)), ("put", D(100)), ("put-over", D(400))]
    full = effect(1_000, 1_300, 200)
    assert (full.missing_usd, full.used_usd, full.percent_closed) == (D(0), D(0), None)
    assert (full.over_before_usd, full.over_after_usd) == (D(300), D(500))
    assert full.parts == [("received", D(1_000)), ("over", D(300)), ("put-over", D(200))]
    assert full.length_usd == D(1_500)


def test_unknown_stays_unknown_and_gets_a_bound() -> None:
    change = effect(1_000, None, 500)
    assert change.known == Known.NOT
    assert (change.percent_before, change.percent_after) == (None, D("50.00"))  # at least
    assert (change.missing_usd, change.still_missing_usd) == (D(1_000), D(500))  # at most
    assert change.over_before_usd is None
    assert change.parts == [("put", D(500)), ("unknown", D(500))]


def test_money_that_names_no_line_makes_a_line_a_bound() -> None:
    assert effect(1_000, 0, 1, unplaced_usd=D(5)).known == Known.AT_LEAST
    assert effect(1_000, 9, 1, unplaced_usd=D(-5)).known == Known.AT_MOST
    assert effect(1_000, None, 1, unplaced_usd=D(5)).known == Known.NOT


@pytest.mark.parametrize("requested", [None, 0])
def test_nothing_asked_for_measures_nothing(requested: int | None) -> None:
    change = effect(requested, 100, 500)
    assert [change.percent_before, change.percent_after, change.missing_usd, change.used_usd] == [None] * 4
    assert change.after_usd == D(600)


def test_a_correction_below_nothing_makes_the_gap_larger_than_what_is_asked_for() -> None:
    change = effect(1_000, -200, 500)
    assert (change.missing_usd, change.still_missing_usd) == (D(1_200), D(700))
    assert (change.percent_before, change.percent_after) == (D("-20.00"), D("30.00"))


def test_people_are_estimated_from_what_finds_a_gap() -> None:
    # 32,353,500 / 273,000 = 118.5110; 500,000 x 273,000 / 32,353,500 = 4,219.018
    mali: dict[str, Any] = {"plan_requested_usd": D("32353500.00"), "people_targeted": 273_000}
    change = effect(2_500_000, None, 500_000, **mali)
    assert (change.cost_per_person_usd, change.people) == (D("118.51"), 4_219)
    assert effect(2_500_000, 2_400_000, 500_000, **mali).people == 844  # 100,000 finds a gap: 843.80
    assert effect(2_500_000, 0, 500_000, people_targeted=273_000).people is None
    assert effect(2_500_000, 0, 500_000, plan_requested_usd=D(1)).people is None
    assert effect(2_500_000, 0, 500_000, plan_requested_usd=D(1), people_targeted=0).people is None
    assert cost_per_person(None, 5) is None


def test_several_plans_together() -> None:
    pairs = [(figures(1_000, 400), D(100)), (figures(500, 600), D(50)), (figures(800, None), D(200))]
    total = put_together(pairs)
    assert (total.put_usd, total.put_silent_usd, total.silent) == (D(350), D(200), 1)
    # of the two that report: 1,500 asked for; 1,000 received, of which 100 too much; gap 600
    before, after = total.before, total.after
    assert (before.requested_reporting_usd, before.received_usd, before.gap_usd) == (D(1_500), D(1_000), D(600))
    assert (after.received_usd, after.gap_usd, after.over_funded_usd) == (D(1_150), D(500), D(150))
    assert (before.percent_funded, after.percent_funded) == (D("66.67"), D("76.67"))
    assert (total.used_usd, total.over_usd) == (D(100), D(50))
    assert total.parts == [
        ("received", D(900)), ("over", D(100)), ("put", D(100)), ("put-over", D(50)), ("missing", D(500)),
    ]  # fmt: skip


def test_plans_that_are_silent_have_no_total_to_move() -> None:
    total = put_together([(figures(800, None), D(200)), (figures(None, None), D(1))])
    assert (total.parts, total.silent, total.put_silent_usd) == ([], 2, D(201))
    assert put_on(figures(800, None), D(200)) == figures(800, None)
    assert put_together([(figures(None, 10), D(5))]).parts == []


def test_a_summary_adds_the_gaps_that_are_known() -> None:
    found = [effect(100, 40, 1), effect(200, None, 1), effect(300, 0, 1, unplaced_usd=D(7)), effect(50, 10, 1)]
    summary = summarize(found)
    assert (summary.lines, summary.lines_known) == (4, 2)
    assert (summary.requested_usd, summary.gap_usd) == (D(650), D(100))
    assert summarize([found[1]]).gap_usd is None


def test_what_names_no_line_is_told_by_plan() -> None:
    def line(plan: str, received: int | None, residual: str = "") -> Line:
        return Line(keys=(Key(code=plan, name=plan), Key(code=None, name="", residual=residual)),
                    figures=figures(10, received))  # fmt: skip

    lines = [
        line("A", 5), line("A", 3, "not_specified"), line("A", 4, "shared"), line("B", 9, "no_cluster"),
        line("C", 0, "not_specified"), line("D", None, "not_specified"), line("E", -2, "official_only"),
    ]  # fmt: skip
    assert unplaced_by_plan(lines) == {"A": D(7), "E": D(-2)}
