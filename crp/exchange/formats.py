"""Downloads as CSV, XLSX, JSON and NDJSON: the same rows, columns and order in each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crp.common.api.renderers import ROWS_AT_ONCE, stream_csv, stream_ndjson, to_json
from crp.common.money import quantize_usd
from crp.common.xlsx import Cover, Sheet, kind_of, workbook_answer
from crp.exchange.brief_parts import long_date
from crp.exchange.tables import Download, Row, Table
from crp.exchange.terms import LICENCE

FORMATS = ("csv", "xlsx", "json", "ndjson")
"""What every table can be had as, in the order that pages offer them."""


def answer(download: Download, form: str) -> HttpResponseBase:
    """Return a download in a format, written while it is read; a workbook waits on the disk until it is whole."""
    first = download.tables[0]
    made: HttpResponseBase
    if form == "csv":
        made = stream_csv(first.columns, _plain_rows(first), download.file_name, for_excel=True)
    elif form == "ndjson":
        made = stream_ndjson(_plain_rows(first), download.file_name)
    elif form == "json":
        made = StreamingHttpResponse(_json(download), content_type="application/json")
        made["Content-Disposition"] = f'attachment; filename="{download.file_name}.json"'
    else:
        made = workbook_answer(download.file_name, map(_sheet, download.tables), _cover(download))
    made["X-Robots-Tag"] = "noindex"
    return made


def _sheet(table: Table) -> Sheet:
    return Sheet(title=str(table.title), columns=table.columns, rows=table.rows)


def _plain_rows(table: Table) -> Iterator[dict[str, Any]]:
    kinds = {column: kind_of(column) for column in table.columns}
    return ({column: plain(row[column], kind) for column, kind in kinds.items()} for row in table.rows)


def plain(value: Any, kind: str) -> Any:
    """Return a value as the API has it: money and rates as texts with two and eight decimals, others as numbers."""
    if not isinstance(value, Decimal):
        # A translated text is a kind of string of its own, which writers would not know for one.
        return str(value) if isinstance(value, str) else value
    if kind == "usd":
        return f"{quantize_usd(value):f}"
    return f"{value:.8f}" if kind == "rate" else float(value)


# JSON


def _json(download: Download) -> Iterator[bytes]:
    """Yield an object with ``meta`` and the rows: under ``results``, or of several tables under the name of each."""
    yield b'{"meta":' + to_json(_meta(download))
    for table in download.tables:
        name = "results" if len(download.tables) == 1 else table.name
        yield b"," + to_json(name) + b":["
        yield from _json_rows(_plain_rows(table))
        yield b"]"
    yield b"}\n"


def _json_rows(rows: Iterable[Row]) -> Iterator[bytes]:
    left, before = iter(rows), b"\n"
    while several := list(islice(left, ROWS_AT_ONCE)):
        yield before + b",\n".join(map(to_json, several))
        before = b",\n"


def _meta(download: Download) -> Mapping[str, Any]:
    return {
        "title": str(download.title),
        "language": get_language() or "en",
        "filter": {name: list(values) for name, values in download.parameters.items()},
        "filter_in_words": [f"{title}: {value}" for title, value in download.filters],
        "as_of": download.on,
        "made_at": download.made_at.replace(microsecond=0),
        "figures": {name: plain(value, kind_of(name)) for name, _title, value in download.facts},
        "unit": "USD",
        "definitions": dict(download.meanings),
        "licence": str(LICENCE),
        "address": download.address,
    }


# XLSX


def _cover(download: Download) -> Cover:
    on = long_date(download.on) if download.on else _("the day it was made")
    every = "; ".join(f"{title}: {value}" for title, value in download.filters) or _("None: everything is listed.")
    facts: list[tuple[str, Any]] = [
        (_("Filter"), every),
        (_("As of"), on),
        (_("Made at (UTC)"), download.made_at),
        *((title, _("Not reported") if value is None else value) for _name, title, value in download.facts),
        (_("Unit of money"), _("US dollars")),
        (_("Empty cells"), _("Not reported, which is not 0.")),
        (_("Terms of use"), str(LICENCE)),
        (_("The same on the screen"), download.address),
    ]
    return Cover(
        title=_("About"),
        heading=str(download.title),
        facts=facts,
        columns_title=_("Column"),
        columns=download.meanings,
    )
