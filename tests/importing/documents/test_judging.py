"""What is asked and remarked about a draft: both Mali plans by hand, and what holds for every draft."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from crp.importing.documents.draft import Basis, Draft, Span, Unit, Value

from .drafts import (
    mali_2017,
    mali_2025,
    number,
    objective,
    plan,
    request,
    sector,
    split,
    usd,
)
from .judged import judged, questions, remarks, set_value, value

pytestmark = pytest.mark.once


def test_mali_2025_asks_about_the_lost_heading_and_the_amounts_behind_the_shares_only() -> None:
    found = judged(mali_2025())
    line = "IOM-2025:PROTECTION_CENTRED"
    assert questions(found) == {
        f"fundingrequest:sector:{line}.sector": (
            "Heading lost; the text resembles “Protection-centred cross-cutting priority”."
        ),
        f"requestshare:{line}:1.amount_usd": "The page prints 42 % and no amount. Is it 484,000?",
        f"requestshare:{line}:2.amount_usd": "The page prints 18 % and no amount. Is it 207,000?",
        f"requestshare:{line}:3.amount_usd": "The page prints 40 % and no amount. Is it 462,500?",
    }


def test_mali_2025_remarks_on_entities_and_offices() -> None:
    found = judged(mali_2025())
    assert remarks(found) == [
        (
            "Entities targeted by objective (lines 10–11, 87–88, 105–106, 124–125): The objectives add to 28 and the "
            "plan says 25: objectives overlap, some are counted under more than one. The plan's own number stands."
        ),
        "Offices (lines 45, 235–236): 6 offices are named, the main office included, as stated.",
    ]
    assert value(found, "revision", "entities_targeted").note == (
        "Smaller than the sum of the objectives (13, 7, 8): these overlap."
    )
    assert value(found, "presence", "field_offices").note == (
        "Named are 5 field offices besides the main one (line 45)."
    )


def test_the_arithmetic_of_the_lost_heading_stands_behind_its_note() -> None:
    found = value(judged(mali_2025()), "fundingrequest:sector:IOM-2025:PROTECTION_CENTRED", "sector")
    assert found.note == (
        "The heading is lost in the text. 1,153,500 is exactly what the 17 lines under headings (31,200,000) lack of "
        "the plan’s 32,353,500."
    )
    assert found.basis is Basis.INFERRED
    assert found.span == Span(160, 173)


def test_the_amounts_behind_the_shares_are_inferred_with_their_reasoning() -> None:
    found = judged(mali_2025())
    amounts = [value(found, f"requestshare:IOM-2025:PROTECTION_CENTRED:{order}", "amount_usd") for order in (1, 2, 3)]
    assert [amount.value for amount in amounts] == [484_000, 207_000, 462_500]
    assert {amount.basis for amount in amounts} == {Basis.INFERRED}
    assert amounts[0].span == Span(173, 173)
    assert amounts[0].note == (
        "42 % is rounded: it would give 484,470. 484,000 leaves 12,100,000 of the objective’s 12,584,000, a multiple "
        "of 50,000 as the 17 other lines are. No other amounts within the rounding do that and add to 1,153,500."
    )


def test_the_total_of_2025_is_the_stated_one() -> None:
    total = value(judged(mali_2025()), "revision", "requested_usd")
    assert (total.value, total.basis, total.span) == (32_353_500, Basis.STATED, Span(4, 5))


def test_the_total_of_2017_is_computed_from_the_frameworks() -> None:
    found = judged(mali_2017())
    total = value(found, "revision", "requested_usd")
    assert (total.value, total.basis, total.span) == (37_360_000, Basis.COMPUTED, Span(30, 69))
    assert total.note == (
        "Sum of frameworks: 12,360,000 (line 30) + 25,000,000 (line 69) = 37,360,000, since the page gives no total of "
        "its own."
    )
    assert value(found, "revision", "stated_requested_usd").basis is Basis.MISSING
    assert questions(found) == {}
    assert remarks(found) == []


def test_a_percentage_rounded_in_print_is_noted() -> None:
    found = judged(mali_2017())
    assert value(found, "framework:HRP", "stated_percent_funded").note == (
        "Rounded in print: 112,550 (line 30) of 12,360,000 (line 30) is 0.91 %."
    )
    assert value(found, "framework:MCOF", "stated_percent_funded").note == ""


@pytest.mark.parametrize("make", [mali_2025, mali_2017])
def test_no_stated_value_changes_and_the_draft_that_came_in_is_left_alone(make) -> None:
    before, draft = make(), make()
    after = judged(draft)
    assert draft == before
    for row, name, was in before.values():
        now = value(after, row.subject, name)
        assert (now.value, now.basis, now.span, now.printed) == (was.value, was.basis, was.span, was.printed)


@pytest.mark.parametrize("make", [mali_2025, mali_2017])
def test_judging_again_adds_nothing(make) -> None:
    once = judged(make())
    assert judged(once) == once


def test_an_empty_draft_is_nothing_to_judge() -> None:
    assert judged(Draft("test")) == Draft("test")


def test_a_question_that_is_there_stays_before_a_new_one() -> None:
    draft = plan(people_in_need=number(5, 6), people_targeted=number(9, 8))
    set_value(
        draft, "revision", "people_in_need", replace(value(draft, "revision", "people_in_need"), question="Rounded?")
    )
    assert questions(judged(draft))["revision.people_in_need"].startswith("Rounded? More people are targeted")


AMOUNTS = st.one_of(
    st.none(),
    st.sampled_from([0, 1, 100_000, 250_000, 1_000_000, 1_000_000_000, 10**13, 10**40]),
    st.decimals(0, 10**9, places=2, allow_nan=False),
)
COUNTS = st.one_of(st.none(), st.integers(0, 10**30), st.just("Some people"))
SHARES = st.lists(st.sampled_from([0, 1, 20, 33, 42, 50, "33.3", 100]), max_size=7)


@settings(max_examples=60, deadline=None)
@given(AMOUNTS, st.lists(st.tuples(AMOUNTS, COUNTS, COUNTS), max_size=4), st.lists(AMOUNTS, max_size=6), SHARES, COUNTS)
def test_whatever_a_draft_says_nothing_breaks_and_no_value_changes(total, parts, sectors, shares, people) -> None:
    def counted(amount: object, line: int) -> Value:
        if amount is None:
            return Value(value=None, unit=Unit.PEOPLE, basis=Basis.MISSING, span=Span.of(line))
        return number(amount, line)

    draft = plan(
        stated_requested_usd=usd(total, 2), people_in_need=counted(people, 3), people_targeted=counted(people, 4)
    )
    for order, (amount, targeted, entities) in enumerate(parts, start=1):
        values = {"people_targeted": counted(targeted, 10), "entities_targeted": counted(entities, 11)}
        row = objective(draft, order, None, 12, **values)
        request(draft, "objective", str(order), usd=usd(amount, 12), parent=row)
    for order, amount in enumerate(sectors):
        sector(draft, f"S{order}", f"Sector {order}", 0 if amount is None else amount, 20 + order)
    if sectors and len(shares) <= len(parts):
        split(draft, draft.of_kind("fundingrequest")[-1], shares, 50)
    found = judged(draft)
    assert judged(found) == found
    for row, name, was in draft.values():
        now = value(found, row.subject, name)
        assert (now.value, now.basis, now.printed) == (was.value, was.basis, was.printed)


def test_sentences_are_translated() -> None:
    """A figure is written as the reader of the question writes it."""
    with translation.override("fr"):
        asked = questions(judged(mali_2025()))
    assert "484\N{NARROW NO-BREAK SPACE}000" in asked["requestshare:IOM-2025:PROTECTION_CENTRED:1.amount_usd"]
