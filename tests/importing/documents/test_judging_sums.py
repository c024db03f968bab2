"""Amounts of a draft against each other: totals, lost headings, frameworks, shares, figures that look mistyped."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from crp.importing.documents.draft import Basis, Confidence, Draft, Ref, Row, Span, Unit, Value
from crp.importing.documents.judging import judge
from crp.importing.documents.names import Names

from .drafts import (
    NO_NAMES,
    mali_2017,
    mali_2025,
    number,
    objective,
    percent,
    plan,
    request,
    sector,
    usd,
    without_heading,
)
from .judged import TODAY, judged, questions, remarks, set_value, value

pytestmark = pytest.mark.once


def two_objectives(total: int | None, *amounts: int | None) -> Draft:
    draft = plan(stated_requested_usd=usd(total, 2, 3))
    for order, amount in enumerate(amounts, start=1):
        objective(draft, order, amount, 10 * order)
    return draft


def test_what_the_lines_lack_of_the_total_is_a_question_on_it() -> None:
    found = judged(two_objectives(1_000_000, 600_000, 300_000))
    sentence = (
        "Sum of objectives (lines 10–11, 20–21): 900,000. Total of the plan: 1,000,000 (lines 2–3). 100,000 stands "
        "under no line."
    )
    assert questions(found) == {"revision.stated_requested_usd": f"{sentence} Is the total right, or is a line lost?"}
    assert remarks(found) == [sentence]
    assert found.remarks[0].span == Span(2, 21)


def test_lines_that_add_to_more_than_the_total_are_a_question_on_it() -> None:
    asked = questions(judged(two_objectives(1_000_000, 600_000, 500_000)))
    assert list(asked) == ["revision.stated_requested_usd"]
    assert "The lines are 100,000 more. Is the total or a line wrong?" in asked["revision.stated_requested_usd"]


def test_the_first_objective_alone_is_remarked_and_nothing_asked() -> None:
    """Pages are cut: a total of 388,875,000 and objective 1 with 172,500,000 are no contradiction."""
    found = judged(two_objectives(388_875_000, 172_500_000))
    assert questions(found) == {}
    assert remarks(found) == [
        (
            "Only objective 1 was read, with 172,500,000 (lines 10–11): 216,375,000 of the plan’s total stands under "
            "no line."
        )
    ]


def strategy() -> Names:
    """Return lists with the three objectives of the strategy of 2024-2028, the first under two names."""
    refs = {number: Ref("strategicobjective", ("2024-2028", number), f"Objective {number}") for number in (1, 2, 3)}
    return replace(NO_NAMES, objectives={"saving lives": refs[1], "one": refs[1], "two": refs[2], "three": refs[3]})


@pytest.mark.parametrize(
    ("read", "said"),
    [
        ([1], "Objectives 2, 3 of the strategy are not on the page."),
        ([1, 3], "Objective 2 of the strategy is not on the page."),
        ([1, 2, 3], None),
    ],
)
def test_objectives_of_the_strategy_that_the_page_lacks_are_named_beside_a_rest(
    read: list[int], said: str | None
) -> None:
    draft = plan(stated_requested_usd=usd(1_000_000, 2))
    for number_ in read:
        row = objective(draft, number_, 100_000, 10 * number_)
        ref = Ref("strategicobjective", ("2024-2028", number_), "")
        row.values["strategic_objective"] = Value(value=ref, unit=Unit.NAME)
    found = remarks(judge(draft, strategy(), on=TODAY))[0]
    assert found.endswith("stands under no line." if said is None else f"stands under no line. {said}")


def test_one_objective_above_the_total_is_a_question() -> None:
    assert list(questions(judged(two_objectives(1_000_000, 1_500_000)))) == ["revision.stated_requested_usd"]


def test_lines_that_add_to_the_total_raise_nothing() -> None:
    found = judged(two_objectives(1_000_000, 600_000, 400_000))
    assert (questions(found), remarks(found)) == ({}, [])


def test_nothing_is_said_of_a_sum_where_an_amount_is_not_known() -> None:
    draft = two_objectives(1_000_000, 600_000)
    row = objective(draft, 2, None, 20)
    request(draft, "objective", "2", usd=usd(None, 20), parent=row)
    found = judged(draft)
    assert (questions(found), remarks(found)) == ({}, [])


def test_no_total_is_made_of_the_first_objective_alone() -> None:
    found = judged(two_objectives(None, 600_000))
    revision = found.row("revision")
    assert revision is not None
    assert "requested_usd" not in revision.values


def test_a_total_that_is_printed_and_cannot_be_read_is_not_replaced_by_a_sum() -> None:
    draft = two_objectives(None, 600_000, 400_000)
    euro = Value(value=None, unit=Unit.USD, span=Span.of(2), printed="€900,000", question="How many US dollars is it?")
    set_value(draft, "revision", "stated_requested_usd", euro)
    revision = judged(draft).row("revision")
    assert revision is not None
    assert "requested_usd" not in revision.values


def test_a_total_that_only_one_breakdown_tells_is_computed_with_a_question() -> None:
    total = value(judged(two_objectives(None, 600_000, 400_000)), "revision", "requested_usd")
    assert (total.value, total.basis, total.confidence) == (1_000_000, Basis.COMPUTED, Confidence.MEDIUM)
    assert total.note == (
        "Sum of objectives: 600,000 (lines 10–11) + 400,000 (lines 20–21) = 1,000,000, since the page gives no total "
        "of its own."
    )
    assert total.question == "Only these lines tell the total, 1,000,000. Are they all that the plan asks for?"


def test_breakdowns_that_disagree_give_no_total() -> None:
    draft = two_objectives(None, 600_000, 400_000)
    sector(draft, "HEALTH", "Health", 700_000, 40)
    sector(draft, "WASH", "Water", 400_000, 43)
    found = judged(draft)
    revision = found.row("revision")
    assert revision is not None
    assert "requested_usd" not in revision.values
    sentence = (
        "The page gives no total of its own, and its breakdowns disagree. Sum of objectives: 1,000,000; Sum of "
        "sectors: 1,100,000."
    )
    assert remarks(found) == [sentence]
    assert questions(found) == {"revision.stated_requested_usd": f"{sentence} What is the total?"}


def test_a_line_without_heading_that_does_not_fill_the_rest_says_so() -> None:
    draft = plan(stated_requested_usd=usd(1_000_000, 2))
    lost = without_heading(draft, 300_000, 10)
    sector(draft, "HEALTH", "Health", 600_000, 30)
    found = judged(draft)
    note = value(found, lost.subject, "sector").note
    assert note.endswith("The lines under headings (600,000) lack 400,000 of the 1,000,000 of the plan, not 300,000.")
    assert "exactly" not in note
    assert "revision.stated_requested_usd" in questions(found)


def test_a_line_whose_sector_nobody_knows_is_asked_about() -> None:
    draft = plan(stated_requested_usd=usd(1_000_000, 2))
    nothing = Value(value=None, unit=Unit.NAME, basis=Basis.MISSING, span=Span.of(10))
    request(draft, "sector", "?", "", sector=nothing, usd=usd(400_000, 11))
    sector(draft, "HEALTH", "Health", 600_000, 30)
    found = judged(draft)
    assert questions(found) == {"fundingrequest:sector:?:.sector": "The heading is lost: which sector is it?"}
    assert value(found, "fundingrequest:sector:?:", "sector").note == (
        "400,000 is exactly what the 1 line under a heading (600,000) lacks of the plan’s 1,000,000."
    )


def test_a_heading_that_no_list_has_is_not_lost() -> None:
    draft = plan(stated_requested_usd=usd(1_000_000, 2))
    unknown = Value(value=None, unit=Unit.NAME, span=Span.of(10), printed="Space travel", question="Which one?")
    row = request(draft, "sector", "?", "space travel", sector=unknown, usd=usd(400_000, 11))
    sector(draft, "HEALTH", "Health", 600_000, 30)
    assert value(judged(draft), row.subject, "sector") == unknown


def test_the_text_without_a_heading_gets_the_arithmetic_too() -> None:
    draft = mali_2025()
    sector_of_line = value(draft, "fundingrequest:sector:IOM-2025:PROTECTION_CENTRED", "sector")
    heading = replace(sector_of_line, value="Protection-centred cross-cutting priority", unit=Unit.TEXT)
    stated = Value(value="Health", unit=Unit.TEXT, span=Span.of(200), printed="Health")
    draft.add(Row("narrative", ("sector", "11"), {"heading": heading}))
    draft.add(Row("narrative", ("sector", "12"), {"heading": stated}))
    found = judged(draft)
    assert "1,153,500 is exactly what the 17 lines" in value(found, "narrative:sector:11", "heading").note
    assert value(found, "narrative:sector:12", "heading").note == ""


def test_projects_that_do_not_add_to_their_framework_are_asked_about() -> None:
    draft = mali_2017()
    set_value(draft, "fundingrequest:project:MLI-2017-HRP-02", "amount_usd", usd(1_100_000, 41))
    found = judged(draft)
    sentence = (
        "The projects of HRP (lines 35, 41, 47, 51, 58, 65) ask for 12,460,000 together; the framework prints "
        "12,360,000 (line 30)."
    )
    assert questions(found)["fundingrequest:framework:HRP.amount_usd"] == f"{sentence} Which is right?"
    assert sentence in remarks(found)


def test_projects_that_received_another_amount_than_their_framework_are_asked_about() -> None:
    draft = mali_2017()
    set_value(draft, "project:MLI-2017-MCOF-08", "stated_received_usd", usd(5_000, 81))
    found = judged(draft)
    assert questions(found) == {
        "framework:MCOF.stated_received_usd": (
            "The projects of MCOF (lines 74, 81, 88, 95) received 5,000 together; the framework prints 0 (line 69). "
            "Which is right?"
        )
    }


def test_frameworks_that_received_another_amount_than_the_plan_are_asked_about() -> None:
    draft = mali_2017()
    set_value(draft, "revision", "stated_received_usd", usd(112_550, 6))
    assert questions(judged(draft)) == {}
    set_value(draft, "revision", "stated_received_usd", usd(112_555, 6))
    assert questions(judged(draft)) == {
        "revision.stated_received_usd": (
            "The frameworks (lines 30, 69) received 112,550 together; the plan prints 112,555 (line 6). Which is right?"
        )
    }


@pytest.mark.parametrize(("printed", "is_asked"), [("1", False), ("0.9", False), ("0", True), ("2", True)])
def test_a_printed_percentage_is_asked_about_only_where_it_is_no_rounding(printed: str, is_asked: bool) -> None:
    draft = mali_2017()
    set_value(draft, "framework:HRP", "stated_percent_funded", percent(printed, 30))
    expected = {
        "framework:HRP.stated_percent_funded": (
            f"Printed {printed} %, but 112,550 (line 30) of 12,360,000 (line 30) is 0.91 %. Which figure is wrong?"
        )
    }
    assert questions(judged(draft)) == (expected if is_asked else {})


def test_the_percentage_of_a_whole_plan_is_compared_too() -> None:
    """The front page of the Compendium: 168,717,526 of 1,606,183,413 is 10.504 %, printed as 11 %."""
    draft = plan(
        stated_requested_usd=usd(1_606_183_413, 5),
        stated_received_usd=usd(168_717_526, 6),
        stated_percent_funded=percent(11, 7),
    )
    assert questions(judged(draft)) == {}
    assert value(judged(draft), "revision", "stated_percent_funded").note == (
        "Rounded in print: 168,717,526 (line 6) of 1,606,183,413 (line 5) is 10.50 %."
    )


def test_a_reported_nothing_of_nothing_is_no_percentage() -> None:
    draft = plan(stated_requested_usd=usd(0, 5), stated_received_usd=usd(0, 6), stated_percent_funded=percent(0, 7))
    assert questions(judged(draft)) == {}


def sectors_of(total: int | None, *amounts: int | str) -> Draft:
    draft = plan() if total is None else plan(stated_requested_usd=usd(total, 2))
    for order, amount in enumerate(amounts):
        sector(draft, "ABCDEF"[order], f"Sector {'ABCDEF'[order]}", amount, 10 + 3 * order)
    return draft


def test_an_amount_that_lost_three_digits_is_asked_about() -> None:
    found = judged(sectors_of(9_500_000, 6_200_000, 500_000, 2_800))
    row = "fundingrequest:sector:IOM-2025:C"
    assert questions(found)[f"{row}.amount_usd"] == (
        "Sector C: is 2,800 (line 17) right? With 2,800,000 the lines would add to the total of the plan. Was a comma "
        "lost or doubled?"
    )
    assert value(found, row, "amount_usd").confidence is Confidence.LOW
    assert value(found, row, "amount_usd").value == Decimal(2_800)


def test_an_amount_with_three_digits_too_many_is_asked_about() -> None:
    found = judged(sectors_of(None, 6_200_000, 500_000, 2_800_000_000))
    assert questions(found)["fundingrequest:sector:IOM-2025:C.amount_usd"] == (
        "Sector C: 2,800,000,000 (line 17) is far from the amounts beside it. Was a comma lost or doubled, and is it "
        "2,800,000?"
    )


@pytest.mark.parametrize(
    ("total", "amounts"),
    [
        (6_702_800, (6_200_000, 500_000, 2_800)),
        (None, (6_200_000, 500_000, 100_000)),
        (None, (6_200_000, 500_000, 40)),
        (None, (6_200_000, 6_200)),
        (None, (6_200_000, 500_000, 0)),
    ],
    ids=["the lines add up", "ordinary", "no thousandth", "too few to compare", "nothing"],
)
def test_other_small_amounts_are_not(total: int | None, amounts: tuple[int, ...]) -> None:
    asked = questions(judged(sectors_of(total, *amounts)))
    assert [name for name in asked if name.startswith("fundingrequest")] == []


def test_a_sector_with_two_lines_is_asked_about() -> None:
    draft = sectors_of(None, 600_000, 500_000)
    again = Value(value=Ref("sector", ("IOM-2025", "A"), "Sector A"), unit=Unit.NAME, span=Span.of(30), printed="A")
    request(draft, "sector", "IOM-2025", "A-2", sector=again, usd=usd(70_000, 31))
    asked = questions(judged(draft))
    assert asked["fundingrequest:sector:IOM-2025:A-2.sector"] == (
        "Sector A has two lines: 600,000 (line 11) / 70,000 (line 31). Is one of them another sector, or are they to "
        "be added?"
    )
    assert "fundingrequest:sector:IOM-2025:A.sector" not in asked


def test_people_that_are_the_amount_asked_for_are_asked_about_at_both() -> None:
    draft = plan(stated_requested_usd=usd(6_400_000, 4, 5), people_in_need=number(6_400_000, 6, 7))
    sentence = (
        "The same figure stands for people or entities, 6,400,000 (lines 6–7), and for money, 6,400,000 (lines 4–5). "
        "Is each right?"
    )
    assert questions(judged(draft)) == {
        "revision.stated_requested_usd": sentence,
        "revision.people_in_need": sentence,
    }
