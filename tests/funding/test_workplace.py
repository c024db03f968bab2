"""The first page of the admin: what waits for whom, what is due, what does not add up, what is new."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crp.accounts.roles import Role
from funding.admin.home import Workplace
from funding.admin.verdicts import count_verdicts
from funding.services import publish_revision
from plans.models import Outcome, Plan, Revision, RevisionStep
from plans.services import return_revision, start_revision
from tests.accounts.world import World, make_world, send_for_review, small_plan
from tests.admin import Desk, make_person
from tests.factories import make_plans

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once,
    pytest.mark.usefixtures("history"),
    pytest.mark.world(make=make_world),
]


def keys(items: Any) -> list[int]:
    return [item.revision.pk for item in items]


def test_drafts_are_mine_first_then_those_of_my_countries(world: World) -> None:
    officer = make_person(Role.OFFICER, country=world.own.country)
    mine = start_revision(plan=world.own.plan, by=officer)
    work = Workplace(officer)
    assert [draft.is_mine for draft in work.drafts] == [True, False, False]
    assert keys(work.drafts)[0] == mine.pk
    assert set(keys(work.drafts)) == {mine.pk, world.own.draft.pk, world.own.in_review.pk}
    assert [draft.revision.pk for draft in work.drafts if draft.in_review] == [world.own.in_review.pk]


def test_what_was_returned_stands_alone_with_its_comment_until_it_is_sent_again(world: World) -> None:
    officer = make_person(Role.OFFICER, country=world.own.country)
    back = return_revision(revision=world.own.in_review, by=None, comment="Say where it comes from.")
    work = Workplace(officer)
    assert [(item.revision.pk, item.step.comment) for item in work.returned] == [(back.pk, "Say where it comes from.")]
    assert back.pk not in keys(work.drafts)
    send_for_review(back)
    assert not Workplace(officer).returned
    assert back.pk in keys(Workplace(officer).drafts)


def test_reviews_wait_for_those_who_may_publish_there_and_did_not_write(world: World, settings: Any) -> None:
    reviewer = make_person(Role.REVIEWER, country=world.own.country)
    writer = make_person(Role.OFFICER, Role.REVIEWER, country=None)
    written = send_for_review(start_revision(plan=world.own.plan, by=writer), by=writer)
    RevisionStep.objects.filter(revision=written).update(at=timezone.now() - timedelta(days=4, hours=2))
    assert [(item.revision.pk, item.days) for item in Workplace(reviewer).waiting] == [
        (written.pk, 4),
        (world.own.in_review.pk, 0),
    ]
    assert written.pk not in keys(Workplace(writer).waiting)
    settings.FOUR_EYES = False
    assert written.pk in keys(Workplace(writer).waiting)
    assert not Workplace(make_person(Role.OFFICER, country=world.own.country)).waiting


@pytest.mark.parametrize(
    ("updated_days_ago", "end_year", "is_due"),
    [(None, 0, True), (91, 0, True), (90, 0, False), (1, 0, False), (400, 1, True), (400, -1, False)],
)
def test_funding_is_due_after_90_days_for_plans_that_run(
    world: World, updated_days_ago: int | None, end_year: int, is_due: bool
) -> None:
    today = timezone.localdate()
    updated_on = None if updated_days_ago is None else today - timedelta(days=updated_days_ago)
    plan = small_plan(world.own.country, start_year=2024, revision={"funding_updated_on": updated_on})
    Plan.objects.filter(pk=plan.pk).update(end_year=today.year + end_year)
    due = Workplace(make_person(Role.FUNDING_OFFICER, country=world.own.country)).due
    assert keys(due) == ([plan.revisions.get().pk] if is_due else [])
    if is_due and updated_on is not None:
        assert due[0].due_on == updated_on + timedelta(days=90)
    assert not Workplace(make_person(Role.OFFICER, country=world.foreign.country)).due


def test_what_does_not_add_up_is_told_with_errors_first(world: World) -> None:
    officer = make_person(Role.OFFICER, country=world.own.country)
    before = {item.revision.pk: item.warnings for item in Workplace(officer).failing}
    for draft in (world.own.draft, world.foreign.draft):
        draft.stated_requested_usd = Decimal(7)
        draft.save()
    broken = start_revision(plan=small_plan(world.own.country), by=None)
    for outcome in Outcome.objects.filter(revision=broken):
        outcome.share_percent = Decimal(10)
        outcome.save()
    failing = Workplace(officer).failing
    # Two outcomes of 10 % are no whole objective: an error. Two breakdowns beside a total of 7: two warnings more.
    assert [item.revision.pk for item in failing if item.errors] == [broken.pk]
    assert failing[0].revision.pk == broken.pk
    now = {item.revision.pk: item.warnings for item in failing}
    assert now[world.own.draft.pk] >= before.get(world.own.draft.pk, 0) + 2
    assert world.foreign.draft.pk not in now


def test_a_revision_is_checked_again_once_it_or_its_money_changed(world: World) -> None:
    looked_at: list[int] = []

    def look() -> list[int]:
        looked_at.clear()
        count_verdicts([world.own.draft, world.own.published])
        return list(looked_at)

    def check(revision: Revision) -> list[Any]:
        looked_at.append(revision.pk)
        return []

    with mock.patch("funding.admin.verdicts.check_revision", check):
        assert look() == [world.own.draft.pk, world.own.published.pk]
        assert look() == []
        objective = world.own.draft.objectives.get()
        objective.title = "Another"
        objective.save()
        assert look() == [world.own.draft.pk]
        world.own.contribution.amount_usd += 1
        world.own.contribution.save()
        assert look() == [world.own.published.pk]
        world.own.contribution.delete()
        assert look() == [world.own.published.pk]
        objective.outcomes.first().delete()
        assert look() == [world.own.draft.pk]
        assert look() == []


def test_publications_are_told_with_what_they_replaced(world: World) -> None:
    published = publish_revision(revision=world.own.in_review, by=None, reason="New needs")
    newest = Workplace(make_person(Role.VIEWER, country=world.foreign.country)).publications[0]
    assert (newest.revision.pk, newest.former) == (published.pk, 1)


def test_the_page_shows_to_each_what_they_do(client: Client, world: World) -> None:
    own = world.own.country
    headings = {
        "crp-drafts-heading": {Role.OFFICER},
        "crp-returned-heading": {Role.OFFICER},
        "crp-waiting-heading": {Role.REVIEWER},
        "crp-due-heading": {Role.OFFICER, Role.REVIEWER, Role.FUNDING_OFFICER},
        "crp-failing-heading": {Role.OFFICER, Role.REVIEWER, Role.FUNDING_OFFICER},
        "crp-published-heading": {Role.OFFICER, Role.REVIEWER, Role.FUNDING_OFFICER, Role.VIEWER},
    }
    found: dict[str, set[str]] = {heading: set() for heading in headings}
    for role in (Role.VIEWER, Role.OFFICER, Role.FUNDING_OFFICER, Role.REVIEWER):
        client.force_login(make_person(role, country=own))
        text = client.get("/admin/").content.decode()
        for heading in headings:
            if f'id="{heading}"' in text:
                found[heading].add(role)
    assert found == headings


def test_every_link_of_the_page_leads_somewhere(client: Client, world: World) -> None:
    """For everybody with a role: no link of their first page ends in a refusal."""
    publish_revision(revision=world.own.in_review, by=None, reason="New needs")
    tried = set()
    for role in (Role.VIEWER, Role.OFFICER, Role.FUNDING_OFFICER, Role.REVIEWER):
        person = make_person(role, country=world.own.country)
        client.force_login(person)
        page = client.get("/admin/").content.decode().partition('id="content"')[2]
        links = {part.partition('"')[0].replace("&amp;", "&") for part in page.split('href="')[1:]}
        for link in links:
            if link.startswith("/admin/"):  # not rendered: what counts is whether it is refused
                assert Desk(person).visit(link.partition("#")[0]).status_code == 200, (role, link)
            elif link.startswith("/") and link not in tried:
                assert client.get(link).status_code == 200, link
                tried.add(link)
    assert any("/diff/?from=1&to=2" in link for link in tried)


def test_the_blocks_make_as_many_queries_for_12_plans_as_for_3(world: World) -> None:
    officer = make_person(Role.OFFICER, Role.REVIEWER, Role.FUNDING_OFFICER)

    def count() -> int:
        officer.__dict__.pop("assignments", None)
        with CaptureQueriesContext(connection) as queries:
            work = Workplace(officer)
            assert work.drafts
            assert work.waiting
            _all = (work.returned, work.due, work.publications)
        return len(queries)

    few = count()
    for plan in make_plans(9, start_year=date.today().year, objectives=1, sectors=1, projects=0, contributions=0):  # noqa: DTZ011
        send_for_review(start_revision(plan=plan, by=None))
    assert count() == few
