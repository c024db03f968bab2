"""Where an amount would fit, and plans side by side, as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from crp.exchange.plan_download import MONEY, money
from crp.exchange.tables import Row, Table
from funding.rollups.scenarios import Known
from funding.selectors.asks import received_days
from funding.selectors.compare import CompareRow, Comparison
from funding.selectors.finder import GapFinder

OF_LINE = ("plan", "title", "kind", "countries", "line_kind", "line", "name", "is_priority")
OF_MATCH = (
    "rank", "received_known", *OF_LINE, "requested_usd", "received_usd", "unplaced_usd", "gap_usd", "percent_funded",
    "put_usd", "used_usd", "left_usd", "missing_after_usd", "percent_after", "percent_closed", "people_estimate",
    "document_on", "funding_as_of",
)  # fmt: skip
OF_PLAN = (
    "code", "title", "kind", "countries", "start_year", "end_year", *MONEY, "people_in_need", "people_targeted",
    "entities_targeted", "cost_per_person_usd", "document_on", "funding_as_of", "funding_reported", "revision",
)  # fmt: skip
BESIDE = ("code", "name", "residual", "plan", "requested_usd", "share_percent", "received_usd", "gap_usd")


def finder_table(finder: GapFinder) -> Table:
    """Return the matches of every page, the best first."""
    return Table(name="matches", title=_("Gaps that fit"), columns=OF_MATCH, rows=_matches(finder))


def _matches(finder: GapFinder) -> Iterator[Row]:
    received_on = received_days({match.ask.plan.pk: match.ask.line for match in finder.matches}.values(), finder.on)
    for rank, match in enumerate(finder.matches, start=1):
        ask, effect = match.ask, match.effect
        is_silent = effect.known == Known.NOT
        yield {
            "rank": rank,
            "received_known": match.group,
            "plan": ask.plan.code,
            "title": ask.plan.title,
            "kind": ask.plan.kind,
            "countries": sorted(country.iso3 for country in ask.line.countries),
            "line_kind": ask.kind,
            "line": ask.code or None,
            "name": None if ask.is_whole else str(ask.name),
            "is_priority": None if ask.is_whole else ask.is_priority,
            "requested_usd": effect.requested_usd,
            "received_usd": effect.received_usd,
            "unplaced_usd": None if is_silent else effect.unplaced_usd,
            "gap_usd": None if is_silent else effect.missing_usd,
            "percent_funded": effect.percent_before,
            "put_usd": effect.put_usd,
            "used_usd": effect.used_usd,
            "left_usd": effect.left_usd,
            "missing_after_usd": effect.still_missing_usd,
            "percent_after": effect.percent_after,
            "percent_closed": effect.percent_closed,
            "people_estimate": effect.people,
            "document_on": ask.line.revision.document_on,
            "funding_as_of": None if is_silent else received_on.get(ask.plan.pk),
        }


def compare_tables(comparison: Comparison) -> list[Table]:
    """Return the plans, then what each asks for by cluster and by objective, a line for each plan that has one."""
    plans = Table(name="plans", title=_("Plans"), columns=OF_PLAN, rows=_plans(comparison))
    parts = (
        ("clusters", _("Global clusters"), comparison.clusters),
        ("objectives", _("Objectives"), comparison.objectives),
    )
    return [plans, *(Table(name=name, title=title, columns=BESIDE, rows=_cells(rows)) for name, title, rows in parts)]


def _plans(comparison: Comparison) -> Iterator[Row]:
    for compared in comparison.plans:
        plan, revision = compared.plan, compared.line.revision
        yield {
            "code": plan.code,
            "title": plan.title,
            "kind": plan.kind,
            "countries": sorted(country.iso3 for country in compared.line.countries),
            "start_year": plan.start_year,
            "end_year": plan.end_year,
            **money(compared.figures),
            "people_in_need": revision.people_in_need,
            "people_targeted": revision.people_targeted,
            "entities_targeted": revision.entities_targeted,
            "cost_per_person_usd": compared.cost_per_person_usd,
            "document_on": revision.document_on,
            "funding_as_of": compared.official_on or revision.funding_updated_on,
            "funding_reported": compared.figures.funding_reported,
            "revision": revision.number,
        }


def _cells(rows: list[CompareRow]) -> Iterator[dict[str, Any]]:
    for row in rows:
        for cell in row.cells:
            if cell.figures is None:
                continue
            yield {
                "code": row.key.code if not row.key.residual else None,
                "name": str(row.key.name),
                "residual": row.key.residual or None,
                "plan": cell.compared.plan.code,
                "requested_usd": cell.figures.requested_usd,
                "share_percent": cell.share,
                "received_usd": cell.figures.received_usd,
                "gap_usd": cell.figures.gap_usd,
            }
