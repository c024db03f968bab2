"""Amounts of money as people type them."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crp.common.money import MAX_DIGITS, quantize_usd

PLAIN = re.compile(r"[0-9]+(?:[.,][0-9]{1,2})?")
GROUPED = re.compile(r"[0-9]{1,3}(?P<mark>[,\s'’])[0-9]{3}(?:(?P=mark)[0-9]{3})*(?:\.[0-9]{1,2})?")
GROUPED_BY_SPACES = re.compile(r"[0-9]{1,3}(?:\s[0-9]{3})+,[0-9]{1,2}")
CURRENCY = re.compile(r"^(?:USD|US\$|\$)\s*|\s*(?:USD|US\$|\$)$", re.IGNORECASE)
ARABIC_MARKS = str.maketrans({"\N{ARABIC THOUSANDS SEPARATOR}": ",", "\N{ARABIC DECIMAL SEPARATOR}": "."})
MINUS_SIGNS = "-\N{MINUS SIGN}"
LONGEST_SHOWN = 40
LIMIT_USD = Decimal(10) ** (MAX_DIGITS - 2)


def read_amount(text: str) -> Decimal:
    """Return an amount above 0 in US dollars: ``500000``, ``500,000.00``, ``500 000,50`` and ``USD 500,000`` are read.

    Raises: ValidationError, with a sentence for the reader, for anything else.
    """
    typed = CURRENCY.sub("", text.strip())
    digits = "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in typed)
    plain = digits.translate(ARABIC_MARKS)
    shown = {"value": text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"}
    if not plain:
        raise ValidationError(_("Enter an amount in US dollars."), code="required")
    if plain[0] in MINUS_SIGNS and _is_amount(plain[1:].strip()):
        raise ValidationError(_("Enter an amount above 0: “%(value)s” is below.") % shown, code="invalid")
    if not _is_amount(plain):
        sentence = _("“%(value)s” can’t be used: enter an amount in US dollars, such as 500000 or 500,000.00.")
        raise ValidationError(sentence % shown, code="invalid")
    amount = Decimal(_without_marks(plain))
    if not amount:
        raise ValidationError(_("Enter an amount above 0."), code="invalid")
    if amount >= LIMIT_USD:
        raise ValidationError(_("Enter less than 10,000,000,000,000: no plan could take more."), code="invalid")
    return quantize_usd(amount)


def _is_amount(text: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in (PLAIN, GROUPED, GROUPED_BY_SPACES))


def _without_marks(text: str) -> str:
    if GROUPED.fullmatch(text):
        return re.sub(r"[,\s'’]", "", text)
    return re.sub(r"\s", "", text).replace(",", ".")


def write_typed(amount: Decimal) -> str:
    """Return an amount as an address writes it: ``500000``, ``500000.50``."""
    return str(amount.quantize(Decimal(1))) if amount == amount.to_integral_value() else str(quantize_usd(amount))


class TypedAmountField(forms.CharField):
    """An amount above 0 in US dollars, with or without marks between thousands."""

    def clean(self, value: Any) -> Decimal:
        return read_amount(str(value or ""))
