"""The gap explorer: what its address asks for, and what that finds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.paginator import Page
from django.db.models import Count, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from crp.common.as_of import AS_OF
from crp.common.charts_map import MapPoint
from crp.common.figures import Rollup, add_known
from crp.common.pages import BadParameterError, Column, Heading, Sorting, problem_of, read_page
from funding.dimensions import PORTFOLIO
from funding.filters import PlanFilter
from funding.rollups import break_down, total_of
from funding.selectors.filter_form import ActiveFilter, FilterForm
from funding.selectors.gap_columns import COLUMNS, Cell, GapColumn, read_columns, with_columns
from funding.selectors.gap_groups import GROUPS, Groups, read_group
from funding.selectors.places import points_of
from funding.selectors.portfolio import PLAN, PlanLine, longest_of, plan_lines, published_plans
from plans.models import Plan

DEFAULT_ORDER = "-gap_usd"
VIEWS = ("table", "chart", "map")
OWN_PARAMETERS = ("search", "ordering", "page", "group", "open", "columns", "view", AS_OF)
OF_THE_SCREEN = ("page", "open", "view")
"""What says which part of the list is on the screen, and how: a download has all of it."""
LONGEST_SEARCH = 200
API_ORDERS = ("title", "kind", "start_year", "requested_usd", "received_usd", "pledged_usd", "gap_usd",
              "percent_funded", "people_in_need", "people_targeted")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class GapRow:
    """A plan as a row of the table."""

    line: PlanLine
    cells: Sequence[Cell]
    in_sectors: Decimal | None = None
    """What it asks for in the sectors or clusters chosen."""


class GapExplorer:
    """The plans that an address asks for, their total, and one page of them; ``on`` is the past day it asks for.

    Where the address can't be understood ``problems`` says why, by parameter, and nothing is listed.
    Queries: 5 for the list, 2 more for a search, 18 for the form, 12 for groups and 14 for an open one; where nothing
    is found, 1 more for each filter.
    """

    PER_PAGE = 25

    def __init__(self, parameters: QueryDict, on: date | None = None) -> None:
        self.on = on
        self.state = state_of(parameters, on)
        self.search = self.state.get("search", "").strip()
        self.filters = PlanFilter(self.state, queryset=_searched(self.search, on), on=on)
        self.problems: dict[str, list[str]] = self.filters.problems(also_known=OWN_PARAMETERS)
        self.sorting = Sorting.read("", COLUMNS, DEFAULT_ORDER)
        self.columns: list[GapColumn] = read_columns([])
        self.group = ""
        self.view = VIEWS[0]
        self.groups: Groups | None = None
        for read in (self._read_search, self._read_order, self._read_columns, self._read_group, self._read_view):
            self._try(read)
        if not self.problems:
            self._try(self._read_page)

    def _try(self, read: Any) -> None:
        try:
            read()
        except BadParameterError as error:
            self.problems |= problem_of(error)

    def _read_search(self) -> None:
        if len(self.search) > LONGEST_SEARCH:
            self.search = self.state["search"] = self.search[:LONGEST_SEARCH]
            sentence = _("A search has at most %(most)s characters.") % {"most": LONGEST_SEARCH}
            raise BadParameterError("search", sentence)

    def _read_order(self) -> None:
        self.sorting = Sorting.read(self.state.get("ordering", ""), COLUMNS, DEFAULT_ORDER)

    def _read_columns(self) -> None:
        self.columns = read_columns(self.state.getlist("columns"))

    def _read_group(self) -> None:
        self.group = read_group(self.state.get("group", ""))
        if "open" in self.state and not self.group:
            raise BadParameterError("open", _("Only a group can be opened: say what to group by."))

    def _read_view(self) -> None:
        value = self.state.get("view", VIEWS[0])
        if value not in VIEWS:
            raise BadParameterError(
                "view",
                _("“%(value)s” is no view of this list. Choose from: %(all)s.")
                % {"value": value[:60], "all": ", ".join(VIEWS)},
            )
        self.view = value

    def _read_page(self) -> None:
        number = self.state.get("page", "")
        if self.group and self.view != "map":
            self.groups = Groups(
                self.plans,
                self.group,
                self.on,
                sorting=self.sorting,
                is_sorted="ordering" in self.state,
                opened=self.state.get("open", ""),
                page=number,
                per_page=self.PER_PAGE,
            )
        else:
            self.page: Page = read_page(self.ordered, number, self.PER_PAGE, number=self.total.plans)

    @cached_property
    def form(self) -> FilterForm:
        return FilterForm(self.filters, self.state, self.problems, self.on)

    @cached_property
    def plans(self) -> QuerySet[Plan]:
        return self.filters.qs

    @property
    def ordered(self) -> QuerySet[Plan]:
        """Every plan found, in the order of the screen, with what the columns chosen need."""
        sorted_by = [column for column in COLUMNS if column.name == self.sorting.name]
        return with_columns(self.plans, [*self.columns, *sorted_by], self.on).order_by(*self.sorting.terms())

    @staticmethod
    def lines_of(plans: Iterable[Plan]) -> list[PlanLine]:
        """Return plans of the list with their figures, as columns take them."""
        return plan_lines(plans)

    @cached_property
    def lines(self) -> list[PlanLine]:
        return self.lines_of(self.page.object_list)

    @property
    def rows(self) -> list[GapRow]:
        """The plans of this page; their titles, which are always there, are no cell."""
        chosen = [column for column in self.columns if not column.is_fixed]
        return [
            GapRow(
                line=line,
                cells=[Cell(column=column, value=column.value_of(line)) for column in chosen],
                in_sectors=(self.in_sectors or {}).get(line.plan.code),
            )
            for line in self.lines
        ]

    @cached_property
    def total(self) -> Rollup:
        """The figures of everything found, on all pages."""
        return self.groups.breakdown.total if self.groups else total_of(self.plans, self.on)

    @cached_property
    def published(self) -> int:
        """How many plans there are to choose from."""
        return Plan.objects.in_force(self.on).count() if self.form.active else self.total.plans

    @property
    def place(self) -> str:
        """The one country or region that is asked for. Empty: none, or several."""
        chosen = [option for name in ("country", "region") for option in self.form.choices[name].chosen]
        return chosen[0].label if len(chosen) == 1 else ""

    @property
    def is_place_alone(self) -> bool:
        """Whether nothing but that place is asked for."""
        return bool(self.place) and len(self.form.active) == 1

    @cached_property
    def shared(self) -> int:
        """How many of the plans found for a country or region are for several countries, and are found whole."""
        if not {"country", "region"} & self.state.keys():
            return 0
        links: Any = Plan.countries.through.objects.filter(plan__in=self.plans.order_by().values("pk")).order_by()
        return links.values("plan").annotate(number=Count("country")).filter(number__gt=1).count()

    @cached_property
    def scale(self) -> Decimal:
        """The longest bar of all pages, so that they can be compared."""
        return longest_of(self.plans)

    @property
    def column_names(self) -> set[str]:
        return {column.name for column in self.columns}

    @property
    def is_empty(self) -> bool:
        return self.total.plans == 0

    @property
    def shown(self) -> Page | None:
        """The page of plans on the screen: of the list, or of the group that is open."""
        return self.groups.parts if self.groups else self.page

    @property
    def pages(self) -> list[int | str]:
        if self.shown is None:
            return []
        return list(self.shown.paginator.get_elided_page_range(self.shown.number, on_each_side=1, on_ends=1))

    @property
    def points(self) -> list[MapPoint]:
        """The gap of each country over everything found, each leading to the plans of this list for it."""
        here = self.state.copy()
        for name in ("page", "open", "view", "group"):
            here.pop(name, None)
        lines = break_down(self.plans.prefetch_related(None), ["country"], self.on).lines
        points = points_of(lines, self.on)
        found = []
        for point in points:
            here.setlist("country", [point.iso3])
            query = here.urlencode()
            found.append(replace(point, url=f"{reverse('gaps')}?{query}") if point.iso3 else point)
        return found

    @cached_property
    def in_sectors(self) -> dict[str | int | None, Decimal] | None:
        """What each plan of this page asks for in the sectors or clusters chosen. None: none are."""
        names = [name for name in ("sector", "global_cluster") if name in self.state]
        if len(names) != 1 or self.groups:
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
            plans = _searched(rest.get("search", ""), self.on)
            if count := PlanFilter(rest, queryset=plans, on=self.on).qs.count():
                found.append((active, count))
        return found

    @property
    def headings(self) -> list[Heading]:
        """The head of the table: of the columns chosen."""
        found = self.groups.headings if self.groups else self.sorting.headings()
        return [heading for heading in found if heading.column.name in self.column_names]

    @property
    def tools_hidden(self) -> list[tuple[str, str]]:
        """What the form of order, groups and columns carries along: the filters, and how the list is drawn."""
        own = {"ordering", "group", "page", "open"}
        if self.view == "table":
            own.add("columns")  # which has its boxes there
        return [(name, value) for name, values in self.state.lists() if name not in own for value in values]

    @property
    def group_choices(self) -> list[dict[str, Any]]:
        """Everything that plans can be grouped by."""
        return [{"value": name, "label": PORTFOLIO[name].title, "is_chosen": name == self.group} for name in GROUPS]

    @property
    def column_choices(self) -> list[dict[str, Any]]:
        """Every column that can be left out."""
        return [{"column": column, "is_chosen": column in self.columns} for column in COLUMNS if not column.is_fixed]

    @property
    def sort_choices(self) -> list[dict[str, Any]]:
        """Every order by a column that is shown."""
        sorting = self.groups.sorting if self.groups else self.sorting
        choices = []
        for heading in self.headings:
            column = heading.column
            labels = _labels_of(column)
            for sign, label in zip(("-", "") if column.is_number else ("", "-"), labels, strict=True):
                value = f"{sign}{column.name}"
                text = label % {"column": column.title}
                choices.append({"value": value, "label": text, "is_chosen": value == sorting.value})
        return choices

    @property
    def download_state(self) -> QueryDict:
        """The parameters of the download of this list: all of it, whichever part is on the screen."""
        state = self.state.copy()
        for name in OF_THE_SCREEN:
            state.pop(name, None)
        return state

    @property
    def csv_state(self) -> QueryDict:
        """The same list for the API, which knows the filters and most orders."""
        state = self.download_state
        for name in ("group", "columns"):
            state.pop(name, None)
        if self.sorting.name not in API_ORDERS:
            state.pop("ordering", None)
        state["format"] = "csv"
        return state


def _searched(words: str, on: date | None) -> Any:
    """Return the plans that the public saw on a day and that hold every word. Queries: 2 where there is one."""
    plans: Any = published_plans(on)
    return plans.matching(words)


def _labels_of(column: Column) -> tuple[str, str]:
    """Return what the two orders of a column are called, the one that comes first before the other."""
    if not column.is_number:
        return _("%(column)s, A to Z"), _("%(column)s, Z to A")
    if getattr(column, "content", "") == "date" or column.name == "start_year":
        return _("%(column)s, newest first"), _("%(column)s, oldest first")
    return _("%(column)s, largest first"), _("%(column)s, smallest first")


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
