"""Figures turned into lengths."""

from __future__ import annotations

from decimal import Decimal

from crp.common.charts import bar_of, largest, lay_out, parts_of
from crp.common.figures import Rollup
from crp.templatetags.charts import funding_bar
from funding.rollups import add_up


def make_rollup(
    requested: str | None, received: str | None, *, pledged: str | None = None, reporting: str | None = None
) -> Rollup:
    """Return the figures of two plans of which one reports where ``reporting`` is less than ``requested``."""
    part = reporting if reporting is not None else requested
    return Rollup(
        requested_usd=None if requested is None else Decimal(requested),
        requested_reporting_usd=None if received is None or part is None else Decimal(part),
        received_usd=None if received is None else Decimal(received),
        pledged_usd=None if pledged is None else Decimal(pledged),
        plans=2,
        plans_requesting=0 if requested is None else 2,
        plans_reporting=0 if received is None else 1,
    )


def test_a_bar_tells_received_missing_and_unknown_apart() -> None:
    figures = make_rollup("100", "10", reporting="40")
    assert parts_of(figures) == [("received", Decimal(10)), ("missing", Decimal(30)), ("unknown", Decimal(60))]


def test_nothing_reported_is_all_unknown_and_never_missing() -> None:
    assert parts_of(make_rollup("100", None)) == [("unknown", Decimal(100))]


def test_nothing_asked_for_is_no_bar() -> None:
    assert bar_of(make_rollup(None, None)) == []


def test_over_funding_reaches_beyond_the_requirement() -> None:
    assert parts_of(make_rollup("100", "130")) == [("received", Decimal(100)), ("over", Decimal(30))]


def test_a_pledge_lies_inside_what_is_missing() -> None:
    figures = make_rollup("100", "10", pledged="50")
    assert parts_of(figures) == [("received", Decimal(10)), ("pledged", Decimal(50)), ("missing", Decimal(40))]


def test_a_pledge_to_a_plan_that_does_not_report_lies_inside_the_unknown() -> None:
    assert parts_of(make_rollup("100", None, pledged="30")) == [("pledged", Decimal(30)), ("unknown", Decimal(70))]


def test_corrections_below_nought_draw_nothing() -> None:
    assert parts_of(make_rollup("100", "-10")) == [("missing", Decimal(100))]


def test_lengths_are_percentages_of_the_scale() -> None:
    bar = bar_of(make_rollup("100", "25"), Decimal(400))
    assert [(part.start, part.length, part.end) for part in bar] == [
        ("0.00", "6.25", "93.75"),
        ("6.25", "18.75", "75.00"),
    ]


def test_a_sliver_is_marked_only_on_a_bar_that_can_be_seen() -> None:
    figures = make_rollup("100000", "1")
    assert [part.is_sliver for part in bar_of(figures)] == [True, False]
    assert not any(part.is_sliver for part in bar_of(figures, Decimal(10_000_000)))


def test_the_scale_fits_the_longest_bar() -> None:
    assert largest([make_rollup("100", "130"), make_rollup("120", None), make_rollup(None, None)]) == 130
    assert largest([]) == 0
    assert lay_out([], Decimal(0)) == []


def make_figures(requested: int | None, received: int | None) -> Rollup:
    amount = None if requested is None else Decimal(requested)
    return Rollup(
        requested_usd=amount,
        requested_reporting_usd=None if received is None else amount,
        received_usd=None if received is None else Decimal(received),
        pledged_usd=None,
        plans_requesting=int(requested is not None),
        plans_reporting=int(received is not None),
    )


def test_what_plans_without_a_requirement_received_is_told_apart() -> None:
    """Asked for: 100, 50 and not stated; received: 30, 70 and 8; 40 more are asked for without a report."""
    total = add_up([make_figures(100, 30), make_figures(50, 70), make_figures(None, 8), make_figures(40, None)])
    assert total.received_unasked_usd == 8
    parts = funding_bar(total)["parts"]
    assert [(part["kind"], part["amount"]) for part in parts] == [
        ("received", 80),  # 30, and 50 of the 70
        ("received", 8),
        ("over", 20),
        ("missing", 70),
        ("unknown", 40),
    ]
    asked = sum(part["amount"] for part in parts) - 8 - 20
    assert asked == total.requested_usd == 190


def test_one_plan_has_nothing_to_tell_apart() -> None:
    for figures in (make_figures(100, 30), make_figures(None, 30), make_figures(100, None), make_figures(100, -5)):
        assert figures.received_unasked_usd == 0
        assert add_up([make_figures(100, -5), figures]).received_unasked_usd == (
            30 if figures.requested_usd is None else 0
        )
