"""Since when a plan can be asked for."""

from __future__ import annotations

from datetime import UTC, date

from django.db.models import Min

from plans.models import Revision


def first_published_on(code: str) -> date | None:
    """Return the day on which a plan was first published (UTC). None: it never was, or there is none. Queries: 1."""
    if "\0" in code:
        return None
    first = Revision.objects.filter(plan__code=code).aggregate(first=Min("published_at"))["first"]
    return None if first is None else first.astimezone(UTC).date()
