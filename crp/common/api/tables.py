"""Lists, rollups and checks as tables: their format, the row of hashtags, and the name of the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import QueryDict
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from crp.common.api.hxl import tags_of
from crp.common.api.parameters import short
from crp.common.api.renderers import (
    CSVRenderer,
    NDJSONRenderer,
    ParquetRenderer,
    StreamRenderer,
    XLSXRenderer,
    stream_cells,
    stream_csv,
    stream_ndjson,
    stream_parquet,
    workbook_of,
)
from crp.common.columns import Column

HXL, BOM = "hxl", "bom"
TABLE_PARAMETERS = (HXL, BOM)
"""What a table can be asked for besides its rows."""
OF_FORMATS: Mapping[str, tuple[type[StreamRenderer], ...]] = {HXL: (CSVRenderer, XLSXRenderer), BOM: (CSVRenderer,)}

# What says in which form rows are wanted, or what the rest of a name says already.
UNNAMED = frozenset(
    {"format", HXL, BOM, "limit", "offset", "cursor", "count", "fields", "expand", "ordering", "as_of", "by"}
)
PARTLY = frozenset({"limit", "offset", "cursor"})
MOST_VALUES = 4
LONGEST_NAME = 120


@dataclass(frozen=True, kw_only=True)
class ApiTable:
    """Rows on their way to a client. ``name``: of the list that says which hashtags its columns have."""

    name: str
    file_name: str
    title: str
    columns: Sequence[Column]
    rows: Iterable[Mapping[str, Any]]
    cells: Iterator[Sequence[Any]] | None = None
    """The same rows as they stand in CSV, where somebody has them so already."""


def answer_table(request: Request, table: ApiTable) -> HttpResponseBase:
    """Return a table in the format asked for, written while it is read."""
    renderer, names = request.accepted_renderer, [column.name for column in table.columns]
    address = request.build_absolute_uri()
    hashtags = tags_of(table.name, names) if wants(request, HXL) else ()
    if isinstance(renderer, NDJSONRenderer):
        return stream_ndjson(table.rows, table.file_name)
    if isinstance(renderer, ParquetRenderer):
        return stream_parquet(table.columns, table.rows, table.file_name, table.title, address)
    if isinstance(renderer, XLSXRenderer):
        return workbook_of(names, table.rows, table.file_name, table.title, address, hashtags=hashtags)
    for_excel = wants(request, BOM)
    if table.cells is not None:
        return stream_cells(names, table.cells, table.file_name, hashtags=hashtags, for_excel=for_excel)
    return stream_csv(names, table.rows, table.file_name, hashtags=hashtags, for_excel=for_excel)


def wants(request: Request, name: str) -> bool:
    """Return whether a parameter of tables is on."""
    return request.query_params.get(name) == "1"


def table_problems(request: Request) -> dict[str, list[str]]:
    """Return what is wrong with the parameters of tables, under their names; empty where nothing is."""
    problems = {}
    for name, renderers in OF_FORMATS.items():
        value = request.query_params.get(name, "0")
        if value not in {"0", "1"}:
            problems[name] = [f"“{short(value)}” can't be used: expected 1 or 0."]
        elif value == "1" and not isinstance(request.accepted_renderer, renderers):
            formats = " and ".join(renderer.format.upper() for renderer in renderers)
            problems[name] = [f"Only for {formats}: name the format with format=, or leave “{name}” out."]
    return problems


def file_name(what: str, given: QueryDict, day: date) -> str:
    """Return the name of a download without its ending: the list, what narrows it, the day that it is of."""
    filters = [_filter(name, values) for name, values in given.lists() if name not in UNNAMED]
    if PARTLY & given.keys():
        filters.append("part")
    ending = f"-{day.isoformat()}"
    name = f"crp-{_clean(what)}"
    for part in filters:
        if len(name) + len(part) + len(ending) >= LONGEST_NAME:
            name += "-and-more"
            break
        name += f"-{part}"
    return name + ending


def _filter(name: str, values: Sequence[str]) -> str:
    terms = [term for value in values for term in map(_clean, value.split(",")) if term]
    more = [f"and-{len(terms) - MOST_VALUES}-more"] if len(terms) > MOST_VALUES else []
    return "-".join([_clean(name), *terms[:MOST_VALUES], *more])


def _clean(text: str) -> str:
    """Return what every disk and every header takes of a text."""
    return re.sub(r"[^A-Za-z0-9_.]+", "-", text[:LONGEST_NAME]).strip("-._")
