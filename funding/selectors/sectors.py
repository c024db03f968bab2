"""Sectors: every list of them, and which plans ask for money in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.db.models import Exists, OuterRef, Q, QuerySet

from crp.common.charts import Series, largest
from crp.common.figures import Breakdown, Line, Rollup
from funding.dimensions import GLOBAL_CLUSTER, SECTOR, YEAR, Dimension, sector_code
from funding.models import Contribution, FundingRequest
from funding.rollups import add_up, break_down
from funding.selectors.portfolio import (
    PLAN,
    PlanLine,
    YearColumn,
    plan_lines,
    published_plans,
    scale_of,
    series_of,
    year_columns,
)
from plans.models import Plan
from sectors.models import Crosswalk, Sector, Taxonomy


@dataclass(frozen=True, kw_only=True)
class SectorLine:
    """A sector in a list, with its figures where a published plan names it."""

    sector: Sector
    figures: Rollup | None


@dataclass(frozen=True, kw_only=True)
class TaxonomyPart:
    """A taxonomy with its sectors."""

    taxonomy: Taxonomy
    lines: Sequence[SectorLine]

    @property
    def used(self) -> list[SectorLine]:
        return sorted(
            (line for line in self.lines if line.figures),
            key=lambda line: _largest_first(line.figures),
        )

    @property
    def unused(self) -> list[SectorLine]:
        return [line for line in self.lines if not line.figures]


def _largest_first(figures: Rollup | None) -> tuple[Decimal, Decimal]:
    """Return what sorts by what is asked for, and by what was received where nobody asks."""
    asked, given = (figures.requested_usd, figures.received_usd) if figures else (None, None)
    return -(asked or Decimal(0)), -(given or Decimal(0))


class SectorList:
    """Every taxonomy with its sectors, and their figures on a day (now where None). Queries: 20 at most."""

    def __init__(self, on: date | None = None) -> None:
        self.on = on

    @cached_property
    def by_cluster(self) -> Breakdown:
        return break_down(published_plans(self.on).prefetch_related(None), ["global_cluster"], self.on)

    @cached_property
    def by_sector(self) -> Breakdown:
        return break_down(published_plans(self.on).prefetch_related(None), ["sector"], self.on)

    @cached_property
    def parts(self) -> list[TaxonomyPart]:
        """The global clusters first, then the sectors of plans, the newest list first."""
        figures = {
            line.key.subject.pk: line.figures
            for breakdown in (self.by_cluster, self.by_sector)
            for line in breakdown.rows
        }
        sectors: dict[int, list[SectorLine]] = {}
        for sector in Sector.objects.order_by("taxonomy", "order", "code"):
            line = SectorLine(sector=sector, figures=figures.get(sector.pk))
            sectors.setdefault(sector.taxonomy_id, []).append(line)
        taxonomies = sorted(
            Taxonomy.objects.all(),
            key=lambda item: (item.kind != Taxonomy.Kind.GLOBAL_CLUSTERS, -(item.start_year or 0), item.code),
        )
        parts = [TaxonomyPart(taxonomy=item, lines=sectors.get(item.pk, [])) for item in taxonomies]
        for part in parts:
            for line in part.lines:
                line.sector.taxonomy = part.taxonomy
        return parts

    MOST_SERIES = 12

    @cached_property
    def clusters_by_year(self) -> list[Series]:
        """The clusters that most is asked for, year by year. Empty: there are too few years to compare."""
        plans = published_plans(self.on).prefetch_related(None)
        series = series_of(break_down(plans, ["global_cluster", "year"], self.on).lines, self.MOST_SERIES)
        return series if series and len(series[0].years) > 1 else []

    @cached_property
    def cluster_scale(self) -> Decimal:
        return scale_of(self.by_cluster.rows)

    @cached_property
    def sector_scale(self) -> Decimal:
        return scale_of(self.by_sector.rows)


class SectorPage:
    """A sector of a plan taxonomy, or a global cluster with all that the crosswalk leads to it.

    Queries: 16 at most.
    """

    def __init__(self, sector: Sector, on: date | None = None) -> None:
        self.on = on
        self.sector = sector
        self.is_cluster = sector.taxonomy.kind == Taxonomy.Kind.GLOBAL_CLUSTERS

    @cached_property
    def crosswalk(self) -> Crosswalk | None:
        """The cluster that a sector is compared under."""
        found = Crosswalk.objects.filter(sector=self.sector)
        return None if self.is_cluster else found.select_related("global_cluster__taxonomy").first()

    @cached_property
    def mapped(self) -> list[Crosswalk]:
        """The sectors that a cluster stands for, the newest taxonomy first."""
        rows = Crosswalk.objects.filter(global_cluster=self.sector).select_related("sector__taxonomy")
        return list(rows.order_by("-sector__taxonomy__start_year", "sector__taxonomy__code", "sector__order"))

    @property
    def sector_code(self) -> str:
        """Its code as filters take it."""
        return sector_code(self.sector)

    @property
    def dimension(self) -> Dimension:
        return GLOBAL_CLUSTER if self.is_cluster else SECTOR

    @cached_property
    def plans(self) -> QuerySet[Plan]:
        """Published plans that ask or received for it."""
        path = "sector__crosswalk__global_cluster" if self.is_cluster else "sector"
        asked = FundingRequest.objects.filter(
            Q(**{path: self.sector}) | Q(**{f"project__{path}": self.sector}), revision=OuterRef("current")
        )
        given = Contribution.objects.decided_by(self.on).filter(plan=OuterRef("pk"), **{path: self.sector})
        return published_plans(self.on).filter(Exists(asked) | Exists(given))

    def _lines_by(self, dimension: Dimension) -> list[Line]:
        among = {dimension.name: dimension, self.dimension.name: self.dimension}
        breakdown = break_down(self.plans.prefetch_related(None), list(among), self.on, among=among)
        return [line for line in breakdown.lines if line.keys[1].subject == self.sector]

    @cached_property
    def lines(self) -> list[tuple[PlanLine, Rollup]]:
        """The plans, the newest first, each with what it asks for in the sector."""
        parts = {line.key.code: line.figures for line in self._lines_by(PLAN)}
        lines = plan_lines(self.plans.order_by("-start_year", "code"))
        return [(line, parts[line.plan.code]) for line in lines if line.plan.code in parts]

    @cached_property
    def total(self) -> Rollup:
        return add_up(figures for _line, figures in self.lines)

    @cached_property
    def years(self) -> list[YearColumn]:
        lines = tuple(Line(keys=line.keys[:1], figures=line.figures) for line in self._lines_by(YEAR))
        return year_columns(Breakdown(by=("year",), total=self.total, lines=lines).rows)

    @cached_property
    def year_scale(self) -> Decimal:
        return largest(column.figures for column in self.years if column.figures)

    @cached_property
    def scale(self) -> Decimal:
        return scale_of(Line(keys=(), figures=figures) for _line, figures in self.lines)

    @cached_property
    def siblings(self) -> list[tuple[Crosswalk, Rollup | None]]:
        """The sectors of a cluster, each with what published plans ask for in it."""
        breakdown = break_down(self.plans.prefetch_related(None), ["sector"], self.on)
        figures = {line.key.subject.pk: line.figures for line in breakdown.rows}
        return [(item, figures.get(item.sector_id)) for item in self.mapped]
