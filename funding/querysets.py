"""Which contributions count, and by when they had been decided; which official totals were in force."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.db.models import Q

from crp.common.models import NaturalKeyQuerySet


class ContributionQuerySet(NaturalKeyQuerySet):
    """Contributions by what they count as."""

    def counted(self) -> Self:
        """Return what "received" is made of: commitments and payments that reach or leave the plan."""
        return self.filter(counted_usd__isnull=False)

    def pledged(self) -> Self:
        """Return pledges: announced, not counted as received."""
        return self.filter(pledged_usd__isnull=False)

    def decided_by(self, on: date | None = None) -> Self:
        """Return what had been decided by the end of a day; all where ``on`` is None. Undated money always counts."""
        return self if on is None else self.filter(Q(decision_on__isnull=True) | Q(decision_on__lte=on))


class ReportedFundingQuerySet(NaturalKeyQuerySet):
    """Official totals by when they held."""

    def in_force(self, on: date | None = None) -> Self:
        """Return the totals that held on a day, now where ``on`` is None."""
        if on is None:
            return self.filter(superseded_on__isnull=True)
        return self.filter(Q(superseded_on__isnull=True) | Q(superseded_on__gt=on), reported_on__lte=on)
