"""Official totals of a file, beside those that CRP has: new ones are added, newer ones supersede."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q

from crp.common.history import bulk_create, bulk_update
from crp.importing.report import Outcome
from funding.models import ReportedFunding

from .context import Context

Scope = ReportedFunding.Scope
KIND = "official totals"

Key = tuple[int | None, int | None, str, int | None, int | None, bool]


@dataclass(frozen=True)
class Total:
    """An amount received as the file states it, and the line it stands on."""

    amount_usd: Decimal
    scope: Scope
    line: int
    plan_id: int | None = None
    year: int | None = None
    country_id: int | None = None
    sector_id: int | None = None
    is_shared: bool = False

    @property
    def key(self) -> Key:
        """What it is the total of."""
        return self.plan_id, self.year, str(self.scope), self.country_id, self.sector_id, self.is_shared


def key_of(held: ReportedFunding) -> Key:
    """Return what a total on record is the total of."""
    return (
        held.plan_id,
        held.year,
        held.scope,
        held.country_id,
        held.sector_id,
        held.is_shared_across_sectors,
    )


def totals_in_force(totals: Iterable[Total]) -> dict[Key, ReportedFunding]:
    """Return what CRP has for the plans, and for the countries outside plans, that totals are of. Queries: 1."""
    totals = list(totals)
    plans = {total.plan_id for total in totals if total.plan_id is not None}
    outside = [total for total in totals if total.plan_id is None]
    condition = Q(plan__in=plans)
    if outside:
        condition |= Q(
            plan__isnull=True,
            country__in={total.country_id for total in outside},
            year__in={total.year for total in outside},
        )
    return {key_of(held): held for held in ReportedFunding.objects.in_force().filter(condition)}


def write_totals(context: Context, totals: Sequence[Total]) -> None:
    """Add the totals that CRP does not have, and supersede those that are older. Queries: 3 at the most."""
    held = totals_in_force(totals)
    new, superseded = [], []
    for total in totals:
        former = held.get(total.key)
        if former is not None and former.amount_usd == total.amount_usd:
            context.report.count(KIND, Outcome.UNCHANGED)
            continue
        if former is not None:
            objection = context.objection(former.reported_on, former.source_id)
            if objection:
                context.differs(total.line, "funding", total.amount_usd, former.amount_usd, objection)
                context.report.count(KIND, Outcome.SKIPPED)
                continue
            former.superseded_on = context.as_of
            superseded.append(former)
        context.report.count(KIND, Outcome.UPDATED if former is not None else Outcome.CREATED)
        new.append(_row(context, total))
    bulk_update(ReportedFunding, superseded, ["superseded_on"])
    bulk_create(ReportedFunding, new)


def _row(context: Context, total: Total) -> ReportedFunding:
    return ReportedFunding(
        plan_id=total.plan_id,
        year=total.year,
        scope=total.scope,
        country_id=total.country_id,
        sector_id=total.sector_id,
        is_shared_across_sectors=total.is_shared,
        amount_usd=total.amount_usd,
        reported_on=context.as_of,
        source=context.source,
        source_line=total.line,
    )
