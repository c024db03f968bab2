"""The rows of a revision as the workbook tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from funding.models import FundingRequest
from plans.models import Revision, RevisionRow

from .cells import write_down
from .choices import OF_ROWS, Choices
from .sheets import SHEETS, Column, Kind, Sheet


@dataclass
class SheetRow:
    """One row. ``key`` names it within its revision and stays the same from one revision to the next."""

    key: str
    values: dict[str, str]
    """By column, as text to compare by."""
    row: RevisionRow
    request: FundingRequest | None = None
    """What it asks for, where that is a row of its own in the database."""


def rows_of_sheet(revision: Revision, sheet: Sheet) -> QuerySet[Any]:
    """Return the rows of a sheet in their order."""
    rows: QuerySet[Any] = sheet.model._default_manager.filter(revision=revision)
    if sheet.model is FundingRequest:
        rows = rows.filter(breakdown=sheet.breakdown)
    related = {path.rpartition("__")[0] for path in sheet.model.row_key_fields if "__" in path}
    return rows.select_related(*sorted(related)) if related else rows


def rows_of_workbook(revision: Revision, choices: Choices) -> dict[str, dict[str, SheetRow]]:
    """Return all rows by sheet and key. Queries: one for each sheet and each list, one for the amounts."""
    beside: dict[tuple[str, int], FundingRequest] = {}
    for request in FundingRequest.objects.filter(revision=revision):
        for target in ("framework", "objective", "project"):
            if (pk := getattr(request, f"{target}_id")) is not None:
                beside[target, pk] = request
    found: dict[str, dict[str, SheetRow]] = {}
    for sheet in SHEETS:
        rows: dict[str, SheetRow] = {}
        for row in rows_of_sheet(revision, sheet):
            row.revision = revision
            asked = beside.get((sheet.breakdown, row.pk)) if sheet.has_amounts_beside else None
            key = _unused(row.row_key, rows)
            rows[key] = SheetRow(key, _values(sheet, row, asked, choices), row, asked)
        found[sheet.code] = rows
    return found


def _unused(key: str, rows: Mapping[str, SheetRow]) -> str:
    """Return the key of a row; two shares of one objective, of amounts by country, may have the same."""
    name, number = key, 1
    while name in rows:
        number += 1
        name = f"{key}#{number}"
    return name


def _values(sheet: Sheet, row: RevisionRow, request: FundingRequest | None, choices: Choices) -> dict[str, str]:
    values = {}
    for column in sheet.columns:
        holder: Any = request if column.of_amount else row
        values[column.name] = "" if holder is None else _value(column, holder, choices)
    return values


def _value(column: Column, holder: Any, choices: Choices) -> str:
    if column.kind != Kind.CHOICE:
        return write_down(column, getattr(holder, column.name))
    if column.choices == "overlap":
        return str(holder.overlap)
    return choices.value_of(column.choices, getattr(holder, f"{column.name}_id"))


def identity_of(sheet: Sheet, values: Mapping[str, str]) -> tuple[str, ...]:
    """Return what no two rows of a sheet share."""
    return tuple(values.get(name, "") for name in sheet.identity)


def is_of_rows(column: Column) -> bool:
    """Return whether a column chooses a row of the same revision."""
    return column.kind == Kind.CHOICE and column.choices in OF_ROWS
