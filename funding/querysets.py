"""Which contributions count, and by when they had been decided; which official totals were in force."""

from __future__ import annotations

from datetime import date
from typing import Self

from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from crp.common.models import NaturalKeyQuerySet
from crp.common.money import USD_COLUMN


class ContributionQuerySet(NaturalKeyQuerySet):
    """Contributions by what they count as."""

    def counted(self) -> Self:
        """Return what "received" is made of: commitments and payments that reach or leave the plan."""
        return self.filter(counted_usd__isnull=False)

    def pledged(self) -> Self:
        """Return pledges: announced, not counted as received."""
        return self.filter(pledged_usd__isnull=False)

    def decided_by(self, on: date | None = None) -> Self:
        """Return what had been decided by the end of a day; all where ``on`` is None. Undated money always counts.

        The columns ``counted`` and ``pledged`` say what each counted as on that day: its amount in US dollars by the
        step that it had taken by then, null where it did not count.
        """
        if on is None:
            return self.annotate(counted=F("counted_usd"), pledged=F("pledged_usd"))
        steps = self.model._meta.get_field("status_changes").related_model._default_manager
        taken = steps.filter(contribution=OuterRef("pk")).order_by("pk")
        by_then = taken.filter(Q(since_on__isnull=True) | Q(since_on__lte=on)).reverse()

        def of_step(column: str, now: str) -> Coalesce:
            # Of one whose steps are all later than its decision the first step held; one without steps has one status.
            return Coalesce(Subquery(by_then.values(column)[:1]), Subquery(taken.values(column)[:1]), F(now))

        decided = self.filter(Q(decision_on__isnull=True) | Q(decision_on__lte=on))
        counts = Q(status_then__in=self.model.COUNTED, review__in=self.model.COUNTED_REVIEWS)
        promised = Q(status_then=self.model.Status.PLEDGE, review__in=self.model.COUNTED_REVIEWS)
        amount, flow = F("amount_then"), self.model.Flow
        return decided.annotate(
            status_then=of_step("status", "status"), amount_then=of_step("amount_usd", "amount_usd")
        ).annotate(
            counted=Case(
                When(counts, flow=flow.INCOMING, then=amount),
                When(counts, flow=flow.OUTGOING, then=amount * Value(-1)),
                default=None,
                output_field=USD_COLUMN,
            ),
            pledged=Case(When(promised, flow=flow.INCOMING, then=amount), default=None, output_field=USD_COLUMN),
        )


class ReportedFundingQuerySet(NaturalKeyQuerySet):
    """Official totals by when they held."""

    def in_force(self, on: date | None = None) -> Self:
        """Return the totals that held on a day, now where ``on`` is None."""
        if on is None:
            return self.filter(superseded_on__isnull=True)
        return self.filter(Q(superseded_on__isnull=True) | Q(superseded_on__gt=on), reported_on__lte=on)
