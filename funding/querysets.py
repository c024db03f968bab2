"""Which contributions count, and by when they had been decided."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.db.models import Q

from crp.common.models import NaturalKeyQuerySet


class ContributionQuerySet(NaturalKeyQuerySet):
    """Contributions by what they count as."""

    def counted(self) -> Self:
        """Return commitments and payments: what "received" means."""
        return self.filter(status__in=self.model.COUNTED)

    def pledged(self) -> Self:
        """Return pledges: announced, not counted as received."""
        return self.filter(status=self.model.Status.PLEDGE)

    def decided_by(self, on: date | None = None) -> Self:
        """Return what had been decided by the end of a day; all where ``on`` is None. Undated money always counts."""
        return self if on is None else self.filter(Q(decision_on__isnull=True) | Q(decision_on__lte=on))
