"""From a draft to a draft revision: every row, every citation, all or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crp.accounts.roles import Role
from crp.importing.documents.draft import Basis, Draft, Ref, Row, Unit
from crp.importing.documents.writing import write_draft
from funding.models import FundingRequest, RelatedPlan
from funding.services import publish_revision
from plans.models import Citation, Country, Plan, PlanIdentifier, Revision, Source
from plans.sealing.canonical import canonical_forms
from plans.services import start_revision, submit_revision
from plans.tree import dangling, rows_of, uncited
from sectors.models import Sector
from tests.admin import make_person
from tests.factories import make_plan

from .written import HEALTH, SHELTER, WASH, Decided, asked, benin, document, sector_row, usd, value

pytestmark = pytest.mark.django_db
TOTAL = "stated_requested_usd"
SHELTER_ROW = "fundingrequest:sector:IOM-2025:SHELTER"


def everything() -> list[int]:
    """Return how many rows there are of what an import could leave behind, the history included."""
    kept = (Plan, Revision, Source, Citation, FundingRequest)
    return [model._base_manager.count() for model in (*kept, *(each.history.model for each in kept))]  # type: ignore[attr-defined]


def write(draft: Any = None, text: str = "Benin\n", **more: Any) -> Any:
    return write_draft(draft or benin(), document(text), **{"by": None} | more)


def cited(revision: Revision, subject: str, field: str) -> Citation:
    return revision.citations.get(subject=subject, field=field)


def publish(revision: Revision) -> Revision:
    """Put a revision in force without a look at its checks."""
    revision.status, revision.requested_usd = Revision.Status.PUBLISHED, revision.stated_requested_usd
    revision.published_at = "2025-05-01T00:00:00Z"
    revision.save()
    return Revision.objects.get(pk=revision.pk)


def test_a_new_plan_is_a_draft_with_every_row() -> None:
    written = write()
    plan, revision = written.plan, Revision.objects.get(pk=written.revision.pk)
    assert (plan.code, plan.kind, plan.start_year, plan.end_year) == ("BEN-CRP-2025", "crp", 2025, 2025)
    assert [country.iso3 for country in plan.countries.all()] == ["BEN"]
    assert [str(each) for each in plan.identifiers.all()] == ["gcrp: benin-crisis-response-plan-2025"]
    assert (revision.status, revision.number, revision.published_at) == (Revision.Status.DRAFT, 1, None)
    assert (revision.stated_requested_usd, revision.requested_usd) == (Decimal("1500000.00"), None)
    assert (revision.people_in_need, revision.people_targeted, revision.reports_funding) == (40_000, None, False)
    assert (revision.document_on, revision.taxonomy.code) == (date(2025, 4, 17), "IOM-2025")
    assert revision.reason == "First revision: the plan's page as last updated on 17 April 2025."
    assert [step.action for step in revision.steps.all()] == ["started"]
    rows = {row.row_key: row for row in rows_of(revision)}
    assert sorted(rows) == [
        "fundingrequest:objective:1",
        "fundingrequest:sector:IOM-2025:HEALTH",
        SHELTER_ROW,
        "objective:1",
        "relatedplan:sector:IOM-2025:SHELTER:UNSDCF",
    ]
    assert rows[SHELTER_ROW].amount_usd == Decimal("1000000.00")
    assert rows["objective:1"].stated_percent_funded == Decimal("28.00")
    assert written.left_out == []


def test_every_value_is_cited_the_label_without_one_too() -> None:
    revision = write().revision
    assert (dangling(revision), uncited(revision)) == ([], [])
    label = cited(revision, "revision", "people_targeted")
    assert (label.basis, label.as_printed, label.lines) == ("stated", "People Targeted", "8")
    assert label.note == "The label is printed with nothing behind it: the page does not say."
    fixed = cited(revision, "revision", "requested_usd")
    assert (fixed.as_printed, fixed.lines, fixed.note) == ("$1,500,000", "4", "The stated total, fixed on publication.")
    source = label.source
    assert (source.code, source.document_on, source.country.iso3) == (
        "BEN-CRP-2025-PAGE-2025-04-17",
        date(2025, 4, 17),
        "BEN",
    )
    assert source.sha256 == document().text_sha256
    assert not revision.citations.filter(field="taxonomy").exists()  # it follows from no line


@pytest.mark.usefixtures("history")
def test_what_is_written_goes_down_in_the_name_of_its_writer() -> None:
    officer = make_person(Role.OFFICER, country=Country.objects.get(iso3="BEN"))
    written = write(by=officer)
    for row in (written.plan, written.revision, written.source, written.revision.citations.first()):
        assert {entry.history_user_id for entry in type(row).history.filter(id=row.pk)} == {officer.pk}
    assert written.revision.created_by == officer


def with_projects(draft: Draft, refs: list[Ref]) -> Draft:
    """Give a draft a project a sector."""
    for order, ref in enumerate(refs, start=1):
        values = {"title": value(f"Project {order}", 50), "sector": value(ref, 51, Unit.NAME)}
        draft.add(Row("project", (f"BEN-{order}",), values, order=order))
    return draft


def test_more_rows_take_no_more_queries() -> None:
    """Twelve sectors and projects as many as three, in a first and a later revision: kinds of rows count, not rows."""
    sectors = Sector.objects.filter(taxonomy__code="IOM-2025").exclude(code="SHELTER").order_by("code")[:11]
    every = [SHELTER, *(Ref("sector", sector.natural_key(), sector.name) for sector in sectors)]
    first, later = [], []
    for number in (3, 12):
        refs = every[:number]
        draft = with_projects(benin(sectors=dict.fromkeys(refs, "1000")), refs)
        with CaptureQueriesContext(connection) as queries:
            written = write(draft, f"{number}\n", code=f"BEN-{number}")
        first.append(len(queries))
        assert written.placed.created["project"] == number
        publish(written.revision)
        amounts = dict.fromkeys(refs, "1000") | dict.fromkeys(refs[1:], "2000")
        draft = with_projects(benin(on=date(2025, 10, 1), sectors=amounts), refs)
        with CaptureQueriesContext(connection) as queries:
            written = write(draft, f"later {number}\n", code=f"BEN-{number}")
        later.append(len(queries))
        assert written.placed.updated["fundingrequest"] == number - 1
        written.plan.identifiers.all().delete()
    assert first[0] == first[1] < 110
    assert later[0] == later[1] < 240


# Questions and decisions


def test_a_value_in_question_is_left_out_and_named() -> None:
    draft = benin(people_in_need=asked(value(40_000, 6, Unit.PEOPLE), "Is it 4,000?"))
    draft.add(sector_row(WASH, "7000", 40, 3, sector=asked(value(WASH, 40), "Is it water?")))
    written = write(draft)
    assert written.revision.people_in_need is None
    assert not written.revision.citations.filter(field="people_in_need").exists()
    left_out = [(each.subject, each.field, each.why) for each in written.left_out]
    assert left_out[0] == ("revision", "people_in_need", "Is it 4,000?")
    assert left_out[1] == ("fundingrequest:sector:IOM-2025:WASH", "sector", "Is it water?")
    assert left_out[2][:2] == ("fundingrequest:sector:IOM-2025:WASH", "")
    assert written.placed.created["fundingrequest"] == 3


def test_what_belongs_to_a_row_that_is_left_out_is_left_out() -> None:
    draft = benin()
    shelter = draft.row(SHELTER_ROW)
    assert shelter is not None
    shelter.values["amount_usd"] = asked(shelter.values["amount_usd"])
    written = write(draft)
    assert not RelatedPlan.objects.filter(revision=written.revision).exists()
    assert ("relatedplan:sector:IOM-2025:SHELTER:UNSDCF", "") in [(x.subject, x.field) for x in written.left_out]


def test_accepted_questions_stay_in_the_note() -> None:
    draft = benin(people_in_need=asked(value(40_000, 6, Unit.PEOPLE), "Is it 4,000?"))
    revision = write(draft, accept_questions=True).revision
    assert revision.people_in_need == 40_000
    assert cited(revision, "revision", "people_in_need").note == "Open question: Is it 4,000?"


def test_decisions_accept_correct_and_reject() -> None:
    draft = benin(people_in_need=asked(value(40_000, 6, Unit.PEOPLE)))
    decisions = [
        Decided("revision", "people_in_need", "accepted", proposed="40000"),
        Decided("revision", TOTAL, "corrected", "1600000.00", "1500000"),
        Decided("revision", "people_targeted", "corrected", "12000", ""),
        Decided("objective:1", "stated_percent_funded", "rejected", proposed="28"),
    ]
    revision = write(draft, decisions=decisions).revision
    assert (revision.people_in_need, revision.stated_requested_usd) == (40_000, Decimal("1600000.00"))
    corrected = cited(revision, "revision", TOTAL)
    assert corrected.note == "Corrected by hand: the page prints “$1,500,000”."
    assert (corrected.basis, corrected.as_printed) == (Citation.Basis.INFERRED, "$1,500,000")
    assert cited(revision, "revision", "people_targeted").note == "Entered by hand: the page does not print it."
    assert revision.objectives.get().stated_percent_funded is None
    assert not revision.citations.filter(field="stated_percent_funded").exists()


def test_a_decision_about_another_reading_does_not_hold() -> None:
    draft = benin(people_in_need=asked(value(40_000, 6, Unit.PEOPLE)))
    stale = [Decided("revision", "people_in_need", "accepted", proposed="4000")]
    assert write(draft, decisions=stale).revision.people_in_need is None


def test_a_sector_corrected_to_another_gets_the_citation_of_its_new_row() -> None:
    decisions = [Decided(SHELTER_ROW, "sector", "corrected", "IOM-2025/WASH", "IOM-2025/SHELTER")]
    revision = write(decisions=decisions).revision
    assert cited(revision, "fundingrequest:sector:IOM-2025:WASH", "amount_usd").lines == "23"
    assert (dangling(revision), uncited(revision)) == ([], [])
    assert revision.related_plans.get().row_key == "relatedplan:sector:IOM-2025:WASH:UNSDCF"


# The same plan again


def test_the_same_text_again_changes_nothing() -> None:
    first = write()
    before = everything()
    again = write()
    assert again.is_known
    assert again.revision == first.revision
    assert everything() == before


@pytest.mark.usefixtures("history")
def test_a_later_page_is_a_new_revision_with_the_difference() -> None:
    first = publish(write().revision)
    related = first.related_plans.get()
    RelatedPlan.objects.filter(pk=related.pk).update(overlap=RelatedPlan.Overlap.IDENTICAL)  # by an officer
    later = benin(on=date(2025, 10, 1), total=usd("1800000", 4), sectors={SHELTER: "1100000", WASH: "700000"})
    revision_row = later.row("revision")
    assert revision_row is not None
    del revision_row.values["people_in_need"]
    written = write(later, "Benin, later\n")
    assert (written.plan, written.revision.number, written.is_new_plan) == (first.plan, 2, False)
    amounts = {row.row_key: row.amount_usd for row in written.revision.funding_requests.filter(breakdown="sector")}
    assert amounts == {
        SHELTER_ROW: Decimal("1100000.00"),
        "fundingrequest:sector:IOM-2025:WASH": Decimal("700000.00"),
    }
    assert written.revision.related_plans.get().overlap == RelatedPlan.Overlap.IDENTICAL
    assert written.revision.people_in_need == 40_000  # the page does not say it: kept, from the page that said so
    assert cited(written.revision, "revision", "people_in_need").source.document_on == date(2025, 4, 17)
    assert cited(written.revision, "revision", TOTAL).source.document_on == date(2025, 10, 1)
    assert (dangling(written.revision), uncited(written.revision)) == ([], [])
    assert (written.placed.created["fundingrequest"], written.placed.removed["fundingrequest"]) == (1, 1)
    changed = {(change.field, change.old, change.new) for change in written.changes.fields}
    assert (TOTAL, Decimal("1500000.00"), Decimal("1800000.00")) in changed
    first.refresh_from_db()
    assert (first.status, first.stated_requested_usd) == (Revision.Status.PUBLISHED, Decimal("1500000.00"))
    assert first.funding_requests.filter(sector__code="HEALTH").exists()
    gone = FundingRequest.history.filter(revision_id=written.revision.pk, history_type="-")
    assert [entry.sector_id for entry in gone] == [Sector.objects.get(taxonomy__code="IOM-2025", code="HEALTH").pk]


def test_what_was_read_before_and_is_no_longer_printed_is_emptied_in_its_row() -> None:
    publish(write().revision)
    later = benin(on=date(2025, 10, 1))
    objective = later.row("objective:1")
    assert objective is not None
    del objective.values["stated_percent_funded"]
    revision = write(later, "later\n").revision
    assert revision.objectives.get().stated_percent_funded is None
    assert not revision.citations.filter(field="stated_percent_funded").exists()


def test_a_row_in_question_stays_as_it_was() -> None:
    publish(write().revision)
    later = benin(on=date(2025, 10, 1))
    health = later.row("fundingrequest:sector:IOM-2025:HEALTH")
    assert health is not None
    health.values["amount_usd"] = asked(usd("999", 25))
    revision = write(later, "later\n").revision
    assert revision.funding_requests.get(sector__code="HEALTH").amount_usd == Decimal("500000.00")


def test_an_open_draft_is_not_written_over() -> None:
    write()
    before = everything()
    with pytest.raises(ValidationError, match=r"BEN-CRP-2025 already has an open draft, revision 1"):
        write(benin(on=date(2025, 10, 1)), "later\n")
    assert everything() == before


@pytest.mark.parametrize(
    ("on", "question"),
    [
        (date(2025, 1, 1), "of 1 January 2025, older than revision 1 of 17 April 2025"),
        (date(2025, 4, 17), "of 17 April 2025, as revision 1 is, and says something else"),
        (None, "The document has no date"),
    ],
)
def test_a_page_that_may_be_older_is_asked_about(on: date | None, question: str) -> None:
    publish(write().revision)
    before = everything()
    with pytest.raises(ValidationError, match=question):
        write(benin(on=on), "other\n")
    assert everything() == before
    assert write(benin(on=on), "other\n", accept_questions=True).revision.number == 2


# What is refused


def test_a_row_that_no_form_would_take_rolls_everything_back() -> None:
    draft = benin()
    draft.add(sector_row(WASH, "12.345", 40, 3))
    before = everything()
    with pytest.raises(ValidationError) as refused:
        write(draft)
    (message,) = refused.value.messages
    assert message.startswith("fundingrequest:sector:IOM-2025:WASH, amount (USD): ")
    assert everything() == before


def test_what_only_the_database_refuses_is_named_too() -> None:
    draft = benin()
    draft.add(Row("narrative", ("objective", "1"), {"body": value("Text.", 3)}, order=1))
    before = everything()
    with pytest.raises(ValidationError, match=r"narrative:objective:1: Name the objective"):
        write(draft)
    assert everything() == before


def test_two_rows_that_a_correction_makes_one_are_refused() -> None:
    decisions = [Decided(SHELTER_ROW, "sector", "corrected", "IOM-2025/HEALTH", "IOM-2025/SHELTER")]
    with pytest.raises(ValidationError, match=r"HEALTH: fundingrequest:sector:IOM-2025:SHELTER is the same row"):
        write(decisions=decisions)


def test_a_plan_of_several_countries_asks_for_its_code() -> None:
    draft = benin()
    plan = draft.row("plan")
    assert plan is not None
    togo = Ref("country", ("TGO",), "Togo")
    plan.values["countries"] = value((plan.values["countries"].value[0], togo), 1, Unit.NAME)  # type: ignore[index]
    with pytest.raises(ValidationError, match=r"is BENIN-CRISIS-RESPONSE-PLAN-2025 the code"):
        write(draft)
    assert write(draft, code="WA-2025").plan.code == "WA-2025"


def test_a_new_plan_without_years_is_refused() -> None:
    draft = benin()
    plan = draft.row("plan")
    assert plan is not None
    plan.values["start_year"] = replace(plan.values["start_year"], value=None, basis=Basis.MISSING)
    with pytest.raises(ValidationError, match="can't do without: first year"):
        write(draft, code="BEN-X")


def test_a_correction_of_the_plan_itself_decides_which_plan_it_is() -> None:
    decisions = [Decided("plan", "countries", "corrected", "TGO", "BEN")]
    written = write(decisions=decisions)
    assert written.plan.code == "TGO-CRP-2025"
    assert [country.iso3 for country in written.plan.countries.all()] == ["TGO"]


def test_a_plan_that_came_into_being_meanwhile_is_named() -> None:
    PlanIdentifier.objects.create(
        plan=make_plan(code="X-1", countries=[]), scheme="gcrp", value="benin-crisis-response-plan-2025"
    )
    before = everything()
    with pytest.raises(ValidationError, match="There is a plan with the code BEN-9 or the address of this page"):
        write(code="BEN-9")
    assert everything() == before


def test_who_may_not_write_there_is_told_so() -> None:
    before = everything()
    stranger = make_person(Role.OFFICER, country=Country.objects.get(iso3="MLI"))
    with pytest.raises(PermissionDenied, match=r"“Can add plan” for Benin, which comes with the role Programme"):
        write(by=stranger)
    assert everything() == before
    publish(write().revision)
    with pytest.raises(PermissionDenied, match=r"“Can change revision” for Benin"):
        write(benin(on=date(2025, 10, 1)), "later\n", by=stranger)


# What comes after


def test_a_percentage_as_printed_is_sealed_where_there_is_one_only() -> None:
    """A column that is empty changes no seal: those of before it are as they were."""
    revision = write().revision
    forms = canonical_forms([revision], {})[revision.pk]["rows"]["objective"]
    assert [form["stated_percent_funded"] for form in forms] == ["28.00"]
    revision.objectives.update(stated_percent_funded=None)
    forms = canonical_forms([revision], {})[revision.pk]["rows"]["objective"]
    assert forms == [{"number": 1, "order": 1, "title": "Saving lives"}]


def test_a_written_draft_goes_the_way_of_any_other() -> None:
    """It is sent, published, and the next revision starts from it."""
    written = write(benin(sectors={SHELTER: "1000000", HEALTH: "500000"}))
    submit_revision(revision=written.revision, by=None, reason="The page of April.")
    published = publish_revision(
        revision=Revision.objects.get(pk=written.revision.pk), by=None, reason="The page of April."
    )
    assert published.requested_usd == Decimal("1500000.00")
    assert published.seal
    assert start_revision(plan=written.plan, by=None).number == 2
