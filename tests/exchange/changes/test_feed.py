"""What the feed tells after each kind of write: what came, changed and went, in which lists, and nothing else."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from crp.exchange.changes.taking_up import catch_up
from crp.exchange.models import Change, PendingChange
from funding import summaries
from funding.models import Contribution, Organization, ReportedFunding
from funding.services import publish_revision, record_official_total
from plans.models import Country, Plan, Revision, Source
from plans.services import start_revision
from sectors.models import Sector, Taxonomy
from tests.api import get
from tests.factories import (
    make_contribution,
    make_country,
    make_organization,
    make_plan,
    make_reported_funding,
    make_taxonomy,
)


class World:
    """A plan of one country, A, with money from a donor, D, and everything that its rows can name."""

    def __init__(self) -> None:
        self.country = make_country()
        self.taxonomy = make_taxonomy(sectors=1)
        self.sector = self.taxonomy.sectors.get()
        self.source = Source.objects.create(code="S", title="Source")
        self.donor = make_organization(code="d", name="D", country=self.country)
        self.plan = make_plan(
            code="A", contributions=0, countries=[self.country], taxonomy=self.taxonomy, sectors=1, projects=0
        )
        given = {"donor": self.donor, "sector": self.sector, "source": self.source}
        self.money = make_contribution(plan=self.plan, code="A-1", **given)
        self.passed_on = make_contribution(plan=self.plan, code="A-2", parent=self.money, flow="internal")
        self.outside = Contribution.objects.create(code="X-1", country=self.country, status="paid", amount_usd=5)
        self.total = make_reported_funding(plan=self.plan, source=self.source)
        self.part = make_reported_funding(plan=self.plan, scope="sector", sector=self.sector)
        self.elsewhere = make_reported_funding(country=self.country, year=2024)


def make_world() -> World:
    return World()


pytestmark = [pytest.mark.django_db, pytest.mark.world(make=make_world)]

PART = "reported-funding A/sector/"


def told(world: World, act: Callable[[World], Any]) -> set[str]:
    """Return what the feed tells of an act, as “updated contributions A-1”."""
    before = get("changes/?limit=1000")
    assert before["has_more"] is False
    act(world)
    after = get(f"changes/?limit=1000&since={before['cursor']}")
    assert after["has_more"] is False
    short = f"{world.taxonomy.code}/{world.sector.code}"
    return {f"{item['change']} {item['resource']} {item['key'].replace(short, 'S')}" for item in after["results"]}


def money_of(plan: Plan) -> Contribution:
    return Contribution.objects.create(code="Z-1", plan=plan, status="paid", amount_usd=1)


def revise(world: World) -> None:
    draft = start_revision(plan=world.plan, by=None)
    publish_revision(revision=draft, by=None, reason="News", at=datetime(2024, 6, 1, tzinfo=UTC))


def supersede(world: World) -> None:
    world.plan.revisions.in_force().update(status="superseded", superseded_at=datetime(2024, 7, 1, tzinfo=UTC))


def raw(sql: str) -> Callable[[World], None]:
    """Return an act by hand on the database."""

    def act(world: World) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return act


OF_A = {
    "plans A",
    "revisions A/1",
    "contributions A-1",
    "contributions A-2",
    "reported-funding A/total",
    f"{PART}S",
}
MONEY = {"updated contributions A-1", "updated plans A"}
CASES: dict[str, tuple[Callable[[World], Any], set[str]]] = {
    "nothing": (lambda world: None, set()),
    "a contribution saved": (lambda world: world.money.save(), MONEY),
    "updated in bulk": (lambda world: Contribution.objects.filter(code="A-1").update(note="!"), MONEY),
    "by hand": (raw("UPDATE funding_contribution SET note = '!' WHERE code = 'A-1'"), MONEY),
    "created in bulk": (
        lambda world: Contribution.objects.bulk_create(
            [Contribution(code=f"B-{n}", plan=world.plan, status="paid", amount_usd=1) for n in (1, 2)]
        ),
        {"created contributions B-1", "created contributions B-2", "updated plans A"},
    ),
    "deleted": (lambda world: world.passed_on.delete(), {"deleted contributions A-2", "updated plans A"}),
    "came and went unseen": (lambda world: money_of(world.plan).delete(), {"updated plans A"}),
    "outside any plan": (lambda world: world.outside.save(), {"updated contributions X-1"}),
    "moved away from its plan": (
        lambda world: Contribution.objects.filter(code="A-1").update(plan=None),
        MONEY,
    ),
    "a step": (
        lambda world: world.money.status_changes.create(status="paid", amount_usd=1),
        {"updated contributions A-1"},
    ),
    "another code": (
        lambda world: Contribution.objects.filter(code="A-1").update(code="A-9"),
        {"deleted contributions A-1", "created contributions A-9", "updated contributions A-2", "updated plans A"},
    ),
    "an official total": (
        lambda world: record_official_total(
            total=ReportedFunding(plan=world.plan, amount_usd=Decimal(7), reported_on=date(2024, 7, 1))
        ),
        {"updated reported-funding A/total", "updated plans A"},
    ),
    "an official total taken away": (
        lambda world: world.total.delete(),
        {"deleted reported-funding A/total", "updated plans A"},
    ),
    "one outside any plan": (
        lambda world: world.elsewhere.delete(),
        {"deleted reported-funding -/2024/country/{iso3}"},
    ),
    "a plan's title": (lambda world: Plan.objects.filter(code="A").update(title="T"), {"updated plans A"}),
    "a plan's countries": (lambda world: world.plan.countries.add(make_country()), {"updated plans A"}),
    "a newer revision": (revise, {"published plans A", "published revisions A/2", "updated revisions A/1"}),
    "a draft": (lambda world: start_revision(plan=world.plan, by=None, reason="Secret"), set()),
    "a draft plan with money": (
        lambda world: money_of(Plan.objects.create(code="Z", kind="crp", start_year=2024, end_year=2024)),
        set(),
    ),
    "no revision in force": (supersede, {f"deleted {name}" for name in OF_A}),
    "a plan deleted": (
        lambda world: [
            world.passed_on.delete(),
            Contribution.objects.filter(plan=world.plan).delete(),
            ReportedFunding.objects.filter(plan=world.plan).delete(),
            Revision.objects.filter(plan=world.plan).delete(),
            world.plan.delete(),
        ],
        {f"deleted {name}" for name in OF_A},
    ),
    "a new plan": (
        lambda world: make_plan(code="B", contributions=1),
        {"published plans B", "published revisions B/1", "created contributions B-C-1", "created organizations {new}"},
    ),
    "a plan's code": (
        lambda world: Plan.objects.filter(code="A").update(code="B"),
        {
            *("deleted plans A", "deleted revisions A/1", "deleted reported-funding A/total", f"deleted {PART}S"),
            *("published plans B", "published revisions B/1", "updated contributions A-1", "updated contributions A-2"),
            *("created reported-funding B/total", "created reported-funding B/sector/S"),
        },
    ),
    "a donor's name": (
        lambda world: Organization.objects.filter(code="d").update(name="E"),
        {"updated organizations d", "updated contributions A-1"},
    ),
    "a donor's kind": (
        lambda world: Organization.objects.filter(code="d").update(kind="ngo"),
        {"updated organizations d"},
    ),
    "a donor's name elsewhere": (
        lambda world: world.donor.identifiers.create(scheme="fts", value="1"),
        {"updated organizations d"},
    ),
    "a country's name": (
        lambda world: Country.objects.filter(pk=world.country.pk).update(name="N"),
        {
            *("updated plans A", "updated organizations d", "updated contributions X-1"),
            "updated reported-funding -/2024/country/{iso3}",
        },
    ),
    "a sector's code": (
        lambda world: Sector.objects.filter(pk=world.sector.pk).update(code="T"),
        {"updated contributions A-1", f"deleted {PART}S", f"created {PART}{{list}}/T"},
    ),
    "a list's code": (
        lambda world: Taxonomy.objects.filter(pk=world.taxonomy.pk).update(code="L"),
        {"updated contributions A-1", f"deleted {PART}S", f"created {PART}L/{{sector}}"},
    ),
    "a source's code": (
        lambda world: Source.objects.filter(code="S").update(code="T"),
        {"updated contributions A-1", "updated reported-funding A/total"},
    ),
    "all sums made anew": (lambda world: summaries.rebuild(connection), {"updated plans A"}),
}


OF_NO_MORE = {"deleted", "a plan deleted", "another code", "a new plan"}
"""Acts that need what an act before has taken away, or made already."""


@pytest.mark.parametrize("name", CASES)
def test_the_feed_tells_what_a_write_changes_in_the_lists(world: World, name: str) -> None:
    act, expected = CASES[name]
    found = told(world, act)
    if name == "a new plan":  # the factory names donor and money by number
        money = Contribution.objects.get(plan__code="B")
        named = {"created contributions B-C-1": f"created contributions {money.code}"}
        expected = {named.get(item, item) for item in expected if "{new}" not in item}
        assert all(item.startswith("created organizations") for item in found - expected)
        found &= expected
    words = {"iso3": world.country.iso3, "list": world.taxonomy.code, "sector": world.sector.code}
    assert found == {item.format(**words) for item in expected}
    assert PendingChange.objects.count() == 0
    assert not [item for item in Change.objects.values_list("key", flat=True) if item.startswith("Z")]


def test_after_every_kind_of_write_the_rows_are_those_of_the_lists(world: World) -> None:
    held: dict[tuple[str, str], Any] = {}
    since = "start"
    acts = [
        act
        for name, (act, _expected) in CASES.items()
        if name not in {"deleted", "a plan deleted", "another code", "a new plan"}
    ]
    for act in acts:
        act(world)
        page = get(f"changes/?limit=1000&since={since}")
        since = page["cursor"]
        for item in page["results"]:
            held[item["resource"], item["key"]] = item["row"]
    for name in ("plans", "contributions", "organizations", "reported-funding"):
        mine = [row for (resource, _key), row in held.items() if resource == name and row is not None]
        wanted = get(f"{name}/?limit=1000")["results"]
        assert sorted(map(repr, mine)) == sorted(map(repr, wanted)), name


def test_a_change_that_is_taken_back_leaves_nothing(world: World) -> None:
    before = catch_up()
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        world.money.save()
        raise ZeroDivisionError
    assert catch_up() == before
