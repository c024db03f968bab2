"""The rows of each list: where they come from, what their columns are read through, and how they are told.

Lists use it, and whatever tells the same rows beside others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet, Subquery
from rest_framework import serializers

from crp.common.api.updated import UPDATED_AT, with_recorded_at
from crp.common.money import USD_COLUMN
from funding.api.ledger import ContributionSerializer, ReportedFundingSerializer
from funding.api.serializers import (
    FundingRequestSerializer,
    ObjectiveSerializer,
    OrganizationSerializer,
    OutcomeSerializer,
    ProjectSerializer,
)
from funding.models import Contribution, FundingRequest, Organization, Project, ReportedFunding, StatusChange
from funding.rollups import with_amounts
from funding.rollups.ledger import public
from funding.updated import OF_PLAN_ROWS, updated_at
from plans.models import Objective, Outcome, Plan, Revision
from plans.querysets import in_force

Asks = Callable[..., bool]
"""Whether one of some columns is wanted."""


def everything(*names: str) -> bool:
    """Return that every column is wanted."""
    return True


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The rows of a list. ``find`` gets them as of a day (now where None), with what is asked for."""

    find: Callable[[date | None, Asks], QuerySet]
    serializer: type[serializers.BaseSerializer]
    joins: Mapping[str, tuple[str, ...]]
    lookups: Callable[[date | None], Mapping[str, Any]] = field(default=lambda on: {})

    def told(self, on: date | None, condition: Q, *order: str) -> list[dict[str, Any]]:
        """Return the rows that fit, with all columns. Queries: one, and one for each table of several rows."""
        joins = dict.fromkeys(path for paths in self.joins.values() for path in paths)
        rows = self.find(on, everything).filter(condition).order_by(*order).select_related(*joins)
        serializer = self.serializer()
        return [serializer.to_representation(row) for row in rows.prefetch_related(*self.lookups(on).values())]


OF_REVISION = {"plan": ("revision__plan",), "revision": ("revision",), UPDATED_AT: ("revision",)}
SECTOR = ("sector__taxonomy",)


def _objectives(on: date | None, asks: Asks) -> QuerySet[Objective]:
    rows = Objective.objects.filter(in_force(on, "revision__"))
    if not asks("requested_usd"):
        return rows
    asked = FundingRequest.objects.filter(objective=OuterRef("pk")).values("amount_usd")[:1]
    return rows.annotate(requested_usd=Subquery(asked, output_field=USD_COLUMN))


OBJECTIVES = Rows(
    find=_objectives,
    serializer=ObjectiveSerializer,
    joins={**OF_REVISION, "strategic_objective": ("strategic_objective",)},
    lookups=lambda on: {"target_groups": "target_groups__target_group"},
)


def _outcomes(on: date | None, asks: Asks) -> QuerySet[Outcome]:
    return Outcome.objects.filter(in_force(on, "revision__"))


OUTCOMES = Rows(find=_outcomes, serializer=OutcomeSerializer, joins={**OF_REVISION, "objective": ("objective",)})


def _projects(on: date | None, asks: Asks) -> QuerySet[Project]:
    rows: Any = Project.objects.filter(in_force(on, "revision__"))
    if asks("requested_usd", "received_usd"):
        rows = with_amounts(rows, on)
    return rows.annotate(**{UPDATED_AT: updated_at(OF_PLAN_ROWS)}) if asks(UPDATED_AT) else rows


PROJECTS = Rows(
    find=_projects,
    serializer=ProjectSerializer,
    joins={
        "plan": ("revision__plan",),
        "revision": ("revision",),
        "framework": ("framework",),
        "sector": SECTOR,
        "sector_name": ("sector",),
    },
)


def _funding_requests(on: date | None, asks: Asks) -> QuerySet[FundingRequest]:
    return FundingRequest.objects.filter(in_force(on, "revision__"))


TARGETS = ("framework", "objective", "sector", "country", "project")
FUNDING_REQUESTS = Rows(
    find=_funding_requests,
    serializer=FundingRequestSerializer,
    joins={**OF_REVISION, **{name: (name,) for name in TARGETS}, "sector": SECTOR, "name": TARGETS},
    lookups=lambda on: {"related_plans": "related_plans__plan_family"},
)


def _contributions(on: date | None, asks: Asks) -> QuerySet[Contribution]:
    return public(on=on)


def contributions_one_by_one(on: date | None) -> QuerySet[Contribution]:
    """Return the same contributions, each looked at for itself.

    In the order of an index a page then reads no more than itself: a list of plans to choose from makes a database
    fetch all contributions first, and sort them.
    """
    seen = Revision.objects.filter(in_force(on), plan=OuterRef("plan"))
    return Contribution.objects.as_known(on).filter(Q(plan__isnull=True) | Exists(seen))


CONTRIBUTIONS = Rows(
    find=_contributions,
    serializer=ContributionSerializer,
    joins={
        **{name: (name,) for name in ("plan", "country", "donor", "recipient", "source", "parent", "duplicate_of")},
        "donor_name": ("donor",),
        "recipient_name": ("recipient",),
        "sector": SECTOR,
    },
    lookups=lambda on: {"steps": Prefetch("status_changes", StatusChange.objects.taken_by(on))},
)


def _reported_funding(on: date | None, asks: Asks) -> QuerySet[ReportedFunding]:
    seen = Q(plan__isnull=True) | Q(plan__in=Plan.objects.in_force(on).values("pk"))
    return ReportedFunding.objects.in_force(on).filter(seen)


REPORTED_FUNDING = Rows(
    find=_reported_funding,
    serializer=ReportedFundingSerializer,
    joins={"plan": ("plan",), "country": ("country",), "sector": SECTOR, "source": ("source",)},
)


def _organizations(on: date | None, asks: Asks) -> QuerySet[Organization]:
    rows: QuerySet[Organization] = Organization.objects.all()
    return with_recorded_at(rows) if asks(UPDATED_AT) else rows  # type: ignore[return-value]


ORGANIZATIONS = Rows(
    find=_organizations,
    serializer=OrganizationSerializer,
    joins={"country": ("country",)},
    lookups=lambda on: {"identifiers": "identifiers"},
)
