"""Cells are read strictly: what could mean two things is refused with a sentence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from crp.importing import values


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1000", "1000.00"),
        (" 1000.5 ", "1000.50"),
        ("0", "0.00"),
        ("007", "7.00"),
        ("12.300", "12.30"),
        ("9999999999999.99", "9999999999999.99"),
    ],
)
def test_an_amount_is_digits_and_at_most_one_point(text: str, amount: str) -> None:
    assert str(values.read_amount(text)) == amount


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1,000.50", "two ways"),
        ("1.000,50", "two ways"),
        ("1 000", "two ways"),
        ("1\u202f000", "two ways"),
        ("1'000", "two ways"),
        ("12,5", "two ways"),
        ("1e20", "not a number"),
        ("NaN", "not a number"),
        ("Infinity", "not a number"),
        ("+5", "not a number"),
        ("$5", "not a number"),
        (".5", "not a number"),
        ("1_000", "not a number"),
        ("\u0661\u0662", "not a number"),
        ("", "not a number"),
        ("1.005", "more than two decimals"),
        ("100000000000000000000", "too large"),
        ("10000000000000", "too large"),
        ("-5", "below 0"),
    ],
)
def test_an_amount_that_is_not_clear_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        values.read_amount(text)


def test_negative_amounts_and_zero_are_for_the_caller_to_say() -> None:
    assert values.read_amount("-5", negative=True) == Decimal("-5.00")
    assert str(values.read_amount("-0", negative=True)) == "0.00"
    with pytest.raises(ValueError, match="gives nothing"):
        values.read_amount("0.00", zero=False)


def test_a_rate_is_above_0() -> None:
    assert values.read_rate("0.824") == Decimal("0.824")
    for text, why in (("0", "above 0"), ("-1", "above 0"), ("1,2", "two ways"), ("0.123456789", "no rate of exchange")):
        with pytest.raises(ValueError, match=why):
            values.read_rate(text)


def test_a_date_is_year_month_day_within_the_years_of_crp() -> None:
    assert values.read_date("2024-02-29") == date(2024, 2, 29)
    for text, why in (
        ("2202-01-01", "mistyped"),
        ("1899-01-01", "mistyped"),
        ("2023-02-29", "no calendar"),
        ("29/02/2024", "not a date"),
        ("20240229", "not a date"),
    ):
        with pytest.raises(ValueError, match=why):
            values.read_date(text)


def test_a_year_has_four_digits() -> None:
    assert values.read_year("2031") == 2031
    for text in ("31", "2031.0", "0031", "2202"):
        with pytest.raises(ValueError):
            values.read_year(text)


def test_a_currency_is_one_of_iso_4217() -> None:
    assert values.read_currency("EUR") == "EUR"
    assert values.read_currency("DEM") == "DEM"  # no longer in use, and old contributions were made in it
    for text in ("eur", "EURO", "ZZZ", "XXX", "€"):
        with pytest.raises(ValueError, match="ISO 4217"):
            values.read_currency(text)


def test_a_choice_lists_what_was_expected() -> None:
    assert values.read_choice(" Paid ", {"paid": 1, "pledge": 2}) == 1
    with pytest.raises(ValueError, match="one of paid, pledge was"):
        values.read_choice("given", {"paid": 1, "pledge": 2})


def test_a_long_text_is_quoted_short() -> None:
    with pytest.raises(ValueError) as caught:
        values.read_text("x" * 500, most=100)
    assert "500 characters" in str(caught.value)
    assert len(str(caught.value)) < 120
