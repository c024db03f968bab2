"""Totals over many plans, added up by the database from the sums that it keeps."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

from crp.common.money import quantize_usd
from funding.dimensions import Dimension, Residual
from funding.models import PlanFigures, SectorFigures
from plans.models import Plan

from .sums import Sums

NO_CLUSTER = -3
SECTOR_RESTS = {
    SectorFigures.NOT_SPECIFIED: Residual.NOT_SPECIFIED,
    SectorFigures.SHARED: Residual.SHARED,
    SectorFigures.OFFICIAL_ONLY: Residual.OFFICIAL_ONLY,
    NO_CLUSTER: Residual.NO_CLUSTER,
}
COUNTRY_RESTS = {0: Residual.NOT_SPECIFIED, PlanFigures.SEVERAL_COUNTRIES: Residual.SEVERAL_COUNTRIES}
RESTS = {"sector": SECTOR_RESTS, "global_cluster": SECTOR_RESTS, "country": COUNTRY_RESTS}

# A global cluster is its own cluster; a sector without one in the crosswalk has none.
_CLUSTER = f"""CASE WHEN kept.sector_key <= 0 THEN kept.sector_key ELSE COALESCE(
    (SELECT global_cluster_id FROM sectors_crosswalk WHERE sector_id = kept.sector_key),
    (SELECT sector.id FROM sectors_sector sector JOIN sectors_taxonomy taxonomy ON taxonomy.id = sector.taxonomy_id
        WHERE sector.id = kept.sector_key AND taxonomy.kind = 'global_clusters'),
    {NO_CLUSTER}
) END"""  # noqa: S608 (a number of its own)
_PART_OF = {"sector": "kept.sector_key", "global_cluster": _CLUSTER}

_REPORTED = "figures.received_usd IS NOT NULL"


def can_tell(dimensions: Sequence[Dimension]) -> bool:
    """Return whether the sums that the database keeps carry all dimensions."""
    inside = [dimension for dimension in dimensions if dimension.is_inside_plan]
    return len(inside) <= 1 and all(
        dimension.name in _PART_OF if dimension.is_inside_plan else bool(dimension.kept_key) for dimension in dimensions
    )


def add_up(
    connection: BaseDatabaseWrapper, plans: QuerySet[Plan], dimensions: Sequence[Dimension]
) -> tuple[dict[tuple[Any, ...], Sums], Sums]:
    """Return the sums by raw value of the dimensions, and over everything. Queries: 2."""
    try:
        chosen, params = plans.order_by().values("pk").query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return {}, Sums()
    keys = ["figures.part" if dimension.is_inside_plan else dimension.kept_key for dimension in dimensions]
    inside = [dimension for dimension in dimensions if dimension.is_inside_plan]
    if not inside:
        parts = _WHOLE.format(plans=chosen)
    elif inside[0].name == "sector":  # as it is kept: a plan has each sector once
        parts = _SPLIT.format(part=_SECTORS.format(plans=chosen))
    else:
        parts = _SPLIT.format(part=_GROUPED.format(plans=chosen, part=_PART_OF[inside[0].name]))
    numbers = ", ".join(str(number + 1) for number in range(len(keys)))
    sql = _SELECT.format(keys="".join(f"{key}, " for key in keys), parts=parts, grouped=f"GROUP BY {numbers}")
    return _read(connection, sql, params, dimensions), total(connection, plans)


def total(connection: BaseDatabaseWrapper, plans: QuerySet[Plan]) -> Sums:
    """Return the sums over all plans. Queries: 1."""
    try:
        chosen, params = plans.order_by().values("pk").query.get_compiler(connection=connection).as_sql()
    except EmptyResultSet:
        return Sums()
    sql = _SELECT.format(keys="", parts=_WHOLE.format(plans=chosen), grouped="")
    return _read(connection, sql, params, [])[()]


_SELECT = """
    SELECT {keys} COUNT(*), COUNT(figures.requested), SUM(CASE WHEN figures.is_reported THEN 1 ELSE 0 END),
        SUM(figures.requested), SUM(CASE WHEN figures.is_reported THEN figures.requested END),
        SUM(figures.received), SUM(figures.pledged), SUM(figures.gap), SUM(figures.surplus)
    FROM ({parts}) figures JOIN plans_plan plan ON plan.id = figures.plan_id
    {grouped}
"""
_WHOLE = """
    SELECT figures.plan_id, figures.only_country_id, figures.received_usd IS NOT NULL AS is_reported,
        figures.requested_usd AS requested, figures.received_usd AS received, figures.pledged_usd AS pledged,
        figures.gap_usd AS gap, figures.over_funded_usd AS surplus
    FROM funding_planfigures figures WHERE figures.plan_id IN ({plans})
"""
_SPLIT = """
    SELECT plan_id, only_country_id, part, is_reported, requested, received, pledged,
        CASE WHEN requested >= 0 AND is_reported
            THEN CASE WHEN requested > received THEN requested - received ELSE 0 END END AS gap,
        CASE WHEN requested >= 0 AND is_reported
            THEN CASE WHEN received > requested THEN received - requested ELSE 0 END END AS surplus
    FROM (
        SELECT figures.plan_id, figures.only_country_id, part, figures.received_usd IS NOT NULL AS is_reported,
            requested, CASE WHEN figures.received_usd IS NOT NULL THEN COALESCE(given, 0) END AS received, pledged
        FROM ({part}) parts JOIN funding_planfigures figures ON figures.plan_id = parts.plan_id
    ) known
"""
_SECTORS = """
    SELECT kept.plan_id, kept.sector_key AS part, kept.requested_usd AS requested, kept.given_usd AS given,
        kept.pledged_usd AS pledged
    FROM funding_sectorfigures kept WHERE kept.plan_id IN ({plans})
"""
_GROUPED = """
    SELECT kept.plan_id, {part} AS part, SUM(kept.requested_usd) AS requested, SUM(kept.given_usd) AS given,
        SUM(kept.pledged_usd) AS pledged
    FROM funding_sectorfigures kept WHERE kept.plan_id IN ({plans})
    GROUP BY 1, 2
"""


def _read(
    connection: BaseDatabaseWrapper, sql: str, params: Any, dimensions: Sequence[Dimension]
) -> dict[tuple[Any, ...], Sums]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        rows = cursor.fetchall()
    number = len(dimensions)
    # Here and not in the statement, whose sums the database would sort every row for.
    rows.sort(key=lambda row: row[:number])
    return {
        tuple(
            RESTS.get(dimension.name, {}).get(value, value)
            for dimension, value in zip(dimensions, row[:number], strict=True)
        ): _sums(row[number:])
        for row in rows
    }


def _sums(row: Sequence[Any]) -> Sums:
    plans, requesting, reporting, *amounts = row
    requested, requested_reporting, received, pledged, gaps, surpluses = (
        None if amount is None else quantize_usd(Decimal(int(amount)).scaleb(-2)) for amount in amounts
    )
    return Sums(
        requested=requested,
        requested_reporting=requested_reporting,
        received=received,
        pledged=pledged,
        gaps=gaps,
        surpluses=surpluses,
        plans=plans,
        requesting=requesting,
        reporting=reporting or 0,
    )
