"""When a plan was last published, or given money that was recorded or changed."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from django.db.models import DateTimeField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from funding.models import Contribution, ReportedFunding

TIME = DateTimeField()


class Paths(NamedTuple):
    """Where rows name their plan, and when its revision was published."""

    plan: str
    published_at: str


OF_PLANS = Paths("pk", "current__published_at")
OF_PLAN_ROWS = Paths("revision__plan", "revision__published_at")
"""What a row of a plan has received follows from all money of its plan: with the first of it, nothing becomes 0."""


def updated_at(paths: Paths = OF_PLANS) -> Greatest:
    """Return SQL for when a plan was last published, or money for it last recorded or changed."""
    given, official = _money(paths)
    return Greatest(
        F(paths.published_at),
        _newest(given, "updated_at", paths),
        _newest(official, "created_at", paths),
        output_field=TIME,
    )


def updated_since(rows: QuerySet, since: datetime, paths: Paths = OF_PLANS) -> QuerySet:
    """Return the rows whose :func:`updated_at` is a time or later."""
    given, official = _money(paths)
    published = Q(**{f"{paths.published_at}__gte": since})
    return rows.filter(
        published | Exists(given.filter(updated_at__gte=since)) | Exists(official.filter(created_at__gte=since))
    )


def _money(paths: Paths) -> tuple[QuerySet[Contribution], QuerySet[ReportedFunding]]:
    plan = OuterRef(paths.plan)
    return Contribution.objects.filter(plan=plan), ReportedFunding.objects.filter(plan=plan)


def _newest(rows: QuerySet, column: str, paths: Paths) -> Coalesce:
    # Where there is none, the publication: one database takes the greatest of something and nothing for nothing.
    newest = rows.order_by().values("plan").annotate(newest=Max(column)).values("newest")
    return Coalesce(Subquery(newest, output_field=TIME), F(paths.published_at), output_field=TIME)
