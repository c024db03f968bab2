"""Who changed what: what goes on record by each road, and what the page of changes shows of it to whom."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from crp.accounts.models import RoleAssignment
from crp.accounts.roles import Role
from crp.changes import entries
from crp.changes.reaching import kept_models
from crp.common.history import BATCH, LONGEST_REASON, bulk_create, bulk_update, credited, done, record, shorten
from funding.models import Contribution, Organization, StatusChange
from funding.services import change_status, record_contribution, remove_contribution
from plans.models import Contact, CountryProfile, Narrative, Objective, Plan, Revision
from plans.services import start_revision
from tests.admin import Desk, address
from tests.factories import make_contribution, make_country, make_organization, make_plan, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("history")]


def of(row: Any) -> list[tuple[str, Any]]:
    """Return the entries of a row, the oldest first: what was done, and by whom."""
    kept = type(row).history.filter(id=row.pk).order_by("history_id")
    return [(entry.history_type, entry.history_user) for entry in kept]


def with_role(role: str, **place: Any) -> Any:
    """Return somebody who may sign in at the admin, with one role."""
    user = make_user(is_staff=True)
    RoleAssignment.objects.create(user=user, role=role, **place)
    return user


def page_of(user: Any, **asked: Any) -> Any:
    """Return the page of changes as somebody sees it."""
    client = Client()
    client.force_login(user, backend="crp.accounts.backends.LoginBackend")
    return client.get(reverse("admin_changes"), asked)


def shown(response: Any) -> list[Any]:
    """Return the entries of a page."""
    assert response.status_code == 200
    return [told for group in response.context["groups"] for told in group.entries]


@pytest.fixture
def administrator() -> Any:
    return make_user(is_staff=True, is_superuser=True)


# What goes on record


def test_a_form_goes_on_record_as_who_saved_it(client: Client, administrator: Any) -> None:
    donor = make_organization(name="Norway")
    client.force_login(administrator, backend="crp.accounts.backends.LoginBackend")
    data = Desk(administrator).read(address(donor)) | {"name": "Kingdom of Norway"}
    assert client.post(address(donor), data).status_code == 302
    assert of(donor) == [("+", None), ("~", administrator)]
    (change, *_older) = shown(page_of(administrator, model="funding.organization", kind="~"))
    assert [(field.label, field.old, field.new) for field in change.fields] == [("Name", "Norway", "Kingdom of Norway")]


def test_services_credit_who_asked_for_it() -> None:
    by, plan = make_user(is_superuser=True), make_plan(contributions=0)
    money = Contribution(
        plan=plan, donor=make_organization(), status="pledge", amount_usd=Decimal(500), decision_on="2024-03-01"
    )
    made = record_contribution(contribution=money, by=by).contribution
    step = change_status(contribution=made, status="paid", by=by)
    assert of(made) == [("+", by), ("~", by)]
    assert of(step) == [("+", by)]


def test_what_a_deletion_takes_along_is_on_record_too() -> None:
    by, plan = make_user(is_superuser=True), make_plan(contributions=0)
    money = make_contribution(plan=plan)
    step = StatusChange.objects.create(contribution=money, status="paid", amount_usd=money.amount_usd)
    pks = money.pk, step.pk
    with done(by=by, why="Given back"):
        remove_contribution(contribution=money)
    money.pk, step.pk = pks
    assert of(money)[-1] == of(step)[-1] == ("-", by)
    assert StatusChange.history.get(id=step.pk, history_type="-").history_change_reason == "Given back"


def test_a_new_draft_is_on_record_row_by_row() -> None:
    by, plan = make_user(is_superuser=True), make_plan(objectives=2)
    draft = start_revision(plan=plan, by=by)
    copies = list(Objective.objects.filter(revision=draft))
    assert len(copies) == 2
    assert [of(row) for row in (draft, *copies)] == [[("+", by)]] * 3


def test_bulk_writes_keep_the_record_with_links_and_in_batches() -> None:
    by, countries = make_user(), [make_country(), make_country()]
    plans = [Plan(code=f"B-{n}", kind="crp", title=f"B {n}", start_year=2024, end_year=2024) for n in range(BATCH + 1)]
    with done(why="A file"), CaptureQueriesContext(connection) as queries:
        bulk_create(Plan, plans, by=by, links={"countries": [(plans[0], country.pk) for country in countries]})
    assert len(queries) < 20
    assert of(plans[0]) == of(plans[-1]) == [("+", by)]
    first = Plan.history.get(id=plans[0].pk)
    assert first.history_change_reason == "A file"
    assert {row.country_id for row in first.countries.all()} == {country.pk for country in countries}
    plans[0].title = "Another"
    bulk_update(Plan, plans[:1], ["title"])
    changed = Plan.history.filter(id=plans[0].pk).first()
    assert (changed.history_type, changed.title, changed.countries.count()) == ("~", "Another", 2)
    plans[0].countries.remove(countries[0])
    assert [row.country_id for row in Plan.history.filter(id=plans[0].pk).first().countries.all()] == [countries[1].pk]


def test_whoever_is_named_nearest_is_credited() -> None:
    outer, inner = make_user(), make_user()

    @credited
    def service(*, by: Any = None) -> Organization:
        return make_organization()

    with done(by=outer):
        assert of(service()) == [("+", outer)]
        assert of(service(by=inner)) == [("+", inner)]
        assert of(make_organization()) == [("+", outer)]
    assert of(make_organization()) == [("+", None)]


def test_a_long_reason_keeps_both_ends() -> None:
    reason = shorten("FTS: " + "a" * 200 + "_2026-11.csv")
    assert (len(reason), reason[:6], reason[-12:]) == (LONGEST_REASON, "FTS: a", "_2026-11.csv")
    with done(why="x" * 500):
        assert len(Organization.history.get(id=make_organization().pk).history_change_reason) == LONGEST_REASON


def test_personal_data_stays_out(administrator: Any) -> None:
    profile = CountryProfile.objects.create(country=make_country())
    contact = Contact.objects.create(profile=profile, kind="telephone", value="+223 555 01 01")
    contact.value = "+223 555 02 02"
    contact.save()
    contact.delete()
    assert "value" not in {field.name for field in Contact.history.model._meta.get_fields()}
    response = page_of(administrator, model="plans.contact")
    assert [told.kind for told in shown(response)] == ["-", "~", "+"]
    assert "555" not in response.content.decode()


# What the page shows


def test_signing_in_is_no_change(client: Client, administrator: Any) -> None:
    before = administrator.history.count()
    client.force_login(administrator)
    administrator.refresh_from_db()
    assert administrator.last_login is not None
    assert administrator.history.count() == before
    administrator.first_name = "Awa"
    administrator.save(update_fields=["first_name"])
    assert administrator.history.count() == before + 1


def test_a_change_is_told_from_what_to_what(administrator: Any) -> None:
    plan, by = make_plan(), make_user(is_superuser=True, first_name="Awa", last_name="Traoré")
    draft = start_revision(plan=plan, by=by)
    text = Narrative.objects.get(revision=draft)
    with done(by=by):
        draft.stated_requested_usd, draft.people_in_need = Decimal(1_500_000), None
        draft.save()
        text.body = "What happened.\n\nWhat is wanted."
        text.save()
        plan.countries.set([make_country(name="Newland")])
    told = {entry.entry.model: entry for entry in reversed(shown(page_of(administrator, plan=plan.code, kind="~")))}
    amount, people = told[Revision].fields
    assert (amount.old, amount.new) == (Decimal("1000000.00"), Decimal("1500000.00"))
    assert (people.old, people.new) == (50_000, None)  # not 0: not known any more
    (body,) = told[Narrative].fields
    assert {(piece.kind, piece.text) for part in body.shown if hasattr(part, "pieces") for piece in part.pieces} >= {
        ("removed", "needed."), ("added", "wanted."),
    }  # fmt: skip
    newest = shown(page_of(administrator, plan=plan.code, model="plans.plan"))[0]
    assert newest.fields[0].new == "Newland"
    assert (newest.record.history_user, told[Narrative].plan, told[Narrative].revision) == (by, plan, draft)


def test_what_was_there_before_any_record_is_not_made_up(administrator: Any) -> None:
    donor = make_organization()
    Organization.history.all().delete()
    donor.name = "Renamed"
    donor.save()
    (told,) = shown(page_of(administrator, of="funding.organization", id=donor.pk))
    assert told.is_first_known
    assert told.fields == []
    record(Organization, [donor], kind="~")
    newest = shown(page_of(administrator, of="funding.organization", id=donor.pk))[0]
    assert not newest.is_first_known


def test_filters_hold_together(administrator: Any) -> None:
    one, other = make_user(is_superuser=True), make_user(is_superuser=True)
    plan, second = make_plan(), make_plan()
    start_revision(plan=plan, by=one)
    start_revision(plan=second, by=other)
    today = timezone.localdate()
    of_one = shown(page_of(administrator, person=one.pk))
    assert {entry.record.history_user for entry in of_one} == {one}
    assert {entry.plan for entry in of_one} == {plan}
    assert shown(page_of(administrator, person=one.pk, plan=second.code)) == []
    assert {entry.record.history_user for entry in shown(page_of(administrator, person="nobody"))} == {None}
    only = shown(page_of(administrator, plan=plan.code.lower(), model="plans.objective", person=one.pk))
    assert [entry.name for entry in only] == ["2. Objective 2", "1. Objective 1"]
    assert shown(page_of(administrator, person=one.pk, first=today + timedelta(days=1))) == []
    assert shown(page_of(administrator, person=one.pk, last=today - timedelta(days=1))) == []
    assert len(shown(page_of(administrator, person=one.pk, first=today, last=today))) == len(of_one)


def test_pages_lose_nothing_and_repeat_nothing(administrator: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "PAGE", 7)
    plan = make_plan()
    by = make_user(is_superuser=True)
    start_revision(plan=plan, by=by)
    moment = timezone.now()
    for model in {type(row) for row in (plan, *Objective.objects.all()[:1], *Narrative.objects.all()[:1])}:
        model.history.filter(history_user=by).update(history_date=moment)  # of one moment: the order must still hold
    seen, asked = [], {"person": str(by.pk)}
    while asked:
        response = page_of(administrator, **asked)
        seen += [(entry.entry.model, entry.record.history_id) for entry in shown(response)]
        asked = dict(parse_qsl(urlsplit(response.context["older_url"]).query))
    of_person = [
        (model, model.history.filter(history_user=by).values_list("history_id", flat=True)) for model in kept_models()
    ]
    whole = {(model, number) for model, numbers in of_person for number in numbers}
    assert len(whole) > 14
    assert len(seen) == len(set(seen))
    assert set(seen) == whole


@pytest.mark.once
def test_as_many_queries_for_thirty_entries_as_for_one(administrator: Any) -> None:
    plan = make_plan()
    draft = start_revision(plan=plan, by=administrator)

    def asked() -> int:
        client = Client()
        client.force_login(administrator, backend="crp.accounts.backends.LoginBackend")
        with CaptureQueriesContext(connection) as queries:
            response = client.get(
                reverse("admin_changes"), {"plan": plan.code, "model": "plans.objective", "kind": "~"}
            )
        assert response.status_code == 200
        return len(queries)

    objective = Objective.objects.filter(revision=draft).first()
    objective.title = "First"
    objective.save()
    asked()
    one = asked()
    for number in range(30):
        objective.title = f"Title {number}"
        objective.save()
    assert asked() == one


# Who sees what


def test_drafts_of_other_countries_stay_hidden() -> None:
    mine, theirs = make_country(), make_country()
    viewer = with_role(Role.OFFICER, country=mine)
    for country in (mine, theirs):
        start_revision(plan=make_plan(countries=[country], projects=0), by=None)
    foreign = Plan.objects.get(countries=theirs)
    draft = foreign.revisions.open().get()
    own_draft = Plan.objects.get(countries=mine).revisions.open().get()
    seen = {getattr(entry.record, "revision_id", None) for entry in shown(page_of(viewer, model="plans.objective"))}
    assert own_draft.pk in seen
    assert draft.pk not in seen
    assert foreign.revisions.public().get().pk in seen
    assert draft.pk not in {entry.record.id for entry in shown(page_of(viewer, model="plans.revision"))}
    assert page_of(viewer, of="plans.revision", id=draft.pk).status_code == 403
    Revision.objects.filter(pk=draft.pk).get().delete()  # what is gone stays hidden
    seen = {getattr(entry.record, "revision_id", None) for entry in shown(page_of(viewer, model="plans.objective"))}
    assert draft.pk not in seen
    assert own_draft.pk in seen


def test_a_plan_that_is_not_public_is_seen_in_its_country_only() -> None:
    mine = make_country()
    plan = Plan.objects.create(code="NEW-1", kind="crp", title="Secret until then", start_year=2024, end_year=2024)
    plan.countries.set([mine])
    near, far = with_role(Role.OFFICER, country=mine), with_role(Role.OFFICER, country=make_country())
    assert plan.pk in {entry.record.id for entry in shown(page_of(near, model="plans.plan"))}
    assert plan.pk not in {entry.record.id for entry in shown(page_of(far, model="plans.plan"))}


def test_logins_and_roles_are_for_administrators() -> None:
    officer = with_role(Role.OFFICER)
    administrator = with_role(Role.ADMINISTRATOR)
    officer.set_password("correct-horse-battery-staple")
    officer.save()
    assert shown(page_of(administrator, model="accounts.user"))
    assert page_of(officer, model="accounts.user").status_code == 400
    assert page_of(officer, of="accounts.user", id=officer.pk).status_code == 400
    assert officer.password not in page_of(administrator, model="accounts.user").content.decode()


@pytest.mark.parametrize(
    "asked",
    [
        {"first": "2024-02-30"},
        {"first": "2024-03-02", "last": "2024-03-01"},
        {"plan": "NO-SUCH-PLAN"},
        {"plan": "A\x00"},
        {"person": "999999"},
        {"person": "' OR 1=1"},
        {"model": "plans.nothing"},
        {"kind": "?"},
        {"before": "yesterday"},
        {"before": "2024-01-01T00:00:00~plans.Plan~1"},
        {"of": "plans.plan", "id": "-1"},
        {"of": "nothing.at.all", "id": "1"},
    ],
)
def test_bad_input_is_told_and_nothing_is_shown(administrator: Any, asked: dict[str, str]) -> None:
    response = page_of(administrator, **asked)
    assert response.status_code == 400
    assert response.context["form"].errors
    assert response.context["groups"] == []


def test_the_history_of_an_object_leads_here(client: Client, administrator: Any) -> None:
    plan = make_plan()
    client.force_login(administrator, backend="crp.accounts.backends.LoginBackend")
    response = client.get(address(plan, "history"), follow=True)
    assert response.status_code == 200
    assert {entry.plan for entry in shown(response)} == {plan}
    assert {entry.entry.model for entry in shown(response)} >= {Plan, Revision, Contribution}
    assert client.post(reverse("admin_changes")).status_code == 405
    client.logout()
    assert "login" in client.get(reverse("admin_changes")).url
