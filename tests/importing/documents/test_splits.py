"""Rounded shares into money: the one way that fits, several, or none, against counting them all."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from itertools import product

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from crp.importing.documents.splits import Fit, common_unit, fit

pytestmark = pytest.mark.once

MALI_SHARES = [Decimal(42), Decimal(18), Decimal(40)]
MALI_OBJECTIVES = [Decimal(12_584_000), Decimal(10_057_000), Decimal(9_712_500)]


def dollars(*amounts: int | str) -> tuple[Decimal, ...]:
    return tuple(Decimal(amount) for amount in amounts)


def test_the_split_of_mali_has_one_solution() -> None:
    found = fit(Decimal(1_153_500), MALI_SHARES, MALI_OBJECTIVES, Decimal(50_000))
    assert found == Fit(1, dollars(484_000, 207_000, 462_500))


def test_a_smaller_unit_leaves_many_and_names_none() -> None:
    found = fit(Decimal(1_153_500), MALI_SHARES, MALI_OBJECTIVES, Decimal(500))
    assert found.ways == 397
    assert found.amounts_usd == ()


def test_no_way_fits_where_an_objective_is_off_by_one_dollar() -> None:
    objectives = [Decimal(12_584_001), *MALI_OBJECTIVES[1:]]
    assert fit(Decimal(1_153_500), MALI_SHARES, objectives, Decimal(50_000)) == Fit(0)


def test_no_way_fits_where_a_part_would_exceed_its_objective() -> None:
    # 50 % of 1,000 leaves 500 of an objective of 300.
    assert fit(Decimal(1_000), list(dollars(50, 50)), list(dollars(300, 5_000)), Decimal(100)) == Fit(0)


def test_a_half_is_rounded_up() -> None:
    # 42.5 % of 1,000 is printed as 43 %, not as 42 %.
    totals = list(dollars(1_425, 1_575))
    assert fit(Decimal(1_000), list(dollars(43, 57)), totals, Decimal(1_000)) == Fit(0)
    assert fit(Decimal(1_000), list(dollars(43, 58)), totals, Decimal(1_000)) == Fit(1, dollars(425, 575))
    assert fit(Decimal(1_000), list(dollars(42, 58)), totals, Decimal(1_000)) == Fit(0)


def test_two_halves_rounded_up_are_the_only_way_to_101_percent() -> None:
    assert fit(Decimal(1_000), list(dollars(51, 50)), list(dollars(5_000, 5_000)), Decimal(1)) == Fit(
        1, dollars(505, 495)
    )


def test_decimals_of_a_percentage_narrow_what_fits() -> None:
    # 484,000 and 669,500 of 1,153,500 are 41.96 and 58.04 %.
    totals = list(dollars(1_484_000, 1_669_500))
    whole = fit(Decimal(1_153_500), list(dollars(42, 58)), totals, Decimal(1_000))
    exact = fit(Decimal(1_153_500), list(dollars("41.96", "58.04")), totals, Decimal(100))
    assert whole.ways == 12  # 479,000 to 490,000
    assert exact == Fit(1, dollars(484_000, 669_500))


def test_six_parts_are_solved() -> None:
    shares = list(dollars(10, 20, 30, 15, 15, 10))
    totals = [share * 1_000 for share in shares]
    assert fit(Decimal(100_000), shares, totals, Decimal(10_000)) == Fit(1, tuple(totals))


@pytest.mark.parametrize(
    ("line", "shares", "totals", "unit"),
    [
        (100, [100], [100], 10),
        (100, [10] * 7, [100] * 7, 10),
        (100, [50, 50], [100], 10),
        (0, [50, 50], [100, 100], 10),
        (100, [50, 50], [100, 100], 0),
        ("100.001", [50, 50], [100, 100], 10),
    ],
    ids=["one part", "seven parts", "a total is missing", "nothing to split", "no unit", "less than a cent"],
)
def test_what_cannot_be_split_is_refused(line: str, shares: list[int], totals: list[int], unit: int) -> None:
    with pytest.raises(ValueError):
        fit(Decimal(line), list(dollars(*shares)), list(dollars(*totals)), Decimal(unit))


def test_the_unit_is_what_all_amounts_are_multiples_of() -> None:
    assert common_unit(dollars(6_200_000, 550_000, 1_300_000)) == 50_000
    assert common_unit(dollars("10.50", "4.20")) == Decimal("2.10")
    assert common_unit(dollars(0, 700)) == 700
    assert common_unit([]) is None
    assert common_unit(dollars(0)) is None


def counted(line: int, shares: list[Decimal], totals: list[int], unit: int) -> list[tuple[int, ...]]:
    """Return every way, found by trying all."""

    def fits(amount: int, share: Decimal, total: int) -> bool:
        rounded = (Decimal(amount) * 100 / line).quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return rounded == share and total >= amount and (total - amount) % unit == 0

    parts = [
        [amount for amount in range(line + 1) if fits(amount, share, total)]
        for share, total in zip(shares, totals, strict=True)
    ]
    return [amounts for amounts in product(*parts) if sum(amounts) == line]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_it_finds_as_many_ways_as_trying_all(data: st.DataObject) -> None:
    amounts = data.draw(st.lists(st.integers(0, 90), min_size=2, max_size=4))
    line, unit = sum(amounts), data.draw(st.integers(1, 12))
    assume(line > 0)
    totals = [amount + unit * data.draw(st.integers(0, 3)) for amount in amounts]
    shares = [(Decimal(amount) * 100 / line).quantize(Decimal(1), rounding=ROUND_HALF_UP) for amount in amounts]
    if data.draw(st.booleans()):
        shares[0] += 1
    every = counted(line, shares, totals, unit)
    found = fit(Decimal(line), shares, [Decimal(total) for total in totals], Decimal(unit))
    assert found.ways == len(every)
    if len(every) == 1:
        assert list(found.amounts_usd) == list(every[0])
