"""Workbooks for tests: downloaded, changed as a spreadsheet would, and uploaded."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

from openpyxl import Workbook, load_workbook

from crp.importing.workbook.entry import Entry, enter_workbook
from crp.importing.workbook.layout import FIRST_ROW, NAMES_ROW
from crp.importing.workbook.reading import Upload, read_workbook
from crp.importing.workbook.writing import write_workbook
from plans.models import Revision


def changed(content: bytes, change: Callable[[Workbook], Any] = lambda book: None) -> bytes:
    """Return a workbook as a spreadsheet saves it after somebody changed something, or nothing, in it."""
    book = load_workbook(io.BytesIO(content))
    change(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def column(page: Any, name: str) -> int:
    """Return the number of a column by its hidden name."""
    return next(cell.column for cell in page[NAMES_ROW] if cell.value == name)


def row(page: Any, text: Any, name: str = "row_key") -> int:
    """Return the row where a column says something; the first empty one for None."""
    number = column(page, name)
    return next(index for index in range(FIRST_ROW, 6_000) if page.cell(index, number).value == text)


def cell(book: Workbook, sheet: str, key: str, name: str) -> Any:
    """Return the cell of a row, by its key, in a column."""
    page = book[sheet]
    return page.cell(row(page, key), column(page, name))


def put(book: Workbook, sheet: str, key: str, name: str, value: Any) -> None:
    """Write into the cell of a row, by its key."""
    cell(book, sheet, key, name).value = value


def add(book: Workbook, sheet: str, **values: Any) -> int:
    """Fill in the next empty row, and return its number."""
    page = book[sheet]
    number = row(page, None)
    while any(page.cell(number, index).value is not None for index in range(1, 12)):
        number += 1
    for name, value in values.items():
        page.cell(number, column(page, name)).value = value
    return number


def remove(book: Workbook, sheet: str, key: str) -> None:
    """Delete a whole row."""
    book[sheet].delete_rows(row(book[sheet], key))


def parts_changed(content: bytes, change: Callable[[dict[str, bytes]], Any]) -> bytes:
    """Return a workbook whose parts were changed inside the archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return file.getvalue()


def upload(content: bytes, revision: Revision) -> Upload:
    return read_workbook(content, revision)


def enter(
    revision: Revision,
    change: Callable[[Workbook], Any],
    *,
    content: bytes | None = None,
    dry_run: bool = False,
    **by: Any,
) -> Entry:
    """Download, change, upload and apply. ``content``: of an earlier download."""
    file = changed(write_workbook(revision) if content is None else content, change)
    read = read_workbook(file, revision)
    return enter_workbook(read.edits, revision, problems=read.problems, dry_run=dry_run, **by)


def told(entry: Entry | Upload) -> list[str]:
    """Return every problem as a line of text."""
    return [str(problem) for problem in entry.problems.kept]
