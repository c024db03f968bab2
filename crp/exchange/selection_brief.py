"""The brief of a selection of plans: what the gap explorer shows, on two pages of paper."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crp.common.numbers import write_number
from crp.exchange.brief_parts import (
    breakable,
    cell,
    definitions,
    frame,
    funding_bar,
    join,
    money_figures,
    percent_cell,
    segments,
    shorten,
)
from funding.selectors.gaps import GapExplorer
from funding.selectors.portfolio import PlanLine, plan_lines

LONGEST_FILTERS = 400  # letters
MOST_PLANS = 45  # more than two pages hold


def selection_brief(explorer: GapExplorer, words: str, address: str, made_at: datetime) -> dict[str, Any]:
    """Return what the brief of a selection says: its total, and the first plans in the order of the screen.

    ``words``: the filters in words; ``address``: of the same on the screen, with its host. Queries: those of the page.
    """
    total = explorer.total
    plans = explorer.ordered[:MOST_PLANS]
    rows = [_row(line, explorer.scale) for line in plan_lines(plans)]
    heading = next(item for item in explorer.sorting.headings() if item.direction)
    return {
        **frame(_("Where money is missing: brief"), address, made_at, explorer.on),
        "kicker": _plans(total.plans),
        "title": _("Where money is missing"),
        "meta": "",
        "filters": breakable(shorten(words, LONGEST_FILTERS)) or _("Every published plan."),
        "figures": money_figures(total),
        "bar": funding_bar(total),
        "plans": rows,
        "number": total.plans,
        "left_out": [_left_out(total.plans - shown) for shown in range(len(rows) + 1)],
        "caption": _("US dollars, ordered by: %(column)s. The bars share one scale.")
        % {"column": heading.column.title},
        "heads": {
            "name": _("Plan"),
            "bar": _("Requested and received"),
            "requested": _("Requested"),
            "received": _("Received"),
            "gap": _("Gap"),
            "percent": _("Funded"),
        },
        "words": {"plans": _("Plans"), "filters": _("Chosen")},
        "definitions": definitions("requested", "received", "gap", "percent-funded", "over-funding", "not-reported"),
    }


def _plans(number: int) -> str:
    return ngettext("%(number)s plan", "%(number)s plans", number) % {"number": write_number(number)}


def _left_out(number: int) -> str:
    """Return how many plans have no room; empty where all of them do."""
    if number <= 0:
        return ""
    sentence = ngettext(
        "%(number)s more plan has no room here. It is part of the figures above, and stands on the page and in its "
        "downloads.",
        "%(number)s more plans have no room here. They are part of the figures above, and stand on the page and in its "
        "downloads.",
        number,
    )
    return sentence % {"number": write_number(number)}


def _row(line: PlanLine, scale: Decimal) -> dict[str, Any]:
    countries = [country.label for country in line.countries]
    shown = ", ".join(countries) if len(countries) <= 3 else f"{', '.join(countries[:2])}… ({len(countries)})"
    return {
        "name": breakable(line.plan.title),
        "detail": join([shown, line.plan.period]),
        "is_priority": False,
        "segments": segments(line.figures, scale) if line.figures.requested_usd is not None and scale else [],
        "requested": cell(line.figures.requested_usd),
        "received": cell(line.figures.received_usd),
        "gap": cell(line.figures.gap_usd),
        "percent": percent_cell(line.figures.percent_funded),
    }
