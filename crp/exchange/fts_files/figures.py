"""How an amount, a day and a percentage are written in a file of FTS."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def amount(value: Decimal | None) -> str:
    """Return an amount: whole where it is whole, as in the files of FTS, else with its cents. None: empty."""
    if value is None:
        return ""
    return f"{value:.0f}" if value == value.to_integral_value() else f"{value:.2f}"


def percent(value: Decimal | None) -> str:
    """Return a whole percentage, rounded half up. None: empty."""
    return "" if value is None else f"{value.quantize(Decimal(1), rounding=ROUND_HALF_UP):f}"


def share(part: Decimal | None, whole: Decimal | None) -> str:
    """Return ``part`` as a whole percentage of ``whole``, rounded once; empty where it is not defined."""
    return percent(part * 100 / whole) if part is not None and whole else ""
