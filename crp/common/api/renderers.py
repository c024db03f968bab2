"""CSV of any list: the columns of the JSON, row by row."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework.renderers import BaseRenderer

# A spreadsheet runs a cell that starts so; a number with a sign is harmless.
FORMULA = re.compile(r"[=+\-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}]")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


class CSVRenderer(BaseRenderer):
    """Makes ``format=csv`` and ``Accept: text/csv`` known; lists are streamed by :func:`stream_csv`."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        raise NotImplementedError("Only what stream_csv makes is CSV; everything else is JSON.")


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text: str) -> str:
        return text


def cell(value: Any) -> Any:
    """Return what stands in a cell: empty for not reported, lists joined by ``;``, formulas made harmless."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return cell(";".join(str(item) for item in value))
    if isinstance(value, str) and FORMULA.match(value) and not NUMBER.fullmatch(value):
        return f"'{value}"
    return value


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield the header and a line for each row."""
    writer = csv.writer(_Echo())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([cell(row[column]) for column in columns])


def stream_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], name: str) -> StreamingHttpResponse:
    """Return a download that is written while it is read, so that its size is no matter."""
    return StreamingHttpResponse(
        csv_lines(columns, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
