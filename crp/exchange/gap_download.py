"""The list of the gap explorer as tables: every page of it, with its columns, in its order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from itertools import islice
from typing import Any

from django.core.paginator import Paginator
from django.utils.translation import gettext as _

from crp.common.figures import Rollup
from crp.exchange.tables import Row, Table
from funding.selectors.gap_columns import OF_GROUPS, GapColumn
from funding.selectors.gap_groups import Groups
from funding.selectors.gaps import GapExplorer, GapRow

ALWAYS = ("code", "title", "kind", "countries")
"""What the screen says under each title, and the code that other tables know the plan by."""
PLANS_AT_ONCE = 500
UNDER_ITS_TITLE = {"title", "kind", "countries"}


def gap_tables(explorer: GapExplorer) -> list[Table]:
    """Return the plans found, behind their groups where there are any. Queries: 2, and 1 more for 500 plans."""
    plans = Table(name="plans", title=_("Plans"), columns=_columns(explorer), rows=_plan_rows(explorer))
    return [_group_table(explorer, explorer.groups), plans] if explorer.groups else [plans]


def total_facts(total: Rollup) -> list[tuple[str, str, Any]]:
    """Return the figures of a whole, each with its name and title."""
    return [
        ("plans", _("Plans"), total.plans),
        ("plans_reporting", _("Plans that report what they received"), total.plans_reporting),
        ("requested_usd", _("Requested"), total.requested_usd),
        ("requested_reporting_usd", _("Requested by plans that report"), total.requested_reporting_usd),
        ("received_usd", _("Received"), total.received_usd),
        ("gap_usd", _("Gap"), total.gap_usd),
        ("percent_funded", _("Percentage funded"), total.percent_funded),
    ]


def _columns(explorer: GapExplorer) -> list[str]:
    """Return the columns of the screen under the names of the API; a period is two years."""
    columns = list(ALWAYS)
    for column in explorer.columns:
        if column.name == "start_year":
            columns += ["start_year", "end_year"]
        elif column.name not in UNDER_ITS_TITLE:
            columns.append(column.name)
    if _has_sectors(explorer):
        columns.append("requested_in_sectors_usd")
    return [*columns, "funding_reported"]


def _has_sectors(explorer: GapExplorer) -> bool:
    """Whether the screen has a column of what is asked for in the sectors chosen."""
    return not explorer.groups and len({"sector", "global_cluster"} & explorer.state.keys()) == 1


def _plan_rows(explorer: GapExplorer) -> Iterator[Row]:
    plans = explorer.ordered.iterator(chunk_size=PLANS_AT_ONCE)
    while several := list(islice(plans, PLANS_AT_ONCE)):
        for row in _rows_of(explorer, several):
            yield _plan_row(row)


def _rows_of(explorer: GapExplorer, plans: Sequence[Any]) -> Sequence[GapRow]:
    """Return some of the plans as the screen would show them, were they its page."""
    part = copy(explorer)
    for name in ("lines", "in_sectors"):
        part.__dict__.pop(name, None)  # what it has read of its own page
    part.page = Paginator(plans, PLANS_AT_ONCE).page(1)
    return part.rows


def _plan_row(row: GapRow) -> Row:
    plan = row.line.plan
    return {
        **{cell.column.name: cell.value for cell in row.cells},
        "code": plan.code,
        "title": plan.title,
        "kind": plan.kind,
        "countries": sorted(country.iso3 for country in row.line.countries),
        "start_year": plan.start_year,
        "end_year": plan.end_year,
        "requested_in_sectors_usd": row.in_sectors,
        "funding_reported": row.line.figures.funding_reported,
    }


def _group_table(explorer: GapExplorer, groups: Groups) -> Table:
    chosen: list[GapColumn] = [column for column in explorer.columns if column.name in OF_GROUPS]
    columns = ["group", "code", "name", "residual", "plans", *(column.name for column in chosen), "funding_reported"]
    rows = (
        {
            "group": groups.by,
            "code": None if line.is_residual else line.code,
            "name": line.key.name,
            "residual": line.key.residual or None,
            "plans": line.figures.plans,
            "funding_reported": line.figures.funding_reported,
            **{column.name: getattr(line.figures, column.name) for column in chosen},
        }
        for line in groups.lines
    )
    return Table(name="groups", title=str(groups.title), columns=columns, rows=rows)
