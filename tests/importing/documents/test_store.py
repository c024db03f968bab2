"""Documents that are kept, and what people decide about them."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from crp.accounts.roles import Role
from crp.importing.documents import store
from crp.importing.documents.as_text import as_text, from_text
from crp.importing.documents.store import decide, discard_document, proposals, save_document, text_of, upload_document
from crp.importing.models import Decision, ImportedDocument
from crp.importing.tables import FileRefused
from plans.models import Country, Plan, Revision
from tests.admin import make_person
from tests.constraints import Broken, assert_database_refuses, assert_form_refuses, named_constraints

from .written import page

pytestmark = pytest.mark.django_db
VALUE = "A correction gives a value, and nothing else does."
NUMBERS = "0123456789abcdef" * 4


def upload(content: bytes | None = None, by: Any = None) -> ImportedDocument:
    return upload_document("benin.txt", page() if content is None else content, by=by)


def officer_of(iso3: str) -> Any:
    return make_person(Role.OFFICER, country=Country.objects.get(iso3=iso3))


def test_a_file_is_kept_once_with_its_text() -> None:
    content = page().replace(b"\n", b"\r\n")
    first, again = upload(content), upload(content)
    assert first.pk == again.pk
    kept = ImportedDocument.objects.get()
    assert bytes(kept.content) == content
    assert kept.sha256 == hashlib.sha256(content).hexdigest() != kept.text_sha256
    assert (kept.layout, kept.state, kept.size_bytes) == ("crp", "open", len(content))
    assert [country.iso3 for country in kept.countries.all()] == ["BEN"]
    document = text_of(kept)
    assert (document.sha256, document.text_sha256) == (kept.sha256, kept.text_sha256)
    assert hashlib.sha256(document.text.encode()).hexdigest() == kept.text_sha256
    assert document.line(3).text == "Benin Crisis Response Plan 2025"


def test_what_no_layout_reads_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileRefused, match=r"No layout knows this page.*What can be read: .*\(crp\)"):
        upload(b"A page about something else.\n")
    monkeypatch.setattr(store, "MOST_BYTES", 100)
    with pytest.raises(FileRefused, match="at most 20 MB"):
        upload()
    assert not ImportedDocument.objects.exists()


def test_decisions_are_applied_kept_and_taken_back() -> None:
    document = upload()
    officer = officer_of("BEN")
    decide(document, "revision", "people_in_need", verdict="rejected", by=officer)
    decide(document, "revision", "people_targeted", verdict="corrected", value="12500", by=officer)
    (rejected, corrected) = store.decisions_of(document)
    assert (rejected.proposed, corrected.proposed, corrected.value) == ("40000", "12000", "12500")
    assert corrected.decided_by == officer
    after = proposals(document)
    row = after.draft.row("revision")
    assert row is not None
    assert ("people_in_need" in row.values, row.get("people_targeted")) == (False, 12_500)
    assert after.rejected == {("revision", "people_in_need")}
    decide(document, "revision", "people_in_need", verdict="accepted", by=officer)
    assert Decision.objects.count() == 2
    decide(document, "revision", "people_targeted", verdict="", by=officer)
    assert [each.verdict for each in store.decisions_of(document)] == ["accepted"]


def test_a_decision_about_a_value_that_is_read_differently_is_told() -> None:
    document = upload()
    decide(document, "revision", "people_in_need", verdict="rejected", by=None)
    Decision.objects.update(proposed="39000")
    (outdated,) = proposals(document).outdated
    assert (outdated.decided_about, outdated.found) == ("39000", "40000")
    assert proposals(document).rejected == set()


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("people_in_need", "many", "must be an integer"),
        ("people_in_need", "-1", "greater than or equal to 0"),
        ("people_in_need", "", "must be an integer|gives a value"),
        ("stated_requested_usd", "1,500,000", "is no number"),
        ("stated_requested_usd", "NaN", "is no number"),
        ("document_on", "17.4.2025", "invalid date format"),
        ("shoes", "2", "gives no value for revision.shoes"),
    ],
)
def test_a_correction_that_can_not_be_read_is_refused(name: str, value: str, problem: str) -> None:
    document = upload()
    with pytest.raises(ValidationError, match=problem):
        decide(document, "revision", name, verdict="corrected", value=value, by=None)
    assert not Decision.objects.exists()


@pytest.mark.parametrize(
    ("kind", "name", "text"),
    [
        ("revision", "people_in_need", "40000"),
        ("revision", "stated_requested_usd", "1500000.50"),
        ("revision", "document_on", "2025-04-17"),
        ("revision", "reports_funding", "yes"),
        ("revision", "taxonomy", "IOM-2025"),
        ("fundingrequest", "sector", "IOM-2025/SHELTER"),
        ("objective", "strategic_objective", "2024-2028/1"),
        ("plan", "countries", "BEN, TGO"),
        ("plan", "title", "A title"),
        ("riskindicator", "level", "very_high"),
    ],
)
def test_values_and_their_texts(kind: str, name: str, text: str) -> None:
    assert as_text(from_text(kind, name, text)) == text


@pytest.mark.parametrize(
    ("kind", "name", "text", "problem"),
    [
        ("revision", "taxonomy", "IOM-1999", "“IOM-1999” is no entry of the list"),
        ("fundingrequest", "sector", "SHELTER", "is no entry of the list"),
        ("fundingrequest", "objective", "1", "reject the row instead"),
        ("riskindicator", "level", "huge", "is none of these: very_low, low"),
        ("fundingrequest", "is_priority", "maybe", "Write yes or no"),
        ("revision", "shoes", "2", "CRP has no such field: revision.shoes"),
        ("shoe", "size", "2", "CRP has no such field: shoe.size"),
    ],
)
def test_texts_that_say_no_value(kind: str, name: str, text: str, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        from_text(kind, name, text)


def test_a_saved_document_knows_its_draft_and_is_not_saved_again() -> None:
    document = upload()
    decide(document, "revision", "people_in_need", verdict="corrected", value="41000", by=None)
    officer = officer_of("BEN")
    written = save_document(document, by=officer)
    assert (written.plan.code, written.revision.people_in_need) == ("BEN-CRP-2025", 41_000)
    document.refresh_from_db()
    assert (document.state, document.plan, document.revision) == ("saved", written.plan, written.revision)
    for step in (
        lambda: save_document(document, by=officer),
        lambda: decide(document, "revision", "people_in_need", verdict="accepted", by=officer),
        lambda: discard_document(document, by=officer),
    ):
        with pytest.raises(ValidationError, match="was saved already, as revision BEN-CRP-2025 r1"):
            step()
    written.revision.steps.all().delete()
    Revision.objects.get(pk=written.revision.pk).delete()  # an officer deletes the draft: it can be made again
    document.refresh_from_db()
    assert (document.state, document.revision) == ("saved", None)
    assert save_document(document, by=officer).revision.number == 1


def test_what_was_refused_while_saving_leaves_nothing() -> None:
    document = upload(page().replace(b"Benin Crisis Response Plan 2025\n", b"Benin Crisis Response Plan 2025\n", 1))
    with pytest.raises(ValidationError):
        save_document(document, code="not a code", by=None)
    document.refresh_from_db()
    assert (document.state, document.plan) == ("open", None)
    assert not Plan.objects.filter(countries__iso3="BEN").exists()


def test_a_discarded_document_is_open_again_once_it_is_uploaded_again() -> None:
    document = discard_document(upload(), by=None)
    assert document.state == "discarded"
    assert upload().state == "open"


def test_only_those_who_may_add_plans_there_see_or_touch_a_document() -> None:
    own, stranger, viewer = officer_of("BEN"), officer_of("MLI"), make_person(Role.VIEWER)
    with pytest.raises(PermissionDenied, match="“Can add plan” for Benin"):
        upload(by=stranger)
    assert not ImportedDocument.objects.exists()
    document = upload(by=own)
    everywhere = make_person(Role.OFFICER)
    assert [store.documents_seen_by(each).count() for each in (own, everywhere, stranger, viewer)] == [1, 1, 0, 0]
    for step in (
        lambda: decide(document, "revision", "people_in_need", verdict="accepted", by=stranger),
        lambda: save_document(document, by=viewer),
        lambda: discard_document(document, by=stranger),
    ):
        with pytest.raises(PermissionDenied, match="“Can add plan” for Benin"):
            step()
    document.countries.add(Country.objects.get(iso3="TGO"))
    assert store.documents_seen_by(own).count() == 0  # a regional plan is no single mission's
    document.countries.clear()
    assert [store.documents_seen_by(each).count() for each in (own, everywhere)] == [0, 1]


def made(**more: Any) -> ImportedDocument:
    values = {
        "name": "x.txt",
        "format": "plain",
        "layout": "crp",
        "sha256": NUMBERS,
        "size_bytes": 1,
        "content": b"x",
        "text": "x",
        "text_sha256": NUMBERS,
    }
    return ImportedDocument(**values | more)


def decision(**more: Any) -> Decision:
    kept = ImportedDocument.objects.first() or upload()
    return Decision(**{"document": kept, "subject": "revision", "field": "x", "verdict": "accepted"} | more)


BROKEN = [
    Broken("imported_document_size", lambda w: made(size_bytes=0), "", "size_bytes"),
    Broken(
        "imported_document_unsaved_has_no_plan",
        lambda w: made(plan=Plan.objects.first()),
        "Only a saved document names a plan.",
    ),
    Broken("decision_corrected_has_value", lambda w: decision(verdict="corrected"), VALUE),
    Broken("decision_corrected_has_value", lambda w: decision(value="1"), VALUE),
    Broken(
        "decision_once_per_value",
        lambda w: decision(subject="revision", field="people_in_need"),
        "There is a decision about this value already.",
    ),
]


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_the_tables_keep_their_rules(broken: Broken) -> None:
    decide(upload(), "revision", "people_in_need", verdict="accepted", by=None)
    row = broken.make(None)
    if broken.sentence:
        assert_form_refuses(row, broken.sentence, broken.where)
    assert_database_refuses(row, broken.constraint)


def test_every_rule_is_put_to_the_test() -> None:
    assert named_constraints("importing") == {each.constraint for each in BROKEN}
