"""What was changed in a workbook, beside the draft as it is now: three versions of each cell.

Only cells that a person changed are written. Where somebody else changed the same cell of the draft since the download,
the change says so: it would replace what they wrote.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .problems import Problems
from .reading import Edit
from .rows import SheetRow, identity_of
from .sheets import BY_CODE, SHEETS, Column, Sheet

Rows = Mapping[str, Mapping[str, SheetRow]]


class What(StrEnum):
    """What becomes of a row."""

    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True)
class CellChange:
    """One value of a row. ``replaces``: somebody else changed it since the download, to what is ``before``."""

    column: Column
    before: str
    after: str
    replaces: bool = False


@dataclass
class RowChange:
    """What becomes of one row. ``row``: where it stands in the sheet; None for one that is not there any more."""

    sheet: Sheet
    what: What
    row: int | None
    key: str
    cells: list[CellChange] = field(default_factory=list)
    current: SheetRow | None = None

    @property
    def replaces(self) -> bool:
        """Whether something of it was written by somebody else since the download."""
        return any(cell.replaces for cell in self.cells)

    @property
    def after(self) -> dict[str, str]:
        """What the row says afterwards, by column."""
        values = dict(self.current.values) if self.current else {}
        return values | {cell.column.name: cell.after for cell in self.cells}


def compare(edits: Iterable[Edit], current: Rows, problems: Problems) -> list[RowChange]:
    """Return what edits do to the rows as they are now; what can't be done is added to the problems."""
    changes = []
    for edit in edits:
        sheet = BY_CODE[edit.sheet]
        row = current[edit.sheet].get(edit.key) if edit.key else None
        if edit.key and row is None and not edit.is_removed:
            told = _(
                "This row is not in the draft any more: somebody removed or renamed it since the download. Leave it as "
                "it was, or download the workbook anew."
            )
            problems.add(sheet, edit.row, None, told, edit.key)
        elif row is None:
            if not edit.is_removed:
                changes.append(_added(sheet, edit))
        elif change := _removed(sheet, edit, row) if edit.is_removed else _changed(sheet, edit, row):
            changes.append(change)
    _refuse_moves(changes, current, problems)
    return changes


def _added(sheet: Sheet, edit: Edit) -> RowChange:
    cells = [CellChange(sheet.by_name[name], "", value) for name, value in edit.values.items()]
    return RowChange(sheet, What.ADDED, edit.row, "", cells)


def _removed(sheet: Sheet, edit: Edit, row: SheetRow) -> RowChange:
    cells = [
        CellChange(column, row.values[column.name], "", row.values[column.name] != edit.before.get(column.name, ""))
        for column in sheet.columns
        if row.values[column.name]
    ]
    return RowChange(sheet, What.REMOVED, None, edit.key, cells, row)


def _changed(sheet: Sheet, edit: Edit, row: SheetRow) -> RowChange | None:
    cells = [
        CellChange(sheet.by_name[name], row.values[name], value, row.values[name] != edit.before.get(name, ""))
        for name, value in edit.values.items()
        if row.values[name] != value
    ]
    return RowChange(sheet, What.CHANGED, edit.row, edit.key, cells, row) if cells else None


def _refuse_moves(changes: Iterable[RowChange], current: Rows, problems: Problems) -> None:
    """Note a name that a row takes while another row of the draft still has it.

    Even where that row gives it up in the same step: what belongs to the two could not be told apart.
    """
    changes = list(changes)
    removed = {(change.sheet.code, change.key) for change in changes if change.what == What.REMOVED}
    held = {
        sheet.code: {
            identity_of(sheet, row.values): key
            for key, row in current[sheet.code].items()
            if (sheet.code, key) not in removed
        }
        for sheet in SHEETS
    }
    for change in changes:
        identity = identity_of(change.sheet, change.after)
        holder = held[change.sheet.code].get(identity)
        if change.what != What.REMOVED and holder is not None and holder != change.key:
            column = change.sheet.by_name[change.sheet.identity[0]]
            told = _(
                "Another row of the draft has this already, “%(key)s” in the first column: change or remove that one "
                "first, in a step of its own."
            )
            problems.add(change.sheet, change.row, column, told % {"key": holder}, " / ".join(identity))


def tell_meanwhile(base: Mapping[str, Mapping[str, Mapping[str, str]]], current: Rows) -> str:
    """Return in a sentence what of a draft is not as it was when the workbook was downloaded; empty where all is."""
    added = removed = changed = 0
    for code, rows in current.items():
        known = base.get(code, {})
        added += sum(key not in known for key in rows)
        removed += sum(key not in rows for key in known)
        changed += sum(row.values != known[key] for key, row in rows.items() if key in known)
    if not added + removed + changed:
        return ""
    parts = [
        ngettext("%(number)s row was added", "%(number)s rows were added", added) % {"number": added},
        ngettext("%(number)s changed", "%(number)s changed", changed) % {"number": changed},
        ngettext("%(number)s removed", "%(number)s removed", removed) % {"number": removed},
    ]
    return _(
        "The draft is not as it was when this workbook was downloaded: %(parts)s. Only the cells that you changed in "
        "the workbook are written; what somebody else did stays wherever you changed nothing."
    ) % {"parts": ", ".join(parts)}


def digest_of(changes: Iterable[RowChange]) -> str:
    """Return what changes do, short enough to tell whether they still do the same."""
    told = [
        [change.sheet.code, change.what, change.row, change.key,
         [[cell.column.name, cell.before, cell.after] for cell in change.cells]]
        for change in changes
    ]  # fmt: skip
    return sha256(json.dumps(told).encode()).hexdigest()
