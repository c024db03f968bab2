"""Many plans at once: the home page, countries, and the lists of plans that every page shares."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import F, Max, QuerySet
from django.utils.translation import gettext_lazy as _

from crp.common.charts import largest
from crp.common.figures import ZERO, Breakdown, Key, Line, Rollup
from funding.dimensions import Dimension
from funding.rollups import break_down, figures_of, total_of, with_figures
from plans.models import Citation, Country, Plan, Revision

LONGEST_AXIS = 15  # years; a longer one leaves out the years without a plan


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


def published_plans(on: date | None = None) -> QuerySet[Plan]:
    """Return the plans that the public saw on a day (now where None), with their figures of it and countries."""
    return with_figures(Plan.objects.in_force(on), on).prefetch_related("countries")


def plan_lines(plans: Iterable[Plan]) -> list[PlanLine]:
    """Return plans that came from :func:`published_plans` as lines of a list."""
    return [PlanLine(plan=plan, figures=figures_of(plan)) for plan in plans]


def scale_of(lines: Iterable[PlanLine | Line]) -> Decimal:
    """Return the one scale on which the bars of all lines fit."""
    return largest(line.figures for line in lines)


def longest_of(plans: QuerySet[Plan]) -> Decimal:
    """Return the one scale on which the bars of plans from :func:`published_plans` fit, without reading them."""
    found = plans.order_by().aggregate(asked=Max("requested_usd"), given=Max("received_usd"))
    return max((amount for amount in found.values() if amount is not None), default=ZERO)


def year_columns(lines: Iterable[Line]) -> list[YearColumn]:
    """Return lines by year as columns of a chart, the years without a plan between them."""
    figures = {int(line.key.code): line.figures for line in lines if line.key.code is not None}
    if not figures:
        return []
    span = range(min(figures), max(figures) + 1)
    years: Sequence[int] = span if len(span) <= LONGEST_AXIS else sorted(figures)
    return [YearColumn(year=year, figures=figures.get(year)) for year in years]


class Portfolio:
    """All plans published by a day (now where None). Queries: 16 at most, and of the plans only those that it shows."""

    SHOWN = 6

    def __init__(self, on: date | None = None) -> None:
        self.on = on
        self.plans: Any = published_plans(on)  # the columns of its figures are not in the model

    @cached_property
    def total(self) -> Rollup:
        return total_of(self.plans, self.on)

    @cached_property
    def by_year(self) -> Breakdown:
        return break_down(self.plans.prefetch_related(None), ["year"], self.on)

    @cached_property
    def years(self) -> list[YearColumn]:
        return year_columns(self.by_year.rows)

    @cached_property
    def year_scale(self) -> Decimal:
        return scale_of(self.by_year.lines)

    @cached_property
    def by_cluster(self) -> Breakdown:
        return break_down(self.plans.prefetch_related(None), ["global_cluster"], self.on)

    @cached_property
    def clusters(self) -> Sequence[Line]:
        return self.by_cluster.largest_first()

    @cached_property
    def cluster_scale(self) -> Decimal:
        # A rest can be far longer than any cluster; the clusters are what is compared.
        return scale_of(self.by_cluster.rows) or scale_of(self.clusters)

    @cached_property
    def largest_gaps(self) -> list[PlanLine]:
        return plan_lines(self.plans.filter(gap_usd__gt=0).order_by("-gap_usd", "code")[: self.SHOWN])

    @cached_property
    def unreported(self) -> list[PlanLine]:
        """The largest of the plans that don't say what they received."""
        silent = self.plans.filter(funding_reported=False)
        return plan_lines(silent.order_by(F("requested_usd").desc(nulls_last=True), "code")[: self.SHOWN])

    @property
    def silent(self) -> int:
        """How many plans don't say what they received."""
        return self.total.plans - self.total.plans_reporting

    @cached_property
    def list_scale(self) -> Decimal:
        return scale_of([*self.largest_gaps, *self.unreported])

    @cached_property
    def newest(self) -> datetime | None:
        """When the newest revision was published."""
        return next((line.revision.published_at for line in self.recently_revised), None)

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
        return plan_lines(self.plans.order_by("-current__published_at", "-start_year", "code")[:4])
