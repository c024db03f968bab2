"""Countries: what is asked for in each, and all that is known of one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db.models import Model

from crp.common.charts_map import MapPoint
from crp.common.figures import Breakdown, Line, Rollup
from funding.dimensions import COUNTRY
from funding.rollups import add_up, break_down
from funding.rollups.ledger import OutsideYear, outside_plans
from funding.selectors.citations import CitationBook
from funding.selectors.places import points_of
from funding.selectors.plan_around import lines_by_year
from funding.selectors.portfolio import (
    PLAN,
    PlanLine,
    YearColumn,
    plan_lines,
    published_plans,
    scale_of,
    year_columns,
)
from plans.models import Contact, Country, CountryProfile, KeyAction


class CountryList:
    """Every country with a plan published by a day (now where None). Queries: 4."""

    def __init__(self, on: date | None = None) -> None:
        self.on = on

    @cached_property
    def breakdown(self) -> Breakdown:
        return break_down(published_plans(self.on).prefetch_related(None), ["country"], self.on)

    @cached_property
    def lines(self) -> list[Line]:
        """The countries by name, what several share last."""
        return sorted(self.breakdown.lines, key=lambda line: (line.is_residual, line.key.name))

    @cached_property
    def points(self) -> list[MapPoint]:
        """The same for the map."""
        return points_of(self.breakdown.lines, self.on)

    @cached_property
    def scale(self) -> Decimal:
        return scale_of(self.lines)


class CountryPage:
    """A country: its mission, its plans and their figures over the years. Queries: 17 at most.

    Plans and money are those of a past day where ``on`` names one; a mission has no past here.
    """

    def __init__(self, country: Country, on: date | None = None) -> None:
        self.country = country
        self.on = on
        self.plans = published_plans(on).filter(countries=country)

    @cached_property
    def profile(self) -> CountryProfile | None:
        return CountryProfile.objects.filter(country=self.country).first()

    @cached_property
    def key_actions(self) -> list[KeyAction]:
        return list(self.profile.key_actions.all()) if self.profile else []

    @cached_property
    def contacts(self) -> list[Contact]:
        """Only what the mission has released."""
        return list(self.profile.contacts.filter(is_public=True)) if self.profile else []

    @cached_property
    def citations(self) -> CitationBook:
        if self.profile is None:
            return CitationBook([], {})
        rows: dict[str, Model] = {self.profile.row_key: self.profile}
        rows |= {action.row_key: action for action in self.key_actions}
        return CitationBook(list(self.profile.citations.select_related("source")), rows)

    @cached_property
    def lines(self) -> list[PlanLine]:
        return sorted(plan_lines(self.plans), key=lambda line: (line.plan.start_year, line.plan.end_year), reverse=True)

    @cached_property
    def own(self) -> list[PlanLine]:
        """Plans for this country alone: all of their amounts are its own."""
        return [line for line in self.lines if len(line.countries) == 1]

    @cached_property
    def shared(self) -> list[PlanLine]:
        return [line for line in self.lines if len(line.countries) > 1]

    @cached_property
    def _named(self) -> dict[str | int | None, Rollup]:
        """What each plan for several countries names for this one, by the code of the plan."""
        if not self.shared:
            return {}
        among = {"country": COUNTRY, "plan": PLAN}
        plans = published_plans(self.on).filter(pk__in=[line.plan.pk for line in self.shared]).prefetch_related(None)
        lines = break_down(plans, list(among), self.on, among=among).lines
        return {line.keys[1].code: line.figures for line in lines if line.key.code == self.country.iso3}

    @cached_property
    def named_in_shared(self) -> list[tuple[PlanLine, Rollup]]:
        """The plans for several countries that say what of theirs is for this one, each with that part."""
        return [(line, self._named[line.plan.code]) for line in self.shared if line.plan.code in self._named]

    @cached_property
    def _amounts(self) -> list[tuple[PlanLine, Rollup]]:
        """Every plan with what of it is for this country."""
        return [*((line, line.figures) for line in self.own), *self.named_in_shared]

    @cached_property
    def total(self) -> Rollup:
        """What is for this country: its own plans, and what plans for several countries name for it."""
        return add_up(figures for _line, figures in self._amounts)

    @cached_property
    def outside(self) -> list[OutsideYear]:
        """Money for the country outside any plan: in none of the totals."""
        return outside_plans(self.country, self.on)

    @property
    def has_pledges_outside(self) -> bool:
        return any(item.pledged_usd is not None for item in self.outside)

    @property
    def silent(self) -> int:
        """How many of these plans don't say what they received."""
        return self.total.plans - self.total.plans_reporting

    @cached_property
    def _by_year(self) -> list[Line]:
        """The same by year. Each plan stands in one."""
        return lines_by_year((line.plan, figures) for line, figures in self._amounts)

    @cached_property
    def years(self) -> Sequence[YearColumn]:
        return year_columns(self._by_year)

    @cached_property
    def year_scale(self) -> Decimal:
        return scale_of(self._by_year)

    @cached_property
    def scale(self) -> Decimal:
        return scale_of(self.lines)
