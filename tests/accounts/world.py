"""A small world for the tests of rights: a country of one's own and a foreign one, with the same plans in each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db import transaction

from crp.accounts.roles import Role
from funding.models import Contribution
from funding.services import acknowledge_warning, warnings_of
from plans.models import Country, Plan, Region, Revision
from plans.sealing import seal_published
from plans.services import start_revision, submit_revision
from tests.admin import give_roles, make_person
from tests.factories import make_contribution, make_country, make_plan

ADMINISTRATOR = "Awa Diarra"
NOBODY = "nobody"
PEOPLE = (NOBODY, *Role.values)


@dataclass(frozen=True)
class Place:
    """A country with what there is to do: nothing begun, a draft, a revision in review, money."""

    country: Country
    published: Revision
    draft: Revision
    in_review: Revision
    contribution: Contribution

    @property
    def plan(self) -> Plan:
        """A plan without a draft."""
        return self.published.plan


@dataclass(frozen=True)
class World:
    """``top`` is the region of the region of ``own``; ``neighbour`` lies in ``top`` too, ``foreign`` does not."""

    top: Region
    own: Place
    foreign: Place
    neighbour: Country

    def person(self, role: str) -> Any:
        """Return somebody with one role in their own country; administrators are everywhere."""
        if role == NOBODY:
            return make_person()
        if role == Role.ADMINISTRATOR:
            return get_user_model().objects.get(last_name="Diarra")
        return make_person(role, country=self.own.country)


def small_plan(country: Country, **fields: Any) -> Plan:
    return make_plan(countries=[country], objectives=1, sectors=1, projects=0, contributions=0, **fields)


def send_for_review(draft: Revision, by: Any = None) -> Revision:
    """Return a draft in review, with every warning accepted."""
    for warned in warnings_of(draft):
        acknowledge_warning(revision=draft, statement=warned.statement, comment="As printed.", by=None)
    return submit_revision(revision=draft, by=by, reason="New needs")


def make_place(country: Country) -> Place:
    first = small_plan(country)
    return Place(
        country=country,
        published=first.revisions.get(),
        draft=start_revision(plan=small_plan(country), by=None),
        in_review=send_for_review(start_revision(plan=small_plan(country), by=None)),
        contribution=make_contribution(plan=first),
    )


def make_world() -> World:
    top = Region.objects.create(code="910", name="North")
    north, south = (
        Region.objects.create(code=code, name=name, parent=parent)
        for code, name, parent in (("911", "Northern coast", top), ("912", "South", None))
    )
    administrator = make_person(username="awa")
    administrator.first_name, administrator.last_name = ADMINISTRATOR.split()
    administrator.save()
    give_roles(administrator, Role.ADMINISTRATOR)
    world = World(
        top=top,
        own=make_place(make_country(region=north)),
        foreign=make_place(make_country(region=south)),
        neighbour=make_country(region=top),
    )
    seal_published()
    return world


@contextmanager
def undone() -> Iterator[None]:
    """Take back what is done inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def is_allowed(step: Any) -> bool:
    """Return whether a step is taken; one that is refused for a missing right names the administrator."""
    try:
        with undone():
            step()
    except PermissionDenied as refusal:
        told = str(refusal)
    else:
        return True
    assert ADMINISTRATOR in told
    return False
