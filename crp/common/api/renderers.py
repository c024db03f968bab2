"""CSV, NDJSON, Parquet and workbooks of any list: the columns of the JSON, row by row, written while they are read."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

import orjson
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.renderers import BaseRenderer

from crp.common import parquet
from crp.common.columns import Column
from crp.common.xlsx import XLSX_TYPE, Cover, Sheet, workbook_answer

# A spreadsheet runs a cell that starts so; a number with a sign is harmless.
FORMULA_STARTS = frozenset("=+-@\t\r\n\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}")
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")

ROWS_AT_ONCE = 200
CSV_TYPE = "text/csv; charset=utf-8"
# Excel takes a CSV for one of its own old encodings unless it begins so; a program may take it for part of the header.
BYTE_ORDER_MARK = "\ufeff"
# Times as the serializers write them: in UTC, with a Z.
JSON_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NAIVE_UTC

# JSON lets them stand in a text, and many readers of lines end one there; each is escaped, which says the same.
LINE_ENDS = {sign.encode(): f"\\u{ord(sign):04x}".encode() for sign in "\x85\u2028\u2029"}


class StreamRenderer(BaseRenderer):
    """Makes a format known to the negotiation; what is in it is streamed."""

    charset = "utf-8"

    @property
    def missing(self) -> str:
        """Why this server can't write the format. Empty: it can."""
        return ""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        raise NotImplementedError("Only a stream is in this format; everything else is JSON.")


class CSVRenderer(StreamRenderer):
    """``format=csv`` and ``Accept: text/csv``, made by :func:`stream_csv`."""

    media_type = "text/csv"
    format = "csv"


class NDJSONRenderer(StreamRenderer):
    """``format=ndjson`` and ``Accept: application/x-ndjson``, made by :func:`stream_ndjson`."""

    media_type = "application/x-ndjson"
    format = "ndjson"


class XLSXRenderer(StreamRenderer):
    """``format=xlsx``, made by :func:`workbook_of`."""

    media_type = XLSX_TYPE
    format = "xlsx"
    charset = None  # type: ignore[assignment]  # it is no text


class ParquetRenderer(StreamRenderer):
    """``format=parquet``, made by :func:`stream_parquet` where the package for it is installed."""

    media_type = parquet.PARQUET_TYPE
    format = "parquet"
    charset = None  # type: ignore[assignment]  # it is no text

    @property
    def missing(self) -> str:
        return "" if parquet.is_installed() else parquet.MISSING


def cell(value: Any) -> Any:
    """Return what stands in a cell: empty for not reported, lists joined by ``;``, formulas made harmless."""
    write = _CELLS.get(value.__class__)
    return value if write is None else write(value)


def text_cell(value: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in FORMULA_STARTS and not NUMBER.fullmatch(value) else value


_CELLS: dict[type, Callable[[Any], str]] = {
    type(None): lambda value: "",
    str: text_cell,
    bool: lambda value: "true" if value else "false",
    list: lambda value: text_cell(";".join(map(str, value))),
    tuple: lambda value: text_cell(";".join(map(str, value))),
    datetime: lambda value: to_json(value).decode().strip('"'),
}


def to_json(value: Any) -> bytes:
    """Return JSON as the API writes it."""
    return orjson.dumps(value, default=str, option=JSON_OPTIONS)


def csv_lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], hashtags: Sequence[str] = ()) -> Iterator[str]:
    """Yield the header, under it the hashtags where there are any, then the lines of some rows at a time."""
    return _written(_header(columns, hashtags), _cells(columns, rows))


def _header(columns: Sequence[str], hashtags: Sequence[str]) -> list[Sequence[str]]:
    return [columns, hashtags] if hashtags else [columns]


def _cells(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[list[Any]]:
    """Yield :func:`cell` of every value, without a call for those that stay as they are: a table has millions."""
    find = _CELLS.get
    for row in rows:
        values = [row[column] for column in columns]
        yield [value if (write := find(value.__class__)) is None else write(value) for value in values]


def _written(header: Iterable[Sequence[Any]], rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    several: Iterable[Sequence[Any]] = header
    while several:
        text = io.StringIO()
        csv.writer(text).writerows(several)
        yield text.getvalue()
        several = list(islice(rows, ROWS_AT_ONCE))


def ndjson_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield the lines of some rows at a time, each row a JSON object."""
    left = iter(rows)
    while several := list(islice(left, ROWS_AT_ONCE)):
        yield _on_its_line(b"\n".join([*map(to_json, several), b""]))


def _on_its_line(written: bytes) -> bytes:
    """Return JSON whose texts hold nothing that a client takes for the end of a line: Python's splitlines() does."""
    for sign, escaped in LINE_ENDS.items():
        written = written.replace(sign, escaped)
    return written


def stream_csv(
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    name: str,
    *,
    hashtags: Sequence[str] = (),
    for_excel: bool = False,
) -> StreamingHttpResponse:
    """Return a download that is written while it is read, so that its size is no matter."""
    return _csv(csv_lines(columns, rows, hashtags), name, for_excel=for_excel)


def stream_cells(
    columns: Sequence[str],
    rows: Iterator[Sequence[Any]],
    name: str,
    *,
    hashtags: Sequence[str] = (),
    for_excel: bool = False,
) -> StreamingHttpResponse:
    """Return the same from rows of cells that :func:`cell` would leave as they are."""
    return _csv(_written(_header(columns, hashtags), rows), name, for_excel=for_excel)


def stream_ndjson(rows: Iterable[Mapping[str, Any]], name: str) -> StreamingHttpResponse:
    """Return the same with a JSON object a line."""
    return _download(ndjson_lines(rows), "application/x-ndjson", f"{name}.ndjson")


def stream_parquet(
    columns: Sequence[Column], rows: Iterable[Mapping[str, Any]], name: str, title: str, address: str
) -> StreamingHttpResponse:
    """Return the same with a type for each column, for programs that read columns."""
    about = {"title": title, "address": address, "made_at": datetime.now(tz=UTC).isoformat(timespec="seconds")}
    return _download(parquet.parquet_chunks(columns, rows, about), parquet.PARQUET_TYPE, f"{name}.parquet")


def workbook_of(
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    name: str,
    title: str,
    address: str,
    *,
    hashtags: Sequence[str] = (),
) -> HttpResponseBase:
    """Return the same as a workbook, which says on its first sheet where it is from; written to the disk if large."""
    facts = [
        ("From", address),
        ("Made at (UTC)", datetime.now(tz=UTC)),
        ("Unit of money", "US dollars"),
        ("Empty cells", "Not reported, which is not 0."),
    ]
    cover = Cover(title="About", heading=title, facts=facts)
    return workbook_answer(name, [Sheet(title=title, columns=columns, rows=rows, hashtags=hashtags)], cover)


def _csv(lines: Iterator[str], name: str, *, for_excel: bool) -> StreamingHttpResponse:
    return _download(chain([BYTE_ORDER_MARK], lines) if for_excel else lines, CSV_TYPE, f"{name}.csv")


def _download(lines: Iterator[Any], content_type: str, name: str) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(lines, content_type=content_type, headers=headers)
