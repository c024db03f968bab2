"""The gap explorer: what its address asks for, and what that finds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.as_of import AS_OF
from crp.common.figures import Rollup, add_known
from crp.common.pages import BadParameterError, Column, Sorting, problem_of, read_page
from funding.dimensions import PORTFOLIO
from funding.filters import PlanFilter
from funding.rollups import break_down, total_of
from funding.selectors.filter_form import ActiveFilter, FilterForm
from funding.selectors.portfolio import PLAN, PlanLine, longest_of, plan_lines, published_plans
from plans.models import Plan

COLUMNS = (
    Column(name="title", title=gettext_lazy("Plan"), is_number=False),
    Column(name="start_year", title=gettext_lazy("Period")),
    Column(name="requested_usd", title=gettext_lazy("Requested"), definition="requested"),
    Column(name="received_usd", title=gettext_lazy("Received"), definition="received"),
    Column(name="gap_usd", title=gettext_lazy("Gap"), definition="gap"),
    Column(name="percent_funded", title=gettext_lazy("Funded"), definition="percent-funded"),
)
DEFAULT_ORDER = "-gap_usd"
OWN_PARAMETERS = ("search", "ordering", "page", AS_OF)


class GapExplorer:
    """The plans that an address asks for, their total, and one page of them; ``on`` is the past day it asks for.

    Where the address can't be understood ``problems`` says why, by parameter, and nothing is listed.
    Queries: 4 for the list, 2 more for a search, 9 for the form; where nothing is found, 1 more for each filter.
    """

    PER_PAGE = 25

    def __init__(self, parameters: QueryDict, on: date | None = None) -> None:
        self.on = on
        self.state = state_of(parameters, on)
        self.filters = PlanFilter(self.state, queryset=published_plans(on), on=on)
        self.problems: dict[str, list[str]] = self.filters.problems(also_known=OWN_PARAMETERS)
        self.search = self.state.get("search", "").strip()
        try:
            self.sorting = Sorting.read(self.state.get("ordering", ""), COLUMNS, DEFAULT_ORDER)
        except BadParameterError as error:
            self.problems |= problem_of(error)
            self.sorting = Sorting.read("", COLUMNS, DEFAULT_ORDER)
        if not self.problems:
            self._read_page()

    def _read_page(self) -> None:
        try:
            self.page: Page = read_page(
                self.plans.order_by(*self.sorting.terms()), self.state.get("page", ""), self.PER_PAGE
            )
        except BadParameterError as error:
            self.problems |= problem_of(error)

    @cached_property
    def form(self) -> FilterForm:
        return FilterForm(self.filters, self.state, self.problems, self.on)

    @cached_property
    def plans(self) -> QuerySet[Plan]:
        return self.filters.qs.matching(self.search)

    @cached_property
    def lines(self) -> list[PlanLine]:
        return plan_lines(self.page.object_list)

    @cached_property
    def total(self) -> Rollup:
        """The figures of everything found, on all pages."""
        return total_of(self.plans, self.on)

    @cached_property
    def scale(self) -> Decimal:
        """The longest bar of all pages, so that they can be compared."""
        return longest_of(self.plans)

    @cached_property
    def pages(self) -> list[int | str]:
        return list(self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1))

    @cached_property
    def in_sectors(self) -> dict[str | int | None, Decimal] | None:
        """What each plan of this page asks for in the sectors or clusters chosen. None: none are."""
        names = [name for name in ("sector", "global_cluster") if name in self.state]
        if len(names) != 1:
            return None
        wanted = {sector.pk for sector in self.filters.form.cleaned_data[names[0]]}
        among = {"plan": PLAN, names[0]: PORTFOLIO[names[0]]}
        shown = [plan.pk for plan in self.page.object_list]
        plans = published_plans(self.on).filter(pk__in=shown).prefetch_related(None)
        asked: dict[str | int | None, list[Decimal | None]] = {}
        for line in break_down(plans, list(among), self.on, among=among).lines:
            plan, sector = line.keys
            if sector.subject is not None and sector.subject.pk in wanted:
                asked.setdefault(plan.code, []).append(line.figures.requested_usd)
        return {code: total for code, amounts in asked.items() if (total := add_known(amounts)) is not None}

    @cached_property
    def ways_out(self) -> list[tuple[ActiveFilter, int]]:
        """Where nothing is found: the filters that exclude everything, each with what taking it away would show."""
        found = []
        for active in self.form.active:
            rest = active.state_without
            plans = PlanFilter(rest, queryset=published_plans(self.on), on=self.on).qs.matching(rest.get("search", ""))
            if count := plans.count():
                found.append((active, count))
        return found

    @property
    def sort_choices(self) -> list[dict[str, Any]]:
        """Every order, for screens too small for the head of the table."""
        choices = []
        for column in COLUMNS:
            labels = (_("%(column)s, largest first"), _("%(column)s, smallest first"))
            if not column.is_number:
                labels = (_("%(column)s, Z to A"), _("%(column)s, A to Z"))
            for sign, label in zip(("-", ""), labels, strict=True):
                value = f"{sign}{column.name}"
                text = label % {"column": column.title}
                choices.append({"value": value, "label": text, "is_chosen": value == self.sorting.value})
        return choices

    @property
    def sort_hidden(self) -> list[tuple[str, str]]:
        """What the form of the order carries along: the filters."""
        return [
            (name, value) for name, values in self.state.lists() if name not in {"ordering", "page"} for value in values
        ]

    @property
    def csv_state(self) -> QueryDict:
        """The same list for the API, which knows every parameter but the page."""
        state = self.state.copy()
        state.pop("page", None)
        state["format"] = "csv"
        return state


def state_of(parameters: QueryDict, on: date | None) -> QueryDict:
    """Return the parameters that say something; today named by its date is as good as none."""
    state = without_empty(parameters)
    if on is None:
        state.pop(AS_OF, None)
    return state


def without_empty(parameters: QueryDict) -> QueryDict:
    """Return the parameters that say something: a form sends its empty fields too."""
    state = QueryDict(mutable=True)
    for name, values in parameters.lists():
        given = [value for value in values if value.strip()]
        if given:
            state.setlist(name, given)
    return state
