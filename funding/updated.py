"""When a plan was last published, or its money recorded, changed or deleted.

Money that was moved to another plan is known there alone, and leaves no time behind.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import DateTimeField, Exists, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from funding.models import Contribution, ReportedFunding

TIME = DateTimeField()
GONE = "-"


class Paths(NamedTuple):
    """Where rows name their plan, and when its revision was published."""

    plan: str
    published_at: str


OF_PLANS = Paths("pk", "current__published_at")
OF_PLAN_ROWS = Paths("revision__plan", "revision__published_at")
"""What a row of a plan has received follows from all money of its plan: with the first of it, nothing becomes 0."""


def updated_at(paths: Paths = OF_PLANS) -> Greatest:
    """Return SQL for when a plan was last published, or money for it last recorded, changed or deleted."""
    newest = [_newest(rows, column, paths) for rows, column in _money(paths)]
    return Greatest(F(paths.published_at), *newest, output_field=TIME)


def updated_since(rows: QuerySet, since: datetime, paths: Paths = OF_PLANS) -> QuerySet:
    """Return the rows whose :func:`updated_at` is a time or later."""
    found = Q(**{f"{paths.published_at}__gte": since})
    for money, column in _money(paths):
        found |= Q(Exists(money.filter(**{f"{column}__gte": since})))
    return rows.filter(found)


def _money(paths: Paths) -> list[tuple[QuerySet[Any], str]]:
    """Return the money of a plan and what was deleted of it, each with the column that says when."""
    plan = OuterRef(paths.plan)
    return [
        (Contribution.objects.filter(plan=plan), "updated_at"),
        (ReportedFunding.objects.filter(plan=plan), "created_at"),
        # The history of what is gone ends with that. Its plan is kept there without a foreign key.
        (Contribution.history.model._default_manager.filter(plan=plan, history_type=GONE), "history_date"),
        (ReportedFunding.history.model._default_manager.filter(plan=plan, history_type=GONE), "history_date"),
    ]


def _newest(rows: QuerySet[Any], column: str, paths: Paths) -> Coalesce:
    # Where there is none, the publication: one database takes the greatest of something and nothing for nothing.
    newest = rows.order_by().values("plan").annotate(newest=Max(column)).values("newest")
    return Coalesce(Subquery(newest, output_field=TIME), F(paths.published_at), output_field=TIME)
