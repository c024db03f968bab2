"""Shares of a draft: do they add to 100, and which amounts are behind them?"""

from __future__ import annotations

import pytest

from crp.importing.documents.draft import Draft, Row

from .drafts import (
    objective,
    percent,
    plan,
    sector,
    split,
    usd,
)
from .judged import judged, questions, remarks, set_value, value

pytestmark = pytest.mark.once


def outcomes(*shares: int | str) -> Draft:
    draft = plan()
    row = objective(draft, 1, None, 10)
    for order, share in enumerate(shares):
        draft.add(
            Row("outcome", (f"1{'abcdef'[order]}",), {"share_percent": percent(share, 15)}, {"objective": row.subject})
        )
    return draft


@pytest.mark.parametrize(
    ("shares", "ending"),
    [
        ((50, 20, 30), None),
        (("33.34", "33.33", "33.33"), None),
        ((33, 33, 33), "add to 99 %, not to 100 %, as rounding may explain. Which share takes the difference?"),
        ((50, 20, 20), "add to 90 %, not to 100 %. Which is wrong?"),
        ((50, 20, 35), "add to 105 %, not to 100 %. Which is wrong?"),
    ],
)
def test_outcome_shares_add_to_a_hundred(shares: tuple[int | str, ...], ending: str | None) -> None:
    asked = questions(judged(outcomes(*shares)))
    expected = {"outcome:1a.share_percent": f"The outcome shares of objective 1 (line 15) {ending}"}
    assert asked == ({} if ending is None else expected)


def split_plan(shares: tuple[int, ...], amounts: tuple[int, ...] = (484_000, 207_000, 462_500)) -> Draft:
    """Return a plan of four round sectors and a line that is split: objectives have these amounts and round ones."""
    line = sum(amounts)
    draft = plan(stated_requested_usd=usd(line + 4_000_000, 2))
    rests = (2_000_000, 1_500_000, 500_000)
    for order, (amount, rest) in enumerate(zip(amounts, rests, strict=True), start=1):
        objective(draft, order, amount + rest, 10 * order)
    for order, code in enumerate("ABCD"):
        sector(draft, code, f"Sector {code}", 1_000_000 if order else 950_000, 50 + 3 * order)
    set_value(draft, "fundingrequest:sector:IOM-2025:B", "amount_usd", usd(1_050_000, 54))
    split(draft, sector(draft, "E", "Sector E", line, 70), shares, 80)
    return draft


def share_amounts(draft: Draft) -> list[object]:
    return [row.get("amount_usd") for row in draft.of_kind("requestshare")]


def test_a_split_that_fits_in_one_way_gets_its_amounts() -> None:
    found = judged(split_plan((42, 18, 40)))
    assert share_amounts(found) == [484_000, 207_000, 462_500]
    assert remarks(found) == []


def test_a_split_that_fits_in_several_ways_gets_none_and_says_so() -> None:
    draft = split_plan((42, 18, 40))
    set_value(draft, "fundingrequest:sector:IOM-2025:A", "amount_usd", usd(950_500, 51))
    set_value(draft, "fundingrequest:sector:IOM-2025:B", "amount_usd", usd(1_049_500, 54))
    found = judged(draft)
    assert share_amounts(found) == [None, None, None]
    assert remarks(found) == [
        (
            "Sector E: the shares 42 / 18 / 40 % (line 80) stay without amounts. 397 ways fit 1,153,500 and leave "
            "multiples of 500 for the 4 other lines."
        )
    ]


def test_a_split_that_nothing_fits_gets_none_and_says_so() -> None:
    found = judged(split_plan((50, 10, 40)))
    assert share_amounts(found) == [None, None, None]
    assert remarks(found) == [
        (
            "Sector E: the shares 50 / 10 / 40 % (line 80) stay without amounts. No amounts within the rounding add to "
            "1,153,500 and leave multiples of 50,000 for the 4 other lines."
        )
    ]


def test_no_amounts_are_made_where_the_breakdowns_do_not_fit_together() -> None:
    draft = split_plan((42, 18, 40))
    set_value(draft, "fundingrequest:sector:IOM-2025:A", "amount_usd", usd(900_000, 51))
    found = judged(draft)
    assert share_amounts(found) == [None, None, None]
    assert remarks(found)[-1].endswith(
        "The objectives and the sectors do not add to the same amount, so that no amount can be derived."
    )


def test_no_amounts_are_made_where_two_lines_are_split() -> None:
    draft = split_plan((42, 18, 40))
    first = draft.row("fundingrequest:sector:IOM-2025:A")
    assert first is not None
    split(draft, first, (50, 50), 81)
    found = judged(draft)
    assert share_amounts(found) == [None] * 5
    assert remarks(found) == [
        (
            "2 lines are split by objective in percent (lines 80, 81). Which amounts fit one depends on the others: "
            "none is derived."
        )
    ]


def test_no_amounts_are_made_where_few_lines_say_what_is_round() -> None:
    draft = plan(stated_requested_usd=usd(2_000_000, 2))
    objective(draft, 1, 1_500_000, 10)
    objective(draft, 2, 500_000, 20)
    sector(draft, "A", "Sector A", 1_000_000, 50)
    split(draft, sector(draft, "E", "Sector E", 1_000_000, 70), (50, 50), 80)
    found = judged(draft)
    assert share_amounts(found) == [None, None]
    assert remarks(found)[-1].endswith("Too few other lines tell which amounts are usual in this plan.")


def test_an_amount_that_the_page_gives_for_a_share_is_left() -> None:
    draft = split_plan((42, 18, 40))
    for order, amount in enumerate((485_000, 207_000, 461_500), start=1):
        set_value(draft, f"requestshare:IOM-2025:E:{order}", "amount_usd", usd(amount, 80))
    found = judged(draft)
    assert share_amounts(found) == [485_000, 207_000, 461_500]
    assert questions(found) == {}


def test_an_exact_share_says_so() -> None:
    found = judged(split_plan((50, 30, 20), (500_000, 300_000, 200_000)))
    assert value(found, "requestshare:IOM-2025:E:1", "amount_usd").note == (
        "50 % of 1,000,000. It leaves 2,000,000 of the objective’s 2,500,000, a multiple of 50,000 as the 4 other "
        "lines are."
    )


def test_shares_of_a_line_that_miss_a_hundred_are_asked_about_unless_rounding_may_explain_it() -> None:
    rounded = judged(split_plan((42, 18, 39)))
    assert not any("share_percent" in name for name in questions(rounded))
    assert "Sector E: the shares by objective (line 80) add to 99 %, as rounding may explain." in remarks(rounded)
    wrong = judged(split_plan((42, 18, 30)))
    assert questions(wrong)["requestshare:IOM-2025:E:1.share_percent"] == (
        "Sector E: the shares by objective (line 80) add to 90 %, not to 100 %. Which is wrong?"
    )
