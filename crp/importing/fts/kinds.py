"""What an FTS file is, told by its columns and never by its name, and whether all of it can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from crp.importing import values
from crp.importing.tables import FileRefused, Row, Table, open_table

from .clusters import count_global

Value = TypeVar("Value")

MOST_CLUSTERS_LOOKED_AT, MOST_COUNTRIES = 2_000, 1_000


class Kind(StrEnum):
    """The files of FTS that are read, in the order in which a run reads them: plans before what names them."""

    REQUIREMENTS = "requirements"
    HAPI = "requirements in the shape of HDX HAPI"
    CLUSTER = "clusters of plans"
    GLOBAL_CLUSTER = "global clusters"
    FLOWS = "flows"


ORDER = list(Kind)

OF_REQUIREMENTS = (
    "countryCode", "id", "name", "code", "typeName", "startDate", "endDate", "year", "requirements", "funding",
)  # fmt: skip
OF_CLUSTERS = ("countryCode", "id", "name", "year", "clusterCode", "cluster", "requirements", "funding")
OF_FLOWS = (
    "date", "budgetYear", "description", "amountUSD", "srcOrganization", "srcOrganizationTypes", "srcLocations",
    "destPlan", "destPlanCode", "destPlanId", "destOrganization", "destOrganizationTypes", "destGlobalClusters",
    "destLocations", "destProject", "destProjectCode", "destEmergency", "destUsageYearStart", "destUsageYearEnd",
    "contributionType", "flowType", "method", "boundary", "status", "firstReportedDate", "decisionDate", "keywords",
    "originalAmount", "originalCurrency", "exchangeRate", "id", "refCode",
)  # fmt: skip
# The columns of HDX HAPI under the names of the file of requirements; what that has beyond them is looked up.
OF_HAPI = {
    "countryCode": "location_code",
    "name": "appeal_name",
    "code": "appeal_code",
    "typeName": "appeal_type",
    "startDate": "reference_period_start",
    "endDate": "reference_period_end",
    "requirements": "requirements_usd",
    "funding": "funding_usd",
}
NEEDED: dict[Kind, tuple[str, ...]] = {
    Kind.FLOWS: OF_FLOWS,
    Kind.CLUSTER: OF_CLUSTERS,
    Kind.REQUIREMENTS: OF_REQUIREMENTS,
    Kind.HAPI: tuple(OF_HAPI.values()),
}

# Read past, and nothing is lost by it: percentages are computed, the others say the same as columns that are read.
KNOWN_EXTRAS = frozenset(
    {
        "typeId", "percentFunded", "code", "startDate", "endDate", "createdAt", "updatedAt", "onBoundary",
        "srcUsageYearStart", "srcUsageYearEnd",
    }
)  # fmt: skip


@dataclass
class Inspected:
    """A file that was read to its end and found whole."""

    path: Path
    kind: Kind
    columns: Sequence[str] = ()
    rows: int = 0
    sha256: str = ""
    countries: set[str] = field(default_factory=set)
    """Of which countries it speaks, for files that have a row a country."""
    years: dict[str, tuple[int, int]] = field(default_factory=dict)
    """The first and last year it speaks of, by country."""
    newest: dict[str, date] = field(default_factory=dict)
    """The day on which the newest plan of each country starts."""
    updated_on: date | None = None
    """The newest day on which one of its flows was updated. None: its rows have no such day."""
    notes: list[str] = field(default_factory=list)

    def dicts(self) -> Iterator[tuple[Row, dict[str, str] | None]]:
        """Yield its rows by column; None in place of one whose number of cells is wrong. Raises: FileRefused."""
        with open_table(self.path) as table:
            for row in data_rows(table):
                whole = len(row.cells) == len(self.columns)
                yield row, dict(zip(self.columns, row.cells, strict=True)) if whole else None


def data_rows(table: Table) -> Iterator[Row]:
    """Yield the rows below the columns without the row of HXL hashtags. Raises: FileRefused."""
    for number, row in enumerate(table.rows()):
        if number or not is_hxl(row.cells):
            yield row


def is_hxl(cells: Sequence[str]) -> bool:
    """Return whether a row holds hashtags of the Humanitarian Exchange Language and nothing else."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return bool(filled) and all(cell.startswith("#") for cell in filled)


def kind_of(columns: Sequence[str]) -> Kind:
    """Return what file has these columns; clusters of plans and global clusters look the same here.

    Raises: FileRefused, which names the columns that are missing.
    """
    there = set(columns)
    for kind, needed in NEEDED.items():
        if there.issuperset(needed):
            return kind
    nearest = max(NEEDED, key=lambda kind: len(there.intersection(NEEDED[kind])) / len(NEEDED[kind]))
    missing = [name for name in NEEDED[nearest] if name not in there]
    if len(missing) * 2 > len(NEEDED[nearest]):
        raise FileRefused("Its columns are not those of an FTS file: " + values.shown(", ".join(columns)) + ".")
    raise FileRefused(f"It looks like an FTS file of {nearest} but has no column {', '.join(missing)}.")


def inspect(path: Path) -> Inspected:
    """Read a file to its end and return what it is. Raises: FileRefused where it can't be used."""
    with open_table(path) as table:
        rows = table.rows()
        first = next(rows, None)
        found = Inspected(path, kind_of(table.columns), table.columns)
        places = {name: number for number, name in enumerate(table.columns)}
        clusters: set[tuple[str, str]] = set()
        last = first
        for row in _with(first, rows):
            last = row
            found.rows += 1
            if len(row.cells) == len(table.columns):
                _look_at(row, places, found, clusters)
        if last and len(last.cells) < len(table.columns) and not table.ends_with_newline:
            raise FileRefused(
                f"Line {last.line}, the last one, stops after {len(last.cells)} of {len(table.columns)} columns: the "
                "file was cut."
            )
        found.sha256 = table.sha256
    if found.rows == 0:
        raise FileRefused("It has columns and no row.")
    if first and is_hxl(first.cells):
        found.notes.append("The row of HXL hashtags was read past.")
    if found.kind == Kind.CLUSTER:
        _tell_clusters_apart(found, clusters)
    extra = [name for name in table.columns if name not in NEEDED.get(found.kind, OF_CLUSTERS)]
    unknown = [name for name in extra if name not in KNOWN_EXTRAS]
    if unknown:
        found.notes.append(f"Columns read past: {', '.join(unknown)}.")
    return found


def _with(first: Row | None, rest: Iterator[Row]) -> Iterator[Row]:
    if first is not None:
        if not is_hxl(first.cells):
            yield first
        yield from rest


def _look_at(row: Row, places: dict[str, int], found: Inspected, clusters: set[tuple[str, str]]) -> None:
    """Note what a row says of the file: its newest day, or its country, year and cluster."""
    if found.kind == Kind.FLOWS:
        if "updatedAt" in places:
            days = _read(values.read_date, row.cells[places["updatedAt"]][:10]), found.updated_on
            found.updated_on = max(filter(None, days), default=None)
        return
    if found.kind == Kind.CLUSTER and len(clusters) < MOST_CLUSTERS_LOOKED_AT:
        clusters.add((row.cells[places["clusterCode"]].strip(), row.cells[places["cluster"]].strip()))
    names = OF_HAPI if found.kind == Kind.HAPI else {}
    iso3 = row.cells[places[names.get("countryCode", "countryCode")]].strip()
    if iso3 not in found.countries and len(found.countries) >= MOST_COUNTRIES:
        return
    found.countries.add(iso3)
    starts = names.get("startDate", "startDate")
    start = _read(values.read_date, row.cells[places[starts]]) if starts in places else None
    if start is not None:
        found.newest[iso3] = max(start, found.newest.get(iso3, start))
    year = _read(values.read_year, row.cells[places["year"]] if "year" in places else str(start.year if start else ""))
    if year is not None:
        first, last = found.years.get(iso3, (year, year))
        found.years[iso3] = min(first, year), max(last, year)


def _read(reader: Callable[[str], Value], text: str) -> Value | None:
    """Return a value where it can be read; a broken one is reported when its line is used."""
    try:
        return reader(text)
    except ValueError:
        return None


def _tell_clusters_apart(found: Inspected, clusters: set[tuple[str, str]]) -> None:
    coded = {(code, name) for code, name in clusters if code}
    number = count_global(coded)
    if coded and number * 2 > len(coded):
        found.kind = Kind.GLOBAL_CLUSTER
    found.notes.append(
        f"Read as {found.kind}: {number} of its {len(coded)} clusters have number and name of a global cluster."
    )
