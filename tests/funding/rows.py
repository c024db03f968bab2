"""One row of each kind of the ledger, and rows to try beside them."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from funding.models import (
    Contribution,
    FundingRequest,
    OrganizationIdentifier,
    Project,
    RelatedPlan,
    ReportedFunding,
    RequestShare,
    StatusChange,
)
from plans.models import Country, Framework, Objective, PlanFamily
from sectors.models import Sector
from tests.factories import (
    add_request,
    make_country,
    make_organization,
    make_plan,
    make_taxonomy,
)

NAMES = ("framework", "objective", "sector", "country", "project")


def make_world() -> SimpleNamespace:
    """One row of each kind, and beside it a framework, an objective, a sector and a project nothing is asked for."""
    plan = make_plan(taxonomy=make_taxonomy(sectors=3))
    revision = plan.revisions.get()
    made = SimpleNamespace(plan=plan, revision=revision, money=plan.contributions.first())
    made.line = revision.funding_requests.get(breakdown="sector", order=1)
    made.family = PlanFamily.objects.create(code="UNSDCF", name="Framework")
    made.objective = revision.objectives.get(number=1)
    made.project = revision.projects.first()
    made.free = {
        "framework": Framework.objects.create(revision=revision, code="MCOF", name="MCOF"),
        "objective": Objective.objects.create(revision=revision, number=9, title="Nine"),
        "sector": Sector.objects.filter(taxonomy=revision.taxonomy).order_by("order").last(),
        "country": make_country(),
        "project": Project.objects.create(revision=revision, code="FREE", title="Free"),
    }
    add_request(revision, "country", Country.objects.first(), Decimal(1))
    StatusChange.objects.create(contribution=made.money, status="paid", amount_usd=1)
    ReportedFunding.objects.create(plan=plan, amount_usd=1, reported_on="2024-06-01")
    RelatedPlan.objects.create(revision=revision, funding_request=made.line, plan_family=made.family)
    RequestShare.objects.create(
        revision=revision, funding_request=made.line, objective=made.objective, share_percent=50
    )
    OrganizationIdentifier.objects.create(organization=make_organization(), scheme="fts", value="1")
    Contribution.objects.filter(pk=made.money.pk).update(external_scheme="fts", external_id="77")
    return made


def ask(world: Any, breakdown: str, *targets: str, **values: Any) -> FundingRequest:
    chosen = {name: world.free[name] for name in targets}
    return FundingRequest(**{"revision": world.revision, "breakdown": breakdown, "amount_usd": 5} | chosen | values)


def ask_again(world: Any, breakdown: str) -> FundingRequest:
    line = world.revision.funding_requests.filter(breakdown=breakdown).first()
    return FundingRequest(revision=world.revision, breakdown=breakdown, amount_usd=5, **{breakdown: line.target})


def share(world: Any, **values: Any) -> RequestShare:
    other = world.revision.objectives.get(number=2)
    given = {"revision": world.revision, "funding_request": world.line, "objective": other, "share_percent": 50}
    return RequestShare(**given | values)


def related(world: Any, **values: Any) -> RelatedPlan:
    family = PlanFamily.objects.get_or_create(code="HRP", defaults={"name": "Plan"})[0]
    given = {"revision": world.revision, "funding_request": world.line, "plan_family": family}
    return RelatedPlan(**given | values)


def official(world: Any, **values: Any) -> ReportedFunding:
    return ReportedFunding(**{"plan": world.plan, "amount_usd": 5, "reported_on": "2024-07-01"} | values)


def own_child(world: Any) -> Contribution:
    row = Contribution.objects.get(pk=world.money.pk)
    row.parent = row
    return row


def money(world: Any, **values: Any) -> Contribution:
    return Contribution(**{"code": "NEW-1", "plan": world.plan, "status": "paid", "amount_usd": 5} | values)
