"""One value in three shapes: as a row of the database has it, as one text to compare by, and as a cell of a workbook.

The text is the same for the same value in every language: ``6200000.00``, ``yes``, ``iom-2025/shelter``; empty where
the value is not known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.backends.base.operations import BaseDatabaseOperations
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from crp.common.money import quantize_usd
from crp.common.numbers import write_number, write_percent
from crp.common.text import fold
from crp.importing.values import read_amount, shown

from .choices import Choices, in_all_languages
from .sheets import Column, Kind, Sheet

STAND_IN = re.compile(r"\[\.\.\. [0-9]+ \.\.\. [0-9a-f]{12}\]\Z")
MOST_TEXT_CHARACTERS = 32_000  # a cell of Excel ends at 32,767
YES, NO = "yes", "no"
YES_WORD, NO_WORD = gettext_lazy("yes"), gettext_lazy("no")
LITERALS = re.compile(r'"[^"]*"|\\.')


def write_down(column: Column, value: Any) -> str:
    """Return a value of a row as text to compare by."""
    if value is None:
        return ""
    if column.kind in {Kind.AMOUNT, Kind.PERCENT}:
        return format(quantize_usd(value), "f")
    if column.kind == Kind.YES_NO:
        return YES if value else NO
    if column.kind != Kind.TEXT:
        return str(value)
    text = as_text(str(value))
    fits = len(text) <= MOST_TEXT_CHARACTERS and not ILLEGAL_CHARACTERS_RE.search(text)
    return text if fits else _stand_in(text)


def as_text(text: str) -> str:
    """Return a text as it comes back from a workbook, so that the way out and in changes nothing."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _stand_in(text: str) -> str:
    """Return what stands for a text that no cell takes; left alone, it changes nothing."""
    return f"[... {len(text)} ... {sha256(text.encode()).hexdigest()[:12]}]"


def cell_value(column: Column, value: str, choices: Choices) -> Any:
    """Return what a cell holds for a value."""
    if not value:
        return None
    if column.kind in {Kind.AMOUNT, Kind.PERCENT}:
        amount = Decimal(value)
        return int(amount) if amount == amount.to_integral_value() else amount
    if column.kind == Kind.COUNT:
        return int(value)
    if column.kind == Kind.YES_NO:
        return _("yes") if value == YES else _("no")
    if column.kind == Kind.CHOICE:
        return int(value) if column.choices == "objective" else choices.label(column.choices, value)
    return value


def show(column: Column, value: str, choices: Choices) -> str:
    """Return a value as a person reads it; a dash where there is none."""
    if not value:
        return "–"
    if column.kind == Kind.AMOUNT:
        return write_number(Decimal(value))
    if column.kind == Kind.PERCENT:
        return write_percent(Decimal(value), None)
    if column.kind == Kind.COUNT:
        return value if column.name == "number" else write_number(int(value))
    if column.kind == Kind.TEXT:
        return value
    return str(cell_value(column, value, choices))


# Reading


def read_cell(column: Column, cell: Any, choices: Choices, sheet: Sheet) -> str:
    """Return a cell as text to compare by. Raises: ValueError, with what was expected."""
    value = cell.value
    if value is None:
        return ""
    _refuse_type(column, cell)
    if isinstance(value, bool):
        return YES if value else NO
    text = number_text(value) if isinstance(value, (int, float)) else as_text(str(value))
    readers: dict[Kind, Callable[[], str]] = {
        Kind.TEXT: lambda: text,
        Kind.AMOUNT: lambda: format(read_amount(text), "f"),
        Kind.PERCENT: lambda: _read_percent(cell, text),
        Kind.COUNT: lambda: _read_count(text, most_of(sheet, column)),
        Kind.YES_NO: lambda: _read_yes_no(text),
        Kind.CHOICE: lambda: choices.read(column.choices, text),
    }
    return readers[column.kind]() if text else ""


def _refuse_type(column: Column, cell: Any) -> None:
    """Raises: ValueError for what no column of this kind takes, whatever it says."""
    value, told = cell.value, ""
    if cell.data_type == "f":
        told = _("A formula stands here, and what it gave last is not taken: put the value itself.")
    elif cell.data_type == "e":
        told = _("An error of a formula stands here.")
    elif isinstance(value, (date, datetime, time, timedelta)):
        told = _("A date or a time stands here: your programme may have made it of what you typed.")
    elif isinstance(value, bool) and column.kind != Kind.YES_NO:
        told = _("A truth value (TRUE or FALSE) stands here.")
    elif isinstance(value, float) and not math.isfinite(value):
        told = _("No number that can be counted with stands here.")
    if told:
        raise ValueError(f"{told} {expectation(column)}")


def expectation(column: Column) -> str:
    """Return what is expected in a column, in a sentence."""
    told = {
        Kind.TEXT: _("Expected is a text."),
        Kind.AMOUNT: _("Expected is an amount in US dollars, as a number: 6200000 or 6200000.50."),
        Kind.PERCENT: _("Expected is a number of percent: 40 for 40 %."),
        Kind.COUNT: _("Expected is a whole number of at least 0."),
        Kind.YES_NO: _("Expected is “yes” or “no”."),
        Kind.CHOICE: _("Expected is an entry of the drop-down of this column."),
    }
    return told[column.kind]


def number_text(value: int | float) -> str:
    """Return a number as a person would type it: Excel shows 15 digits, and so means 1000.3 by 1000.3000000000001."""
    if isinstance(value, int):
        return str(value)
    return format(Decimal(format(value, ".15g")).normalize(), "f") if math.isfinite(value) else str(value)


def _read_percent(cell: Any, text: str) -> str:
    is_formatted = "%" in LITERALS.sub("", str(cell.number_format)) and not isinstance(cell.value, str)
    if is_formatted:
        return format(read_amount(format((Decimal(text) * 100).normalize(), "f")), "f")
    if text.endswith("%"):
        return format(read_amount(text.removesuffix("%").strip()), "f")
    percent = read_amount(text)
    if 0 < percent < 1:
        raise ValueError(
            _("“%(text)s” can mean %(text)s %% or %(times)s %%: write %(times)s, or the text “%(text)s %%”.")
            % {"text": text, "times": format((percent * 100).normalize(), "f")}
        )
    return format(percent, "f")


def _read_count(text: str, most: int) -> str:
    if not text.isascii() or not text.isdigit():
        raise ValueError(
            _("“%(text)s” is not a whole number of at least 0: digits only were expected, as 175000.")
            % {"text": shown(text)}
        )
    if int(text) > most:
        raise ValueError(
            _("“%(text)s” is too large: at most %(most)s fits here.")
            % {"text": shown(text), "most": write_number(most)}
        )
    return str(int(text))


def most_of(sheet: Sheet, column: Column) -> int:
    """Return the largest number that both databases keep in a column."""
    try:
        kind = sheet.model._meta.get_field(column.name).get_internal_type()
    except FieldDoesNotExist:
        kind = "PositiveIntegerField"
    return BaseDatabaseOperations.integer_field_ranges.get(kind, (0, 2**31 - 1))[1]


def _read_yes_no(text: str) -> str:
    words = dict.fromkeys(in_all_languages(YES_WORD), YES) | dict.fromkeys(in_all_languages(NO_WORD), NO)
    found = words.get(fold(text))
    if found is None:
        raise ValueError(_("“%(text)s” is neither “yes” nor “no”.") % {"text": shown(text)})
    return found
