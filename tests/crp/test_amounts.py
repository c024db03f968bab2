"""Amounts as people type them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from crp.common.amounts import read_amount, write_typed

IN_ARABIC = (
    "\N{ARABIC-INDIC DIGIT FIVE}\N{ARABIC-INDIC DIGIT ZERO}\N{ARABIC THOUSANDS SEPARATOR}"
    "\N{ARABIC-INDIC DIGIT ONE}\N{ARABIC-INDIC DIGIT TWO}\N{ARABIC-INDIC DIGIT ZERO}"
    "\N{ARABIC DECIMAL SEPARATOR}\N{ARABIC-INDIC DIGIT FIVE}"
)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("500000", "500000.00"),
        (" 500,000 ", "500000.00"),
        ("500,000.5", "500000.50"),
        ("500 000,50", "500000.50"),
        ("500\N{NO-BREAK SPACE}000", "500000.00"),
        ("1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567,89", "1234567.89"),
        ("1'234'567", "1234567.00"),
        ("USD 500,000", "500000.00"),
        ("$500,000.00", "500000.00"),
        ("500000 usd", "500000.00"),
        (IN_ARABIC, "50120.50"),
        ("0.01", "0.01"),
        ("12,5", "12.50"),
        ("9999999999999.99", "9999999999999.99"),
    ],
)
def test_an_amount_is_read_as_people_write_it(typed: str, amount: str) -> None:
    assert str(read_amount(typed)) == amount


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "Enter an amount in US dollars."),
        ("USD", "Enter an amount in US dollars."),
        ("-5", "Enter an amount above 0: “-5” is below."),
        ("\N{MINUS SIGN}5", "is below"),
        ("0", "Enter an amount above 0."),
        ("0.00", "Enter an amount above 0."),
        ("1e30", "“1e30” can’t be used"),
        ("10000000000000", "Enter less than 10,000,000,000,000"),
        ("a lot", "“a lot” can’t be used"),
        ("1,2345", "can’t be used"),
        ("1,00,000", "can’t be used"),
        ("1.234.567", "can’t be used"),
        ("0.001", "can’t be used"),
        ("NaN", "can’t be used"),
        ("-", "can’t be used"),
        ("½", "can’t be used"),
        ("5\0", "can’t be used"),
        ("9" * 10_000, "Enter less than"),
        ("x" * 10_000, f"“{'x' * 40}…” can’t be used"),
    ],
)
def test_what_is_no_amount_is_told(typed: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as told:
        read_amount(typed)
    assert sentence in told.value.messages[0]
    assert len(told.value.messages[0]) < 200


@pytest.mark.parametrize(("amount", "typed"), [("500000.00", "500000"), ("500000.50", "500000.50"), ("0.01", "0.01")])
def test_an_address_has_it_without_marks(amount: str, typed: str) -> None:
    assert write_typed(Decimal(amount)) == typed
    assert read_amount(typed) == Decimal(amount)
