"""Money and percentages: exact decimals, one way to round each."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Func

CENT = Decimal("0.01")
MAX_DIGITS = 15  # SQLite keeps 15 significant digits exactly


def quantize_usd(amount: Decimal | int | str) -> Decimal:
    """Return an amount with exactly two decimals, rounded half up.

    SQLite gives back sums without their trailing zeros; every sum passes here once.
    """
    return Decimal(amount).quantize(CENT, rounding=ROUND_HALF_UP)


def percent_of(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return ``part`` as a percentage of ``whole``, rounded half up to two decimals.

    None: one of the two is not reported, or ``whole`` is 0 and the percentage is not defined.
    """
    if part is None or not whole:
        return None
    return (part * 100 / whole).quantize(CENT, rounding=ROUND_HALF_UP)


class USDField(models.DecimalField):
    """An amount in US dollars, two decimals, at most 9,999,999,999,999.99; negative amounts only where allowed."""

    def __init__(self, *args: Any, allow_negative: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", MAX_DIGITS)
        kwargs.setdefault("decimal_places", 2)
        self.allow_negative = allow_negative
        if not allow_negative:
            kwargs.setdefault("validators", [MinValueValidator(Decimal(0))])
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self.allow_negative:
            kwargs["allow_negative"] = True
        return name, path, args, kwargs


class Percent(Func):
    """SQL for ``percent_of(part, whole)``: the same rounding, so that a filter agrees with the figure on the page."""

    # 100.0 keeps SQLite from dividing two integers; NULLIF makes "not defined" of a whole of 0.
    template = "ROUND((%(expressions)s, 0), 2)"
    arg_joiner = ") * 100.0 / NULLIF("
    arity = 2
    output_field = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
