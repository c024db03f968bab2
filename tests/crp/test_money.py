"""Money is exact, percentages are rounded once and half up, and the database says the same as Python."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value

from crp.common.money import MAX_DIGITS, Percent, SumUSD, USDField, percent_of, quantize_usd, rounds_to
from funding.models import Contribution
from plans.models import Plan
from tests.factories import make_plan

USD = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=2)
LARGEST = Decimal("9999999999999.99")


def half_up_percent(part: Decimal, whole: Decimal) -> Decimal:
    """Work out a percentage in whole numbers only: fractions know no rounding until the last step."""
    hundredths = Fraction(part) * 10_000 / Fraction(whole)
    away = floor(abs(hundredths) + Fraction(1, 2))
    return Decimal(away if hundredths >= 0 else -away) / 100


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (1, "1.00"),
        ("112550", "112550.00"),
        ("0.005", "0.01"),
        ("0.0049999", "0.00"),
        ("2.675", "2.68"),  # a float would give 2.67
        ("-0.005", "-0.01"),
        (LARGEST, "9999999999999.99"),
    ],
)
def test_amounts_have_two_decimals_rounded_half_up(amount: Any, expected: str) -> None:
    assert str(quantize_usd(amount)) == expected


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        ("112550", "37360000", "0.30"),
        ("112550", "12360000", "0.91"),
        ("112550", "3580000", "3.14"),
        ("0", "25000000", "0.00"),
        ("201", "20000", "1.01"),  # 1.005: half goes up
        ("1", "3", "33.33"),
        ("2", "3", "66.67"),
        ("-201", "20000", "-1.01"),
        ("1364", "100", "1364.00"),
        (str(LARGEST), str(LARGEST), "100.00"),
    ],
)
def test_percentages_are_rounded_half_up_to_two_decimals(part: str, whole: str, expected: str) -> None:
    assert str(percent_of(Decimal(part), Decimal(whole))) == expected


@pytest.mark.parametrize(
    ("part", "whole"), [(None, Decimal(1)), (Decimal(1), None), (None, None), (Decimal(1), Decimal(0))]
)
def test_a_percentage_of_the_unknown_or_of_nothing_is_not_defined(part: Any, whole: Any) -> None:
    assert percent_of(part, whole) is None


def pairs(number: int) -> list[tuple[Decimal, Decimal]]:
    """Return amounts of every size, most of them with a percentage that lies on a half or a hair beside it."""
    chance = random.Random(20250417)
    found = []
    while len(found) < number:
        top = 10 ** chance.randint(3, 15)
        whole = Decimal(chance.randint(1, top)) / 100
        if chance.random() < 0.4:
            whole = Decimal(chance.choice([1, 2, 4, 5, 8]) * 10 ** chance.randint(0, 12))
        half = (whole * (2 * chance.randint(0, 15_000) + 1) / 20_000).quantize(Decimal("0.01"))
        part = half + Decimal(chance.choice([-1, 0, 0, 0, 1])) / 100
        found.append((-part if chance.random() < 0.1 else part, whole))
    return [(part, whole) for part, whole in found if abs(part) <= LARGEST]


@pytest.mark.parametrize(
    ("part", "whole", "printed", "expected"),
    [
        ("112550", "12360000", "1", True),
        ("112550", "12360000", "0.9", True),
        ("112550", "12360000", "0", False),
        ("495", "100000", "0", True),
        ("505", "100000", "1", True),
        ("495", "100000", "0.50", True),
        ("12", "10", "120", True),
    ],
)
def test_a_printed_percentage_is_rounded_once(part: str, whole: str, printed: str, expected: bool) -> None:
    """0.495 is printed as 0, though 0.50 would be 1."""
    assert rounds_to(Decimal(part), Decimal(whole), Decimal(printed)) is expected


def test_percent_of_agrees_with_fractions() -> None:
    wrong = [(p, w) for p, w in pairs(5_000) if percent_of(p, w) != half_up_percent(p, w)]
    assert wrong == []


@pytest.mark.usefixtures("empty_database")
def test_the_database_rounds_percentages_as_python_does() -> None:
    """A filter must agree with the figure on the page, halves included, on every database and version of it."""
    plan = make_plan(contributions=0)
    given = [(part, whole) for part, whole in pairs(2_000) if part]
    Contribution.objects.bulk_create(
        Contribution(code=f"P-{n}", plan=plan, status="paid", amount_usd=p, original_amount=w, original_currency="EUR")
        for n, (p, w) in enumerate(given)
    )
    rows = Contribution.objects.annotate(percent=Percent(F("amount_usd"), F("original_amount")))
    wrong = [
        (row.amount_usd, row.original_amount, row.percent)
        for row in rows
        if row.percent != half_up_percent(row.amount_usd, row.original_amount)
    ]
    assert wrong == []
    assert rows.count() == len(given) > 1_900


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (Decimal(201), Decimal(20_000), Decimal("1.01")),
        (None, Decimal(100), None),
        (Decimal(1), None, None),
        (Decimal(1), Decimal(0), None),
        (Decimal(0), Decimal(5), Decimal(0)),
        (Decimal(7), Decimal(7), Decimal(100)),  # whole numbers: SQLite would divide them as such
    ],
)
def test_percentages_in_the_database(part: Any, whole: Any, expected: Any) -> None:
    found = Plan.objects.annotate(percent=Percent(Value(part, output_field=USD), Value(whole, output_field=USD)))
    assert found.first().percent == expected


@pytest.mark.usefixtures("empty_database")
def test_a_filter_by_percentage_meets_the_rounded_figure_exactly() -> None:
    plan = make_plan(contributions=0)
    Contribution.objects.create(
        code="HALF", plan=plan, status="paid", amount_usd=201, original_amount=20_000, original_currency="EUR"
    )
    rows = Contribution.objects.annotate(percent=Percent(F("amount_usd"), F("original_amount")))
    assert rows.filter(percent=Decimal("1.01")).exists()
    assert rows.filter(percent__gte=Decimal("1.01"), percent__lte=Decimal("1.01")).exists()
    assert not rows.filter(percent__lt=Decimal("1.01")).exists()
    assert not rows.filter(percent__gt=Decimal("1.01")).exists()


@pytest.mark.usefixtures("empty_database")
@pytest.mark.parametrize("amount", ["0.01", "0.10", "0.29", "-1.13", "1234567.89", "9999999999.99"])
def test_sums_of_many_amounts_keep_their_cents(amount: str) -> None:
    plan = make_plan(contributions=0)
    Contribution.objects.bulk_create(
        Contribution(code=f"C-{n}", plan=plan, status="paid", amount_usd=Decimal(amount)) for n in range(1_000)
    )
    sums = Contribution.objects.aggregate(
        all=SumUSD("amount_usd"),
        paid=SumUSD("amount_usd", filter=Q(status="paid")),
        none=SumUSD("amount_usd", filter=Q(status="pledge")),
    )
    assert sums == {"all": Decimal(amount) * 1_000, "paid": Decimal(amount) * 1_000, "none": None}
    assert Plan.objects.annotate(total=SumUSD("contributions__amount_usd")).filter(total=sums["all"]).exists()


@pytest.mark.usefixtures("empty_database")
@pytest.mark.parametrize("amount", ["9999999999999.99", "-9999999999999.99", "0.01", "1234567890123.45"])
def test_the_largest_amounts_come_back_as_they_were_stored(amount: str) -> None:
    plan = make_plan(contributions=0)
    Contribution.objects.create(code="BIG", plan=plan, status="paid", amount_usd=Decimal(amount))
    assert Contribution.objects.get(code="BIG").amount_usd == Decimal(amount)


def test_an_amount_column_refuses_what_money_can_not_be() -> None:
    column = USDField("amount")
    for value, code in (
        ("-0.01", "min_value"),
        ("0.001", "max_decimal_places"),
        ("12345678901234", "max_whole_digits"),
    ):
        with pytest.raises(ValidationError) as refused:
            column.clean(value, None)
        assert [error.code for error in refused.value.error_list] == [code]
    with pytest.raises(ValidationError):
        column.clean("12,000", None)
    assert column.clean("9999999999999.99", None) == LARGEST


def test_only_a_column_for_corrections_takes_negative_amounts() -> None:
    column = USDField("amount", allow_negative=True)
    assert column.clean("-500.25", None) == Decimal("-500.25")
    assert column.deconstruct()[3]["allow_negative"] is True
    assert "allow_negative" not in USDField("amount").deconstruct()[3]
    assert isinstance(column.formfield(), forms.DecimalField)
