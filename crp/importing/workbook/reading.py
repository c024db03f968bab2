"""An uploaded workbook: what a person changed in it since it was downloaded, and every cell that can't be used."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from crp.common.text import fold
from crp.importing.archives import Limits, check_workbook_file, not_readable
from crp.importing.tables import FileRefused
from plans.models import Revision

from .cells import NO, STAND_IN, read_cell
from .choices import Choices, in_all_languages
from .layout import FORMAT, KEY, LISTS, NAMES_ROW, ORIGIN, READ_ME, ROWS_BELOW_NAMES, VERSION
from .problems import Problems
from .rows import identity_of
from .sheets import MOST_BYTES, MOST_EDITS, MOST_ROWS, SHEETS, Column, Kind, Sheet

MOST_SHEET_ROWS = 20_000
MOST_SHEETS_NAMED = 5
UNREADABLE = (zipfile.BadZipFile, zlib.error, InvalidFileException, KeyError, ValueError, OSError, SyntaxError,
              TypeError, AttributeError, IndexError, EOFError)  # fmt: skip


@dataclass
class Edit:
    """One row of a sheet as far as it differs from what was downloaded. Empty ``key``: a new row."""

    sheet: str
    row: int | None
    key: str
    values: dict[str, str]
    """What each column holds now, of those that were changed; of a new row, of all that are filled in."""
    before: dict[str, str] = field(default_factory=dict)
    """What the same columns held when the workbook was downloaded; of a row that was removed, all."""
    is_removed: bool = False


@dataclass
class Upload:
    """What a workbook says: where it comes from, what was changed in it, what is wrong with it."""

    plan_code: str
    revision_number: int
    downloaded: str
    edits: list[Edit] = field(default_factory=list)
    base: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)
    """What each cell held when the workbook was downloaded, by sheet, row and column."""
    problems: Problems = field(default_factory=Problems)
    notes: list[str] = field(default_factory=list)


def read_workbook(content: bytes, revision: Revision) -> Upload:
    """Return what a workbook says of a revision's plan. Raises: FileRefused where nothing of it can be used.

    Queries: one for each list of choices.
    """
    book = _checked(content)
    upload = _read_origin(book)
    if upload.plan_code != revision.plan.code:
        raise FileRefused(
            _("It was downloaded from %(found)s and this is %(expected)s: upload it there.")
            % {"found": upload.plan_code, "expected": revision.plan.code}
        )
    pages = _find_sheets(book, upload)
    choices = Choices(revision)
    for sheet in SHEETS:
        _Reader(pages[sheet.code], sheet, choices, upload).read()
    if len(upload.edits) > MOST_EDITS:
        raise FileRefused(
            _("It changes %(number)s rows: at most %(most)s at once. Change some, upload it, and go on from there.")
            % {"number": f"{len(upload.edits):,}", "most": f"{MOST_EDITS:,}"}
        )
    return upload


def origin_of(content: bytes) -> Upload:
    """Return the plan and the revision that a workbook was downloaded from, without what was changed in it.

    Raises: FileRefused where it is none of CRP's. Queries: none.
    """
    return _read_origin(_checked(content))


def _checked(content: bytes) -> Any:
    check_workbook_file(content, Limits(file_bytes=MOST_BYTES, rows=MOST_SHEET_ROWS, filled_rows=MOST_ROWS))
    return _open(content)


def _open(content: bytes) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what a programme adds that CRP does not read
            return load_workbook(io.BytesIO(content), keep_links=False)
    except UNREADABLE as error:
        raise not_readable(error) from None


def _read_origin(book: Any) -> Upload:
    """Return where a workbook comes from, with what its cells held then. Raises: FileRefused."""
    page = next((page for page in book.worksheets if page.title == ORIGIN), None)
    lines = [[str(cell or "") for cell in row] for row in (page.values if page is not None else ())]
    if not lines or lines[0][:1] != [FORMAT]:
        raise FileRefused(
            _("It does not come from CRP, or its hidden sheet “%(name)s” is gone: download the workbook of this draft "
              "and fill that in.") % {"name": ORIGIN}
        )  # fmt: skip
    if lines[0][1:2] != [VERSION]:
        raise FileRefused(_("It comes from another version of CRP: download the workbook anew."))
    facts = {line[0]: line[1] for line in lines if len(line) > 1 and line[0] in {"plan", "revision", "downloaded"}}
    upload = Upload(facts.get("plan", ""), _number(facts.get("revision", "")), facts.get("downloaded", ""))
    columns: dict[str, list[str]] = {}
    for kind, code, key, *cells in (line for line in lines if len(line) > 3):
        if kind == "columns":
            columns[code] = cells
            upload.base.setdefault(code, {})
        elif kind == "row" and code in columns and key:
            padded = [*cells, *[""] * len(columns[code])]
            upload.base[code][key] = {name: value for name, value in zip(columns[code], padded, strict=False) if name}
    names = {sheet.code: {column.name for column in sheet.columns} for sheet in SHEETS}
    if {code: set(filter(None, cells)) for code, cells in columns.items()} != names:
        raise FileRefused(
            _("Its hidden sheet “%(name)s” is not as it was downloaded: download the workbook anew.") % {"name": ORIGIN}
        )
    return upload


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 6 else 0


def _find_sheets(book: Any, upload: Upload) -> dict[str, Any]:
    """Return the sheets of the workbook by code, whichever language it is in. Raises: FileRefused."""
    titles = {fold(page.title): page for page in book.worksheets}
    pages: dict[str, Any] = {}
    for sheet in SHEETS:
        found = next((titles[name] for name in in_all_languages(sheet.title) if name in titles), None)
        if found is not None:
            pages[sheet.code] = found
    missing = [f"“{sheet.title}”" for sheet in SHEETS if sheet.code not in pages]
    own = {ORIGIN, LISTS, *(page.title for page in pages.values())}
    others = [title for title in book.sheetnames if title not in own and fold(title) not in in_all_languages(READ_ME)]
    if missing:
        told = _("It lacks sheets: %(names)s. Rows are removed in their sheet; the sheet itself has to stay.") % {
            "names": ", ".join(missing)
        }
        if others:
            told += " " + _("Renamed? It has sheets that are not CRP's: %(names)s.") % {"names": _quoted(others)}
        raise FileRefused(told)
    if others:
        upload.notes.append(_("Sheets that are not CRP's were not read: %(names)s.") % {"names": _quoted(others)})
    return pages


def _quoted(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names[:MOST_SHEETS_NAMED])


def _is_empty(cell: Any) -> bool:
    return cell.value is None or not str(cell.value).strip()


class _Reader:
    """Reads one sheet into the edits of an upload."""

    def __init__(self, page: Any, sheet: Sheet, choices: Choices, upload: Upload) -> None:
        self.page, self.sheet, self.choices, self.upload = page, sheet, choices, upload
        self.base = upload.base[sheet.code]
        self.columns: dict[str, int] = {}
        self.names_row = NAMES_ROW
        self.keys: dict[str, int] = {}
        self.rows: dict[tuple[str, ...], int] = {}

    def read(self) -> None:
        """Read the rows; what is not there any more was removed. Raises: FileRefused."""
        self._find_columns()
        first = self.names_row + ROWS_BELOW_NAMES
        self._refuse_merged()
        number_of_rows = 0
        new: list[Edit] = []
        for cells in self.page.iter_rows(min_row=first):
            by_name = {name: cells[index] for name, index in self.columns.items() if index < len(cells)}
            if all(_is_empty(cell) for cell in by_name.values()):
                continue
            number_of_rows += 1
            if number_of_rows > MOST_ROWS:
                raise FileRefused(
                    _("Sheet “%(sheet)s” has more than %(most)s rows: no more are read, change them in the form.")
                    % {"sheet": self.sheet.title, "most": f"{MOST_ROWS:,}"}
                )
            self._read_row(by_name, new)
        self._note_hidden(first)
        self._match_removed(new)
        self.upload.edits.extend(new)

    def _find_columns(self) -> None:
        """Find the columns by their hidden names. Raises: FileRefused where one is missing or there twice."""
        row = next((number for number in range(1, 21) if self.page.cell(number, 1).value == KEY), None)
        title = self.sheet.title
        if row is None:
            raise FileRefused(
                _("Sheet “%(sheet)s” lacks its first column, or the hidden row 2 that names its columns: download the "
                  "workbook anew.") % {"sheet": title}
            )  # fmt: skip
        self.names_row = row
        for index, cell in enumerate(self.page[row]):
            name = str(cell.value or "").strip()
            if name in self.columns:
                first, second = (get_column_letter(number + 1) for number in (self.columns[name], index))
                raise FileRefused(
                    _("Sheet “%(sheet)s” has the column “%(column)s” twice, in %(first)s and %(second)s: take one out.")
                    % {"sheet": title, "column": self._title_of(name), "first": first, "second": second}
                )
            if name == KEY or name in self.sheet.by_name:
                self.columns[name] = index
                self.upload.problems.letters[self.sheet.code, name] = get_column_letter(index + 1)
        missing = [f"“{column.title}”" for column in self.sheet.columns if column.name not in self.columns]
        if missing:
            raise FileRefused(
                _("Sheet “%(sheet)s” lacks columns: %(names)s. Empty the cells of a column instead of taking it out.")
                % {"sheet": title, "names": ", ".join(missing)}
            )

    def _title_of(self, name: str) -> str:
        column = self.sheet.by_name.get(name)
        return str(column.title) if column else name

    def _refuse_merged(self) -> None:
        for merged in list(self.page.merged_cells.ranges):
            if merged.max_row >= self.names_row:
                told = _("The cells %(cells)s are merged: split them, each row has its own cells.")
                self.upload.problems.add(self.sheet, merged.min_row, None, told % {"cells": merged.coord})

    def _note_hidden(self, first: int) -> None:
        hidden = [number for number, row in self.page.row_dimensions.items() if row.hidden and number >= first]
        if hidden:
            self.upload.notes.append(
                _("Sheet “%(sheet)s” has hidden rows; they were read like the others.") % {"sheet": self.sheet.title}
            )

    def _fail(self, row: int, column: Column | None, message: str, found: Any = "") -> None:
        self.upload.problems.add(self.sheet, row, column, message, "" if found is None else str(found))

    def _read_row(self, cells: Mapping[str, Any], new: list[Edit]) -> None:
        key_cell = cells[KEY]
        row, key = key_cell.row, str(key_cell.value or "").strip()
        if all(_is_empty(cell) for name, cell in cells.items() if name != KEY):
            self._fail(row, None, _("Nothing is left here but the first cell: to remove a row, delete it whole."), key)
            self.keys[key] = row
            return
        if key and not self._is_good_key(row, key):
            return
        values, broken = self._read_values(cells, row, self.base.get(key, {}))
        self._refuse_twice(row, values, broken)
        if not key:
            filled = {name: value for name, value in values.items() if value}
            if not broken:
                new.append(Edit(self.sheet.code, row, "", filled))
            return
        before = self.base[key]
        changed = {name: value for name, value in values.items() if value != before[name]}
        if changed:
            self.upload.edits.append(Edit(self.sheet.code, row, key, changed, {name: before[name] for name in changed}))

    def _is_good_key(self, row: int, key: str) -> bool:
        if key in self.keys:
            told = _(
                "Row %(row)s has the same first cell, as where a row was copied: empty the first cell of the copy."
            )
            self._fail(row, None, told % {"row": self.keys[key]}, key)
            return False
        self.keys[key] = row
        if key not in self.base:
            told = _("The first cell names no row that was downloaded: leave it empty where the row is new.")
            self._fail(row, None, told, key)
            return False
        return True

    def _read_values(
        self, cells: Mapping[str, Any], row: int, before: Mapping[str, str]
    ) -> tuple[dict[str, str], set[str]]:
        """Return what the cells hold, by column, and the columns whose cells can't be used."""
        values: dict[str, str] = {}
        broken: set[str] = set()
        for column in self.sheet.columns:
            cell = cells.get(column.name)
            was = before.get(column.name, "")
            try:
                value = "" if cell is None else self._read_cell(column, cell, was)
                if not value and column.is_required:
                    raise ValueError(_("It is empty: every row needs it."))  # noqa: TRY301
            except ValueError as error:
                self._fail(row, column, str(error), "" if cell is None else cell.value)
                broken.add(column.name)
            else:
                values[column.name] = value
        return values, broken

    def _read_cell(self, column: Column, cell: Any, was: str) -> str:
        """Return the text of a cell. Raises: ValueError."""
        value = read_cell(column, cell, self.choices, self.sheet)
        if value != was and STAND_IN.match(value):
            raise ValueError(_("This stands for a text that fits in no cell: leave it where it was, or write a text."))
        # An empty cell says no, but of an amount that is not there it says nothing.
        return NO if not value and column.kind == Kind.YES_NO and (was or not column.of_amount) else value

    def _refuse_twice(self, row: int, values: dict[str, str], broken: set[str]) -> None:
        """Note a row that says the same as another where no two may."""
        if broken & set(self.sheet.identity):
            return
        identity = identity_of(self.sheet, values)
        if identity in self.rows:
            column = self.sheet.by_name[self.sheet.identity[0]]
            told = _("Row %(row)s has the same: each may stand once.") % {"row": self.rows[identity]}
            self._fail(row, column, told, " / ".join(identity))
        else:
            self.rows[identity] = row

    def _match_removed(self, new: list[Edit]) -> None:
        """Take a row that was typed again for the one it was; the rest of what is not there was removed."""
        gone = {key: values for key, values in self.base.items() if key not in self.keys}
        by_identity = {identity_of(self.sheet, values): key for key, values in gone.items()}
        for edit in new:
            key = by_identity.get(identity_of(self.sheet, edit.values), "")
            before = gone.pop(key, None)
            if before is None:
                continue
            edit.key = key
            everything = {column.name: edit.values.get(column.name, "") for column in self.sheet.columns}
            edit.values = {name: value for name, value in everything.items() if value != before[name]}
            edit.before = {name: before[name] for name in edit.values}
        new[:] = [edit for edit in new if edit.values]
        new += [Edit(self.sheet.code, None, key, {}, values, is_removed=True) for key, values in gone.items()]
