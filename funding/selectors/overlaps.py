"""The inter-agency plans that a plan names, and the plans that name it: how much of one lies inside the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef

from crp.common.figures import Rollup, add_known
from funding.models import FundingRequest, RelatedPlan
from funding.querysets import target_code
from funding.rollups import figures_of, with_figures
from funding.rollups.overlap import NamedLine, Overlap, Span, inside_of, overlap_of
from funding.selectors.portfolio import PlanLine, plan_lines, published_plans
from plans.models import Plan, PlanFamily

Kind = FundingRequest.Breakdown
NO_PLAN: Sequence[int | None] = (None,)
# Breakdowns tell the same money: where several name the other plan, the finest one is used.
FINEST_FIRST = (Kind.SECTOR, Kind.PROJECT, Kind.GLOBAL_CLUSTER, Kind.OBJECTIVE, Kind.FRAMEWORK, Kind.COUNTRY)


@dataclass(frozen=True, kw_only=True)
class OverlapLine:
    """A line that names the inter-agency plan, and what it says of it."""

    request: FundingRequest
    row: RelatedPlan
    inside_usd: Decimal | None
    """None: not stated."""


@dataclass(frozen=True, kw_only=True)
class InterAgencyPart:
    """One inter-agency plan that the lines of a plan name."""

    family: PlanFamily
    overlap: Overlap
    lines: Sequence[OverlapLine]
    other: PlanLine | None
    """The plan itself, where CRP publishes it."""

    @property
    def named_usd(self) -> Decimal | None:
        """What the lines that name it ask for."""
        return add_known(line.request.amount_usd for line in self.lines)

    @property
    def is_stated(self) -> bool:
        """Whether any of the lines says how much of it lies inside."""
        return any(line.inside_usd is not None for line in self.lines)

    @property
    def together(self) -> Span | None:
        """What both plans ask for, counted once. None: the other plan, or its requirement, is not known."""
        requested = self.other.figures.requested_usd if self.other else None
        return None if requested is None else self.overlap.together_with(requested)

    @property
    def anchor(self) -> str:
        """Where the page shows it."""
        return f"beside-{self.family.pk}-{self.other.plan.pk if self.other else 0}"


def inter_agency_parts(
    requests: Sequence[FundingRequest], rows: Iterable[RelatedPlan], figures: Rollup, on: date | None = None
) -> list[InterAgencyPart]:
    """Return each inter-agency plan that the lines of a revision name, as it was on a day (now where None).

    Queries: 2 where one is a plan CRP has.
    """
    rows = list(rows)
    known = {row.related_plan_id for row in rows if row.related_plan_id is not None}
    others = {line.plan.pk: line for line in plan_lines(published_plans(on).filter(pk__in=known))} if known else {}
    return _parts(requests, rows, figures, others)


def inter_agency_parts_of_each(codes: Collection[str], on: date | None = None) -> dict[str, list[InterAgencyPart]]:
    """Return the same of several plans, by their codes, each request with the code of its target as ``target_code``.

    Queries: 7 at most, whatever the number of plans.
    """
    plans: list[Any] = list(with_figures(Plan.objects.in_force(on).filter(code__in=codes), on))
    named: dict[int, list[RelatedPlan]] = defaultdict(list)
    rows = RelatedPlan.objects.filter(revision__in=[plan.current.pk for plan in plans])
    for row in rows.select_related("plan_family").order_by("pk"):
        named[row.revision_id].append(row)
    requests: dict[int, list[FundingRequest]] = defaultdict(list)
    of_plans = FundingRequest.objects.filter(revision__in=named).annotate(target_code=target_code())
    for request in of_plans.order_by("order", "pk"):
        requests[request.revision_id].append(request)
    known = {row.related_plan_id for group in named.values() for row in group if row.related_plan_id is not None}
    others = {line.plan.pk: line for line in plan_lines(published_plans(on).filter(pk__in=known))} if known else {}
    return {
        plan.code: _parts(requests[plan.current.pk], named[plan.current.pk], figures_of(plan), others)
        for plan in plans
        if plan.current.pk in named
    }


def _parts(
    requests: Sequence[FundingRequest],
    rows: Iterable[RelatedPlan],
    figures: Rollup,
    others: Mapping[int, PlanLine],
) -> list[InterAgencyPart]:
    families: dict[str, list[RelatedPlan]] = {}
    for row in rows:
        families.setdefault(row.plan_family.code, []).append(row)
    parts = []
    for code in sorted(families):
        group = families[code]
        # A family of which nobody has said which plan it is stands for itself.
        named = sorted({row.related_plan_id for row in group if row.related_plan_id is not None})
        parts += [_part(requests, group, plan_id, others.get(plan_id or 0), figures) for plan_id in (named or NO_PLAN)]
    return parts


@dataclass(frozen=True, kw_only=True)
class NamingPlan:
    """A plan whose lines name another one, with how much of it lies inside that one."""

    line: PlanLine
    part: InterAgencyPart


def plans_naming(line: PlanLine, on: date | None = None) -> list[NamingPlan]:
    """Return the plans published by a day (now where None) whose lines name this one, the newest first.

    Queries: 1, and 3 where there are any.
    """
    rows = RelatedPlan.objects.filter(related_plan=line.plan, revision=OuterRef("current"))
    plans = published_plans(on).filter(Exists(rows)).order_by("-start_year", "code")
    naming = plan_lines(plans)
    if not naming:
        return []
    revisions = [item.plan.current.pk for item in naming]
    requests: dict[int, list[FundingRequest]] = {pk: [] for pk in revisions}
    for request in FundingRequest.objects.filter(revision__in=revisions).order_by("order", "pk"):
        requests[request.revision_id].append(request)
    named: dict[int, list[RelatedPlan]] = {pk: [] for pk in revisions}
    for row in RelatedPlan.objects.filter(revision__in=revisions).select_related("plan_family").order_by("pk"):
        named[row.revision_id].append(row)
    others = {line.plan.pk: line}
    return [
        NamingPlan(line=item, part=part)
        for item in naming
        for part in _parts(requests[item.plan.current.pk], named[item.plan.current.pk], item.figures, others)
        if part.other is line
    ]


def _part(
    requests: Sequence[FundingRequest],
    group: Sequence[RelatedPlan],
    plan_id: int | None,
    other: PlanLine | None,
    figures: Rollup,
) -> InterAgencyPart:
    of_request = {row.funding_request_id: row for row in group}
    used = {request.breakdown for request in requests if request.pk in of_request}
    breakdown = next(kind for kind in FINEST_FIRST if kind in used)
    lines, told = [], []
    for request in requests:
        if request.breakdown != breakdown:
            continue
        row = of_request.get(request.pk)
        if row is not None and row.related_plan_id not in {None, plan_id}:
            row = None  # names another plan of the family
        line = NamedLine(request.amount_usd, None) if row is None else _named(request, row, plan_id)
        lines.append(line)
        if row is not None:
            told.append(OverlapLine(request=request, row=row, inside_usd=inside_of(line)))
    return InterAgencyPart(
        family=group[0].plan_family,
        overlap=overlap_of(lines, figures.requested_usd),
        lines=sorted(told, key=lambda line: -line.request.amount_usd),
        other=other,
    )


def _named(request: FundingRequest, row: RelatedPlan, plan_id: int | None) -> NamedLine:
    overlap = row.overlap
    if row.related_plan_id != plan_id and overlap in {RelatedPlan.Overlap.IDENTICAL, RelatedPlan.Overlap.PARTLY}:
        # The line says how much lies inside a plan of the family, and not inside which.
        return NamedLine(request.amount_usd, RelatedPlan.Overlap.NOT_STATED)
    return NamedLine(request.amount_usd, overlap, row.inside_usd, row.inside_percent)
