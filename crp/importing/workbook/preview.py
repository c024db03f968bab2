"""What a workbook would do to a draft, as a page shows it: row by row, the totals, and what the checks would say."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crp.common.numbers import write_number, write_percent
from funding.checks import Check, Unit, worst
from funding.models import FundingRequest

from .cells import show
from .comparing import CellChange, RowChange, What
from .entry import Entry, Totals
from .sheets import SHEETS, Kind

MOST_ROWS_SHOWN = 200
WITH_DIFFERENCE = {Kind.AMOUNT, Kind.COUNT, Kind.PERCENT}
LONGEST_SHOWN = 300


def preview_of(entry: Entry) -> dict[str, Any]:
    """Return what the page shows of an upload, before or after it was applied."""
    shown = entry.changes[:MOST_ROWS_SHOWN]
    return {
        "counts": _counts(entry),
        "changes": [_row(change, entry) for change in shown],
        "left_out": len(entry.changes) - len(shown),
        "replaced": [_row(change, entry) for change in entry.replaced[:MOST_ROWS_SHOWN]],
        "removed": sum(change.what == What.REMOVED for change in entry.changes),
        "totals": _totals(entry.before, entry.after) if entry.after else [],
        "checks": _checks(entry.before, entry.after) if entry.after else [],
        "worst": (worst(entry.before.checks), worst(entry.after.checks)) if entry.after else None,
        "problems": entry.problems.kept,
        "problem_count": len(entry.problems),
        "problems_left_out": entry.problems.left_out,
    }


def tell_change(change: RowChange, entry: Entry) -> str:
    """Return one row's change in a line of text."""
    row = _row(change, entry)
    cells = "; ".join(f"{cell['title']}: {cell['before']} → {cell['after']}" for cell in row["cells"])
    return f"{row['sheet']}: {row['what']}: {row['name']}: {cells}"


def _counts(entry: Entry) -> list[tuple[str, int]]:
    """Return how many rows are added, changed and removed."""
    times = Counter(change.what for change in entry.changes)
    return [(_what(what), times[what]) for what in What if times[what]]


def _what(what: What) -> str:
    told = {What.ADDED: _("Added"), What.CHANGED: _("Changed"), What.REMOVED: _("Removed")}
    return told[what]


def _row(change: RowChange, entry: Entry) -> dict[str, Any]:
    return {
        "sheet": str(change.sheet.title),
        "row": change.row,
        "what": _what(change.what),
        "kind": change.what.value,
        "name": _name(change, entry),
        "cells": [_cell(cell, entry) for cell in change.cells],
        "lines": max(1, len(change.cells)),
    }


def _name(change: RowChange, entry: Entry) -> str:
    """Return what a row is called: as it was, or for a new one as it will be."""
    values = change.current.values if change.current else change.after
    names = [*change.sheet.identity, *(name for name in ("title", "name") if name in change.sheet.by_name)]
    shown = [show(change.sheet.by_name[name], values.get(name, ""), entry.choices) for name in names]
    return _short(" · ".join(shown))


def _cell(cell: CellChange, entry: Entry) -> dict[str, Any]:
    return {
        "title": str(cell.column.title),
        "before": _short(show(cell.column, cell.before, entry.choices)),
        "after": _short(show(cell.column, cell.after, entry.choices)),
        "difference": _difference(cell),
        "is_number": cell.column.kind in WITH_DIFFERENCE,
        "replaces": cell.replaces,
    }


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _difference(cell: CellChange) -> str:
    """Return by how much a figure changes; empty where one of the two is not known."""
    if cell.column.kind not in WITH_DIFFERENCE or not cell.before or not cell.after or cell.column.name == "number":
        return ""
    difference = Decimal(cell.after) - Decimal(cell.before)
    return _signed(difference, is_percent=cell.column.kind == Kind.PERCENT)


def _signed(value: Decimal | None, *, is_percent: bool = False) -> str:
    if value is None:
        return "–"
    text = write_percent(value, None) if is_percent else write_number(value)
    return f"+{text}" if value > 0 else text


def _totals(before: Totals, after: Totals) -> list[dict[str, Any]]:
    """Return the total of each breakdown that there is, before and after."""
    labels = dict(FundingRequest.Breakdown.choices)
    rows = [_total(_("Funding required by the plan"), before.requested_usd, after.requested_usd)]
    for breakdown in (sheet.breakdown for sheet in SHEETS if sheet.breakdown):
        was, now = before.sums.get(breakdown), after.sums.get(breakdown)
        if was is not None or now is not None:
            rows.append(_total(str(labels[breakdown]), was, now))
    return rows


def _total(label: str, was: Decimal | None, now: Decimal | None) -> dict[str, Any]:
    return {
        "label": label,
        "before": "–" if was is None else write_number(was),
        "after": "–" if now is None else write_number(now),
        "difference": _signed(now - was) if was is not None and now is not None and now != was else "",
        "changes": was != now,
    }


def _checks(before: Totals, after: Totals) -> list[dict[str, Any]]:
    """Return the checks that say something else afterwards."""
    was = {(check.rule, check.title): check for check in before.checks}
    now = {(check.rule, check.title): check for check in after.checks}
    rows = []
    for key in dict.fromkeys([*now, *was]):
        old, new = was.get(key), now.get(key)
        if _said(old) != _said(new):
            rows.append(
                {"title": key[1], "before": _verdict(old), "after": _verdict(new), "sentence": (new or old).sentence}  # type: ignore[union-attr]
            )
    return rows


def _said(check: Check | None) -> Any:
    return None if check is None else (check.verdict, check.expected, check.found)


def _verdict(check: Check | None) -> dict[str, Any] | None:
    if check is None:
        return None
    shown = "" if not check.difference else _signed(check.difference, is_percent=check.unit == Unit.PERCENT)
    return {"verdict": check.verdict, "difference": shown}
