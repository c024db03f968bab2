"""Figures as their reader writes them: grouped, by locale, and never a number where there is none."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from babel.core import UnknownLocaleError
from babel.numbers import format_compact_decimal
from django.utils.formats import number_format
from django.utils.translation import get_language, get_language_bidi

NO_BREAK = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
LEFT_TO_RIGHT = "\N{LEFT-TO-RIGHT MARK}"

Number = Decimal | int


def write_number(value: Number, decimals: int | None = None) -> str:
    """Return a number with its digits grouped. ``decimals`` None: two where it has cents, else none."""
    exact = Decimal(value)
    if decimals is None:
        decimals = 0 if exact == exact.to_integral_value() else 2
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    written = number_format(abs(rounded), decimals, use_l10n=True, force_grouping=True)
    return f"{_left()}-{written}" if rounded < 0 else written


def _left() -> str:
    """Return the mark that keeps a sign before its number where the text around runs from right to left."""
    return LEFT_TO_RIGHT if get_language_bidi() else ""


def write_percent(value: Number, decimals: int | None = 2) -> str:
    """Return a percentage, ``0.30 %``. ``decimals`` None: as many as a source printed (``42 %``, ``12.50 %``)."""
    return f"{write_number(value, decimals)}{NO_BREAK}%"


def write_percent_short(value: Number) -> str:
    """Return a percentage for the label of a chart, ``42 %``: one above 0 never becomes 0, nor one below 100 that."""
    exact = Decimal(value)
    if 0 < exact < 1:
        return f"<{write_percent(1, 0)}"
    if 99 < exact < 100:
        return f">{write_percent(99, 0)}"
    return write_percent(exact, 0)


def write_compact(value: Number) -> str:
    """Return an amount short enough for the label of a chart: ``37.4M``, ``37,4 M``."""
    try:
        return format_compact_decimal(value, locale=(get_language() or "en").replace("-", "_"), fraction_digits=1)
    except (UnknownLocaleError, ValueError):
        return format_compact_decimal(value, locale="en", fraction_digits=1)


def write_change(value: Number, decimals: int | None = None) -> str:
    """Return a difference with its sign, ``+500,000``, with a minus sign (no hyphen) below 0; ``0`` has none."""
    sign = "+" if value > 0 else MINUS if value < 0 else ""
    return f"{_left() if sign else ''}{sign}{write_number(abs(Decimal(value)), decimals)}"


def write_percent_change(value: Number) -> str:
    """Return a difference in percent with its sign, ``+8.06 %``."""
    return f"{write_change(value, 2)}{NO_BREAK}%"
