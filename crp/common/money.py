"""Money and percentages: exact decimals, one way to round each."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from babel.core import get_global
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Func, Sum

CENT = Decimal("0.01")
MAX_DIGITS = 15  # SQLite keeps 15 significant digits exactly
NO_CURRENCIES = {"XXX", "XTS"}  # ISO 4217 has codes for "none" and for tests
USD_COLUMN = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)


def is_currency(code: str) -> bool:
    """Return whether a code is one of ISO 4217, also one no longer in use: old contributions were made in them."""
    return code in get_global("all_currencies") and code not in NO_CURRENCIES


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


def rounds_to(part: Decimal, whole: Decimal, printed: Decimal) -> bool:
    """Tell whether ``part`` of ``whole`` (not 0) gives a percentage as printed: rounded half up to its decimals.

    Rounded once: 0.495 is 0, though 0.50 would be 1.
    """
    decimals = Decimal(1).scaleb(min(int(printed.normalize().as_tuple().exponent), 0))
    return printed == (part * 100 / whole).quantize(decimals, rounding=ROUND_HALF_UP)


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


class CentsField(models.Field):
    """Dollars, or hundredths of a percent, kept as whole hundredths: databases add these exactly and cheaply.

    In Python a Decimal with two decimals, as everywhere else.
    """

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-2)

    def to_python(self, value: Any) -> Decimal | None:
        return None if value is None else quantize_usd(value)

    def get_prep_value(self, value: Any) -> int | float | None:
        """Return hundredths; a limit between two of them stays between them."""
        if value is None or hasattr(value, "resolve_expression"):
            return value
        hundredths = Decimal(value) * 100
        return int(hundredths) if hundredths == hundredths.to_integral_value() else float(hundredths)


class SumUSD(Sum):
    """SQL for the sum of a column of money, exact to the cent however many rows there are."""

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        extra.setdefault("output_field", USD_COLUMN)
        super().__init__(*expressions, **extra)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Add whole cents: SQLite adds amounts in binary, and a hundred thousand of them are a cent off."""
        cents = self.copy()
        cents.template = "%(function)s(%(distinct)sCAST(ROUND((%(expressions)s) * 100) AS INTEGER))"
        sql, params = cents.as_sql(compiler, connection, **extra)
        return f"CAST({sql} / 100.0 AS NUMERIC)", params


ABOVE_ON_SQLITE = "CAST(MAX(ROUND(%(expressions)s, 2), 0) AS NUMERIC)"


class Above(Func):
    """SQL for how much one amount exceeds another, at least 0; null where one of them is.

    In few levels: SQLite reads no statement that nests too deep, and amounts of a past day come nested.
    """

    # The larger of nothing and nothing is null, where GREATEST would leave a null out.
    template = "GREATEST(%(more)s - %(less)s, 0 * (%(more)s - %(less)s))"
    arity = 2
    output_field = USD_COLUMN

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:  # type: ignore[override]
        (more, more_params), (less, less_params) = map(compiler.compile, self.source_expressions)
        return self.template % {"more": more, "less": less}, [*more_params, *less_params] * 2

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Round: SQLite subtracts in binary, and a filter for exactly this amount would miss it."""
        return super().as_sql(compiler, connection, template=ABOVE_ON_SQLITE, arg_joiner=" - ")


class Percent(Func):
    """SQL for ``percent_of(part, whole)``: the same rounding, so that a filter agrees with the figure on the page."""

    # NULLIF makes "not defined" of a whole of 0. The quotient has as many decimals as the 100: enough that it is never
    # rounded up to a half, and then up again.
    template = "ROUND((%(expressions)s, 0), 2)"
    arg_joiner = ") * 100.0000000000000000000000 / NULLIF("
    arity = 2
    output_field = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        """Compute it in Python: SQLite divides in binary, and which way it rounds 1.005 depends on its version."""
        connection.ensure_connection()
        connection.connection.create_function("crp_percent", 2, _percent_in_sqlite, deterministic=True)
        return super().as_sqlite(
            compiler, connection, template="CRP_PERCENT(%(expressions)s)", arg_joiner=", ", **extra
        )


def _percent_in_sqlite(part: float | None, whole: float | None) -> float | None:
    if part is None or whole is None:
        return None
    percent = percent_of(quantize_usd(repr(part)), quantize_usd(repr(whole)))
    return None if percent is None else float(percent)
