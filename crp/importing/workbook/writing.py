"""A revision as a workbook to look at, and to fill in."""

from __future__ import annotations

import io
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.datavalidation import DataValidation

from plans.models import Revision

from .cells import cell_value, expectation
from .choices import Choices
from .layout import (
    FIRST_ROW,
    FORMAT,
    HEADING_ROW,
    KEY,
    LISTS,
    NAMES_ROW,
    ORIGIN,
    TITLES_ROW,
    TOTALS_ROW,
    VERSION,
)
from .read_me import write_read_me
from .rows import SheetRow, rows_of_workbook
from .sheets import MOST_ROWS, SHEETS, Column, Kind, Sheet

LAST_ROW = FIRST_ROW + MOST_ROWS - 1
GREY = "808080"
HEAD_FILL = PatternFill("solid", fgColor="DCE6F1")
TOTAL_FILL = PatternFill("solid", fgColor="F2F2F2")
FORMATS = {Kind.AMOUNT: "#,##0.00", Kind.COUNT: "#,##0", Kind.TEXT: "@", Kind.CHOICE: "General"}
STARTS_OF_FORMULAS = ("=", "+", "-", "@")


def write_workbook(revision: Revision) -> bytes:
    """Return a revision as a workbook, in the language of whoever asks.

    Queries: one for each sheet and each list of choices.
    """
    choices = Choices(revision)
    rows = rows_of_workbook(revision, choices)
    book = Workbook()
    read_me = book.worksheets[0]
    lists = _Lists(choices)
    for sheet in SHEETS:
        _write_sheet(book.create_sheet(str(sheet.title)), sheet, rows[sheet.code], revision, lists)
    write_read_me(read_me, revision, heading(revision))
    lists.write(book)
    _write_origin(book.create_sheet(ORIGIN), revision, rows)
    book.calculation.fullCalcOnLoad = True
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def heading(revision: Revision) -> str:
    """Return what every sheet says of where it comes from."""
    return _("%(plan)s, revision %(number)s (%(status)s), downloaded on %(date)s") % {
        "plan": revision.plan.code,
        "number": revision.number,
        "status": revision.get_status_display(),
        "date": date_format(timezone.localtime(), "DATETIME_FORMAT"),
    }


def _write_sheet(page: Any, sheet: Sheet, rows: dict[str, SheetRow], revision: Revision, lists: _Lists) -> None:
    _text(page.cell(HEADING_ROW, 1), f"{sheet.title}: {heading(revision)}").font = Font(bold=True, size=12)
    page.cell(NAMES_ROW, 1, KEY)
    page.cell(TITLES_ROW, 1, _("Row (leave as it is)"))
    for number, column in enumerate(sheet.columns, start=2):
        page.cell(NAMES_ROW, number, column.name)
        page.cell(TITLES_ROW, number, str(column.title))
        _dress_column(page, number, column)
        _validate(page, get_column_letter(number), column, lists)
    _dress_head(page, sheet)
    for row_number, row in enumerate(rows.values(), start=FIRST_ROW):
        _text(page.cell(row_number, 1), row.key).font = Font(color=GREY, size=8)
        for number, column in enumerate(sheet.columns, start=2):
            _write_cell(
                page.cell(row_number, number), column, cell_value(column, row.values[column.name], lists.choices)
            )


def _dress_head(page: Any, sheet: Sheet) -> None:
    """Give a sheet its frozen head, its totals and the look of its first column."""
    for cell in page[TITLES_ROW]:
        cell.font, cell.fill = Font(bold=True), HEAD_FILL
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    page.cell(TOTALS_ROW, 2, _("Total"))
    for number, column in enumerate(sheet.columns, start=2):
        letter = get_column_letter(number)
        if column.kind == Kind.AMOUNT:
            page.cell(TOTALS_ROW, number, f"=SUM({letter}{FIRST_ROW}:{letter}{LAST_ROW})")
            page.cell(TOTALS_ROW, number).number_format = FORMATS[Kind.AMOUNT]
    for cell in page[TOTALS_ROW]:
        cell.font, cell.fill = Font(bold=True), TOTAL_FILL
    page.row_dimensions[NAMES_ROW].hidden = True
    page.column_dimensions["A"].width = 12
    page.column_dimensions["A"].font = Font(color=GREY, size=8)
    page.freeze_panes = f"C{FIRST_ROW}"
    page.page_setup.orientation = "landscape"
    page.page_setup.fitToHeight = 0
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = f"{TITLES_ROW}:{TITLES_ROW}"


def _dress_column(page: Any, number: int, column: Column) -> None:
    """Give a column its width and the format of its cells, those not filled in yet too."""
    letter = get_column_letter(number)
    page.column_dimensions[letter].width = column.width
    page.column_dimensions[letter].number_format = _format_of(column)
    page.column_dimensions[letter].alignment = Alignment(wrap_text=True, vertical="top")


def _format_of(column: Column) -> str:
    # In a cell of the general format spreadsheets take 40% for what it is, and say so in the format.
    return "0" if column.name == "number" else FORMATS.get(column.kind, "General")


def _write_cell(cell: Any, column: Column, value: Any) -> None:
    if isinstance(value, str):
        _text(cell, value)
    else:
        cell.value = value
    cell.number_format = _format_of(column)
    cell.alignment = Alignment(wrap_text=True, vertical="top")


def _text(cell: Any, text: str) -> Any:
    """Put a text into a cell as a text, never as a formula, and return the cell."""
    cell.value = text
    cell.data_type = "s"
    cell.quotePrefix = text.startswith(STARTS_OF_FORMULAS)
    return cell


def _validate(page: Any, letter: str, column: Column, lists: _Lists) -> None:
    """Let the spreadsheet refuse what the upload would refuse, where it can."""
    rules: dict[Kind, dict[str, Any]] = {
        Kind.AMOUNT: {"type": "decimal", "operator": "greaterThanOrEqual", "formula1": "0"},
        Kind.PERCENT: {"type": "decimal", "operator": "greaterThanOrEqual", "formula1": "0"},
        Kind.COUNT: {"type": "whole", "operator": "greaterThanOrEqual", "formula1": "0"},
        Kind.YES_NO: {"type": "list", "formula1": f'"{_("yes")},{_("no")}"'},
    }
    rule = rules.get(column.kind) or {"type": "list", "formula1": lists.range_of(column)}
    if column.kind == Kind.TEXT or not rule["formula1"]:
        return
    check = DataValidation(**rule, allow_blank=True, showErrorMessage=column.choices not in {"request", "plan"})
    check.error = expectation(column)
    check.errorTitle = str(column.title)[:32]
    check.add(f"{letter}{FIRST_ROW}:{letter}{LAST_ROW}")
    page.add_data_validation(check)


class _Lists:
    """The hidden sheet of the entries that drop-downs offer, a column for each list."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self._letters: dict[str, str] = {}

    def range_of(self, column: Column) -> str:
        """Return where the entries of a column stand; empty where there are none."""
        for sheet in SHEETS:
            if sheet.code == f"{column.choices}s" and column.choices in {"objective", "framework"}:
                return f"{quote_sheetname(str(sheet.title))}!$B${FIRST_ROW}:$B${LAST_ROW}"
        entries = self.choices.of(column.choices) if column.choices else {}
        if not entries:
            return ""
        letter = self._letters.setdefault(column.choices, get_column_letter(len(self._letters) + 1))
        return f"{quote_sheetname(LISTS)}!${letter}$1:${letter}${len(entries)}"

    def write(self, book: Workbook) -> None:
        page = book.create_sheet(LISTS)
        page.sheet_state = "hidden"
        for number, name in enumerate(self._letters, start=1):
            for row, option in enumerate(self.choices.of(name).values(), start=1):
                _text(page.cell(row, number), option.label)


def _write_origin(page: Any, revision: Revision, rows: dict[str, dict[str, SheetRow]]) -> None:
    """Write down where the workbook comes from and what each of its cells held."""
    page.sheet_state = "hidden"
    lines = [[FORMAT, VERSION], ["plan", revision.plan.code], ["revision", str(revision.number)]]
    lines.append(["downloaded", timezone.now().isoformat(timespec="seconds")])
    for sheet in SHEETS:
        lines.append(["columns", sheet.code, "", *(column.name for column in sheet.columns)])
        lines += [["row", sheet.code, row.key, *row.values.values()] for row in rows[sheet.code].values()]
    for row_number, line in enumerate(lines, start=1):
        for number, text in enumerate(line, start=1):
            if text:
                _text(page.cell(row_number, number), text)
