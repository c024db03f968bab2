"""Workbooks (.xlsx) written row by row, in memory that does not grow with the table."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import IO, Any

import xlsxwriter
from django.http import FileResponse, HttpResponse

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 1_048_575  # below the header; more of a table go to a further sheet
LONGEST_CELL = 32_767
IN_MEMORY = 4 * 1024 * 1024  # bytes; a larger file waits on the disk
FORMATS = {
    "usd": {"num_format": "#,##0.00"},
    "number": {"num_format": "#,##0"},
    "rate": {"num_format": "0.########"},
    "percent": {"num_format": "0.00"},
    "day": {"num_format": "yyyy-mm-dd", "align": "left"},
    "time": {"num_format": "yyyy-mm-dd hh:mm", "align": "left"},
    "text": {},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "head": {"bold": True, "bottom": 1, "bg_color": "#F1F5F9", "valign": "top"},
    "title": {"bold": True, "font_size": 14},
}
NARROW, WIDE = 14, 44  # letters


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A table of a workbook: its rows have a value under each column's name. None is an empty cell."""

    title: str
    columns: Sequence[str]
    rows: Iterable[Mapping[str, Any]]
    widths: Mapping[str, int] = field(default_factory=dict)
    """In letters; others have the width of their kind."""
    hashtags: Sequence[str] = ()
    """A row of them, one a column, stands below the header. Empty: there is none."""


@dataclass(frozen=True, kw_only=True)
class Cover:
    """The first sheet of a workbook: what it holds, from where, and what its columns mean."""

    title: str
    heading: str
    facts: Sequence[tuple[str, Any]]
    columns_title: str = ""
    columns: Sequence[tuple[str, str]] = ()
    """Name of each column that needs it, and what it means."""


def write_workbook(target: IO[bytes], sheets: Iterable[Sheet], cover: Cover | None = None) -> None:
    """Write a workbook. A text stays a text, also where it looks like a formula, a number or an address."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "remove_timezone": True}
    with xlsxwriter.Workbook(target, options) as book:
        styles = {name: book.add_format(values) for name, values in FORMATS.items()}
        names = _SheetNames()
        if cover is not None:
            _write_cover(book.add_worksheet(names.free(cover.title)), cover, styles)
        for sheet in sheets:
            _write_sheet(book, names, sheet, styles)


def workbook_answer(name: str, sheets: Iterable[Sheet], cover: Cover | None = None) -> HttpResponse | FileResponse:
    """Return a workbook as a download; a large one is written to the disk, and sent from there bit by bit."""
    target = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 (the answer closes it when it is sent)
    try:
        write_workbook(target, sheets, cover)
        size = target.tell()
        target.seek(0)
    except BaseException:
        target.close()
        raise
    if size > IN_MEMORY:
        answer = FileResponse(target, as_attachment=True, filename=f"{name}.xlsx", content_type=XLSX_TYPE)
        answer["Content-Length"] = str(size)
        return answer
    with target:
        headers = {"Content-Disposition": f'attachment; filename="{name}.xlsx"'}
        return HttpResponse(target.read(), content_type=XLSX_TYPE, headers=headers)


class _SheetNames:
    """Names that Excel takes: short, without its own signs, each used once."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def free(self, wanted: str) -> str:
        plain = "".join(" " if letter in "[]:*?/\\" else letter for letter in wanted).strip("' ") or "Sheet"
        name, number = plain[:31], 1
        while name.lower() in self._used:
            number += 1
            name = f"{plain[:26]} ({number})"
        self._used.add(name.lower())
        return name


def _write_cover(page: Any, cover: Cover, styles: Mapping[str, Any]) -> None:
    page.set_column(0, 0, 30)
    page.set_column(1, 1, 100)
    page.write_string(0, 0, _text(cover.heading), styles["title"])
    row = 2
    for label, value in cover.facts:
        page.write_string(row, 0, _text(label), styles["wrapped"])
        kind = "wrapped" if isinstance(value, str) else "usd" if isinstance(value, Decimal) else ""
        _write(page, (row, 1), value, kind, styles)
        row += 1
    if cover.columns:
        page.write_string(row + 1, 0, _text(cover.columns_title), styles["head"])
        page.write_blank(row + 1, 1, None, styles["head"])
        row += 2
        for name, meaning in cover.columns:
            page.write_string(row, 0, _text(name), styles["wrapped"])
            page.write_string(row, 1, _text(meaning), styles["wrapped"])
            row += 1


def _write_sheet(book: Any, names: _SheetNames, sheet: Sheet, styles: Mapping[str, Any]) -> None:
    page = _begin(book, names.free(sheet.title), sheet, styles)
    kinds = [kind_of(column) for column in sheet.columns]
    above = 2 if sheet.hashtags else 1
    most = MOST_ROWS - above + 1
    for index, row in enumerate(sheet.rows):
        number = index % most + above
        if index and number == above:  # the sheet is full
            page = _begin(book, names.free(sheet.title), sheet, styles)
        for place, (column, kind) in enumerate(zip(sheet.columns, kinds, strict=True)):
            _write(page, (number, place), row[column], kind, styles)


def _begin(book: Any, name: str, sheet: Sheet, styles: Mapping[str, Any]) -> Any:
    page = book.add_worksheet(name)
    page.freeze_panes(2 if sheet.hashtags else 1, 1)
    for place, column in enumerate(sheet.columns):
        kind = kind_of(column)
        width = sheet.widths.get(column, WIDE if kind == "text" and column in LONG else NARROW)
        page.set_column(place, place, max(width, min(len(column) + 2, 30)))
        page.write_string(0, place, _text(column), styles["head"])
    for place, hashtag in enumerate(sheet.hashtags):
        if hashtag:
            page.write_string(1, place, hashtag)
    return page


LONG = frozenset({"title", "name", "description", "note", "plan_title", "donor_name", "recipient_name", "source"})


def kind_of(column: str) -> str:
    """Return how a column is written, which its name says: ``_usd`` money, ``_on`` a day, ``_at`` a time."""
    if column.endswith("_usd") or column == "original_amount":
        return "usd"
    if column == "exchange_rate":
        return "rate"
    if column.startswith("percent") or column.endswith("_percent"):
        return "percent"
    if column.endswith("_on"):
        return "day"
    if column.endswith("_at"):
        return "time"
    return "text"


def _write(page: Any, place: tuple[int, int], value: Any, kind: str, styles: Mapping[str, Any]) -> None:
    """Write one value as what it is; texts of money, days and times as such too, since the API has them so."""
    if value is None or value in ("", []):
        return
    if isinstance(value, str) and kind in _FROM_TEXT:
        value = _FROM_TEXT[kind](value)
    if isinstance(value, bool):
        page.write_boolean(*place, value)
    elif isinstance(value, (int, float, Decimal)):
        page.write_number(*place, value, styles[kind if kind in OF_NUMBERS else _plain_number(value)])
    elif isinstance(value, datetime):
        page.write_datetime(*place, value.astimezone(UTC).replace(tzinfo=None), styles["time"])
    elif isinstance(value, date):
        page.write_datetime(*place, datetime(value.year, value.month, value.day), styles["day"])  # noqa: DTZ001
    elif isinstance(value, (list, tuple)):
        page.write_string(*place, _text(";".join(map(str, value))))
    else:
        page.write_string(*place, _text(str(value)), styles["wrapped"] if kind == "wrapped" else None)


def _plain_number(value: Any) -> str:
    # A year reads badly with a comma in it, and no other number without one.
    return "text" if isinstance(value, int) and value < 10_000 else "number"


def _text(value: str) -> str:
    return value if len(value) <= LONGEST_CELL else f"{value[: LONGEST_CELL - 1]}…"


OF_NUMBERS = frozenset({"usd", "rate", "percent"})
_FROM_TEXT: Mapping[str, Callable[[str], Any]] = {
    "usd": Decimal,
    "rate": Decimal,
    "day": date.fromisoformat,
    "time": datetime.fromisoformat,
}
