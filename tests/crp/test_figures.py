"""Rollup and Breakdown say what is known, and can't be made where they would contradict themselves."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from decimal import Decimal
from typing import Any

import pytest

from crp.common.figures import Breakdown, FigureError, Key, Line, Rollup, add_known


def rollup(**changes: Any) -> Rollup:
    """Return figures of one plan that asks for 1,000 and reports 250."""
    values = {
        "requested_usd": Decimal("1000.00"),
        "requested_reporting_usd": Decimal("1000.00"),
        "received_usd": Decimal("250.00"),
        "pledged_usd": None,
        "plans": 1,
        "plans_requesting": 1,
        "plans_reporting": 1,
    }
    return Rollup(**values | changes)


def line(name: str, *, residual: str = "", **changes: Any) -> Line:
    return Line(keys=(Key(code=name, name=name, residual=residual),), figures=rollup(**changes))


SILENT = {"requested_reporting_usd": None, "received_usd": None, "plans_reporting": 0}
TOTALLESS = {"requested_usd": None, "requested_reporting_usd": None, "plans_requesting": 0}


def test_gap_and_percentage_follow_from_the_amounts() -> None:
    figures = rollup()
    assert (figures.gap_usd, figures.over_funded_usd, figures.percent_funded) == (750, 0, 25)
    assert figures.funding_reported


def test_what_is_not_reported_is_not_zero() -> None:
    figures = rollup(**SILENT)
    assert (figures.received_usd, figures.gap_usd, figures.percent_funded) == (None, None, None)
    assert figures.over_funded_usd is None
    assert not figures.funding_reported


def test_a_reported_zero_is_zero() -> None:
    figures = rollup(received_usd=Decimal(0))
    assert (figures.received_usd, figures.gap_usd, figures.percent_funded) == (0, 1000, 0)
    assert figures.funding_reported


def test_over_funding_shows_as_such_and_leaves_no_gap() -> None:
    figures = rollup(received_usd=Decimal("13640.00"))
    assert (figures.gap_usd, figures.over_funded_usd, figures.percent_funded) == (0, 12_640, 1364)


def test_a_requirement_of_zero_has_no_percentage() -> None:
    figures = rollup(requested_usd=Decimal(0), requested_reporting_usd=Decimal(0), received_usd=Decimal(5))
    assert (figures.percent_funded, figures.gap_usd, figures.over_funded_usd) == (None, 0, 5)


def test_a_requirement_that_is_not_known_has_neither_gap_nor_percentage() -> None:
    figures = rollup(**TOTALLESS)
    assert (figures.received_usd, figures.gap_usd, figures.percent_funded) == (250, None, None)


@pytest.mark.parametrize("received", [0, 40])
def test_a_rest_below_zero_has_neither_gap_nor_surplus_nor_percentage(received: int) -> None:
    """Where the lines of a plan add to more than its total, the rest is negative: nobody over-funded it."""
    below = {"requested_usd": Decimal(-100), "requested_reporting_usd": Decimal(-100)}
    figures = rollup(**below, received_usd=Decimal(received))
    assert (figures.requested_usd, figures.received_usd) == (-100, received)
    assert (figures.gap_usd, figures.over_funded_usd, figures.percent_funded) == (None, None, None)


def test_money_of_a_plan_that_asks_for_nothing_covers_nothing_that_others_ask_for() -> None:
    """One plan asks for 1,000 and received 250, another 100 and 130, a third states no amount and received 900."""
    figures = rollup(
        requested_usd=Decimal(1100),
        requested_reporting_usd=Decimal(1100),
        received_usd=Decimal(1280),
        plans=3,
        plans_requesting=2,
        plans_reporting=3,
        gaps_usd=Decimal(750),
        surpluses_usd=Decimal(30),
    )
    assert (figures.received_unasked_usd, figures.gap_usd, figures.over_funded_usd) == (900, 750, 30)
    assert figures.percent_funded == Decimal("34.55")  # 380 of 1,100; 1,280 of 1,100 would say that all is covered


def test_corrections_widen_the_gap() -> None:
    figures = rollup(received_usd=Decimal("-50.00"))
    assert (figures.gap_usd, figures.percent_funded) == (1050, -5)


@pytest.mark.parametrize(
    "contradiction",
    [
        {"received_usd": None},
        {"plans_reporting": 0},
        {"requested_usd": None},
        {"plans_requesting": 0},
        {"plans_requesting": 2},
        {"plans_reporting": 2},
        {"plans_reporting": -1},
        {"plans": 0},
        {"received_usd": None, "plans_reporting": 0},  # requested by plans that report, and none does
        {"requested_usd": None, "plans_requesting": 0},
    ],
)
def test_figures_that_contradict_each_other_can_not_be_made(contradiction: dict[str, Any]) -> None:
    with pytest.raises(FigureError):
        rollup(**contradiction)


def test_figures_can_not_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        rollup().received_usd = Decimal(1)  # type: ignore[misc]


def test_lines_that_add_to_the_total_make_a_breakdown() -> None:
    half = {"requested_usd": Decimal(400), "received_usd": Decimal(250)}
    rest = {"requested_usd": Decimal(600), "received_usd": Decimal(0)}
    opened = Breakdown(by=("sector",), total=rollup(), lines=(line("A", **half), line("", residual="rest", **rest)))
    assert [item.key.name for item in opened.rows] == ["A"]
    assert [item.key.residual for item in opened.residuals] == ["rest"]


@pytest.mark.parametrize(
    "changes",
    [
        {"requested_usd": Decimal("999.99")},
        {"requested_usd": Decimal("1000.01")},
        {"received_usd": Decimal("250.01")},
        {"pledged_usd": Decimal("0.01")},
        TOTALLESS,
        SILENT,
    ],
)
def test_lines_that_do_not_add_to_the_total_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(FigureError, match="sector"):
        Breakdown(by=("sector",), total=rollup(), lines=(line("A", **changes),))


def test_a_total_without_lines_is_refused() -> None:
    with pytest.raises(FigureError):
        Breakdown(by=("sector",), total=rollup(), lines=())


def test_a_line_twice_is_refused() -> None:
    with pytest.raises(FigureError):
        Breakdown(by=("sector",), total=rollup(), lines=(line("A"), line("A")))


def test_by_donor_there_is_no_requirement_to_split() -> None:
    given = ("received_usd", "pledged_usd")
    opened = Breakdown(by=("donor",), total=rollup(), lines=(line("A", **TOTALLESS),), measures=given)
    assert opened.lines[0].figures.requested_usd is None


def test_the_largest_requirement_comes_first_and_residuals_last() -> None:
    lines = (
        line("rest", residual="not_specified", requested_usd=Decimal(9_000)),
        line("small", requested_usd=Decimal(10), received_usd=Decimal(1)),
        line("unknown", **TOTALLESS),
        line("large", requested_usd=Decimal(500), received_usd=Decimal(1)),
        line("funded", requested_usd=Decimal(10), received_usd=Decimal(9)),
    )
    total = rollup(requested_usd=Decimal(9_520), received_usd=Decimal(511), plans=5, plans_requesting=4)
    opened = Breakdown(by=("sector",), total=total, lines=lines)
    assert [item.key.name for item in opened.largest_first()] == ["large", "funded", "small", "unknown", "rest"]


@pytest.mark.parametrize(
    ("amounts", "expected"),
    [
        ([], None),
        ([None, None], None),
        ([None, Decimal(0)], "0.00"),
        ([Decimal("0.1"), None, Decimal("0.2")], "0.30"),
        ([Decimal(5), Decimal(-5)], "0.00"),
    ],
)
def test_only_known_amounts_are_added(amounts: list[Decimal | None], expected: str | None) -> None:
    total = add_known(amounts)
    assert (None if total is None else str(total)) == expected
