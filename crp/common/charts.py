"""The geometry of charts: figures turned into lengths, and into nothing else.

A length is a percentage of the scale, written as text with a decimal point: SVG reads no other, whatever the language
of the page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from crp.common.figures import ZERO, Rollup

HUNDRED = Decimal(100)
STEP = Decimal("0.01")
SLIVER, VISIBLE = Decimal(1), Decimal(4)  # percent of the scale


@dataclass(frozen=True, slots=True)
class Segment:
    """One stretch of a bar."""

    kind: str
    """``received``, ``over``, ``pledged``, ``missing``, ``unknown`` or ``plain``: what it stands for."""
    start: str
    length: str
    end: str
    """Where it starts when measured from the far end: charts that grow upwards need it."""
    is_sliver: bool = False
    """Whether it is too thin to be seen on a bar that is not: it then gets a mark of fixed width."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """One of several small charts on one scale: what one value of a dimension has year by year."""

    title: str
    years: Sequence[tuple[int, Rollup | None]]
    """None: nothing in that year."""
    subject: Any = None
    """The object behind the value, where there is one."""

    @property
    def peak(self) -> tuple[int, Decimal] | None:
        """The year that most is asked for in, and how much. None: nothing is."""
        asked = [(figures.requested_usd, year) for year, figures in self.years if figures and figures.requested_usd]
        return (max(asked)[1], max(asked)[0]) if asked else None


def largest(figures: Iterable[Rollup]) -> Decimal:
    """Return the scale on which all these bars fit: 0 where there is nothing to draw."""
    return max((sum((amount for _kind, amount in parts_of(item)), ZERO) for item in figures), default=ZERO)


def parts_of(figures: Rollup) -> list[tuple[str, Decimal]]:
    """Return what a bar is made of, in order, each part with its amount; parts of nothing are left out.

    What is asked for without word of what was received is a part of its own: it is neither received nor missing.
    """
    received = max(figures.received_usd or ZERO, ZERO)
    over = min(figures.over_funded_usd or ZERO, received)
    missing = figures.gap_usd or ZERO
    unknown = (figures.requested_usd or ZERO) - (figures.requested_reporting_usd or ZERO)
    pledged = max(figures.pledged_usd or ZERO, ZERO)
    pledged_missing = min(pledged, missing)
    pledged_unknown = min(pledged - pledged_missing, unknown)
    parts = [
        ("received", received - over),
        ("over", over),
        ("pledged", pledged_missing + pledged_unknown),
        ("missing", min(missing, figures.requested_reporting_usd or ZERO) - pledged_missing),
        ("unknown", unknown - pledged_unknown),
    ]
    return [(kind, amount) for kind, amount in parts if amount > 0]


def bar_of(figures: Rollup, scale: Decimal | None = None) -> list[Segment]:
    """Return the stretches of a bar. ``scale`` is what fills it; None: the bar itself does."""
    return lay_out(parts_of(figures), scale)


def lay_out(parts: Iterable[tuple[str, Decimal]], scale: Decimal | None = None) -> list[Segment]:
    """Return parts one after the other, as percentages of the scale."""
    parts = list(parts)
    drawn = sum((amount for _kind, amount in parts), ZERO)
    whole = scale or drawn
    segments = []
    start = ZERO
    for kind, amount in parts:
        length = amount * HUNDRED / whole
        is_sliver = length < SLIVER and drawn * HUNDRED / whole > VISIBLE
        segments.append(Segment(kind, _text(start), _text(length), _text(HUNDRED - start - length), is_sliver))
        start += length
    return segments


def _text(length: Decimal) -> str:
    return str(min(max(length, ZERO), HUNDRED).quantize(STEP))
