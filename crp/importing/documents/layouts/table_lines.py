"""The lines of a plan as a table, as CSV has them: cells, and what is wrong with them. It knows no field."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crp.importing.documents.document import Document
from crp.importing.documents.draft import Span

ROW, FIELD, VALUE, BASIS, NOTE = COLUMNS = ("row", "field", "value", "basis", "note")
REQUIRED = frozenset({ROW, FIELD, VALUE})
DELIMITERS = (",", ";", "\t")
LONGEST_HEADER = 1_000
FORMULA_START = "[=+\\-@\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH COMMERCIAL AT}]"
GUARDED = re.compile(f"'+{FORMULA_START}")
"""A text that a spreadsheet would run as a formula, with the apostrophe that CRP's tables put before it."""
UNGUARDED = re.compile(f"'*{FORMULA_START}")
"""The same with or without: it is written with one apostrophe more, which is taken off again."""


@dataclass(frozen=True)
class Header:
    """The line that names the columns. ``places``: of each column that is known; ``names``: of all, as they stand."""

    line: int
    delimiter: str
    places: dict[str, int]
    names: tuple[str, ...]

    def unknown(self) -> list[str]:
        """Return the columns that are not read: no table has them, or they stand there twice."""
        known = set(self.places.values())
        return [name for place, name in enumerate(self.names) if name and place not in known]


@dataclass(frozen=True)
class Entry:
    """One value as a line gives it.

    ``span``: the lines it stands on. ``problem``: why there is no value; ``doubt``: what to ask about the one there is.
    """

    span: Span
    row: str
    field: str
    text: str
    basis: str = ""
    note: str = ""
    problem: str = ""
    doubt: str = ""


def header_of(document: Document) -> Header | None:
    """Return the header of a table, the first line that is not blank. None: it is none."""
    first = next((line for line in document if line.text), None)
    if first is None or len(first.raw) > LONGEST_HEADER:
        return None
    for delimiter in DELIMITERS:
        try:
            names = [name.strip() for name in next(csv.reader([first.raw], delimiter=delimiter, strict=True))]
        except csv.Error:
            continue
        folded = [name.casefold() for name in names]
        if REQUIRED.issubset(folded):
            places = {name: folded.index(name) for name in COLUMNS if name in folded}
            return Header(first.number, delimiter, places, tuple(names))
    return None


def entries_of(document: Document, header: Header) -> Iterator[Entry]:
    """Yield the values of a table, line by line; lines without a word are passed over."""
    is_cut = bool(document.lines) and bool(document.lines[-1].raw)
    for span, cells, problem in _records([line.raw for line in document][header.line :], header):
        if not any(cell.strip() for cell in cells):
            continue
        found = {name: cells[place].strip() for name, place in header.places.items() if place < len(cells)}
        text = found.get(VALUE, "")
        why = problem or _about_cells(span, cells, header)
        ends_here = is_cut and span.last == len(document) and len(cells) - 1 == header.places[VALUE]
        yield Entry(
            span,
            found.get(ROW, ""),
            found.get(FIELD, ""),
            _unguarded(text),
            basis=found.get(BASIS, "").casefold(),
            note=_unguarded(found.get(NOTE, "")),
            problem=why,
            doubt=_about_end(span, text) if ends_here and text and not why else "",
        )


def _unguarded(text: str) -> str:
    return text[1:] if GUARDED.match(text) else text


def _records(lines: Sequence[str], header: Header) -> Iterator[tuple[Span, list[str], str]]:
    """Yield the cells of each record with its lines, and why they can't be believed."""
    first = header.line + 1
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=header.delimiter, strict=True)
    while True:
        start, problem = reader.line_num, ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells = _as_far_as_clear(lines[start : reader.line_num], header.delimiter)
            problem = _about_quotes(start + first, error)
        yield Span(start + first, max(start, reader.line_num - 1) + first), cells, problem


def _as_far_as_clear(lines: Sequence[str], delimiter: str) -> list[str]:
    try:
        return next(csv.reader((f"{line}\n" for line in lines), delimiter=delimiter), [])
    except csv.Error:
        return []


def _about_quotes(line: int, error: csv.Error) -> str:
    if "unexpected end" in str(error):
        text = _("A quoted text that opens on line %(line)s is never closed: the file was cut, or a quote is missing.")
        return text % {"line": line}
    return _("Line %(line)s breaks the rules of CSV: a quote within a quoted text is written twice.") % {"line": line}


def _about_cells(span: Span, cells: Sequence[str], header: Header) -> str:
    told = {"line": span, "found": len(cells), "expected": len(header.names)}
    if any(cell.strip() for cell in cells[len(header.names) :]):
        return (
            _(
                "Line %(line)s has %(found)s cells, the header has %(expected)s: a text with a separator in it needs "
                "quotes around it."
            )
            % told
        )
    if len(cells) <= max(header.places[name] for name in REQUIRED):
        return _("Line %(line)s has %(found)s cells, the header has %(expected)s: row, field and value.") % told
    return ""


def _about_end(span: Span, text: str) -> str:
    asked = _("The file ends within line %(line)s, without a line end: is “%(text)s” all of it?")
    return asked % {"line": span, "text": text[:60]}
