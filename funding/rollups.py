"""Requested, received, pledged: the only place in CRP that adds money up.

Each function runs a number of queries that does not depend on how many plans there are. Each measure is summed in a
query of its own and merged here: two sums over two joins in one query would multiply each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import (
    Case,
    DecimalField,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Round

from crp.common.figures import ZERO, Breakdown, FigureError, Line, Rollup, add_known
from crp.common.money import MAX_DIGITS, Percent, SumUSD, quantize_usd
from funding.dimensions import PORTFOLIO, WITHIN_PLAN, Dimension, Residual, breakdowns_of, choose, lines_used
from funding.models import Contribution, FundingRequest, Project
from plans.models import Plan, Revision
from plans.querysets import in_force

USD = DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
B = FundingRequest.Breakdown

# Which breakdown gives a revision's total where it states none: the widest one it has.
TOTAL_FROM = (B.FRAMEWORK, B.OBJECTIVE, B.SECTOR, B.PROJECT)

ATTEMPTS = 3
ALL_MEASURES = ("requested_usd", "received_usd", "pledged_usd")
GIVEN_MEASURES = ("received_usd", "pledged_usd")

# A line with a value comes first, what is not known at all last.
RESIDUAL_ORDER = ("", *(rest.value for rest in Residual if rest != Residual.NOT_SPECIFIED), Residual.NOT_SPECIFIED)


class _Part(NamedTuple):
    """What one plan adds to one line."""

    requested: Decimal | None
    received: Decimal | None
    pledged: Decimal | None


def with_figures(plans: QuerySet[Plan], on: date | None = None) -> QuerySet[Plan]:
    """Return plans (from ``Plan.objects.in_force(on)`` or ``with_current(on)``) with their figures as columns.

    The columns are those of :class:`Rollup` that lists show, filter and sort by; :func:`figures_of` makes one of
    them. Queries: none more than the list itself.
    """
    given = Contribution.objects.decided_by(on).filter(plan=OuterRef("pk"))
    total = SumUSD("amount_usd")
    sums = {
        name: Subquery(part.order_by().values("plan").annotate(total=total).values("total"), output_field=USD)
        for name, part in (("counted", given.counted()), ("pledged", given.pledged()))
    }
    # A pledge says nothing of what was received: it must not turn "not reported" into 0.
    reported = Q(current__reports_funding=True) | Exists(given.counted())
    return (
        plans.annotate(requested_usd=F("current__requested_usd"), pledged_usd=sums["pledged"])
        .annotate(
            funding_reported=Case(When(reported, then=Value(True)), default=Value(False)),
            received_usd=Case(
                When(reported, then=Coalesce(sums["counted"], Value(Decimal(0)), output_field=USD)),
                default=None,
                output_field=USD,
            ),
        )
        .annotate(
            gap_usd=Case(
                When(
                    requested_usd__isnull=False,
                    received_usd__isnull=False,
                    then=Greatest(
                        # SQLite subtracts in binary: without rounding, a filter for exactly this gap would miss it.
                        Round(F("requested_usd") - F("received_usd"), 2, output_field=USD),
                        Value(Decimal(0), output_field=USD),
                        output_field=USD,
                    ),
                ),
                default=None,
                output_field=USD,
            ),
            percent_funded=Percent(F("received_usd"), F("requested_usd")),
        )
    )


def figures_of(plan: Any) -> Rollup:
    """Return the figures of one plan that came from :func:`with_figures`."""
    requested = None if plan.requested_usd is None else quantize_usd(plan.requested_usd)
    reported = bool(plan.funding_reported)
    return Rollup(
        requested_usd=requested,
        requested_reporting_usd=requested if reported else None,
        received_usd=quantize_usd(plan.received_usd) if reported else None,
        pledged_usd=None if plan.pledged_usd is None else quantize_usd(plan.pledged_usd),
        plans_requesting=int(requested is not None),
        plans_reporting=int(reported),
    )


def with_amounts(projects: QuerySet[Project], on: date | None = None) -> QuerySet[Project]:
    """Return projects with ``requested_usd`` and ``received_usd`` as columns.

    Received is null, and not 0, where the plan does not report its funding. Queries: none more than the list itself.
    """
    given = Contribution.objects.decided_by(on).filter(plan=OuterRef("revision__plan")).counted()
    received = (
        given.filter(project_code=OuterRef("code")).order_by().values("plan").annotate(total=SumUSD("amount_usd"))
    )
    asked = FundingRequest.objects.filter(project=OuterRef("pk")).order_by()
    return projects.annotate(
        requested_usd=Subquery(asked.values("amount_usd")[:1], output_field=USD),
        received_usd=Case(
            When(
                Q(revision__reports_funding=True) | Exists(given),
                then=Coalesce(
                    Subquery(received.values("total"), output_field=USD), Value(Decimal(0)), output_field=USD
                ),
            ),
            default=None,
            output_field=USD,
        ),
    )


def sums_by_breakdown(revision: Revision) -> dict[str, Decimal]:
    """Return what a revision asks for under each breakdown it has. Queries: 1."""
    sums = revision.funding_requests.order_by().values_list("breakdown").annotate(total=SumUSD("amount_usd"))
    return {breakdown: quantize_usd(total) for breakdown, total in sums}


def requested_of(revision: Revision) -> Decimal | None:
    """Return what a revision asks for: the total it states, or else the sum of the widest breakdown it has.

    None: it states no amount. This is what publication writes into ``requested_usd``. Queries: 1 at most.
    """
    if revision.stated_requested_usd is not None:
        return quantize_usd(revision.stated_requested_usd)
    sums = sums_by_breakdown(revision)
    return next((sums[breakdown] for breakdown in TOTAL_FROM if breakdown in sums), None)


def add_up(figures: Iterable[Rollup]) -> Rollup:
    """Return the figures of several plans together; each must be of plans of its own."""
    parts = list(figures)
    return Rollup(
        requested_usd=add_known(part.requested_usd for part in parts),
        requested_reporting_usd=add_known(part.requested_reporting_usd for part in parts),
        received_usd=add_known(part.received_usd for part in parts),
        pledged_usd=add_known(part.pledged_usd for part in parts),
        plans=sum(part.plans for part in parts),
        plans_requesting=sum(part.plans_requesting for part in parts),
        plans_reporting=sum(part.plans_reporting for part in parts),
    )


@dataclass
class _Sum:
    """Figures of one line while plans are added to it."""

    requested: Decimal | None = None
    requested_reporting: Decimal | None = None
    received: Decimal | None = None
    pledged: Decimal | None = None
    plans: int = 0
    requesting: int = 0
    reporting: int = 0

    def add(self, part: _Part, *, reported: bool) -> None:
        self.requested = add_known((self.requested, part.requested))
        self.received = add_known((self.received, part.received))
        self.pledged = add_known((self.pledged, part.pledged))
        if reported:
            self.requested_reporting = add_known((self.requested_reporting, part.requested))
        self.plans += 1
        self.requesting += part.requested is not None
        self.reporting += reported

    def rollup(self) -> Rollup:
        return Rollup(
            requested_usd=self.requested,
            requested_reporting_usd=self.requested_reporting,
            received_usd=self.received,
            pledged_usd=self.pledged,
            plans=self.plans,
            plans_requesting=self.requesting,
            plans_reporting=self.reporting,
        )


def break_down(
    plans: QuerySet[Plan],
    by: Sequence[str],
    on: date | None = None,
    among: Mapping[str, Dimension] = PORTFOLIO,
) -> Breakdown:
    """Return the figures of plans, opened by one or two dimensions.

    ``plans`` comes from :func:`with_figures`; ``by`` names entries of ``among``. What a plan asks for or has received
    beyond its lines stands in a named residual, so that lines add to the total.

    Raises: ValueError, with a sentence for the reader, for a combination that can't be answered.
    Queries: 1 for the plans, 2 for the parts inside them, 4 more where sectors lead to clusters, at most 2 for each
    dimension.
    """
    dimensions = choose(by, among)
    for _attempt in range(ATTEMPTS - 1):
        # Money that somebody records between two of the queries makes lines and total differ: then it is asked again.
        try:
            return _break_down(plans, by, dimensions, on)
        except FigureError:
            continue
    return _break_down(plans, by, dimensions, on)


def _break_down(
    plans: QuerySet[Plan], by: Sequence[str], dimensions: Sequence[Dimension], on: date | None
) -> Breakdown:
    inside = [dimension for dimension in dimensions if dimension.is_inside_plan]
    rows = list(plans.order_by("-start_year", "code"))
    asked, given = (requested_parts(plans, inside, on), given_parts(plans, inside, on)) if inside else ({}, {})
    outside = {dimension.name: dimension.of_plans(rows) for dimension in dimensions if dimension.of_plans is not None}
    sums: dict[tuple[Any, ...], _Sum] = {}
    for plan in rows:
        figures = figures_of(plan)
        if inside:
            parts = _parts_of(figures, inside, asked.get(plan.pk, {}), given.get(plan.pk, {}))
        else:
            parts = {(): _Part(figures.requested_usd, figures.received_usd, figures.pledged_usd)}
        for codes, part in parts.items():
            left = iter(codes)
            key = tuple(
                next(left) if dimension.is_inside_plan else outside[dimension.name][plan.pk] for dimension in dimensions
            )
            sums.setdefault(key, _Sum()).add(part, reported=figures.funding_reported)
    names = [
        dimension.name_values({key[position] for key in sums}, on, [plan.pk for plan in rows])
        for position, dimension in enumerate(dimensions)
    ]
    lines = [
        Line(keys=tuple(names[position][value] for position, value in enumerate(key)), figures=total.rollup())
        for key, total in sums.items()
    ]
    return Breakdown(
        by=tuple(by),
        total=add_up(figures_of(plan) for plan in rows),
        lines=tuple(_in_order(lines, dimensions)),
        measures=ALL_MEASURES if all(dimension.splits_requirement for dimension in dimensions) else GIVEN_MEASURES,
    )


def break_down_plan(plan: Plan, by: str, on: date | None = None) -> Breakdown:
    """Return the figures of one plan, opened into its frameworks, objectives, sectors, projects or donors.

    Raises: ValueError for anything else. Queries: as :func:`break_down`.
    """
    plans = with_figures(Plan.objects.in_force(on).filter(pk=plan.pk), on)
    return break_down(plans, [by], on, among=WITHIN_PLAN)


def requested_parts(plans: QuerySet[Plan], inside: Sequence[Dimension], on: date | None) -> dict[int, dict]:
    """Return, by plan and by raw value of the dimensions, what is asked for, in the order the plan prints it."""
    breakdowns = breakdowns_of(inside)
    if not breakdowns:
        return {}
    keys = {f"key_{position}": dimension.request_key for position, dimension in enumerate(inside)}
    lines = (
        FundingRequest.objects.filter(in_force(on, "revision__"), revision__plan__in=plans.order_by().values("pk"))
        .filter(lines_used(breakdowns))
        .annotate(**keys)
        .order_by()
        .values("revision__plan", *keys)
        .annotate(total=SumUSD("amount_usd"), place=Min("order"))
        .order_by("revision__plan", "place", *keys)
    )
    wider = [dimension.regroup() if dimension.regroup else None for dimension in inside]
    parts: dict[int, dict] = defaultdict(dict)
    for line in lines:
        codes = _codes(line, wider)
        of_plan = parts[line["revision__plan"]]
        of_plan[codes] = of_plan.get(codes, ZERO) + quantize_usd(line["total"])
    return parts


def given_parts(plans: QuerySet[Plan], inside: Sequence[Dimension], on: date | None) -> dict[int, dict]:
    """Return, by plan and by raw value of the dimensions, what is received and what is pledged."""
    keys = {
        f"key_{position}": dimension.contribution_key(on)
        for position, dimension in enumerate(inside)
        if dimension.contribution_key is not None
    }
    lines = (
        Contribution.objects.decided_by(on)
        .filter(plan__in=plans.order_by().values("pk"))
        .annotate(**keys)
        .order_by()
        .values("plan", "is_shared_across_sectors", *keys)
        .annotate(
            received=SumUSD("amount_usd", filter=Q(status__in=Contribution.COUNTED)),
            pledged=SumUSD("amount_usd", filter=Q(status=Contribution.Status.PLEDGE)),
        )
        .order_by("plan", *keys)
    )
    wider = [dimension.regroup() if dimension.regroup else None for dimension in inside]
    sectoral = [dimension.name in {"sector", "global_cluster"} for dimension in inside]
    parts: dict[int, dict] = defaultdict(dict)
    for line in lines:
        codes = tuple(
            Residual.SHARED if shared and line["is_shared_across_sectors"] else code
            for code, shared in zip(_codes(line, wider), sectoral, strict=True)
        )
        of_plan = parts[line["plan"]]
        received, pledged = of_plan.get(codes, (None, None))
        of_plan[codes] = (add_known((received, line["received"])), add_known((pledged, line["pledged"])))
    return parts


def _codes(line: Mapping[str, Any], wider: Sequence[Mapping[Any, Any] | None]) -> tuple[Any, ...]:
    values = [line[f"key_{position}"] for position in range(len(wider))]
    return tuple(
        Residual.NOT_SPECIFIED if value is None else group[value] if group is not None else value
        for value, group in zip(values, wider, strict=True)
    )


def _parts_of(figures: Rollup, inside: Sequence[Dimension], asked: dict, given: dict) -> dict[tuple, _Part]:
    """Return the parts of one plan by raw value; what its total has beyond them becomes the part not specified.

    A total of 0 needs a part to stand in as much as any other: it is reported, not unknown.
    """
    nowhere = (Residual.NOT_SPECIFIED,) * len(inside)
    if figures.requested_usd is not None and all(dimension.splits_requirement for dimension in inside):
        rest = figures.requested_usd - sum(asked.values(), ZERO)
        if rest or not asked:
            asked = {**asked, nowhere: asked.get(nowhere, ZERO) + rest}
    if figures.funding_reported and not asked and not given:
        given = {nowhere: (ZERO, None)}
    parts = {}
    for codes in dict.fromkeys((*asked, *given)):
        received, pledged = given.get(codes, (None, None))
        parts[codes] = _Part(
            requested=asked.get(codes),
            received=(received or ZERO) if figures.funding_reported else None,
            pledged=pledged,
        )
    return parts


def _in_order(lines: list[Line], dimensions: Sequence[Dimension]) -> list[Line]:
    """Return the lines in the order they were met, or of their codes where these have one; residuals last."""
    coded = [position for position, dimension in enumerate(dimensions) if dimension.sorts_by_code]

    def place(line: Line) -> tuple[Any, ...]:
        # Databases disagree on where NULL comes, so residuals have an order of their own.
        rests = [RESIDUAL_ORDER.index(key.residual) for key in line.keys]
        return line.is_residual, rests, [str(line.keys[position].code) for position in coded]

    return sorted(lines, key=place)


def add_parts(parts: Iterable[Rollup]) -> Rollup:
    """Return parts of one plan together: lines of one breakdown, which never overlap."""
    lines = list(parts)
    requested = add_known(line.requested_usd for line in lines)
    reported = any(line.funding_reported for line in lines)
    return Rollup(
        requested_usd=requested,
        requested_reporting_usd=requested if reported else None,
        received_usd=add_known(line.received_usd for line in lines),
        pledged_usd=add_known(line.pledged_usd for line in lines),
        plans_requesting=int(requested is not None),
        plans_reporting=int(reported),
    )
