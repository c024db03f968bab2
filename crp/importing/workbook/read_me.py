"""The first sheet of a workbook: where it comes from, how it is filled in, and whether its totals agree."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter, quote_sheetname

from funding.rollups import requested_of
from plans.models import Revision

from .layout import READ_ME, TOTALS_ROW
from .sheets import MOST_ROWS, SHEETS, Sheet

MONEY = "#,##0.00"


def write_read_me(page: Any, revision: Revision, heading: str) -> None:
    """Fill in the first sheet. Queries: 1 at most."""
    page.title = str(READ_ME)
    page.column_dimensions["A"].width = 90
    page.column_dimensions["B"].width = page.column_dimensions["C"].width = 20
    lines = [revision.plan.title, heading, "", *_instructions(revision)]
    for number, line in enumerate(lines, start=1):
        cell = page.cell(number, 1, line)
        cell.data_type = "s"
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    page["A1"].font = Font(bold=True, size=14)
    page["A2"].font = Font(bold=True)
    _write_totals(page, len(lines) + 2, revision)


def _instructions(revision: Revision) -> list[str]:
    told = [
        _("Change what is to change in the sheets, save the file as .xlsx, and upload it on the page of the draft. You "
          "see every change before any of it is saved."),
        _("Objectives, outcomes, amounts by sector, shares, related plans, frameworks and projects have a sheet each. "
          "The amount of an objective, a framework or a project stands beside it."),
        _("To add a row, fill in the next empty row and leave its first column empty. To remove a row, delete the "
          "whole row. To rename something, write over its name: the grey first column says which row it is."),
        _("If you copy a row, empty the first column of the copy."),
        _("Leave the sheets and their columns as they are. Sheets and columns that you add are not read."),
        _("Amounts are numbers in US dollars without words: 6200000, not 6.2 million. Shares are numbers of percent: "
          "40 for 40 %."),
        _("An empty cell means “not known”. Write 0 only where the plan says 0."),
        _("Put values, no formulas: what a formula gave is not taken. The totals above each column count by "
          "themselves."),
        _("At most %(most)s rows a sheet are read. The order of the rows is changed in the form, not here.")
        % {"most": f"{MOST_ROWS:,}"},
        _("Where somebody else changes the draft meanwhile, only the cells that you changed are written; the page "
          "tells you which of theirs that would replace."),
    ]  # fmt: skip
    if not revision.is_open:
        told.insert(0, _("This revision is published and stays as it is. Upload the workbook on the next draft."))
    return [f"{number}. {line}" for number, line in enumerate(told, start=1)]


def _write_totals(page: Any, first: int, revision: Revision) -> None:
    """Write the total of the plan, and of each breakdown with its difference, all live."""
    for number, title in enumerate((_("Totals"), _("US dollars"), _("Difference to the plan")), start=1):
        page.cell(first, number, title).font = Font(bold=True)
    total = requested_of(revision)
    page.cell(first + 1, 1, _("Funding required by the plan"))
    page.cell(first + 1, 2, total).number_format = MONEY
    row = first + 2
    for sheet in SHEETS:
        if not sheet.breakdown:
            continue
        where = f"{quote_sheetname(str(sheet.title))}!{_amount_letter(sheet)}{TOTALS_ROW}"
        page.cell(row, 1, str(sheet.title))
        page.cell(row, 2, f"={where}").number_format = MONEY
        if total is not None:
            page.cell(row, 3, f'=IF(B{row}=0,"",B{row}-B{first + 1})').number_format = MONEY
        row += 1


def _amount_letter(sheet: Sheet) -> str:
    names = [column.name for column in sheet.columns]
    return get_column_letter(names.index("amount_usd") + 2)
