"""Plans in the language of their readers, and the page on which officers translate them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crp.accounts.roles import Role
from plans.models import Objective, Plan, Revision, Translation
from plans.services import Given, TranslationWork, save_translations, start_revision
from tests.admin import make_person
from tests.conftest import MaliPlans
from tests.factories import make_country, make_plan

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def plan() -> Plan:
    return make_plan(title="Plan of the north", objectives=1, sectors=1, projects=1, contributions=0)


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person, backend="crp.accounts.backends.LoginBackend")
    return client


def page(revision: Revision, language: str = "ar") -> str:
    return reverse("admin:plans_revision_translate", args=[revision.pk, language])


def form(revision: Revision, language: str = "ar", **texts: str) -> dict[str, str]:
    """Return what a browser sends of the page, with some texts typed anew."""
    data = {}
    for item in TranslationWork(revision).items(language):
        data[f"text:{item.name}"] = texts.get(item.name.replace(".", "_").replace(":", "_"), item.text)
        data[f"from:{item.name}"] = item.made_from
        data[f"before:{item.name}"] = item.before
    return data


def keep(revision: Revision, language: str, name: str, text: str) -> None:
    (item,) = [item for item in TranslationWork(revision).items(language) if item.name == name]
    given = {name: Given(text, item.made_from, item.before)}
    save_translations(revision=revision, language=language, given=given, by=None)


def test_an_officer_translates_and_readers_see_it_at_once(plan: Plan, client: Client) -> None:
    revision = plan.revisions.get()
    officer = signed_in(make_person(Role.OFFICER, country=plan.countries.get()))
    opened = officer.get(page(revision))
    assert opened.status_code == 200
    assert "0 of" in opened.content.decode()
    answer = officer.post(page(revision), form(revision, plan_title="خطة الشمال"), follow=True)
    assert "1 text is saved." in answer.content.decode()
    arabic = client.get(f"/ar/plans/{plan.code}/").content.decode()
    assert re.search(r"<h1>\s*خطة الشمال", arabic)
    assert "Plan of the north" not in re.sub(r"(?s)<section[^>]*id=.sources.*", "", arabic.split("</h1>")[0])
    assert "Plan of the north" in client.get(f"/plans/{plan.code}/").content.decode()
    assert "خطة الشمال" in client.get("/ar/gaps/").content.decode()


def test_what_is_not_translated_is_marked(mali: MaliPlans, client: Client) -> None:
    text = client.get("/ar/plans/MLI-CRP-2025-2026/").content.decode()
    assert '<bdi lang="en">Mali Crisis Response Plan 2025 - 2026</bdi>' in text
    assert '<div class="prose" lang="en" dir="ltr">' in text
    assert text.count('class="shown-in"') > 5
    english = client.get("/plans/MLI-CRP-2025-2026/").content.decode()
    assert "shown-in" not in english
    assert "<bdi" not in english


def test_a_list_translates_what_repeats_it(mali: MaliPlans, client: Client) -> None:
    """The plan's objectives are those of IOM's strategy, word by word."""
    assert "Sauver des vies et protéger les personnes en déplacement" in (
        client.get("/fr/plans/MLI-CRP-2025-2026/").content.decode()
    )
    assert "إنقاذ الأرواح وحماية الأشخاص المتنقلين" in client.get("/ar/plans/MLI-CRP-2025-2026/").content.decode()


def test_a_past_day_shows_the_translation_of_what_was_said_then(plan: Plan, client: Client) -> None:
    revision = plan.revisions.get()
    keep(revision, "es", "objective:1.title", "Salvar vidas")
    draft = start_revision(plan=plan, by=None)
    Objective.objects.filter(revision=draft).update(title="Something else")
    keep(draft, "es", "objective:1.title", "Otra cosa")
    text = client.get(f"/es/plans/{plan.code}/").content.decode()
    assert "Salvar vidas" in text
    assert "Otra cosa" not in text


def test_the_page_marks_what_is_older_than_its_source(plan: Plan) -> None:
    keep(plan.revisions.get(), "ar", "objective:1.title", "إنقاذ الأرواح")
    draft = start_revision(plan=plan, by=None)
    Objective.objects.filter(revision=draft).update(title="Saving lives and livelihoods")
    officer = signed_in(make_person(Role.OFFICER))
    text = officer.get(page(draft) + "?show=older").content.decode()
    assert "Older than its source" in text
    assert "1 are older" in text
    assert "livelihoods</ins>" in re.sub(r"\s+</ins>", "</ins>", text)
    assert text.count('name="text:') == 1
    assert 'dir="rtl" aria-labelledby' in text
    sent = form(draft)
    assert "Nothing was changed." in officer.post(page(draft), sent, follow=True).content.decode()
    saved = officer.post(page(draft), sent | {"holds:objective:1.title": "on"}, follow=True).content.decode()
    assert "1 text is saved." in saved
    assert Translation.objects.count() == 2


def test_a_refused_text_keeps_what_was_typed(plan: Plan) -> None:
    revision = plan.revisions.get()
    officer = signed_in(make_person(Role.OFFICER))
    data = form(revision, plan_title="Título <b>", objective_1_title="x" * 201)
    answer = officer.post(page(revision, "es"), data)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert "200 characters at most" in text
    assert "Título &lt;b&gt;</textarea>" in text
    assert not Translation.objects.exists()


def test_a_form_can_be_crafted_and_nothing_breaks(plan: Plan) -> None:
    officer = signed_in(make_person(Role.OFFICER))
    address = page(plan.revisions.get(), "es")
    for data in ({"text:": "x"}, {"text:plan.title": "\0"}, {"text:<script>": "1", "from:<script>": "2"}):
        answer = officer.post(address, data)
        assert answer.status_code in {302, 400}
        assert "<script>:" not in answer.content.decode()
    assert not Translation.objects.exists()
    assert officer.get(address + "?show=<script>").status_code == 200


def test_only_who_writes_the_plan_gets_in(plan: Plan) -> None:
    revision, country = plan.revisions.get(), plan.countries.get()
    for person in (make_person(Role.VIEWER), make_person(Role.REVIEWER, country=country)):
        client = signed_in(person)
        assert client.get(page(revision)).status_code == 403
        assert client.post(page(revision), form(revision, plan_title="x")).status_code == 403
    stranger = signed_in(make_person(Role.OFFICER, country=make_country()))
    assert stranger.post(page(revision), form(revision, plan_title="x")).status_code == 403
    assert Client().get(page(revision)).status_code == 302
    assert not Translation.objects.exists()


@pytest.mark.parametrize("language", ["en", "de", "xx-yyyy"])
def test_no_page_for_a_language_that_there_is_nothing_to_translate_into(plan: Plan, language: str) -> None:
    officer = signed_in(make_person(Role.OFFICER))
    assert officer.get(page(plan.revisions.get(), language)).status_code == 404


def test_the_form_of_a_revision_leads_to_its_translations(plan: Plan) -> None:
    revision = plan.revisions.get()
    link = reverse("admin:plans_revision_translations", args=[revision.pk])
    change = reverse("admin:plans_revision_change", args=[revision.pk])
    officer, viewer = signed_in(make_person(Role.OFFICER)), signed_in(make_person(Role.VIEWER))
    assert f'href="{link}"' in officer.get(change).content.decode()
    assert f'href="{link}"' not in viewer.get(change).content.decode()
    assert officer.get(link).headers["Location"] == page(revision, "fr")


def test_the_page_costs_as_much_for_many_texts_as_for_few(plan: Plan) -> None:
    officer = signed_in(make_person(Role.OFFICER))
    few = plan.revisions.get()
    many = make_plan(objectives=6, sectors=2, projects=12, contributions=0).revisions.get()
    numbers = []
    for revision in (few, many):
        officer.get(page(revision))
        with CaptureQueriesContext(connection) as queries:
            assert officer.get(page(revision)).status_code == 200
        numbers.append(len(queries))
    assert numbers[0] == numbers[1]
