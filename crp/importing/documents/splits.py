"""Rounded shares into money: 42, 18 and 40 % of 1,153,500 as the amounts that the totals around them allow.

A line is split over objectives in percentages that are rounded. Each objective has a total of its own, and what is left
of it belongs to the other lines. Where these are all multiples of one amount, so is what is left of each total: that
leaves few amounts within the rounding of each percentage, often one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

FEWEST_PARTS = 2
MOST_PARTS = 6
CENTS = 100


@dataclass(frozen=True)
class Fit:
    """In how many ways amounts fit. ``amounts_usd``: the amounts, where there is one way; else empty."""

    ways: int
    amounts_usd: tuple[Decimal, ...] = ()


@dataclass(frozen=True)
class _Steps:
    """The amounts that one part may have, in cents: ``first``, and up to ``steps`` units more."""

    first: int
    steps: int


def common_unit(amounts_usd: Iterable[Decimal]) -> Decimal | None:
    """Return the largest amount that all are multiples of, in US dollars. None: there are none, or all are 0."""
    unit = math.gcd(*(_cents(amount) for amount in amounts_usd))
    return _dollars(unit) if unit else None


def fit(line_usd: Decimal, percents: Sequence[Decimal], totals_usd: Sequence[Decimal], unit_usd: Decimal) -> Fit:
    """Return how a line may be split: amounts of at least 0 that round (half up) to the percentages and add to it.

    What each leaves of its total is a multiple of the unit, and not below 0. All in US dollars, to the cent. A
    percentage is rounded to the decimals that it has.
    Raises ValueError: not two to six parts, not a total for each, a line or unit that is not above 0.
    """
    if not FEWEST_PARTS <= len(percents) <= MOST_PARTS or len(percents) != len(totals_usd):
        raise ValueError(f"Parts and totals: {len(percents)}, {len(totals_usd)}")
    line, unit = _cents(line_usd), _cents(unit_usd)
    if line <= 0 or unit <= 0:
        raise ValueError(f"Not above 0: {line_usd}, {unit_usd}")
    parts = []
    for percent, total_usd in zip(percents, totals_usd, strict=True):
        part = _steps(line, percent, _cents(total_usd), unit)
        if part is None:
            return Fit(0)
        parts.append(part)
    steps, rest = divmod(line - sum(part.first for part in parts), unit)
    if rest or steps < 0:
        return Fit(0)
    ways = _ways(steps, [part.steps for part in parts])
    if ways != 1:
        return Fit(ways)
    return Fit(
        1, tuple(_dollars(part.first + unit * taken) for part, taken in zip(parts, _taken(steps, parts), strict=True))
    )


def _steps(line: int, percent: Decimal, total: int, unit: int) -> _Steps | None:
    """Return what one part may be. None: nothing."""
    half = Fraction(Decimal(5).scaleb(min(int(percent.as_tuple().exponent), 0) - 1))
    lowest = max(math.ceil(line * (Fraction(percent) - half) / 100), 0)
    highest = min(math.ceil(line * (Fraction(percent) + half) / 100) - 1, line, total)
    first = lowest + (total - lowest) % unit
    return _Steps(first, (highest - first) // unit) if first <= highest else None


def _ways(steps: int, limits: Sequence[int]) -> int:
    """Return in how many ways steps can be given out to parts of which none takes more than its limit.

    By inclusion and exclusion: all ways, less those where a part takes more than it may, and so on.
    """
    ways = 0
    for size in range(len(limits) + 1):
        for over in combinations(limits, size):
            left = steps - sum(limit + 1 for limit in over)
            if left >= 0:
                ways += (-1) ** size * math.comb(left + len(limits) - 1, len(limits) - 1)
    return ways


def _taken(steps: int, parts: Sequence[_Steps]) -> list[int]:
    """Return the steps of each part where there is one way: what all others together can't take."""
    room = sum(part.steps for part in parts)
    return [max(steps - (room - part.steps), 0) for part in parts]


def _cents(amount_usd: Decimal) -> int:
    cents = amount_usd * CENTS
    if cents != cents.to_integral_value():
        raise ValueError(f"Not in cents: {amount_usd}")
    return int(cents)


def _dollars(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
