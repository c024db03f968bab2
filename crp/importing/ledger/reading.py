"""The rows of a file as text, from CSV or a workbook, with the lines that people see them on."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from difflib import get_close_matches
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from crp.importing.archives import OLD_WORKBOOK, not_readable
from crp.importing.report import Problem
from crp.importing.tables import ZIP, FileRefused

from .columns import BY_NAME, MOST_BYTES, MOST_ROWS, REQUIRED

SHEET = "Contributions"
MOST_COLUMNS = 100
MOST_SHEET_ROWS = 50_000
MOST_UNPACKED_BYTES = 200_000_000
DELIMITERS = (",", ";")
OTHER_DELIMITERS = {"\t": gettext_lazy("tabs"), "|": gettext_lazy("bars")}
MAY_BE_CUT = {"note", "exchange_rate_source"}
"""Columns of free text: a part of it is no other value."""
FORMULA_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}


@dataclass(frozen=True)
class Line:
    """One row. ``number`` is the line of a text, or the row of a sheet, counted from 1."""

    number: int
    cells: dict[str, str]


@dataclass
class Entries:
    """What a file holds: its rows by column, what is wrong with its form, and what its reader should know."""

    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lacks_line_end: bool = False
    """Whether the last line is not ended, as where a file was cut, and as some programmes leave it."""


def read_entries(content: bytes) -> Entries:
    """Return the rows of a file. Raises: FileRefused, with a sentence, where nothing of it can be used."""
    if len(content) > MOST_BYTES:
        raise FileRefused(
            _("It has %(size)s bytes: at most %(most)s are read at once. Split it.")
            % {"size": f"{len(content):,}", "most": f"{MOST_BYTES:,}"}
        )
    if content.startswith(OLD_WORKBOOK):
        raise FileRefused(_("It is an old workbook (.xls), or one with a password: save it as .xlsx."))
    entries = Entries()
    rows = _workbook_rows(content, entries) if content.startswith(ZIP) else _text_rows(content, entries)
    _fill(entries, rows)
    if not entries.lines and not entries.problems:
        raise FileRefused(_("It has no row below its columns."))
    return entries


def _fill(entries: Entries, rows: Iterator[tuple[int, list[str]]]) -> None:
    """Put cells under their columns. Raises: FileRefused where the columns are not those of a file like this."""
    names = _columns(next(rows, (1, []))[1])
    last = short = widest = 0
    end = ""
    for number, cells in rows:
        if not any(cells):
            continue
        widest, end = max(widest, len(cells)), cells[-1]
        if len(entries.lines) == MOST_ROWS:
            raise FileRefused(_("It has more than %(most)s rows: split it.") % {"most": f"{MOST_ROWS:,}"})
        last = number
        told = _tell_misfit(cells, names)
        if told:
            entries.problems.append(Problem(number, "", told))
            short = number if len(cells) < len(names) else short
        else:
            entries.lines.append(Line(number, {name: cell for name, cell in zip(names, cells, strict=False) if name}))
    if widest == 1 and len(names) > 1:
        raise FileRefused(_("No line has the separator that the names of the columns have."))
    if short and short == last:
        raise FileRefused(
            _("Line %(line)s, the last one, does not have all its columns: the file was cut.") % {"line": last}
        )
    if entries.lacks_line_end:
        _judge_open_end(entries, last, names[-1], end)


def _judge_open_end(entries: Entries, line: int, column: str, cell: str) -> None:
    """Note that the last line is not ended. Raises: FileRefused where a part of its last cell is another value."""
    if not cell or column in MAY_BE_CUT:
        entries.notes.append(_("The last line has no line end: look that it is whole."))
        return
    raise FileRefused(
        _(
            "Line %(line)s, the last one, has no line end: “%(text)s” in column %(column)s may be cut. Look that it is "
            "whole and end the line, or upload a workbook (.xlsx)."
        )
        % {"line": line, "text": cell[:40], "column": column}
    )


def _tell_misfit(cells: Sequence[str], names: Sequence[str]) -> str:
    """Return why cells do not fit under the columns; empty where they do."""
    told = {"found": len(cells), "expected": len(names)}
    if len(cells) < len(names):
        return _("%(found)s cells stand under %(expected)s columns.") % told
    if any(cells[len(names) :]):
        return (
            _("%(found)s cells stand under %(expected)s columns: a text with the separator in it needs quotes.") % told
        )
    unnamed = next((cell for name, cell in zip(names, cells, strict=False) if not name and cell), None)
    return "" if unnamed is None else _("“%(text)s” stands under a column without a name.") % {"text": unnamed[:40]}


def _columns(cells: Sequence[str]) -> list[str]:
    """Return the names of the columns. Raises: FileRefused where one is unknown, stands twice or is missing."""
    names = [cell.strip().casefold() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise FileRefused(_("It is empty: its first row must name the columns."))
    unknown = [name for name in names if name and name not in BY_NAME]
    if unknown:
        raise FileRefused(_tell_unknown(unknown))
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise FileRefused(_("Column %(names)s stands there twice.") % {"names": ", ".join(twice)})
    missing = [name for name in REQUIRED if name not in names]
    if not {"amount_usd", "original_amount"} & set(names):
        missing.append("amount_usd")
    if missing:
        raise FileRefused(_("It lacks the columns: %(names)s.") % {"names": ", ".join(missing)})
    return names


def _tell_unknown(unknown: list[str]) -> str:
    told = []
    for name in unknown[:5]:
        near = get_close_matches(name, BY_NAME, 1)
        told.append(_("“%(name)s” (%(near)s?)") % {"name": name, "near": near[0]} if near else f"“{name}”")
    return _("Its first row has columns that are not known: %(names)s. Take them out or use the template.") % {
        "names": ", ".join(told)
    }


# Text


def _text_rows(content: bytes, entries: Entries) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a CSV file with the lines they start on. Raises: FileRefused."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRefused(
            _("Line %(line)s is not in UTF-8 (byte %(byte)s): save the file as UTF-8, not as Latin-1.")
            % {"line": content.count(b"\n", 0, error.start) + 1, "byte": f"0x{content[error.start]:02X}"}
        ) from None
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise FileRefused(_("Line %(line)s has a byte of value 0: no text in UTF-8.") % {"line": line})
    if text.strip() and not text.endswith(("\n", "\r")):
        entries.lacks_line_end = True
    yield from _parsed(text, _delimiter(text))


def _parsed(text: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    start = 1
    try:
        for cells in reader:
            yield start, [cell.strip() for cell in cells]
            start = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise FileRefused(
                _("A quoted text that opens on line %(line)s is never closed: the file was cut, or a quote is missing.")
                % {"line": start}
            ) from None
        raise FileRefused(
            _("Line %(line)s breaks the rules of CSV: %(error)s.") % {"line": start, "error": error}
        ) from None


def _delimiter(text: str) -> str:
    """Return what separates the columns: under which their names are known. Raises: FileRefused."""
    first = text.lstrip("\r\n").partition("\n")[0]
    known = {mark: _known_names(first, mark) for mark in (*DELIMITERS, *OTHER_DELIMITERS)}
    mark = max(known, key=lambda mark: known[mark])
    if known[mark] and mark in OTHER_DELIMITERS:
        raise FileRefused(
            _("Its columns are separated by %(name)s: commas or semicolons were expected.")
            % {"name": OTHER_DELIMITERS[mark]}
        )
    return mark if known[mark] else ","


def _known_names(first: str, mark: str) -> int:
    cells = [cell.strip().strip('"').casefold() for cell in first.split(mark)]
    return sum(cell in BY_NAME for cell in cells) if len(cells) > 1 else 0


# Workbooks


def _workbook_rows(content: bytes, entries: Entries) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a sheet. A formula counts as what it last gave. Raises: FileRefused."""
    values, formulas = (_open(content, data_only=data_only) for data_only in (True, False))
    name = SHEET if SHEET in values.sheetnames else values.sheetnames[0]
    if len(values.sheetnames) > 1 and name != SHEET:
        entries.notes.append(_("Only the first sheet is read, “%(name)s”.") % {"name": name})
    pairs = zip(_sheet_rows(values[name]), _sheet_rows(formulas[name]), strict=True)
    try:
        for number, (shown, written) in enumerate(pairs, start=1):
            if number > MOST_SHEET_ROWS:
                raise FileRefused(_tell_endless())
            yield number, [_text_of(*cell, number) for cell in zip_longest(shown, written)]
    except (zipfile.BadZipFile, zlib.error, EOFError, SyntaxError, KeyError, AttributeError) as error:
        raise not_readable(error) from None


def _tell_endless() -> str:
    return _("Its sheet goes on for more than %(most)s rows: take out the empty ones.") % {
        "most": f"{MOST_SHEET_ROWS:,}"
    }


def _open(content: bytes, *, data_only: bool) -> Any:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            unpacked_bytes = sum(part.file_size for part in archive.infolist())
        if unpacked_bytes <= MOST_UNPACKED_BYTES:
            return load_workbook(io.BytesIO(content), read_only=True, data_only=data_only)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, SyntaxError) as error:
        raise not_readable(error) from None
    raise FileRefused(_("Unpacked it is far larger than a file of contributions can be."))


def _sheet_rows(sheet: Any) -> Iterable[Sequence[Any]]:
    """Return the rows that a sheet really has, all as wide as the first: what it says of its size may be wrong."""
    sheet.reset_dimensions()
    width = 0
    for row in sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True):
        cells = list(row)
        while cells and cells[-1] is None:
            cells.pop()
        width = max(width, len(cells))
        yield cells + [None] * (width - len(cells))


def _text_of(value: Any, source: Any, row: int) -> str:
    """Return a cell as a person would type it; ``source`` is its formula, where it has one.

    Raises: FileRefused for what a formula did not work out.
    """
    if value is None:
        if isinstance(source, str) and source.startswith("="):
            raise FileRefused(
                _("Row %(row)s has a formula without a result: open the file, save it, and try again.") % {"row": row}
            )
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):  # Excel shows 15 digits, and so means 1000.3 where it holds 1000.3000000000001
        return format(Decimal(format(value, ".15g")).normalize(), "f")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat(sep=" ")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value).strip()
    if text in FORMULA_ERRORS:
        raise FileRefused(_("Row %(row)s has a formula that fails: %(error)s.") % {"row": row, "error": text})
    return text
