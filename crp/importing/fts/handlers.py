"""How each kind of FTS file goes from rows to groups to the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

from crp.importing.staging import Staging
from funding.models import Contribution
from plans.models import PlanIdentifier

from .cluster_files import group_cluster_rows, write_clusters
from .clusters import NOT_SPECIFIED, Clusters
from .context import Context
from .flow_rows import read_flow_row
from .flows import FlowGroup, FlowWriter, group_flow_rows
from .gone import list_gone_flows, list_gone_plans, outside_key
from .kinds import OF_HAPI, Kind
from .plans import CODE_SCHEME, SCHEME
from .requirements import PlanGroup, group_rows, write_outside_plans, write_plans
from .rows import Cells, LineRefused, RequirementRow, read_cluster_row, read_requirement_row

UNKNOWN = "?"


class Handler(Protocol):
    """What the import of one file asks of its kind."""

    is_whole: bool
    """Whether a group with a broken row is left out altogether, because its sum would be too small."""

    def key(self, cells: Mapping[str, str]) -> str: ...

    def is_of(self, country: str, cells: Mapping[str, str]) -> bool: ...

    def read(self, cells: Cells, countries: Collection[str]) -> Any: ...

    def group(self, rows: Sequence[Any]) -> Any: ...

    def write(self, groups: Sequence[Any]) -> None: ...

    def finish(self, staging: Staging) -> None: ...


class RequirementsHandler:
    """Files of requirements and funding."""

    is_whole = True

    def __init__(self, context: Context) -> None:
        self._context = context

    def key(self, cells: Mapping[str, str]) -> str:
        fts_id = cells.get("id", "").strip()
        return fts_id or outside_key(cells.get("countryCode", "").strip(), cells.get("year", "").strip())

    def is_of(self, country: str, cells: Mapping[str, str]) -> bool:
        return cells.get("countryCode", "").strip() == country

    def read(self, cells: Cells, countries: Collection[str]) -> RequirementRow:
        return read_requirement_row(cells, countries)

    def group(self, rows: Sequence[RequirementRow]) -> PlanGroup | RequirementRow:
        if rows[0].plan is not None:
            return group_rows(rows)
        for row in rows[1:]:
            if row.funding != rows[0].funding:
                raise LineRefused(
                    row.line,
                    "funding",
                    f"{row.iso3} in {row.year} outside plans has another amount on line {rows[0].line}.",
                )
        return rows[0]

    def write(self, groups: Sequence[PlanGroup | RequirementRow]) -> None:
        write_plans(self._context, [group for group in groups if isinstance(group, PlanGroup)])
        write_outside_plans(self._context, [group for group in groups if isinstance(group, RequirementRow)])

    def finish(self, staging: Staging) -> None:
        list_gone_plans(self._context, staging)


class HapiHandler(RequirementsHandler):
    """Requirements and funding in the shape of HDX HAPI: it names plans by their code, and has no year of totals.

    Both are looked up, so it brings plans up to date that CRP has and makes none.
    """

    @cached_property
    def _plans(self) -> dict[str, tuple[str, int]]:
        """The number in FTS and the year of the totals of each plan by its code there. As large as the plans are."""
        numbers = dict(PlanIdentifier.objects.filter(scheme=SCHEME).values_list("plan_id", "value"))
        coded = PlanIdentifier.objects.filter(scheme=CODE_SCHEME, plan_id__in=numbers).select_related("plan")
        return {found.value: (numbers[found.plan_id], found.plan.figures_year) for found in coded}

    def _translated(self, cells: Mapping[str, str]) -> dict[str, str]:
        """Return a row under the columns of a file of requirements; one of a plan that CRP lacks has no number."""
        row = {name: cells.get(column, "").strip() for name, column in OF_HAPI.items()}
        if row["code"].casefold() == NOT_SPECIFIED:
            return {**row, "id": "", "code": "", "year": row["startDate"][:4]}
        fts_id, year = self._plans.get(row["code"], (UNKNOWN, 0))
        return {**row, "id": fts_id, "year": str(year)}

    def key(self, cells: Mapping[str, str]) -> str:
        return super().key(self._translated(cells))

    def is_of(self, country: str, cells: Mapping[str, str]) -> bool:
        return super().is_of(country, self._translated(cells))

    def read(self, cells: Cells, countries: Collection[str]) -> RequirementRow:
        row = self._translated(cells.texts)
        if row["id"] == UNKNOWN:
            why = f"CRP has no plan with the code “{row['code']}” of FTS: import its requirements first."
            raise LineRefused(cells.line, OF_HAPI["code"], why)
        try:
            return super().read(Cells(cells.line, row), countries)
        except LineRefused as refused:
            raise LineRefused(refused.line, OF_HAPI.get(refused.column, refused.column), refused.message) from None


class ClustersHandler:
    """Files by cluster of the plans or by global cluster."""

    is_whole = True

    def __init__(self, context: Context) -> None:
        self._context = context
        self._clusters = Clusters(context.report)

    def key(self, cells: Mapping[str, str]) -> str:
        return cells.get("id", "").strip()

    def is_of(self, country: str, cells: Mapping[str, str]) -> bool:
        return cells.get("countryCode", "").strip() == country

    def read(self, cells: Cells, countries: Collection[str]) -> Any:
        return read_cluster_row(cells, countries)

    def group(self, rows: Sequence[Any]) -> Any:
        return group_cluster_rows(rows)

    def write(self, groups: Sequence[Any]) -> None:
        is_global = self._context.file.kind == Kind.GLOBAL_CLUSTER
        write_clusters(self._context, self._clusters, groups, is_global=is_global)

    def finish(self, staging: Staging) -> None:
        """What a plan no longer asks for was noted with its new revision."""


class FlowsHandler:
    """Files of flows: incoming, internal and outgoing ones alike."""

    is_whole = False

    def __init__(self, context: Context) -> None:
        self._context = context
        self._writer = FlowWriter(context, Clusters(context.report))
        self._seen: set[tuple[int, str]] = set()

    def key(self, cells: Mapping[str, str]) -> str:
        return cells.get("id", "").strip()

    def is_of(self, country: str, cells: Mapping[str, str]) -> bool:
        column = "srcLocations" if cells.get("boundary") == Contribution.Flow.OUTGOING else "destLocations"
        return country in {place.strip() for place in cells.get(column, "").split(",")}

    def read(self, cells: Cells, countries: Collection[str]) -> Any:
        return read_flow_row(cells, countries)

    def group(self, rows: Sequence[Any]) -> FlowGroup:
        return group_flow_rows(rows)

    def write(self, groups: Sequence[FlowGroup]) -> None:
        self._seen |= self._writer.write(groups)

    def finish(self, staging: Staging) -> None:
        list_gone_flows(self._context, staging, sorted(self._seen))
        if self._writer.repeated:
            repeated = f"Rows that repeat another one, {self._writer.repeated:,}: each flow counts once."
            self._context.report.add_note(repeated)


HANDLERS: dict[Kind, type[RequirementsHandler | ClustersHandler | FlowsHandler]] = {
    Kind.REQUIREMENTS: RequirementsHandler,
    Kind.HAPI: HapiHandler,
    Kind.CLUSTER: ClustersHandler,
    Kind.GLOBAL_CLUSTER: ClustersHandler,
    Kind.FLOWS: FlowsHandler,
}
