"""The plans of the gap explorer in groups: subtotals that add to the total, each opened into its plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.paginator import Page
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.figures import Breakdown, Key, Line, Rollup, add_known
from crp.common.pages import BadParameterError, Heading, Sorting, read_page
from crp.common.text import fold
from funding.dimensions import PORTFOLIO
from funding.rollups import break_down
from funding.selectors.gap_columns import OF_GROUPS
from funding.selectors.portfolio import PLAN, PlanLine, plan_lines, published_plans, scale_of
from plans.models import Plan

GROUPS = ("country", "region", "kind", "sector", "global_cluster", "framework", "year")
"""What plans can be grouped by, in the order of the form: names of portfolio dimensions."""
SORTED_BY = ("title", *OF_GROUPS)
"""The columns that groups have."""

SENTENCES = {
    "country": gettext_lazy(
        "A plan for one country stands there whole. A plan for several countries is split where it says what falls on "
        "each; what it doesn’t split stands in a line of its own."
    ),
    "region": gettext_lazy(
        "A plan whose countries lie in one region stands there whole. A plan for several regions is split where it "
        "says what falls on each country; what it doesn’t split stands in a line of its own."
    ),
    "kind": gettext_lazy("Each plan stands whole under its one kind."),
    "year": gettext_lazy(
        "Each plan stands whole under one year, however many it covers: its first, unless it names another for its "
        "totals."
    ),
    "sector": gettext_lazy(
        "What plans ask for and received in each sector; what they don’t split by sector stands in the lines at the "
        "end. A plan counts in every sector that it has a figure in, and a gap is that of the sector alone."
    ),
    "global_cluster": gettext_lazy(
        "What plans ask for and received in each global cluster, by way of the crosswalk; what they don’t split "
        "stands in the lines at the end. A plan counts in every cluster that it has a figure in, and a gap is that of "
        "the cluster alone."
    ),
    "framework": gettext_lazy(
        "What plans ask for and received under each framework; what is under none stands in the line at the end. "
        "A plan counts under every framework that it has, and a gap is that of the framework alone."
    ),
}


@dataclass(frozen=True, kw_only=True)
class GroupLine:
    """A group with its figures."""

    code: str
    """What an address calls it."""
    key: Key
    figures: Rollup
    is_open: bool = False

    @property
    def is_residual(self) -> bool:
        return bool(self.key.residual)

    @property
    def page_of(self) -> Any:
        """The country, sector or cluster behind it, which has a page of its own. None: there is none."""
        return self.key.subject if hasattr(self.key.subject, "get_absolute_url") else None


@dataclass(frozen=True, kw_only=True)
class PartLine:
    """A plan in an open group, with what it has there."""

    line: PlanLine
    figures: Rollup


def read_group(value: str) -> str:
    """Return what to group by. Empty: nothing.

    Raises: BadParameterError for anything else.
    """
    if value and value not in GROUPS:
        raise BadParameterError(
            "group",
            _("“%(value)s” is nothing to group by. Choose from: %(all)s.")
            % {"value": value[:60], "all": ", ".join(GROUPS)},
        )
    return value


class Groups:
    """Plans from ``published_plans`` in groups, of a past day where ``on`` names one.

    ``opened`` is the code of the group whose plans are shown, ``page`` which of their pages.
    Raises: BadParameterError for a group that there is not, and for a page that it does not have.
    Queries: 12 at most, 14 more where a group is open.
    """

    def __init__(
        self,
        plans: QuerySet[Plan],
        by: str,
        on: date | None,
        *,
        sorting: Sorting,
        is_sorted: bool,
        opened: str,
        page: str,
        per_page: int,
    ) -> None:
        self.by, self.on, self.opened = by, on, opened
        self._plans = plans.order_by()
        self._sorting_of_parts = sorting if sorting.name in SORTED_BY else _largest_gap(sorting)
        self.sorting = self._sorting_of_groups(sorting, is_sorted=is_sorted)
        self.parts: Page | None = self._read_parts(page, per_page)

    @property
    def title(self) -> Any:
        return PORTFOLIO[self.by].title

    @property
    def sentence(self) -> Any:
        """What the figures of a group are."""
        return SENTENCES[self.by]

    @property
    def gaps_add_up(self) -> bool:
        """Whether the gaps of the groups add to that of all plans: not where the money of a plan is split."""
        return add_known(line.figures.gap_usd for line in self.lines) == self.breakdown.total.gap_usd

    @property
    def headings(self) -> list[Heading]:
        """The columns that groups have, the first named after what they are grouped by."""
        return [
            replace(heading, column=replace(heading.column, title=self.title))
            if heading.column.name == "title"
            else heading
            for heading in self.sorting.headings()
            if heading.column.name in SORTED_BY
        ]

    @cached_property
    def breakdown(self) -> Breakdown:
        return break_down(self._plans, [self.by], self.on)

    @cached_property
    def lines(self) -> list[GroupLine]:
        """The groups in the order asked for, years the newest first where none is; named rests last."""
        lines = [
            GroupLine(
                code=code_of(line.key),
                key=line.key,
                figures=line.figures,
                is_open=code_of(line.key) == self.opened,
            )
            for line in self.breakdown.lines
        ]
        rests = [line for line in lines if line.is_residual]
        named = sorted(
            (line for line in lines if not line.is_residual), key=lambda line: (fold(line.key.name), line.code)
        )
        return [*_in_order(named, self.sorting), *rests]

    @cached_property
    def scale(self) -> Decimal:
        """The longest bar of the groups; a rest can be far longer than any, and the groups are what is compared."""
        return scale_of(self.breakdown.rows) or scale_of(self.breakdown.lines)

    @cached_property
    def part_scale(self) -> Decimal:
        """The longest bar of the plans shown, which are far smaller than their groups."""
        return scale_of(Line(keys=(), figures=part.figures) for part in (self.parts or ()))

    def _sorting_of_groups(self, sorting: Sorting, *, is_sorted: bool) -> Sorting:
        """Return the order of the groups: years the newest first; of a column that only plans have, the largest gap."""
        if self.by == "year" and not is_sorted:
            return replace(sorting, name="title", is_descending=True)
        if self.by == "year" and sorting.name == "start_year":
            return replace(sorting, name="title")
        return sorting if sorting.name in SORTED_BY else _largest_gap(sorting)

    def _read_parts(self, page: str, per_page: int) -> Page | None:
        if not self.opened:
            read_page([], page, per_page)
            return None
        if self.opened not in {line.code for line in self.lines}:
            raise BadParameterError(
                "open",
                _("“%(value)s” is none of the groups of this list. It has: %(codes)s.")
                % {"value": self.opened[:60], "codes": _some([line.code for line in self.lines])},
            )
        shown = read_page(self._parts(), page, per_page)
        plans = published_plans(self.on).filter(code__in=[line.keys[1].code for line in shown.object_list])
        by_code: dict[Any, PlanLine] = {line.plan.code: line for line in plan_lines(plans)}
        shown.object_list = [
            PartLine(line=by_code[line.keys[1].code], figures=line.figures) for line in shown.object_list
        ]
        return shown

    def _parts(self) -> list[Line]:
        """Return what each plan has in the open group."""
        among = {self.by: PORTFOLIO[self.by], "plan": PLAN}
        lines = break_down(self._plans, list(among), self.on, among=among).lines
        named = sorted(
            (line for line in lines if code_of(line.key) == self.opened),
            key=lambda line: (fold(line.keys[1].name), line.keys[1].code),
        )
        return _in_order(named, self._sorting_of_parts)


def _largest_gap(sorting: Sorting) -> Sorting:
    return replace(sorting, name="gap_usd", is_descending=True)


def _in_order(named: list[Any], sorting: Sorting) -> list[Any]:
    """Return rows with figures, which come by name, by what orders them; what is not known last either way."""
    if sorting.name == "title":
        return named[::-1] if sorting.is_descending else named
    known = [row for row in named if getattr(row.figures, sorting.name) is not None]
    unknown = [row for row in named if getattr(row.figures, sorting.name) is None]
    sign = -1 if sorting.is_descending else 1
    return [*sorted(known, key=lambda row: sign * getattr(row.figures, sorting.name)), *unknown]


def code_of(key: Key) -> str:
    """Return what an address calls a group."""
    return key.residual or str(key.code)


def _some(codes: Sequence[str]) -> str:
    return ", ".join(codes[:12]) + (", …" if len(codes) > 12 else "")
