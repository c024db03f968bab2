"""Plans in other languages: what a translation belongs to, who makes it, and when it is shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from crp.accounts.roles import Role
from crp.changes.reaching import Seen
from funding.services import publish_revision
from plans.models import Achievement, Narrative, Objective, Plan, Revision, StrategicObjective, Translation
from plans.sealing import seal_published
from plans.services import Given, TranslationWork, save_translations, start_revision
from plans.translating import Telling, Told, hash_of, listed_names, passages_of, tell_titles
from plans.tree import rows_of
from tests.admin import make_person
from tests.factories import make_country, make_plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan() -> Plan:
    return make_plan(title="Plan of the north", objectives=1, sectors=1, projects=0, contributions=0)


@pytest.fixture
def revision(plan: Plan) -> Revision:
    return plan.revisions.get()


def translate(revision: Revision, language: str = "ar", by: Any = None, **texts: str) -> tuple[int, int]:
    """Write translations as the page does: of ``plan_title`` and of ``objective`` with the number 1."""
    names = {"plan_title": "plan.title", "objective": "objective:1.title"}
    items = {item.name: item for item in TranslationWork(revision).items(language)}
    given = {
        names[name]: Given(text, items[names[name]].made_from, items[names[name]].before)
        for name, text in texts.items()
    }
    return save_translations(revision=revision, language=language, given=given, by=by)


def told(revision: Revision, language: str) -> dict[str, Told]:
    """Return what a reader gets, by row and column."""
    revision = Revision.objects.select_related("plan").get(pk=revision.pk)
    rows = [*rows_of(revision)]
    with override(language):
        Telling(revision.plan, rows).tell()
    found = {"plan.title": revision.plan.title}
    for row in rows:
        found |= {f"{row.row_key}.{field}": getattr(row, field) for field in row.translated_fields}
    return found


def test_a_reader_gets_the_translation_and_else_the_source(revision: Revision) -> None:
    assert translate(revision, plan_title="خطة الشمال") == (1, 0)
    arabic, spanish = told(revision, "ar"), told(revision, "es")
    assert (arabic["plan.title"], arabic["plan.title"].language) == ("خطة الشمال", "ar")
    assert arabic["plan.title"].source == "Plan of the north"
    assert (spanish["plan.title"], spanish["plan.title"].language) == ("Plan of the north", "en")
    assert arabic["objective:1.title"].language == "en"


def test_an_english_reader_of_an_english_plan_costs_no_query(revision: Revision) -> None:
    translate(revision, plan_title="خطة الشمال")
    rows = [*rows_of(revision)]
    with override("en"), CaptureQueriesContext(connection) as queries:
        Telling(revision.plan, rows).tell()
        tell_titles([revision.plan])
    assert len(queries) == 0
    assert revision.plan.title == "Plan of the north"


def test_titles_of_many_plans_cost_one_query(revision: Revision) -> None:
    translate(revision, plan_title="خطة الشمال")
    plans = [Plan.objects.get(pk=revision.plan_id), *(make_plan(objectives=1) for _number in range(3))]
    with override("ar"), CaptureQueriesContext(connection) as queries:
        tell_titles(plans)
        tell_titles(plans)
    assert len(queries) == 2
    assert [plan.title.language for plan in plans] == ["ar", "en", "en", "en"]
    assert plans[0].title.source == "Plan of the north"


def test_a_translation_holds_for_every_revision_that_says_the_same(plan: Plan, revision: Revision) -> None:
    """Starting a revision copies nothing: what the draft says unchanged is translated already."""
    translate(revision, objective="إنقاذ الأرواح")
    draft = start_revision(plan=plan, by=None)
    assert Translation.objects.count() == 1
    assert told(draft, "ar")["objective:1.title"] == "إنقاذ الأرواح"
    assert TranslationWork(draft).counts("ar")["done"] == 1


def test_a_changed_source_leaves_the_translation_older(plan: Plan, revision: Revision) -> None:
    translate(revision, objective="إنقاذ الأرواح")
    draft = start_revision(plan=plan, by=None)
    Objective.objects.filter(revision=draft).update(title="Save lives, and livelihoods")
    (item,) = [item for item in TranslationWork(draft).items("ar") if item.name == "objective:1.title"]
    assert (item.state, item.text) == ("older", "إنقاذ الأرواح")
    assert item.older is not None
    assert item.older.source == revision.objectives.get().title
    assert told(draft, "ar")["objective:1.title"] == "Save lives, and livelihoods"  # the plan's word, not an old one
    assert told(revision, "ar")["objective:1.title"] == "إنقاذ الأرواح"  # which is still published


def test_an_older_translation_counts_again_only_where_somebody_says_so(plan: Plan, revision: Revision) -> None:
    translate(revision, objective="إنقاذ الأرواح")
    draft = start_revision(plan=plan, by=None)
    Objective.objects.filter(revision=draft).update(title="Saving lives!")
    (item,) = [item for item in TranslationWork(draft).items("ar") if item.name == "objective:1.title"]
    unchanged = {item.name: Given(item.text, item.made_from, item.before)}
    assert save_translations(revision=draft, language="ar", given=unchanged, by=None) == (0, 0)
    assert TranslationWork(draft).counts("ar")["older"] == 1
    looked_at = {item.name: Given(item.text, item.made_from, item.before, still_holds=True)}
    assert save_translations(revision=draft, language="ar", given=looked_at, by=None) == (1, 0)
    assert TranslationWork(draft).counts("ar")["older"] == 0
    assert told(draft, "ar")["objective:1.title"].language == "ar"
    assert told(revision, "ar")["objective:1.title"].language == "ar"


def test_translating_what_is_sealed_changes_no_seal(revision: Revision) -> None:
    seal_published()
    before = Revision.objects.get(pk=revision.pk).seal
    assert before
    translate(revision, plan_title="خطة الشمال", objective="إنقاذ الأرواح")
    seal_published()
    assert Revision.objects.get(pk=revision.pk).seal == before
    assert Plan.objects.get(pk=revision.plan_id).title == "Plan of the north"


def test_an_empty_text_takes_a_translation_away_and_its_history_stays(revision: Revision, history: None) -> None:
    officer = make_person(Role.OFFICER)
    translate(revision, by=officer, objective="إنقاذ")
    translate(revision, by=officer, objective="إنقاذ الأرواح")
    assert translate(revision, by=officer, objective="  ") == (0, 1)
    assert not Translation.objects.exists()
    kept = Translation.history.order_by("history_id").values_list("history_type", "text", "history_user")
    assert list(kept) == [
        ("+", "إنقاذ", officer.pk), ("~", "إنقاذ الأرواح", officer.pk), ("-", "إنقاذ الأرواح", officer.pk),
    ]  # fmt: skip


def test_only_who_writes_a_plan_translates_it(revision: Revision) -> None:
    country = revision.plan.countries.get()
    for role, place in ((Role.REVIEWER, {"country": country}), (Role.OFFICER, {"country": make_country()})):
        with pytest.raises(PermissionDenied):
            translate(revision, by=make_person(role, **place), objective="إنقاذ")
    assert not Translation.objects.exists()
    assert translate(revision, by=make_person(Role.OFFICER, country=country), objective="إنقاذ") == (1, 0)


def test_what_others_translate_of_their_drafts_is_not_in_the_history_that_one_sees(
    revision: Revision, history: None
) -> None:
    translate(revision, objective="إنقاذ")
    own = make_person(Role.VIEWER, country=revision.plan.countries.get())
    other = make_person(Role.VIEWER, country=make_country())
    shown = [Translation.history.filter(Seen(person).condition(Translation)).count() for person in (own, other)]
    assert shown == [1, 0]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"made_from": "0" * 64}, "The source text changed"),
        ({"before": "0" * 64}, "Somebody else translated this meanwhile"),
        ({"text": "x" * 201}, "expected 200 characters at most"),
    ],
)
def test_what_can_not_be_kept_is_refused_and_nothing_is_kept(
    revision: Revision, changes: dict[str, str], sentence: str
) -> None:
    items = {item.name: item for item in TranslationWork(revision).items("es")}
    title, objective = items["plan.title"], items["objective:1.title"]
    given = {
        title.name: Given("Plan del norte", title.made_from),
        objective.name: Given(**({"text": "Salvar vidas", "made_from": objective.made_from} | changes)),
    }
    with pytest.raises(ValidationError) as refused:
        save_translations(revision=revision, language="es", given=given, by=None)
    assert list(refused.value.message_dict) == [objective.name]
    assert sentence in refused.value.message_dict[objective.name][0]
    assert not Translation.objects.exists()


def test_a_text_that_is_gone_is_refused(revision: Revision) -> None:
    with pytest.raises(ValidationError, match="not in the plan any more"):
        save_translations(revision=revision, language="es", given={"objective:9.title": Given("x", "y")}, by=None)


def test_what_two_translators_write_alike_is_no_conflict(revision: Revision) -> None:
    opened = {item.name: item for item in TranslationWork(revision).items("es")}["plan.title"]
    translate(revision, "es", plan_title="Plan del norte")
    given = {"plan.title": Given("Plan del norte", opened.made_from, opened.before)}
    assert save_translations(revision=revision, language="es", given=given, by=None) == (0, 0)


def test_a_text_that_repeats_a_list_is_translated_with_the_list(plan: Plan, revision: Revision) -> None:
    entry = StrategicObjective.objects.create(strategy="2030", number=1, name="Saving lives", name_ar="إنقاذ الأرواح")
    draft = start_revision(plan=plan, by=None)
    Objective.objects.filter(revision=draft).update(title="Saving lives", strategic_objective=entry)
    assert told(draft, "ar")["objective:1.title"] == "إنقاذ الأرواح"
    assert told(draft, "es")["objective:1.title"].language == "en"  # the list has no Spanish
    names = [item.name for item in TranslationWork(draft).items("ar")]
    assert "plan.title" in names
    assert "objective:1.title" not in names
    Objective.objects.filter(revision=draft).update(title="Saving many lives")
    assert told(draft, "ar")["objective:1.title"] == "Saving many lives"
    assert listed_names(passages_of(plan, [*rows_of(draft)]), "ar") == {}


def test_each_text_has_its_own_language(plan: Plan) -> None:
    draft = start_revision(plan=plan, by=None)
    Narrative.objects.create(revision=draft, section="context", order=90, language="fr", body="Le contexte.")
    Achievement.objects.create(revision=draft, order=1, language="es", text="Logros.")
    work = TranslationWork(draft)
    names = {code: {item.name for item in work.items(code)} for code in ("en", "fr", "es")}
    assert "narrative:context:90.body" in names["en"] & names["es"]
    assert "narrative:context:90.body" not in names["fr"]
    assert "achievement:1.text" in names["fr"]
    assert "achievement:1.text" not in names["es"]


@pytest.mark.once
def test_line_ends_do_not_make_another_text() -> None:
    assert hash_of("One\r\n\r\nTwo ") == hash_of("One\n\nTwo") != hash_of("One\nTwo")


def test_a_new_revision_is_published_with_the_translations_of_what_it_repeats(plan: Plan, revision: Revision) -> None:
    translate(revision, plan_title="خطة الشمال", objective="إنقاذ الأرواح")
    draft = start_revision(plan=plan, by=None)
    publish_revision(revision=draft, by=None, reason="Newer")
    texts = told(draft, "ar")
    assert (texts["plan.title"].language, texts["objective:1.title"].language) == ("ar", "ar")
