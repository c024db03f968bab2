"""The other plans of a plan's countries: those before it in its series, those of the same time, and the trend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from crp.common.figures import Key, Line, Rollup
from crp.common.money import percent_of
from funding.dimensions import YEAR
from funding.rollups import add_up
from funding.selectors.portfolio import PlanLine, YearColumn, plan_lines, published_plans, scale_of, year_columns
from plans.models import Country, Plan

SERIES: Sequence[frozenset[str]] = (
    frozenset({Plan.Kind.CRP, Plan.Kind.COMPENDIUM}),
    frozenset({Plan.Kind.HNRP, Plan.Kind.CONSOLIDATED}),
)
"""Kinds of plans that followed each other under another name; a plan of any other kind follows those of its kind."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A plan of the series, with what changed since the one before it."""

    line: PlanLine
    is_this: bool
    change_percent: Decimal | None
    """By how many percent more is asked for than in the plan before. None: one of the two states no amount."""


class PlansAround:
    """What else is published for the countries of a plan, on a day (now where None). Queries: 2."""

    STEPS = 6
    CONCURRENT = 4

    def __init__(self, line: PlanLine, on: date | None = None) -> None:
        self.line = line
        self.on = on

    @cached_property
    def countries(self) -> list[Country]:
        return self.line.countries

    @cached_property
    def others(self) -> list[PlanLine]:
        """Other published plans of its countries, the newest first."""
        same = published_plans(self.on).filter(
            pk__in=Plan.countries.through.objects.filter(country__in=self.countries).values("plan")
        )
        return plan_lines(same.exclude(pk=self.line.plan.pk).order_by("-start_year", "-end_year", "code"))

    @cached_property
    def series(self) -> list[PlanLine]:
        """This plan and those of the same kind for the same countries, the newest first."""
        kind = self.line.plan.kind
        kinds = next((kinds for kinds in SERIES if kind in kinds), frozenset({kind}))
        places = {country.pk for country in self.countries}
        same = [
            other
            for other in self.others
            if other.plan.kind in kinds and {country.pk for country in other.countries} == places
        ]
        return sorted([self.line, *same], key=lambda line: (-line.plan.start_year, -line.plan.end_year, line.plan.code))

    @cached_property
    def steps(self) -> list[Step]:
        """The series around this plan, each with its change; empty where the plan stands alone."""
        if len(self.series) < 2:
            return []
        at = self.series.index(self.line)
        first = max(0, min(at - 1, len(self.series) - self.STEPS))
        shown = self.series[first : first + self.STEPS]
        following = [*self.series[first + 1 :], None]
        return [
            Step(line=line, is_this=line is self.line, change_percent=_change(line, before))
            for line, before in zip(shown, following, strict=False)
        ]

    @property
    def has_changes(self) -> bool:
        """Whether any two plans that follow each other both state an amount."""
        return any(step.change_percent is not None for step in self.steps)

    @property
    def before(self) -> PlanLine | None:
        """The plan that this one follows. None: it is the first of its series."""
        return next(iter(self.series[self.series.index(self.line) + 1 :]), None)

    @property
    def unseen(self) -> int:
        """How many plans of the series are not among the steps."""
        return len(self.series) - len(self.steps)

    @cached_property
    def years(self) -> Sequence[YearColumn]:
        """The series by first year; empty where it is too short to show a trend."""
        lines = lines_by_year((line.plan, line.figures) for line in self.series)
        asking = [line for line in lines if line.figures.requested_usd is not None]
        return year_columns(lines) if len(asking) > 2 else []

    @cached_property
    def year_scale(self) -> Decimal:
        return scale_of(Line(keys=(), figures=column.figures) for column in self.years if column.figures)

    @cached_property
    def concurrent(self) -> list[PlanLine]:
        """Plans of other series whose period touches this one: part of the same need, perhaps of the same money."""
        own = {line.plan.pk for line in self.series}
        first, last = self.line.plan.start_year, self.line.plan.end_year
        return [
            other
            for other in self.others
            if other.plan.pk not in own and other.plan.start_year <= last and other.plan.end_year >= first
        ]

    @property
    def concurrent_shown(self) -> list[PlanLine]:
        return self.concurrent[: self.CONCURRENT]

    @cached_property
    def scale(self) -> Decimal:
        """The one scale on which the bars of the series fit."""
        return scale_of(step.line for step in self.steps)

    @cached_property
    def concurrent_scale(self) -> Decimal:
        return scale_of([self.line, *self.concurrent_shown])


def _change(line: PlanLine, before: PlanLine | None) -> Decimal | None:
    asked = line.figures.requested_usd
    former = before.figures.requested_usd if before else None
    return None if asked is None or not former else percent_of(asked - former, former)


def lines_by_year(amounts: Iterable[tuple[Plan, Rollup]]) -> list[Line]:
    """Return amounts of plans by the year that each stands in. A plan stands in one."""
    pairs = list(amounts)
    year_of = YEAR.of_plans([plan for plan, _figures in pairs]) if YEAR.of_plans else {}
    years: dict[int, list[Rollup]] = {}
    for plan, figures in pairs:
        years.setdefault(year_of[plan.pk], []).append(figures)
    return [Line(keys=(Key(code=year, name=str(year)),), figures=add_up(members)) for year, members in years.items()]
