"""Many plans at once: the home page, countries, and the lists of plans that every page shares."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import F, Max, QuerySet, prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from crp.common.as_of import today
from crp.common.charts import Series, largest
from crp.common.charts_map import MapPoint
from crp.common.figures import ZERO, Breakdown, Key, Line, Rollup
from funding.dimensions import Dimension
from funding.rollups import break_down, figures_of, total_of, with_figures
from funding.selectors.places import country_points
from plans.models import Citation, Country, Plan, Revision
from plans.translating import tell_titles

LONGEST_AXIS = 15  # years; a longer one leaves out the years without a plan


def _name_plans(values: set[Any], on: date | None, plans: Collection[int]) -> dict[Any, Key]:
    named = Plan.objects.filter(pk__in=values).values_list("pk", "code", "title")
    return {pk: Key(code=code, name=title) for pk, code, title in named}


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
    """Return plans that came from :func:`published_plans` as lines of a list, with the titles that readers get."""
    listed = list(plans)
    tell_titles(listed)
    return [PlanLine(plan=plan, figures=figures_of(plan)) for plan in listed]


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


def series_of(lines: Iterable[Line], most: int) -> list[Series]:
    """Return lines by some value and year as small charts over the same years, the largest first; no rests."""
    found: dict[Key, dict[int, Rollup]] = {}
    for line in lines:
        year = line.keys[1].code
        if not line.is_residual and year is not None and line.figures.requested_usd is not None:
            found.setdefault(line.key, {})[int(year)] = line.figures
    every = sorted({year for years in found.values() for year in years})
    span = range(every[0], every[-1] + 1) if every else range(0)
    sizes = {key: sum(figures.requested_usd or ZERO for figures in years.values()) for key, years in found.items()}
    return [
        Series(title=key.name, years=[(year, found[key].get(year)) for year in span], subject=key.subject)
        for key in sorted(found, key=lambda key: (-sizes[key], key.name))[:most]
    ]


class Portfolio:
    """All plans published by a day (now where None). Queries: 28 at most, and of the plans only those that it shows."""

    SHOWN, NEWEST = 5, 4

    def __init__(self, on: date | None = None) -> None:
        self.on = on
        self.day = on or today()
        self.plans: Any = published_plans(on)  # the columns of its figures are not in the model

    @cached_property
    def total(self) -> Rollup:
        return total_of(self.plans, self.on)

    @cached_property
    def running(self) -> Any:
        """The plans whose years hold the day: what they miss can still be given."""
        return self.plans.filter(start_year__lte=self.day.year, end_year__gte=self.day.year)

    @cached_property
    def running_total(self) -> Rollup:
        return total_of(self.running, self.on)

    @cached_property
    def is_of_all_years(self) -> bool:
        """Whether map and lists show the plans of all years: of those that run, none says what it received."""
        return self.running_total.gap_usd is None

    @cached_property
    def compared(self) -> Any:
        """The plans that map and lists choose from."""
        return self.plans if self.is_of_all_years else self.running

    @cached_property
    def places(self) -> list[MapPoint]:
        return country_points(self.compared, self.on)

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
        """The clusters that most is asked for."""
        return [line for line in self.by_cluster.largest_first() if not line.is_residual][: self.SHOWN]

    @property
    def without_cluster(self) -> Sequence[Line]:
        """What is asked for, and in no cluster."""
        return [line for line in self.by_cluster.residuals if line.figures.requested_usd is not None]

    @cached_property
    def cluster_scale(self) -> Decimal:
        # A rest can be far longer than any cluster; the clusters are what is compared.
        return scale_of(self.by_cluster.rows)

    @cached_property
    def _lists(self) -> dict[str, list[Plan]]:
        """The plans of every list. Queries: 5, however many they find."""
        missing = self.compared.filter(gap_usd__gt=0)
        silent = self.plans.filter(funding_reported=False)
        chosen = {
            "largest_gaps": missing.order_by("-gap_usd", "code")[: self.SHOWN],
            "least_funded": missing.order_by("percent_funded", "-gap_usd", "code")[: self.SHOWN],
            "unreported": silent.order_by(F("requested_usd").desc(nulls_last=True), "code")[: self.SHOWN],
            "recently_revised": self.plans.order_by("-current__published_at", "-start_year", "code")[: self.NEWEST],
        }
        found = {name: list(plans.prefetch_related(None)) for name, plans in chosen.items()}
        prefetch_related_objects([plan for plans in found.values() for plan in plans], "countries")
        return found

    @cached_property
    def largest_gaps(self) -> list[PlanLine]:
        return plan_lines(self._lists["largest_gaps"])

    @cached_property
    def least_funded(self) -> list[PlanLine]:
        """The plans that least of what they ask for has reached. Empty: they are those with the largest gaps."""
        plans = self._lists["least_funded"]
        return plan_lines(plans) if set(plans) != set(self._lists["largest_gaps"]) else []

    @cached_property
    def unreported(self) -> list[PlanLine]:
        """The largest of the plans that don't say what they received."""
        return plan_lines(self._lists["unreported"])

    @property
    def silent(self) -> int:
        """How many plans don't say what they received."""
        return self.total.plans - self.total.plans_reporting

    @cached_property
    def list_scale(self) -> Decimal:
        return scale_of([*self.largest_gaps, *(self.least_funded or self.unreported)])

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
        return plan_lines(self._lists["recently_revised"])
