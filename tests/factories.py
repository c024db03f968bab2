"""Rows for tests, each made by one call with keyword arguments for what the test is about.

``make_plan`` gives a published plan whose breakdowns all add to its total, so that a test has to break on purpose what
it wants broken. Every call makes new objects: thirty plans have thirty countries, and a page that asks per row shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count, product
from string import ascii_uppercase
from typing import Any

from django.contrib.auth import get_user_model

from funding.models import Contribution, FundingRequest, Organization, Project, ReportedFunding
from plans.models import Country, Framework, Narrative, Objective, Outcome, Plan, Region, Revision
from sectors.models import Crosswalk, Sector, Taxonomy

CENT = Decimal("0.01")
# Every pair of letters, those that ISO 3166 leaves to its users first (XK is in use for Kosovo).
FREE_ISO2 = [f"X{letter}" for letter in ascii_uppercase if letter != "K"]
ISO2 = [*FREE_ISO2, *(first + second for first, second in product(ascii_uppercase, repeat=2) if first != "X")]
numbers = count(1)


def split_amount(total: Decimal | int | str, parts: int) -> list[Decimal]:
    """Return ``parts`` amounts of whole cents that add to ``total``; the last one takes what is left over."""
    total = Decimal(total)
    part = (total / parts).quantize(CENT)
    return [part] * (parts - 1) + [total - part * (parts - 1)]


def make_user(*, username: str = "", **fields: Any) -> Any:
    """Return a user without a password; sign in with ``client.force_login``."""
    return get_user_model().objects.create_user(username or f"user-{next(numbers)}", **fields)


def make_country(*, region: Region | None = None, **fields: Any) -> Country:
    """Return a country with a code that no real one has."""
    used = set(Country.objects.values_list("iso2", flat=True))
    iso2 = next(code for code in ISO2 if code not in used)
    if region is None:
        top, _ = Region.objects.get_or_create(code="900", defaults={"name": "Test continent"})
        region, _ = Region.objects.get_or_create(code="901", defaults={"name": "Test region", "parent": top})
    values = {"iso2": iso2, "iso3": f"X{iso2}", "name": f"Country {iso2}", "region": region, "top_region": region.top}
    return Country.objects.create(**values | fields)


def make_taxonomy(*, sectors: int = 3, clusters: bool = True, **fields: Any) -> Taxonomy:
    """Return a taxonomy with sectors, each leading to a global cluster of its own unless ``clusters`` is False."""
    number = next(numbers)
    taxonomy = Taxonomy.objects.create(
        **{"code": f"test-{number}", "name": f"Taxonomy {number}", "publisher": "Tests"} | fields
    )
    made = [make_sector(taxonomy=taxonomy, order=order) for order in range(1, sectors + 1)]
    if clusters:
        cluster_list = Taxonomy.objects.create(
            code=f"clusters-{number}", name="Clusters", publisher="Tests", kind=Taxonomy.Kind.GLOBAL_CLUSTERS
        )
        for sector in made:
            Crosswalk.objects.create(sector=sector, global_cluster=make_sector(taxonomy=cluster_list))
    return taxonomy


def make_sector(*, taxonomy: Taxonomy, **fields: Any) -> Sector:
    """Return a sector of a taxonomy."""
    number = next(numbers)
    return Sector.objects.create(**{"taxonomy": taxonomy, "code": f"s-{number}", "name": f"Sector {number}"} | fields)


def make_organization(**fields: Any) -> Organization:
    """Return a donor."""
    number = next(numbers)
    kind = Organization.Kind.GOVERNMENT
    return Organization.objects.create(**{"code": f"org-{number}", "name": f"Donor {number}", "kind": kind} | fields)


def make_contribution(*, plan: Plan, amount_usd: Decimal | int | str = "1000.00", **fields: Any) -> Contribution:
    """Return money paid to a plan by a donor of its own."""
    values = {
        "code": f"C-{next(numbers)}",
        "plan": plan,
        "status": Contribution.Status.PAID,
        "amount_usd": Decimal(amount_usd),
        "decision_on": date(plan.start_year, 3, 1),
    }
    if "donor" not in fields:
        values["donor"] = make_organization()
    return Contribution.objects.create(**values | fields)


def make_reported_funding(
    *, plan: Plan | None = None, amount_usd: Decimal | int | str = "5000.00", **fields: Any
) -> ReportedFunding:
    """Return an official total: of a plan, or with ``country`` and ``year`` of money outside any."""
    scope = ReportedFunding.Scope.TOTAL if plan else ReportedFunding.Scope.COUNTRY
    values = {"plan": plan, "scope": scope, "amount_usd": Decimal(amount_usd), "reported_on": date(2024, 6, 30)}
    return ReportedFunding.objects.create(**values | fields)


def make_plan(
    *,
    requested_usd: Decimal | int | str | None = "1000000.00",
    countries: Sequence[Country] | None = None,
    taxonomy: Taxonomy | None = None,
    objectives: int = 2,
    sectors: int = 2,
    projects: int = 2,
    contributions: int = 2,
    reports_funding: bool = True,
    revision: dict[str, Any] | None = None,
    **fields: Any,
) -> Plan:
    """Return a published plan.

    ``objectives``, ``sectors``, ``projects``: how many lines that breakdown has; 0 leaves it out. Projects come with a
    framework. ``requested_usd=None``: the plan gives no total and no breakdown. ``revision``: values of its revision.
    ``fields``: values of the plan itself.
    """
    number = next(numbers)
    taxonomy = taxonomy or make_taxonomy(sectors=max(sectors, 1))
    values = {"code": f"TEST-{number}", "kind": Plan.Kind.CRP, "title": f"Plan {number}", "start_year": 2024}
    plan = Plan.objects.create(**values | {"end_year": fields.get("start_year", 2024)} | fields)
    plan.countries.set([make_country()] if countries is None else countries)
    draft = Revision.objects.create(
        **{
            "plan": plan,
            "taxonomy": taxonomy,
            "document_on": date(plan.start_year, 1, 10),
            "stated_requested_usd": requested_usd,
            "reports_funding": reports_funding,
            "people_in_need": 50_000,
            "people_targeted": 20_000,
        }
        | (revision or {})
    )
    Narrative.objects.create(
        revision=draft, section=Narrative.Section.CONTEXT, body="What happened.\n\nWhat is needed."
    )
    if requested_usd is not None:
        add_objectives(draft, split_amount(requested_usd, objectives) if objectives else [])
        add_sectors(draft, split_amount(requested_usd, sectors) if sectors else [])
        add_projects(draft, split_amount(requested_usd, projects) if projects else [])
    publish(draft)
    for _ in range(contributions):
        make_contribution(plan=plan)
    return plan


def make_plans(number: int, **fields: Any) -> list[Plan]:
    """Return several plans that differ in country, year and amount."""
    return [
        make_plan(**{"start_year": 2010 + index % 15, "requested_usd": 1_000_000 + 7_777 * index} | fields)
        for index in range(number)
    ]


def publish(draft: Revision) -> None:
    """Put a revision in force as it stands, two weeks after the date on its first page."""
    draft.status = Revision.Status.PUBLISHED
    draft.requested_usd = draft.stated_requested_usd
    draft.published_at = datetime(draft.plan.start_year, 1, 24, 12, tzinfo=UTC)
    draft.save()


def add_objectives(revision: Revision, amounts: Sequence[Decimal]) -> None:
    """Give a revision one objective an amount, each with two outcomes."""
    for number, amount in enumerate(amounts, start=1):
        objective = Objective.objects.create(
            revision=revision, number=number, order=number, title=f"Objective {number}", people_targeted=10_000
        )
        for letter, share in (("a", "60.00"), ("b", "40.00")):
            Outcome.objects.create(
                revision=revision, objective=objective, code=f"{number}{letter}", name="Outcome", share_percent=share
            )
        add_request(revision, FundingRequest.Breakdown.OBJECTIVE, objective, amount, order=number)


def add_sectors(revision: Revision, amounts: Sequence[Decimal]) -> None:
    """Give a revision one line a sector of its taxonomy, in their order."""
    sectors = list(revision.taxonomy.sectors.order_by("order", "pk")[: len(amounts)])
    for number, (sector, amount) in enumerate(zip(sectors, amounts, strict=True), start=1):
        add_request(revision, FundingRequest.Breakdown.SECTOR, sector, amount, order=number)


def add_projects(revision: Revision, amounts: Sequence[Decimal]) -> None:
    """Give a revision one framework, and in it one project an amount."""
    if not amounts:
        return
    framework = Framework.objects.create(revision=revision, code="HRP", name="Humanitarian Response Plan")
    add_request(revision, FundingRequest.Breakdown.FRAMEWORK, framework, sum(amounts, Decimal(0)))
    for number, amount in enumerate(amounts, start=1):
        project = Project.objects.create(
            revision=revision,
            code=f"P-{number}",
            order=number,
            title=f"Project {number}",
            framework=framework,
            sector=revision.taxonomy.sectors.order_by("order", "pk").first(),
        )
        add_request(revision, FundingRequest.Breakdown.PROJECT, project, amount, order=number)


def add_request(revision: Revision, breakdown: str, target: Any, amount: Decimal, *, order: int = 0) -> FundingRequest:
    """Ask for an amount for one framework, objective, sector or project."""
    return FundingRequest.objects.create(
        revision=revision, breakdown=breakdown, amount_usd=amount, order=order, **{breakdown: target}
    )
