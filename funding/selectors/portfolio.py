"""Many plans at once: the home page, countries, and the lists of plans that every page shares."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crp.common.charts import largest
from crp.common.figures import Breakdown, Key, Line, Rollup
from funding.dimensions import Dimension
from funding.rollups import add_up, break_down, figures_of, with_figures
from plans.models import Citation, Country, Plan, Revision

LONGEST_AXIS = 15  # years; a longer one leaves out the years without a plan
LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


def _name_plans(values: set[Any], on: date | None, plans: Collection[int]) -> dict[Any, Key]:
    return {pk: Key(code=plan.code, name=plan.title) for pk, plan in Plan.objects.in_bulk(values).items()}


PLAN = Dimension(
    name="plan", title=_("Plan"), describe=_name_plans, of_plans=lambda plans: {plan.pk: plan.pk for plan in plans}
)
"""Splits an amount by plan, so that lists of plans can show what each asks for in one sector."""


@dataclass(frozen=True, kw_only=True)
class PlanLine:
    """A plan in a list, with its figures."""

    plan: Plan
    figures: Rollup

    @property
    def revision(self) -> Revision:
        """The revision in force."""
        return self.plan.current

    @property
    def countries(self) -> list[Country]:
        """Its countries, in the order of the reader's alphabet."""
        return sorted(self.plan.countries.all(), key=lambda country: country.label)

    @property
    def gap_usd(self) -> Decimal | None:
        """What is missing. None: not reported."""
        return self.figures.gap_usd


@dataclass(frozen=True, kw_only=True)
class YearColumn:
    """A year on the axis of a chart; a year without a plan keeps its place."""

    year: int
    figures: Rollup | None


def published_plans() -> QuerySet[Plan]:
    """Return the plans that the public sees, with their figures and countries."""
    return with_figures(Plan.objects.in_force()).prefetch_related("countries")


def plan_lines(plans: Iterable[Plan]) -> list[PlanLine]:
    """Return plans that came from :func:`published_plans` as lines of a list."""
    return [PlanLine(plan=plan, figures=figures_of(plan)) for plan in plans]


def scale_of(lines: Iterable[PlanLine | Line]) -> Decimal:
    """Return the one scale on which the bars of all lines fit."""
    return largest(line.figures for line in lines)


def year_columns(breakdown: Breakdown) -> list[YearColumn]:
    """Return the lines of a breakdown by year as columns of a chart, the years without a plan between them."""
    figures = {int(line.key.code): line.figures for line in breakdown.rows if line.key.code is not None}
    if not figures:
        return []
    span = range(min(figures), max(figures) + 1)
    years: Sequence[int] = span if len(span) <= LONGEST_AXIS else sorted(figures)
    return [YearColumn(year=year, figures=figures.get(year)) for year in years]


class Portfolio:
    """All published plans together. Queries: 2 for the plans, 1 by year, 6 at most by global cluster."""

    SHOWN = 6

    def __init__(self) -> None:
        self.plans = published_plans()

    @cached_property
    def lines(self) -> list[PlanLine]:
        return plan_lines(self.plans)

    @cached_property
    def total(self) -> Rollup:
        return add_up(line.figures for line in self.lines)

    @cached_property
    def by_year(self) -> Breakdown:
        return break_down(self.plans.prefetch_related(None), ["year"])

    @cached_property
    def years(self) -> list[YearColumn]:
        return year_columns(self.by_year)

    @cached_property
    def year_scale(self) -> Decimal:
        return scale_of(self.by_year.lines)

    @cached_property
    def by_cluster(self) -> Breakdown:
        return break_down(self.plans.prefetch_related(None), ["global_cluster"])

    @cached_property
    def clusters(self) -> Sequence[Line]:
        return self.by_cluster.largest_first()

    @cached_property
    def cluster_scale(self) -> Decimal:
        # A rest can be far longer than any cluster; the clusters are what is compared.
        return scale_of(self.by_cluster.rows) or scale_of(self.clusters)

    @cached_property
    def largest_gaps(self) -> list[PlanLine]:
        short = [line for line in self.lines if line.gap_usd]
        return sorted(short, key=lambda line: (-(line.gap_usd or 0), line.plan.code))[: self.SHOWN]

    @cached_property
    def unreported(self) -> list[PlanLine]:
        """Plans that don't say what they received, the largest requirement first."""
        silent = [line for line in self.lines if not line.figures.funding_reported]
        return sorted(silent, key=lambda line: (-(line.figures.requested_usd or 0), line.plan.code))

    @cached_property
    def list_scale(self) -> Decimal:
        return scale_of([*self.largest_gaps, *self.unreported[: self.SHOWN]])

    @cached_property
    def newest(self) -> datetime | None:
        """When the newest revision was published."""
        return max((line.revision.published_at for line in self.lines if line.revision.published_at), default=None)

    @cached_property
    def inferred_dates(self) -> set[int]:
        """Which of the revisions shown have a date of publication that no document states."""
        revisions = [line.revision.pk for line in self.recently_revised]
        found = Citation.objects.filter(
            revision__in=revisions, subject="revision", field="published_at", basis=Citation.Basis.INFERRED
        )
        return set(found.values_list("revision_id", flat=True))

    @cached_property
    def recently_revised(self) -> list[PlanLine]:
        newest = sorted(self.lines, key=lambda line: line.revision.published_at or LONG_AGO, reverse=True)
        return newest[:4]
