"""Texts of plans in other languages, over the API."""

from __future__ import annotations

from typing import Any

import pytest
from zeal import zeal_context

from funding.services import publish_revision
from plans.models import Plan, Translation
from plans.services import start_revision
from plans.translating import hash_of
from tests.api import count_queries, get, results
from tests.factories import make_plan, make_plans

pytestmark = pytest.mark.django_db


def translate(plan: Plan, subject: str, field: str, source: str, **values: Any) -> None:
    given = {"language": "fr", "text": f"En français : {source}", **values}
    Translation.objects.create(
        plan=plan, subject=subject, field=field, source=source, source_hash=hash_of(source), **given
    )


def translations_of(code: str) -> list[dict[str, Any]]:
    return get(f"plans/{code}/?fields=code&expand=translations")["expanded"]["translations"]


@pytest.fixture
def plan(empty_database: None) -> Plan:
    plan = make_plan(code="NORTH", title="Plan of the north", objectives=2, projects=1)
    translate(plan, "plan", "title", "Plan of the north")
    second = plan.revisions.get().objectives.get(number=2)
    translate(plan, "objective:2", "title", second.title, language="ar", text="الهدف")
    return plan


def test_a_plan_tells_its_texts_in_every_language_that_it_has(plan: Plan) -> None:
    arabic, french = translations_of("NORTH")
    assert french.pop("translated_at") > "2026"
    assert french == {
        "language": "fr",
        "subject": "plan",
        "field": "title",
        "source": "Plan of the north",
        "text": "En français : Plan of the north",
    }
    assert (arabic["language"], arabic["subject"], arabic["text"]) == ("ar", "objective:2", "الهدف")
    (row,) = results("plans/?fields=code&expand=translations")
    assert [item["language"] for item in row["expanded"]["translations"]] == ["ar", "fr"]


def test_what_the_plan_does_not_say_any_more_or_not_yet_is_not_told(plan: Plan) -> None:
    draft = start_revision(plan=plan, by=None)
    draft.objectives.filter(number=2).update(title="Words of a draft")
    translate(plan, "objective:2", "title", "Words of a draft", language="ar", text="مسودة")
    assert [item["text"] for item in translations_of("NORTH")][:1] == ["الهدف"]
    publish_revision(revision=draft, by=None, reason="New words.")
    assert [item["text"] for item in translations_of("NORTH")][:1] == ["مسودة"]


def test_a_plan_without_translations_has_none(empty_database: None) -> None:
    make_plan(code="PLAIN")
    assert translations_of("PLAIN") == []


def test_more_plans_take_no_more_queries(plan: Plan) -> None:
    address = "plans/?limit=100&fields=code&expand=translations"
    few = count_queries(address)
    for other in make_plans(5):
        translate(other, "plan", "title", other.title)
    with zeal_context():
        assert len([row for row in results(address) if row["expanded"]["translations"]]) == 6
    assert count_queries(address) == few
