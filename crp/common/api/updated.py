"""When an entry last changed, as far as CRP has it on record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, Model, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from crp.common.filters import TimeFilter

UPDATED_AT = "updated_at"
RECORDED_SINCE = _(
    "Entries whose own columns were changed at this time (ISO 8601) or later, as far as the history has it."
)


def recorded_at(model: Any) -> Subquery:
    """Return SQL for when the history of a row was last written. Null: it has none, as what came with CRP."""
    records = model.history.model._default_manager.filter(**{model._meta.pk.name: OuterRef("pk")})
    newest = records.order_by("-history_date").values("history_date")[:1]
    return Subquery(newest, output_field=DateTimeField())


def with_recorded_at(rows: QuerySet[Model]) -> QuerySet[Model]:
    """Return rows with :func:`recorded_at` as a column ``updated_at``, once."""
    return rows if UPDATED_AT in rows.query.annotations else rows.annotate(**{UPDATED_AT: recorded_at(rows.model)})


class RecordedSinceFilter(TimeFilter):
    """Filter by when the history of a row was last written."""

    def filter(self, qs: Any, value: datetime | None) -> Any:
        return qs if value is None else with_recorded_at(qs).filter(**{f"{UPDATED_AT}__gte": value})


def updated_at_field() -> serializers.DateTimeField:
    """Return the column of a list whose rows keep their history."""
    return serializers.DateTimeField(
        read_only=True,
        allow_null=True,
        help_text="When its own columns last changed, UTC. null: never since it came with CRP.",
    )
