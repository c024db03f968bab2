"""What is wrong with a workbook, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from crp.importing.report import Problem
from crp.importing.values import shown

from .sheets import Column, Sheet

MOST_PROBLEMS = 200


@dataclass(frozen=True)
class CellProblem(Problem):
    """A cell that can't be used. ``line`` is its row; ``found``: what stands there."""

    sheet: str = ""
    cell: str = ""
    found: str = ""

    def __str__(self) -> str:
        place = _("sheet “%(sheet)s”") % {"sheet": self.sheet}
        row = _("row %(row)s") % {"row": self.line} if self.line is not None else ""
        column = _("column “%(column)s”") % {"column": self.column} if self.column else ""
        return f"{', '.join(filter(None, (place, row, column, self.cell)))}: {self.message}"


@dataclass
class Problems:
    """All that is wrong, kept up to a number and counted beyond it."""

    kept: list[CellProblem] = field(default_factory=list)
    left_out: int = 0
    letters: dict[tuple[str, str], str] = field(default_factory=dict)
    """Where each column stands, by sheet and name: people may put columns of their own between."""

    def add(self, sheet: Sheet, row: int | None, column: Column | None, message: str, found: str = "") -> None:
        """Keep a problem with its place in the workbook."""
        if len(self.kept) >= MOST_PROBLEMS:
            self.left_out += 1
            return
        cell = ""
        if row is not None and column is not None:
            usual = get_column_letter(sheet.columns.index(column) + 2)
            cell = f"{self.letters.get((sheet.code, column.name), usual)}{row}"
        title = str(column.title) if column else ""
        self.kept.append(CellProblem(row, title, message, str(sheet.title), cell, shown(found)))

    def __len__(self) -> int:
        return len(self.kept) + self.left_out

    def __bool__(self) -> bool:
        return bool(self.kept)
