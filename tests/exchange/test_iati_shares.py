"""Parts that add up exactly: percentages to 100, budgets to the amount of the plan."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crp.exchange.iati.shares import CENT, budgets, divide, percentages
from crp.exchange.iati.xml import plain

pytestmark = pytest.mark.once


@settings(max_examples=60)
@given(
    st.decimals("0.01", "9999999999999.99", places=2),
    st.lists(st.integers(0, 10**12), min_size=1, max_size=30).filter(any),
)
def test_parts_add_exactly_and_are_at_most_one_unit_from_their_share(whole: Decimal, weights: list[int]) -> None:
    parts = divide(whole, weights, CENT)
    assert sum(parts) == whole
    assert all(abs(part - whole * weight / sum(weights)) < CENT for part, weight in zip(parts, weights, strict=True))
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if not weight)


@settings(max_examples=60)
@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.integers(0, 3_000), st.decimals("0", "10000000", places=2))
def test_budgets_cover_each_day_once(first: date, days: int, amount: Decimal) -> None:
    last = first + timedelta(days=days)
    parts = budgets(amount, first, last)
    assert sum(part for _period, part in parts) == amount
    assert (parts[0][0].start, parts[-1][0].end) == (first, last)
    for (before, _part), (after, _other) in pairwise(parts):
        assert after.start == before.end + timedelta(days=1)
    assert all(period.days <= 366 for period, _part in parts)


def test_shares_worked_by_hand() -> None:
    assert percentages([Decimal(1), Decimal(1), Decimal(1)]) == [
        Decimal("33.3334"), Decimal("33.3333"), Decimal("33.3333"),
    ]  # fmt: skip
    assert [part for _period, part in budgets(Decimal("100.00"), date(2024, 7, 1), date(2025, 12, 31))] == [
        Decimal("33.52"), Decimal("66.48"),
    ]  # fmt: skip
    assert len(budgets(Decimal(1), date(2025, 11, 1), date(2026, 10, 31))) == 1
    assert len(budgets(Decimal(1), date(2024, 2, 29), date(2025, 2, 28))) == 1
    with pytest.raises(ValueError, match="above"):
        divide(Decimal(1), [0, 0], CENT)
    assert plain("# Head\n\n2017. A year\n\n1. *a*\n2. b") == "Head\n\n2017. A year\n\na\n\nb"
