"""What the public sees: one revision of a plan at a time, never a draft, and on any day what was in force then."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from plans.models import Plan, Revision
from tests.conftest import MaliPlans
from tests.factories import make_country, make_plan

FIRST, SECOND = datetime(2024, 3, 10, 14, 30, tzinfo=UTC), datetime(2024, 6, 20, 9, 0, tzinfo=UTC)


@pytest.fixture
def plan(empty_database: None) -> Plan:
    """Return a plan published on 10 March 2024 and again on 20 June, with a draft of a third revision."""
    plan = make_plan(contributions=0)
    Revision.objects.filter(plan=plan).update(status="superseded", published_at=FIRST, superseded_at=SECOND)
    Revision.objects.create(plan=plan, number=2, status="published", published_at=SECOND, requested_usd=2)
    Revision.objects.create(plan=plan, number=3, status="draft", stated_requested_usd=3)
    return plan


@pytest.mark.parametrize(
    ("on", "number"),
    [
        (date(2024, 3, 9), None),
        (date(2024, 3, 10), 1),  # published during the day: in force at its end
        (date(2024, 3, 11), 1),
        (date(2024, 6, 19), 1),
        (date(2024, 6, 20), 2),
        (date(2024, 6, 21), 2),
        (date(2199, 1, 1), 2),
        (date(1990, 1, 1), None),
        (None, 2),
    ],
)
def test_the_revision_in_force_on_a_day(plan: Plan, on: date | None, number: int | None) -> None:
    assert list(plan.revisions.in_force(on).values_list("number", flat=True)) == ([number] if number else [])
    found = Plan.objects.in_force(on).filter(pk=plan.pk)
    assert [item.current.number for item in found] == ([number] if number else [])
    current = Plan.objects.with_current(on).get(pk=plan.pk).current
    assert (current and current.number) == number


@pytest.mark.parametrize(
    ("hour", "on", "seen"),
    [
        (datetime(2024, 3, 10, 0, 0, tzinfo=UTC), date(2024, 3, 9), False),
        (datetime(2024, 3, 10, 0, 0, tzinfo=UTC), date(2024, 3, 10), True),
        (datetime(2024, 3, 10, 23, 59, 59, 999_999, tzinfo=UTC), date(2024, 3, 10), True),
        (datetime(2024, 3, 11, 0, 0, tzinfo=UTC), date(2024, 3, 10), False),
    ],
)
def test_a_day_ends_at_midnight_utc(plan: Plan, hour: datetime, on: date, seen: bool) -> None:
    Revision.objects.filter(plan=plan, number=1).update(published_at=hour)
    assert plan.revisions.in_force(on).exists() is seen


def test_a_day_on_which_one_revision_follows_another_has_the_later(plan: Plan) -> None:
    Revision.objects.filter(plan=plan, number=1).update(published_at=SECOND.replace(hour=8))
    assert plan.revisions.in_force(SECOND.date()).get().number == 2


def test_a_revision_superseded_at_midnight_was_in_force_all_the_day_before(plan: Plan) -> None:
    midnight = datetime(2024, 6, 20, 0, 0, tzinfo=UTC)
    Revision.objects.filter(plan=plan, number=1).update(superseded_at=midnight)
    Revision.objects.filter(plan=plan, number=2).update(published_at=midnight)
    assert plan.revisions.in_force(date(2024, 6, 19)).get().number == 1
    assert plan.revisions.in_force(date(2024, 6, 20)).get().number == 2


def test_open_revisions_are_drafts_and_reviews(plan: Plan) -> None:
    assert [revision.number for revision in plan.revisions.open()] == [3]
    Revision.objects.filter(number=3).update(status="in_review")
    assert [revision.number for revision in plan.revisions.open()] == [3]


def test_a_plan_that_was_never_published_is_not_there(plan: Plan) -> None:
    draft = Plan.objects.create(code="DRAFT", kind="crp", title="Draft", start_year=2024, end_year=2024)
    Revision.objects.create(plan=draft, number=1)
    nothing = Plan.objects.create(code="NOTHING", kind="crp", title="Nothing", start_year=2024, end_year=2024)
    assert list(Plan.objects.in_force()) == [plan]
    assert {item.code: item.current and item.current.number for item in Plan.objects.with_current()} == {
        plan.code: 2, draft.code: None, nothing.code: None,
    }  # fmt: skip


def test_plans_come_with_their_revision_in_one_query(plan: Plan, django_assert_num_queries: Any) -> None:
    make_plan()
    with django_assert_num_queries(1):
        assert len([item.current.number for item in Plan.objects.in_force()]) == 2


@pytest.mark.usefixtures("empty_database")
@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (2021, 2021, {"B", "C"}),
        (None, 2020, {"A", "C"}),
        (2022, None, {"C", "D"}),
        (2023, 2024, {"D"}),
        (None, None, {"A", "B", "C", "D"}),
        (2025, None, set()),
        (None, 2018, set()),
    ],
)
def test_plans_by_the_years_they_touch(first: int | None, last: int | None, expected: set[str]) -> None:
    for code, start, end in (("A", 2019, 2020), ("B", 2021, 2021), ("C", 2020, 2022), ("D", 2023, 2024)):
        Plan.objects.create(code=code, kind="crp", title=code, start_year=start, end_year=end)
    assert {plan.code for plan in Plan.objects.covering(first, last)} == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mali", {"MLI-CRP-2025-2026", "MLI-COMPENDIUM-2017", "MLI-CRP-2021"}),
        ("MLI 2017", {"MLI-COMPENDIUM-2017"}),
        ("crisis 2025", {"MLI-CRP-2025-2026"}),
        ("malí", {"MLI-CRP-2025-2026", "MLI-COMPENDIUM-2017", "MLI-CRP-2021"}),
        ("cote d'ivoire", {"CIV-1"}),
        ("Côte d’Ivoire", {"CIV-1"}),
        ("mali ivoire", set()),
        ("%", set()),
        ("_", set()),
        ("   ", {"MLI-CRP-2025-2026", "MLI-COMPENDIUM-2017", "MLI-CRP-2021", "CIV-1"}),
    ],
)
def test_plans_are_found_by_words_of_code_title_and_countries(mali: MaliPlans, text: str, expected: set[str]) -> None:
    country = make_country(name="Test land", name_fr="Côte d’Ivoire")
    make_plan(code="CIV-1", title="Elsewhere", countries=[country])
    assert {plan.code for plan in Plan.objects.matching(text)} == expected


def test_a_plan_for_two_countries_is_found_once(mali: MaliPlans) -> None:
    make_plan(code="TWO", title="Two", countries=[make_country(name="Same name"), make_country(name="Same name too")])
    assert [plan.code for plan in Plan.objects.matching("same name")] == ["TWO"]
