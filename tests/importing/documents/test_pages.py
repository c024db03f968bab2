"""Documents in the admin: a file or a text goes in, values are decided about, a draft comes out."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crp.accounts.roles import Role
from crp.importing.models import Decision, ImportedDocument
from plans.models import Country, Plan, Revision
from tests.admin import address, make_person, make_programme_officer
from tests.shared import PROJECT

from .written import FRENCH, page

pytestmark = pytest.mark.django_db

ADD = "/admin/importing/importeddocument/add/"
PEOPLE = "objective:1.people_targeted"


@pytest.fixture
def officer(client: Client) -> Client:
    client.force_login(make_programme_officer())
    return client


def upload(client: Client, content: bytes, name: str = "benin.txt") -> Any:
    return client.post(ADD, {"file": SimpleUploadedFile(name, content)}, follow=True)


def document_of(client: Client, content: bytes | None = None) -> ImportedDocument:
    upload(client, page() if content is None else content)
    return ImportedDocument.objects.get()


def told(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def words(answer: Any) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def test_a_file_is_shown_beside_what_was_read_of_it(officer: Client) -> None:
    answer = upload(officer, page())
    html = answer.content.decode()
    assert '<li id="line-6" value="6"><mark data-of="revision.stated_requested_usd">$1,500,000</mark></li>' in html
    value = html.partition('data-of="revision.people_in_need" data-first="8"')[2].partition('class="crp-value ')[0]
    assert "40,000" in value
    assert "stated" in value
    assert 'href="#line-8"' in value
    assert "becomes a new plan, BEN-CRP-2025" in words(answer)
    assert not Plan.objects.filter(code="BEN-CRP-2025").exists()


def test_a_text_is_pasted(officer: Client) -> None:
    answer = officer.post(ADD, {"text": page().decode().replace("\n", "\r\n")}, follow=True)
    kept = ImportedDocument.objects.get()
    assert (kept.name, bytes(kept.content)) == ("pasted.txt", page())
    assert "pasted.txt" in words(answer)


@pytest.mark.once
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "Choose a file or paste a text."),
        ({"text": "   \n"}, "Choose a file or paste a text."),
        ({"text": "A page about something else.\n"}, "No layout knows this page"),
        ({"text": FRENCH}, "The page is in French"),
        ({"text": page().decode(), "kind": "compendium"}, "This is no page of the layout “compendium”."),
        ({"text": page().decode(), "kind": "nonsense"}, "nonsense"),
        ({"file": SimpleUploadedFile("empty.txt", b"")}, "empty"),
        ({"file": SimpleUploadedFile("x.txt", b"\x00\x01\x02" * 99)}, "File:"),
        ({"file": SimpleUploadedFile("a.txt", page()), "text": page().decode()}, "Give a file or a text, not both."),
    ],
)
def test_what_can_not_be_read_is_told_and_not_kept(officer: Client, given: dict[str, Any], sentence: str) -> None:
    answer = officer.post(ADD, given)
    assert answer.status_code == 200
    assert sentence in words(answer)
    assert not ImportedDocument.objects.exists()


def test_decisions_are_kept_and_the_draft_has_them(officer: Client) -> None:
    document = document_of(officer)
    here = address(document)
    kept = officer.post(
        here,
        {
            f"verdict:{PEOPLE}": "corrected",
            f"value:{PEOPLE}": "11000",
            "verdict:objective:1.entities_targeted": "rejected",
            "value:objective:1.entities_targeted": "",
            "verdict:revision.people_in_need": "",  # as read: nothing to keep
            "decide": "1",
        },
        follow=True,
    )
    assert told(kept) == ["Your decisions are kept."]
    assert set(document.decisions.values_list("subject", "field", "verdict", "value")) == {
        ("objective:1", "people_targeted", "corrected", "11000"),
        ("objective:1", "entities_targeted", "rejected", ""),
    }
    assert 'value="11000"' in kept.content.decode()
    again = officer.post(here, {f"verdict:{PEOPLE}": "corrected", f"value:{PEOPLE}": "11000", "save": "1"}, follow=True)
    revision = Revision.objects.get(plan__code="BEN-CRP-2025")
    assert again.redirect_chain[-1][0] == address(revision)
    assert revision.status == "draft"
    objective = revision.objectives.get()
    assert (objective.people_targeted, objective.entities_targeted) == (11_000, None)
    assert revision.stated_requested_usd == Decimal(1_500_000)
    document.refresh_from_db()
    assert (document.state, document.revision) == ("saved", revision)
    closed = officer.get(here).content.decode()
    assert "This document was saved as" in closed
    assert "verdict:" not in closed


def test_a_decision_is_taken_back(officer: Client) -> None:
    document = document_of(officer)
    for verdict in ("rejected", ""):
        officer.post(address(document), {f"verdict:{PEOPLE}": verdict, "decide": "1"})
        assert Decision.objects.count() == (1 if verdict else 0)


def test_a_correction_that_can_not_be_read_is_told_at_its_value(officer: Client) -> None:
    document = document_of(officer)
    given = {f"verdict:{PEOPLE}": "corrected", f"value:{PEOPLE}": "many", "save": "1"}
    answer = officer.post(address(document), given | {"verdict:revision.people_in_need": "rejected"})
    assert "Some decisions were not kept" in words(answer)
    value = answer.content.decode().partition(f'" data-of="{PEOPLE}" data-first')[2].partition('class="crp-value ')[0]
    assert 'class="errornote"' in value
    assert list(Decision.objects.values_list("field", flat=True)) == ["people_in_need"]
    assert not Plan.objects.filter(code="BEN-CRP-2025").exists(), "nothing is saved beside an error"


def test_a_newer_page_is_the_next_revision_once_its_question_is_answered(officer: Client) -> None:
    document = document_of(officer)
    officer.post(address(document), {"save": "1"})
    first = Revision.objects.get(plan__code="BEN-CRP-2025")
    Revision.objects.filter(pk=first.pk).update(status="published", published_at=first.created_at)
    upload(officer, page("March 1 2025", "1,600,000"), "older.txt")
    older = ImportedDocument.objects.get(name="older.txt")
    refused = officer.post(address(older), {"save": "1"})
    assert "older than revision 1" in told(refused)[0]
    assert 'name="settled"' in refused.content.decode()
    officer.post(address(older), {"save": "1", "settled": "on"})
    second = Revision.objects.get(plan=first.plan, number=2)
    assert (second.status, second.stated_requested_usd) == ("draft", Decimal(1_600_000))


def test_money_that_a_page_states_is_a_click_from_its_form(officer: Client) -> None:
    text = (PROJECT / "fixtures" / "sources" / "mali-compendium-2017.txt").read_text()
    document = document_of(officer, text.replace("Mali 2017", "Mali 2018").encode())
    given = {"verdict:revision.taxonomy": "accepted", "save": "1"}  # the list of 2017
    saved = officer.post(address(document), given, follow=True)
    offer = next(sentence for sentence in told(saved) if "112,550" in sentence)
    link = re.search(r'href="([^"]+)"', offer)
    assert link
    form = officer.get(unescape(link[1])).context["adminform"].form
    assert form.initial["amount_usd"] == "112550.00"
    assert form.initial["project_code"] == "MLI-2018-HRP-06"
    assert form.initial["source_line"] == "65"
    revision = Revision.objects.get(plan__code="MLI-COMPENDIUM-2018")
    assert form.initial["plan"] == str(revision.plan.pk)
    assert not revision.plan.contributions.exists()


def test_who_records_no_money_is_told_who_does(client: Client) -> None:
    client.force_login(make_person(Role.OFFICER, country=Country.objects.get(iso3="MLI")))
    text = (PROJECT / "fixtures" / "sources" / "mali-compendium-2017.txt").read_text()
    document = document_of(client, text.replace("Mali 2017", "Mali 2018").encode())
    saved = client.post(address(document), {"verdict:revision.taxonomy": "accepted", "save": "1"}, follow=True)
    offer = next(sentence for sentence in told(saved) if "112,550" in sentence)
    assert "funding officer" in offer
    assert "href" not in offer


def test_questions_alone(officer: Client) -> None:
    document = document_of(officer, page().replace(b"72%", b"80%"))
    every = officer.get(address(document)).content.decode()
    asked = officer.get(f"{address(document)}?show=questions").content.decode()
    assert "objective:1.stated_percent_funded" in asked
    assert f'class="crp-value" data-of="{PEOPLE}"' in every
    assert f'data-of="{PEOPLE}" data-first' not in asked


def test_a_document_is_put_aside_and_opened_again(officer: Client) -> None:
    document = document_of(officer)
    answer = officer.post(address(document), {"discard": "1"}, follow=True)
    assert told(answer) == ["benin.txt is put aside. Reading it again opens it."]
    document.refresh_from_db()
    assert document.state == "discarded"
    upload(officer, page())
    document.refresh_from_db()
    assert document.state == "open"


def test_a_document_of_other_countries_is_not_there(client: Client, officer: Client) -> None:
    document = document_of(officer)
    client.force_login(make_person(Role.OFFICER, country=Country.objects.get(iso3="MLI")))
    assert document.name not in client.get("/admin/importing/importeddocument/").content.decode()
    for answer in (client.get(address(document)), client.post(address(document), {"save": "1"})):
        assert answer.status_code in {302, 403}
    refused = client.post(ADD, {"text": page("May 1 2025").decode()})
    assert refused.status_code == 403
    assert ImportedDocument.objects.count() == 1
    document.refresh_from_db()
    assert document.state == "open"


def test_who_adds_no_plans_reads_no_documents(client: Client) -> None:
    client.force_login(make_person(Role.FUNDING_OFFICER))
    assert client.get(ADD).status_code == 403
    assert "importeddocument" not in client.get("/admin/").content.decode()


@pytest.mark.once
def test_nothing_of_a_document_is_taken_for_html(officer: Client) -> None:
    content = page().replace(b"Internally displaced person", b"<script>alert(1)</script>\nInternally displaced person")
    html = upload(officer, content).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


@pytest.mark.parametrize("pk", ["0", "999999", "abc", "9" * 40, "1%27"])
def test_a_document_that_is_not_there(officer: Client, pk: str) -> None:
    assert officer.get(f"/admin/importing/importeddocument/{pk}/change/").status_code == 302
