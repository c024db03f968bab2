"""Which plans and revisions the public sees, and which were in force on a day."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Self

from django.db import models
from django.db.models import FilteredRelation, Q
from django.utils import timezone

from crp.common.models import NaturalKeyQuerySet


def in_force(on: date | None = None, prefix: str = "") -> Q:
    """Return the condition that a revision was in force at the end of the day ``on`` (UTC).

    None: in force now, which is to say published and not superseded.
    """
    if on is None:
        return Q(**{f"{prefix}status": "published"})
    midnight = datetime.combine(on + timedelta(days=1), time.min, tzinfo=timezone.get_default_timezone())
    return Q(**{f"{prefix}published_at__lt": midnight}) & (
        Q(**{f"{prefix}superseded_at__isnull": True}) | Q(**{f"{prefix}superseded_at__gte": midnight})
    )


class RevisionQuerySet(NaturalKeyQuerySet):
    """Revisions by what may be seen of them."""

    def in_force(self, on: date | None = None) -> Self:
        """Return the revisions in force on a day, now where ``on`` is None: one a plan at the most."""
        return self.filter(in_force(on))

    def open(self) -> Self:
        """Return drafts and revisions in review."""
        return self.filter(status__in=self.model.OPEN)


class PlanQuerySet(NaturalKeyQuerySet):
    """Plans by what may be seen of them."""

    def with_current(self, on: date | None = None) -> Self:
        """Join to each plan, as ``current``, its revision in force on a day (now where None), or None."""
        return self.annotate(
            current=FilteredRelation("revisions", condition=in_force(on, "revisions__"))
        ).select_related("current")

    def in_force(self, on: date | None = None) -> Self:
        """Return the plans that the public saw on a day (now where None), each with that revision as ``current``."""
        return self.with_current(on).filter(current__isnull=False)

    def covering(self, first_year: int | None = None, last_year: int | None = None) -> Self:
        """Return the plans whose period touches the years given; None leaves that end open."""
        condition = models.Q()
        if first_year is not None:
            condition &= Q(end_year__gte=first_year)
        if last_year is not None:
            condition &= Q(start_year__lte=last_year)
        return self.filter(condition)
