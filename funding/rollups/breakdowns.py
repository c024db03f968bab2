"""A total over plans, opened into its lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import connections
from django.db.models import Q, QuerySet

from crp.common.figures import Breakdown, FigureError, Key, Line, Rollup
from funding.dimensions import PORTFOLIO, WITHIN_PLAN, Dimension, Residual, choose
from funding.models import FundingRequest, ReportedFunding
from plans.models import Plan
from plans.querysets import in_force

from . import kept
from .parts import Codes, Part, given_parts, official_parts, parts_of, requested_parts
from .plans import figures_of, with_figures
from .sums import Sums

ATTEMPTS = 3
ALL_MEASURES = ("requested_usd", "received_usd", "pledged_usd")
GIVEN_MEASURES = ("received_usd", "pledged_usd")

# A line with a value comes first, what is not known at all last.
RESIDUAL_ORDER = ("", *(rest.value for rest in Residual if rest != Residual.NOT_SPECIFIED), Residual.NOT_SPECIFIED)
# What few requests have: an index finds them where the breakdown alone would mean to look at every request.
_FEW = {"country": Q(country__isnull=False), "global_cluster": Q(sector__taxonomy__kind="global_clusters")}
# What the loop over plans reads of each.
COLUMNS = (
    "pk",
    "code",
    "kind",
    "start_year",
    "totals_year",
    "requested_usd",
    "received_usd",
    "pledged_usd",
    "official_usd",
)
NAMED_BY_PLANS = frozenset({"framework", "objective", "project"})
"""Dimensions whose values each plan names in its own words."""


def break_down(
    plans: QuerySet[Plan],
    by: Sequence[str],
    on: date | None = None,
    among: Mapping[str, Dimension] = PORTFOLIO,
    *,
    in_order: bool = False,
) -> Breakdown:
    """Return the figures of plans, opened by one or two dimensions.

    ``plans`` comes from :func:`with_figures`; ``by`` names entries of ``among``. What a plan asks for or has received
    beyond its lines stands in a named residual, so that lines add to the total. ``in_order``: the lines stand as the
    plan prints them; otherwise by code.

    Raises: ValueError, with a sentence for the reader, for a combination that can't be answered.
    Queries: 12 at most, whatever the number of plans.
    """
    dimensions = choose(by, among)
    for _attempt in range(ATTEMPTS - 1):
        # Money that somebody records between two of the queries makes lines and total differ: then it is asked again.
        try:
            return _break_down(plans, by, dimensions, on, in_order=in_order)
        except FigureError:
            continue
    return _break_down(plans, by, dimensions, on, in_order=in_order)


def total_of(plans: QuerySet[Plan], on: date | None = None) -> Rollup:
    """Return the figures of plans from :func:`with_figures` of the same day together. Queries: 1."""
    if on is None:
        return kept.total(connections[plans.db], plans).rollup()
    _sums, total, _pks = _loop(plans, [], [], on)
    return total.rollup()


def break_down_plan(plan: Plan, by: str, on: date | None = None) -> Breakdown:
    """Return the figures of one plan, opened into its frameworks, objectives, sectors, projects, donors...

    Raises: ValueError for anything else. Queries: as :func:`break_down`.
    """
    plans = with_figures(Plan.objects.in_force(on).filter(pk=plan.pk), on)
    return break_down(plans, [by], on, among=WITHIN_PLAN, in_order=True)


def break_down_each(plans: QuerySet[Plan], by: str, on: date | None = None) -> dict[str, Breakdown]:
    """Return for each of several plans, by its code, what :func:`break_down_plan` gives.

    ``plans`` comes from :func:`with_figures`. Raises: ValueError for a dimension that each plan names in its own words.
    Queries: 8 at most, whatever the number of plans.
    """
    dimensions = choose([by], WITHIN_PLAN)
    if by in NAMED_BY_PLANS:
        raise ValueError(f"Each plan has a {by} of its own words: they are opened one by one.")
    for _attempt in range(ATTEMPTS - 1):
        try:
            return _break_down_each(plans, by, dimensions, on)
        except FigureError:  # money that somebody records meanwhile
            continue
    return _break_down_each(plans, by, dimensions, on)


def _break_down_each(
    plans: QuerySet[Plan], by: str, dimensions: Sequence[Dimension], on: date | None
) -> dict[str, Breakdown]:
    opened: dict[str, tuple[dict[Codes, Sums], Sums]] = {}
    pks = []
    for plan, figures, parts in _each(plans, _split_by(dimensions), dimensions, on):
        sums: dict[Codes, Sums] = {}
        total = Sums()
        for key, part in parts:
            sums.setdefault(key, Sums()).add(part, reported=figures.funding_reported)
        total.add_figures(figures)
        opened[plan.code] = sums, total
        pks.append(plan.pk)
    values = {key[0] for sums, _total in opened.values() for key in sums}
    names = [dimensions[0].name_values(values, on, pks)]
    return {code: _tell(sums, total, [by], dimensions, names) for code, (sums, total) in opened.items()}


def _break_down(
    plans: QuerySet[Plan], by: Sequence[str], dimensions: Sequence[Dimension], on: date | None, *, in_order: bool
) -> Breakdown:
    if on is None and not in_order and kept.can_tell(dimensions):
        return _break_down_kept(plans, by, dimensions)
    sums, total, pks = _loop(plans, _split_by(dimensions), dimensions, on)
    return _show(sums, total, by, dimensions, on=on, pks=pks)


def _break_down_kept(plans: QuerySet[Plan], by: Sequence[str], dimensions: Sequence[Dimension]) -> Breakdown:
    """Let the database add up what it keeps; plans with lines that it does not keep are added one by one."""
    inside = _split_by(dimensions)
    apart = _plans_apart(inside) if inside else []
    connection = connections[plans.db]
    sums, total = kept.add_up(connection, plans.exclude(pk__in=apart) if apart else plans, dimensions)
    if apart:
        rest, rest_total, _pks = _loop(plans.filter(pk__in=apart), inside, dimensions, None)
        for key, part in rest.items():
            sums.setdefault(key, Sums()).merge(part)
        total.merge(rest_total)
    return _show(sums, total, by, dimensions, on=None, pks=())


def _plans_apart(inside: Sequence[Dimension]) -> list[int]:
    """Return the plans whose lines by global cluster, or by country, are their own and no wider view of others."""
    breakdowns = {"global_cluster": ["global_cluster"], "country": ["country"]}.get(inside[0].name)
    if breakdowns is None:
        return []
    of_breakdown = FundingRequest.objects.filter(_FEW[inside[0].name], breakdown__in=breakdowns)
    asked = of_breakdown.filter(in_force(prefix="revision__")).order_by()
    official = ReportedFunding.objects.in_force().filter(scope__in=breakdowns, plan__isnull=False).order_by()
    return sorted({*asked.values_list("revision__plan", flat=True), *official.values_list("plan", flat=True)})


def _split_by(dimensions: Sequence[Dimension]) -> list[Dimension]:
    """Return the dimensions that the money of a plan is split by; a place splits it where nothing else does."""
    inside = [dimension for dimension in dimensions if dimension.is_inside_plan]
    places = [dimension for dimension in dimensions if dimension.is_place]
    return inside or (places if len(places) == 1 else [])


def _loop(
    plans: QuerySet[Plan],
    inside: Sequence[Dimension],
    dimensions: Sequence[Dimension],
    on: date | None,
) -> tuple[dict[Codes, Sums], Sums, Collection[int]]:
    sums: dict[Codes, Sums] = {}
    total = Sums()
    pks = []
    for plan, figures, parts in _each(plans, inside, dimensions, on):
        for key, part in parts:
            sums.setdefault(key, Sums()).add(part, reported=figures.funding_reported)
        total.add_figures(figures)
        pks.append(plan.pk)
    return sums, total, pks


def _each(
    plans: QuerySet[Plan],
    inside: Sequence[Dimension],
    dimensions: Sequence[Dimension],
    on: date | None,
) -> Iterator[tuple[Any, Rollup, list[tuple[Codes, Part]]]]:
    """Yield each plan with its figures and what they add, by raw value of the dimensions. Queries: 6 at most."""
    rows: list[Any] = list(plans.order_by("-start_year", "code").values_list(*COLUMNS, named=True))
    wider = [dimension.regroup() if dimension.regroup else None for dimension in inside]
    asked = requested_parts(plans, inside, wider, on) if inside else {}
    given = given_parts(plans, inside, wider, on) if inside else {}
    official = official_parts(plans, inside, wider, on) if inside else {}
    outside = {dimension.name: dimension.of_plans(rows) for dimension in dimensions if dimension.of_plans is not None}
    for plan in rows:
        figures = figures_of(plan)
        if inside:
            nowhere = tuple(
                outside[dimension.name][plan.pk] if dimension.is_place else Residual.NOT_SPECIFIED
                for dimension in inside
            )
            parts = parts_of(
                figures,
                plan.official_usd,
                inside,
                asked=asked.get(plan.pk, {}),
                given=given.get(plan.pk, {}),
                official=official.get(plan.pk, {}),
                nowhere=nowhere,
            )
        else:
            parts = {(): Part(figures.requested_usd, figures.received_usd, figures.pledged_usd)}
        keyed = []
        for codes, part in parts.items():
            left = iter(codes)
            key = tuple(
                next(left) if dimension in inside else outside[dimension.name][plan.pk] for dimension in dimensions
            )
            keyed.append((key, part))
        yield plan, figures, keyed


def _show(
    sums: Mapping[Codes, Sums],
    total: Sums,
    by: Sequence[str],
    dimensions: Sequence[Dimension],
    *,
    on: date | None,
    pks: Collection[int],
) -> Breakdown:
    names = [
        dimension.name_values({key[position] for key in sums}, on, pks) for position, dimension in enumerate(dimensions)
    ]
    return _tell(sums, total, by, dimensions, names)


def _tell(
    sums: Mapping[Codes, Sums],
    total: Sums,
    by: Sequence[str],
    dimensions: Sequence[Dimension],
    names: Sequence[Mapping[Any, Key]],
) -> Breakdown:
    lines = [
        Line(keys=tuple(names[position][value] for position, value in enumerate(key)), figures=part.rollup())
        for key, part in sums.items()
    ]
    return Breakdown(
        by=tuple(by),
        total=total.rollup(),
        lines=tuple(_in_order(lines, dimensions)),
        measures=ALL_MEASURES if all(dimension.splits_requirement for dimension in dimensions) else GIVEN_MEASURES,
    )


def _in_order(lines: list[Line], dimensions: Sequence[Dimension]) -> list[Line]:
    """Return the lines in the order they were met, or of their codes where these have one; residuals last."""
    coded = [position for position, dimension in enumerate(dimensions) if dimension.sorts_by_code]

    def place(line: Line) -> tuple[Any, ...]:
        # Databases disagree on where NULL comes, so residuals have an order of their own.
        rests = [RESIDUAL_ORDER.index(key.residual) for key in line.keys]
        return line.is_residual, rests, [str(line.keys[position].code) for position in coded]

    return sorted(lines, key=place)
