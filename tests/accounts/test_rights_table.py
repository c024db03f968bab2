"""Who may do what and where: every role, every action, a country of one's own and a foreign one.

The same table is proved twice: through the services, which every road leads to, and through the pages of the admin.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from crp.accounts.models import RoleAssignment
from crp.accounts.roles import Role
from funding.models import Contribution, Organization, ReportedFunding
from funding.services import (
    change_contribution,
    publish_revision,
    record_contribution,
    record_official_total,
    remove_contribution,
)
from plans.services import return_revision, start_revision, submit_revision, withdraw_revision
from tests.accounts.world import ADMINISTRATOR, PEOPLE, Place, World, is_allowed, make_world, undone
from tests.admin import Desk, address, problems

pytestmark = [pytest.mark.django_db, pytest.mark.world(make=make_world), pytest.mark.usefixtures("world")]

VIEWER, OFFICER, MONEY, REVIEWER, ADMIN = Role.values
ANY_ROLE = {VIEWER, OFFICER, MONEY, REVIEWER, ADMIN}

# Action: who may do it in their own country, and who in a foreign one.
TABLE: dict[str, tuple[set[str], set[str]]] = {
    "see published": (ANY_ROLE, ANY_ROLE),
    "see draft": (ANY_ROLE, {ADMIN}),
    "start": ({OFFICER, ADMIN}, {ADMIN}),
    "edit": ({OFFICER, ADMIN}, {ADMIN}),
    "submit": ({OFFICER, ADMIN}, {ADMIN}),
    "withdraw": ({OFFICER, ADMIN}, {ADMIN}),
    "return": ({REVIEWER, ADMIN}, {ADMIN}),
    "publish": ({REVIEWER, ADMIN}, {ADMIN}),
    "record": ({MONEY, ADMIN}, {ADMIN}),
    "change money": ({MONEY, ADMIN}, {ADMIN}),
    "delete money": ({MONEY, ADMIN}, {ADMIN}),
    "official total": ({MONEY, ADMIN}, {ADMIN}),
    "organization": ({MONEY, ADMIN}, {MONEY, ADMIN}),
    "list": ({ADMIN}, {ADMIN}),
    "give role": ({ADMIN}, {ADMIN}),
}
Step = Callable[[Any, Place], Any]


def money(place: Place) -> Contribution:
    return Contribution(
        plan=place.plan, status="paid", amount_usd=Decimal(500), decision_on=date(2024, 4, 1), donor=donor()
    )


def donor() -> Organization:
    return Organization.objects.earliest("pk")


def total(place: Place) -> ReportedFunding:
    return ReportedFunding(plan=place.plan, scope="total", amount_usd=Decimal(9000), reported_on=date(2024, 6, 30))


SERVICES: dict[str, Step] = {
    "see published": lambda who, at: who.require("plans.view_revision", at.published),
    "see draft": lambda who, at: who.require("plans.view_revision", at.draft),
    "start": lambda who, at: start_revision(plan=at.plan, by=who),
    "edit": lambda who, at: who.require("plans.change_objective", at.draft.objectives.get()),
    "submit": lambda who, at: submit_revision(revision=at.draft, by=who, reason="New needs"),
    "withdraw": lambda who, at: withdraw_revision(revision=at.in_review, by=who),
    "return": lambda who, at: return_revision(revision=at.in_review, by=who, comment="Say why."),
    "publish": lambda who, at: publish_revision(revision=at.in_review, by=who, reason="New needs"),
    "record": lambda who, at: record_contribution(contribution=money(at), by=who),
    "change money": lambda who, at: change_contribution(contribution=at.contribution, by=who),
    "delete money": lambda who, at: remove_contribution(contribution=at.contribution, by=who),
    "official total": lambda who, at: record_official_total(total=total(at), by=who),
    "organization": lambda who, at: who.require("funding.add_organization"),
    "list": lambda who, at: who.require("plans.change_country", at.country),
    "give role": lambda who, at: who.require("accounts.add_roleassignment"),
}


def new_money(at: Place) -> dict[str, Any]:
    return {
        "plan": at.plan.pk, "donor": donor().pk, "status": "paid", "amount_usd": "500", "flow": "incoming",
        "decision_on": "2024-04-01", "earmarking": "", "is_new_money": "",
    }  # fmt: skip


def new_total(at: Place) -> dict[str, Any]:
    return {"plan": at.plan.pk, "scope": "total", "amount_usd": "9000", "reported_on": "2024-06-30"}


def new_role(at: Place) -> dict[str, Any]:
    return {"user": get_user_model().objects.earliest("pk").pk, "role": Role.VIEWER, "country": at.country.pk}


DONOR = {"code": "new", "name": "New", "kind": "government"} | {
    f"identifiers-{name}": number for name, number in (("TOTAL_FORMS", "0"), ("INITIAL_FORMS", "0"))
}
# The page of each action, what its form sends, and whether the form is read first, as a browser would.
PAGES: dict[str, Callable[[Place], tuple[str, dict[str, Any] | None, bool]]] = {
    "see published": lambda at: (address(at.published), None, False),
    "see draft": lambda at: (address(at.draft), None, False),
    "start": lambda at: (address(at.plan, "start_revision"), {"reason": ""}, False),
    "edit": lambda at: (address(at.draft), {"people_targeted": "7"}, True),
    "submit": lambda at: (address(at.draft, "submit"), {"reason": "New needs"}, False),
    "withdraw": lambda at: (address(at.in_review, "withdraw"), {"comment": ""}, False),
    "return": lambda at: (address(at.in_review, "review"), {"_return": "1", "comment": "Say why."}, False),
    "publish": lambda at: (address(at.in_review, "review"), {"reason": "New needs"}, False),
    "record": lambda at: (address(Contribution, "add"), new_money(at), False),
    "change money": lambda at: (address(at.contribution), {"note": "Read again."}, True),
    "delete money": lambda at: (address(at.contribution, "delete"), {"post": "yes"}, False),
    "official total": lambda at: (address(ReportedFunding, "add"), new_total(at), False),
    "organization": lambda at: (address(Organization, "add"), DONOR, False),
    "list": lambda at: (address(at.country), {"name": "Renamed"}, True),
    "give role": lambda at: (address(RoleAssignment, "add"), new_role(at), False),
}


def is_done(desk: Desk, url: str, data: dict[str, Any] | None, is_read: bool) -> bool:
    """Return whether a page does what it is asked; a refusal says who can help."""
    if is_read and (opened := desk.visit(url)).status_code == 200:
        form = desk.read(url) if hasattr(opened, "context_data") else {}
        data = {name: value for name, value in (form | (data or {})).items() if value is not None}
    answer = desk.visit(url, data)
    if answer.status_code == 403:
        assert ADMINISTRATOR in answer.context_data["why"]
        return False
    if data is None or answer.status_code == 302:
        return True
    told = problems(answer)
    assert [ADMINISTRATOR in sentence for sentence in told] == [True], told
    return False


@pytest.mark.parametrize("action", TABLE)
def test_the_services_keep_to_the_table(world: World, action: str) -> None:
    people = {role: world.person(role) for role in PEOPLE}
    step = SERVICES[action]
    may = tuple(
        {role for role, who in people.items() if is_allowed(lambda who=who, at=at: step(who, at))}
        for at in (world.own, world.foreign)
    )
    assert may == TABLE[action]


@pytest.mark.once
@pytest.mark.parametrize("action", TABLE)
def test_the_pages_keep_to_the_table(world: World, action: str) -> None:
    desks = {role: Desk(world.person(role)) for role in PEOPLE}
    may: tuple[set[str], set[str]] = (set(), set())
    for place, found in zip((world.own, world.foreign), may, strict=True):
        for role, desk in desks.items():
            with undone():
                if is_done(desk, *PAGES[action](place)):
                    found.add(role)
    assert may == TABLE[action]
