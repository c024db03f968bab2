"""Parts of a whole that add up exactly: percentages to 100, budgets of years to the amount of the plan."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import NamedTuple

HUNDRED = Decimal(100)
PLACES = Decimal("0.0001")
CENT = Decimal("0.01")


class Period(NamedTuple):
    """Days from the first to the last, both included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


def divide(whole: Decimal, weights: Sequence[Decimal | int], unit: Decimal) -> list[Decimal]:
    """Return parts of a whole in proportion to weights, each a multiple of ``unit``, that add to it exactly.

    What rounding down leaves over goes to the parts that lost most by it (largest remainder), the first among equals.
    Raises: ValueError where all weights are 0, or one is below.
    """
    total = Decimal(sum(weights))
    if total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("Weights are at least 0, and one is above.")
    exact = [whole * weight / total for weight in weights]
    parts = [part.quantize(unit, rounding=ROUND_DOWN) for part in exact]
    left = int((whole - sum(parts)) / unit)
    by_loss = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_loss[:left]:
        parts[place] += unit
    return parts


def percentages(amounts: Sequence[Decimal]) -> list[Decimal]:
    """Return the share of each amount in their sum, in percent with four decimals; they add to exactly 100."""
    return divide(HUNDRED, amounts, PLACES)


def budget_periods(first: date, last: date) -> list[Period]:
    """Return the periods of a plan's budgets: all of it where that is a year at most, and else its calendar years."""
    if last < _year_after(first):
        return [Period(first, last)]
    years = range(first.year, last.year + 1)
    return [Period(max(first, date(year, 1, 1)), min(last, date(year, 12, 31))) for year in years]


def budgets(amount: Decimal, first: date, last: date) -> list[tuple[Period, Decimal]]:
    """Return a plan's amount by period, in proportion to days. Units: those of the amount, two decimals."""
    periods = budget_periods(first, last)
    return list(zip(periods, divide(amount, [period.days for period in periods], CENT), strict=True))


def _year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # the 29th of February
        return date(day.year + 1, 2, 28) + timedelta(days=1)
