"""Countries: what is asked for in each, and all that is known of one."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import cached_property

from django.db.models import Model

from crp.common.figures import Breakdown, Line, Rollup
from funding.rollups import add_up, break_down
from funding.rollups.ledger import OutsideYear, outside_plans
from funding.selectors.citations import CitationBook
from funding.selectors.portfolio import PlanLine, YearColumn, plan_lines, published_plans, scale_of, year_columns
from plans.models import Contact, Country, CountryProfile, KeyAction


class CountryList:
    """Every country with a published plan. Queries: 4."""

    @cached_property
    def breakdown(self) -> Breakdown:
        return break_down(published_plans().prefetch_related(None), ["country"])

    @cached_property
    def lines(self) -> list[Line]:
        """The countries by name, what several share last."""
        return sorted(self.breakdown.lines, key=lambda line: (line.is_residual, line.key.name))

    @cached_property
    def scale(self) -> Decimal:
        return scale_of(self.lines)


class CountryPage:
    """A country: its mission, its plans and their figures over the years. Queries: 11 at most."""

    def __init__(self, country: Country) -> None:
        self.country = country
        self.plans = published_plans().filter(countries=country)

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
        """Plans for this country alone: the only ones whose amounts are its own."""
        return [line for line in self.lines if len(line.countries) == 1]

    @cached_property
    def shared(self) -> list[PlanLine]:
        return [line for line in self.lines if len(line.countries) > 1]

    @cached_property
    def total(self) -> Rollup:
        return add_up(line.figures for line in self.own)

    @cached_property
    def outside(self) -> list[OutsideYear]:
        """Money for the country outside any plan: in none of the totals."""
        return outside_plans(self.country)

    @property
    def silent(self) -> int:
        """How many of these plans don't say what they received."""
        return self.total.plans - self.total.plans_reporting

    @cached_property
    def by_year(self) -> Breakdown:
        codes = [line.plan.pk for line in self.own]
        return break_down(published_plans().filter(pk__in=codes).prefetch_related(None), ["year"])

    @cached_property
    def years(self) -> Sequence[YearColumn]:
        return year_columns(self.by_year)

    @cached_property
    def year_scale(self) -> Decimal:
        return scale_of(self.by_year.lines)

    @cached_property
    def scale(self) -> Decimal:
        return scale_of(self.lines)
