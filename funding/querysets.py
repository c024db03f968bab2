"""Which contributions count, and by when they had been decided; which official totals were in force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, Self

from django.db.models import Case, CharField, F, Max, Min, Q, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, NullIf
from django.db.models.query import ModelIterable

from crp.common.models import NaturalKeyQuerySet
from crp.common.money import USD_COLUMN


class AsKnownIterable(ModelIterable):
    """Gives contributions the step and the amounts of the day in place of those of now: to be read, never saved."""

    def __iter__(self) -> Iterator[Any]:
        for row in super().__iter__():
            row.status, row.amount_usd = row.status_then, row.amount_then
            row.counted_usd, row.pledged_usd = row.counted, row.pledged
            yield row


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
        decided = self.filter(Q(decision_on__isnull=True) | Q(decision_on__lte=on))
        counts = Q(status_then__in=self.model.COUNTED, review__in=self.model.COUNTED_REVIEWS)
        promised = Q(status_then=self.model.Status.PLEDGE, review__in=self.model.COUNTED_REVIEWS)
        amount, flow = F("amount_then"), self.model.Flow
        # At most one row of steps: a join says what nested subqueries would repeat in every column that needs the step.
        # One without steps has one status.
        held = decided.filter(Q(status_changes__isnull=True) | Q(status_changes__in=steps.held_on(on)))
        return held.annotate(
            status_then=Coalesce("status_changes__status", "status"),
            amount_then=Coalesce("status_changes__amount_usd", "amount_usd"),
        ).annotate(
            counted=Case(
                When(counts, flow=flow.INCOMING, then=amount),
                When(counts, flow=flow.OUTGOING, then=amount * Value(-1)),
                default=None,
                output_field=USD_COLUMN,
            ),
            pledged=Case(When(promised, flow=flow.INCOMING, then=amount), default=None, output_field=USD_COLUMN),
        )

    def as_known(self, on: date | None = None) -> Self:
        """Return what had been decided by the end of a day, each with the status and amounts that it had then.

        Now, where ``on`` is None: all, as they are.
        """
        if on is None:
            return self.all()
        rows = self.decided_by(on)
        rows._iterable_class = AsKnownIterable
        return rows


class StatusChangeQuerySet(NaturalKeyQuerySet):
    """Steps of contributions by when they were taken."""

    def taken_by(self, on: date | None = None) -> Self:
        """Return the steps taken by the end of a day, all where ``on`` is None. A step without a day is always told."""
        return self.all() if on is None else self.filter(self._taken(on))

    def held_on(self, on: date) -> Self:
        """Return the primary key of the step that each contribution had last taken by the end of a day.

        Its first step where all are later: money that was decided before any of its steps is dated.
        """
        held = Coalesce(Max("pk", filter=self._taken(on)), Min("pk"))
        return self.order_by().values("contribution").annotate(held=held).values("held")

    @staticmethod
    def _taken(on: date) -> Q:
        return Q(since_on__isnull=True) | Q(since_on__lte=on)


class ReportedFundingQuerySet(NaturalKeyQuerySet):
    """Official totals by when they held."""

    def in_force(self, on: date | None = None) -> Self:
        """Return the totals that held on a day, now where ``on`` is None."""
        if on is None:
            return self.filter(superseded_on__isnull=True)
        return self.filter(Q(superseded_on__isnull=True) | Q(superseded_on__gt=on), reported_on__lte=on)


def target_code() -> Coalesce:
    """Return SQL for the code of what a request is for: within a breakdown of a revision there is one for each."""
    sector = NullIf(Concat("sector__taxonomy__code", Value("/"), "sector__code", output_field=CharField()), Value("/"))
    number = Cast("objective__number", CharField())
    codes = ("framework__code", number, sector, "country__iso3", "project__code", Value(""))
    return Coalesce(*codes, output_field=CharField())
