"""People, entities, offices, years and days of a draft: what can't be, and what somebody should look at."""

from __future__ import annotations

from datetime import date

import pytest

from crp.importing.documents.draft import Confidence, Row, Unit

from .drafts import (
    number,
    objective,
    office,
    plan,
)
from .judged import TODAY, judged, questions, remarks, set_value, value

pytestmark = pytest.mark.once


def test_an_objective_with_more_people_than_the_plan_is_asked_about_at_both() -> None:
    """Horn of Africa and Yemen 2022."""
    draft = plan(2022, 2022, people_targeted=number(364_145, 9, 10))
    objective(draft, 1, 36_195_111, 18, people_targeted=number(421_596, 20, 21))
    sentence = (
        "Objective 1 targets more people, 421,596 (lines 20–21), than the whole plan, 364,145 (lines 9–10). Which is "
        "right?"
    )
    assert questions(judged(draft)) == {
        "revision.people_targeted": sentence,
        "objective:1.people_targeted": sentence,
    }


def test_as_many_entities_as_people_are_asked_about() -> None:
    """Mali 2021."""
    draft = plan(2021, 2021, people_targeted=number(670_300, 8, 9))
    objective(
        draft,
        1,
        7_100_000,
        18,
        people_targeted=number(390_000, 20, 21),
        entities_targeted=number(390_000, 22, 23, unit=Unit.ENTITIES),
    )
    found = judged(draft)
    assert questions(found) == {
        "objective:1.entities_targeted": (
            "As many entities as people are targeted: 390,000 (lines 22–23) and 390,000 (lines 20–21). Was the number "
            "of people entered twice, and how many entities are there?"
        )
    }
    assert value(found, "objective:1", "entities_targeted").confidence is Confidence.LOW


def test_more_people_targeted_than_in_need_are_asked_about() -> None:
    draft = plan(people_in_need=number(100_000, 6), people_targeted=number(100_001, 8))
    sentence = (
        "More people are targeted than are in need: 100,001 (line 8) against 100,000 (line 6). Which figure is wrong?"
    )
    assert questions(judged(draft)) == {
        "revision.people_in_need": sentence,
        "revision.people_targeted": sentence,
    }


def test_everybody_in_need_may_be_targeted_and_all_of_it_under_one_objective() -> None:
    """Central African Republic 2021: objective 1 targets all that the plan does."""
    draft = plan(people_in_need=number(113_100, 6), people_targeted=number(113_100, 8))
    objective(draft, 1, None, 18, people_targeted=number(113_100, 20))
    found = judged(draft)
    assert (questions(found), remarks(found)) == ({}, [])


def test_people_in_words_and_people_not_stated_raise_nothing() -> None:
    draft = plan(people_in_need=number(5, 6), people_targeted=number("many", 8))
    objective(draft, 1, None, 18, people_targeted=number("At risk communities", 20))
    found = judged(draft)
    assert (questions(found), remarks(found)) == ({}, [])


def test_objectives_that_add_to_fewer_people_than_the_plan_are_remarked() -> None:
    draft = plan(people_targeted=number(1_000, 8))
    for order, people in enumerate((400, 500), start=1):
        objective(draft, order, None, 10 * order, people_targeted=number(people, 10 * order))
    found = judged(draft)
    assert questions(found) == {}
    assert remarks(found) == [
        (
            "People targeted by objective (lines 8, 10, 20): The objectives add to 900 only; the plan says 1,000, and "
            "its own number stands."
        )
    ]


@pytest.mark.parametrize(
    ("stated", "main", "field", "said"),
    [
        (5, 1, 5, None),
        (6, 1, 5, "6 offices are named, the main office included, as stated."),
        (9, 1, 5, "9 offices are stated and 6 are named."),
        (4, 0, 3, "4 offices are stated and 3 are named."),
        (9, 1, 0, None),
    ],
)
def test_offices_stated_against_offices_named(stated: int, main: int, field: int, said: str | None) -> None:
    draft = plan()
    draft.add(Row("presence", values={"field_offices": number(stated, 30, unit=Unit.OFFICES)}))
    for order in range(main):
        office(draft, f"Main {order}", "main", 40)
    for order in range(field):
        office(draft, f"Field {order}", "field", 40)
    assert remarks(judged(draft)) == ([] if said is None else [f"Offices (lines 30, 40): {said}"])


def test_a_plan_that_starts_after_its_end_is_asked_about() -> None:
    sentence = "The plan starts in 2026, after it ends in 2025. Which years is it for?"
    assert questions(judged(plan(2026, 2025))) == {"plan.start_year": sentence, "plan.end_year": sentence}


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2024, 12, 16), None),
        (date(2023, 1, 1), None),
        (date(2022, 12, 31), "31 December 2022 (line 3) is more than two years before the plan’s first year, 2025. "),
        (TODAY, None),
        (date(2026, 11, 24), "24 November 2026 (line 3) is in the future. What is the date?"),
    ],
)
def test_days_of_the_document(day: date, said: str | None) -> None:
    asked = questions(judged(plan(2025, 2025, document_on=number(day, 3, unit=Unit.DATE))))
    assert list(asked) == ([] if said is None else ["revision.document_on"])
    assert said is None or asked["revision.document_on"].startswith(said)


def test_funding_updated_before_the_page_is_asked_about() -> None:
    """Mali 2023-2024: the page of October 2024 shows the funding of January 2024."""
    draft = plan(
        2023,
        2024,
        document_on=number(date(2024, 10, 10), 5, unit=Unit.DATE),
        funding_updated_on=number(date(2024, 1, 13), 6, unit=Unit.DATE),
    )
    assert questions(judged(draft)) == {
        "revision.funding_updated_on": (
            "The funding was updated on 13 January 2024 (line 6), before the page on 10 October 2024 (line 5). Are "
            "both dates right?"
        )
    }
    set_value(draft, "revision", "funding_updated_on", number(date(2024, 10, 10), 6, unit=Unit.DATE))
    assert questions(judged(draft)) == {}
