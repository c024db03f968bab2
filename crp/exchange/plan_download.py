"""A plan as tables: its figures, every line behind them, and its contributions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from crp.common.figures import Rollup
from crp.common.money import percent_of
from crp.exchange.ledger_download import contributions_table
from crp.exchange.tables import Row, Table
from funding.dimensions import sector_code
from funding.selectors.ledger import PlanLedger
from funding.selectors.plan_page import PlanPage
from funding.selectors.plan_parts import ProjectPart, SectorPart

MONEY = ("requested_usd", "received_usd", "pledged_usd", "gap_usd", "over_funded_usd", "percent_funded")
FIGURES = (
    "code",
    "title",
    "kind",
    "countries",
    "start_year",
    "end_year",
    "revision",
    "document_on",
    "published_at",
    *MONEY,
    "funding_reported",
    "funding_as_of",
    "people_in_need",
    "people_targeted",
    "entities_targeted",
    "seal",
)
LINES = ("plan", "breakdown", "code", "name", "residual", *MONEY, "share_percent", "is_priority", "related_plans")
OBJECTIVES = (
    "plan",
    "number",
    "title",
    *MONEY,
    "share_percent",
    "people_targeted",
    "entities_targeted",
    "target_groups",
    "outcomes",
)
SECTORS = ("plan", "sector", "name", "residual", *MONEY, "share_percent", "is_priority", "related_plans")
PROJECTS = ("plan", "code", "title", "framework", "sector", "sector_name", *MONEY, "beneficiaries")


def plan_tables(page: PlanPage, ledger: PlanLedger) -> list[Table]:
    """Return every line behind the totals first; then figures, objectives, sectors, projects and contributions."""
    tables = [
        Table(name="lines", title=_("Every line"), columns=LINES, rows=list(_lines(page))),
        Table(name="figures", title=_("Key figures"), columns=FIGURES, rows=[_figures(page, ledger)]),
    ]
    if page.objectives:
        rows = list(_objectives(page))
        tables.append(Table(name="objectives", title=_("Objectives"), columns=OBJECTIVES, rows=rows))
    if page.sector_parts:
        rows = [_sector(page, part) for part in page.sector_parts]
        tables.append(Table(name="sectors", title=_("Sectors"), columns=SECTORS, rows=rows))
    if page.project_groups:
        parts = [part for group in page.project_groups for part in group.projects]
        rows = [_project(page, part) for part in parts]
        tables.append(Table(name="projects", title=_("Projects"), columns=PROJECTS, rows=rows))
    if ledger.account.lines:
        tables.append(contributions_table(ledger))
    return tables


def money(figures: Rollup | None) -> Mapping[str, Any]:
    """Return figures under the names of the API, None for each that is not known."""
    return {name: getattr(figures, name, None) for name in MONEY}


def _figures(page: PlanPage, ledger: PlanLedger) -> Row:
    plan, revision = page.plan, page.revision
    return {
        "code": plan.code,
        "title": plan.title,
        "kind": plan.kind,
        "countries": sorted(country.iso3 for country in page.line.countries),
        "start_year": plan.start_year,
        "end_year": plan.end_year,
        "revision": revision.number,
        "document_on": revision.document_on,
        "published_at": revision.published_at,
        **money(page.figures),
        "funding_reported": page.figures.funding_reported,
        "funding_as_of": ledger.freshness.as_of,
        "people_in_need": revision.people_in_need,
        "people_targeted": revision.people_targeted,
        "entities_targeted": revision.entities_targeted,
        "seal": revision.seal or None,
    }


def _lines(page: PlanPage) -> Iterator[Row]:
    """Yield every breakdown that the page of its lines shows, in its order."""
    of_sector = {part.line.key: part for part in page.sector_parts}
    for part in page.breakdowns:
        for line in part.lines:
            sector = of_sector.get(line.key) if part.name == "sector" else None
            yield {
                "plan": page.plan.code,
                "breakdown": part.name,
                "code": line.key.code,
                "name": line.key.name,
                "residual": line.key.residual or None,
                **money(line.figures),
                "share_percent": percent_of(line.figures.requested_usd, page.figures.requested_usd),
                **_marks(sector),
            }


def _marks(part: SectorPart | None) -> Mapping[str, Any]:
    if part is None or part.request is None:
        return {"is_priority": None, "related_plans": []}
    return {"is_priority": part.request.is_priority, "related_plans": [family.code for family in part.related]}


def _objectives(page: PlanPage) -> Iterable[Row]:
    for part in page.objectives:
        objective = part.objective
        yield {
            "plan": page.plan.code,
            "number": objective.number,
            "title": objective.title,
            **money(part.figures),
            "share_percent": part.share,
            "people_targeted": objective.people_targeted,
            "entities_targeted": objective.entities_targeted,
            "target_groups": [str(group.target_group) for group in part.target_groups],
            "outcomes": [f"{outcome.share_percent} % {outcome.name}" for outcome in part.outcomes],
        }


def _sector(page: PlanPage, part: SectorPart) -> Row:
    return {
        "plan": page.plan.code,
        "sector": sector_code(part.sector) if part.sector else None,
        "name": part.line.key.name,
        "residual": part.line.key.residual or None,
        **money(part.figures),
        "share_percent": part.share,
        **_marks(part),
    }


def _project(page: PlanPage, part: ProjectPart) -> Row:
    project = part.project
    return {
        "plan": page.plan.code,
        "code": project.code,
        "title": project.title,
        "framework": project.framework.code if project.framework else None,
        "sector": sector_code(project.sector) if project.sector else None,
        "sector_name": project.sector.label if project.sector else None,
        **money(part.figures),
        "beneficiaries": project.beneficiaries or None,
    }
