"""Empty files to fill in: a workbook that explains its columns, and a CSV file."""

from __future__ import annotations

import csv
import io

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from .columns import COLUMNS, MOST_ROWS
from .reading import SHEET

BYTE_ORDER_MARK = "\ufeff"  # without it Excel takes UTF-8 for the code page of its country


def blank_csv() -> bytes:
    """Return a CSV file with the names of the columns and no row."""
    file = io.StringIO(newline="")
    csv.writer(file).writerow([column.name for column in COLUMNS])
    return f"{BYTE_ORDER_MARK}{file.getvalue()}".encode()


def blank_workbook() -> bytes:
    """Return a workbook with a sheet to fill in, lists where only some words may stand, and a sheet that explains."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    sheet.append([column.name for column in COLUMNS])
    sheet.freeze_panes = "A2"
    for number, column in enumerate(COLUMNS, start=1):
        letter = get_column_letter(number)
        head = sheet[f"{letter}1"]
        head.font = Font(bold=True)
        sheet.column_dimensions[letter].width = max(14, len(column.name) + 2)
        if column.choices:
            words = DataValidation(type="list", formula1=f'"{",".join(column.choices)}"', allow_blank=True)
            words.add(f"{letter}2:{letter}{MOST_ROWS + 1}")
            sheet.add_data_validation(words)
    _explain(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _explain(book: Workbook) -> None:
    sheet = book.create_sheet("Columns")
    sheet.append([_("Column"), _("Needed"), _("What stands there"), _("Words")])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for column in COLUMNS:
        needed = _("yes") if column.is_required else ""
        sheet.append([column.name, needed, str(column.help), ", ".join(column.choices or ())])
    for letter, width in (("A", 24), ("B", 9), ("C", 70), ("D", 50)):
        sheet.column_dimensions[letter].width = width
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
