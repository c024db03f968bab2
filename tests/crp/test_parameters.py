"""A parameter nobody knows is refused by name, and a value that can't be used names itself."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import django_filters
import pytest
from django.http import QueryDict
from django.utils import translation

from crp.common.filters import (
    AmountFilter,
    FlagFilter,
    StrictFilterSet,
    TimeFilter,
    ValuesFilter,
    ValuesWidget,
    WholeNumberFilter,
    YearFilter,
)
from crp.common.parameters import refuse_unknown
from plans.models import Plan

KNOWN = ("country", "year", "year_min", "percent_funded_min")


class EverySort(StrictFilterSet):
    """One filter of each sort; what they leave of a list is tested where they are used."""

    year = YearFilter(field_name="start_year")
    amount = AmountFilter(field_name="start_year", lookup_expr="gte")
    number = WholeNumberFilter(field_name="start_year")
    flag = FlagFilter(field_name="title")
    time = TimeFilter(field_name="title")
    kind = ValuesFilter(choices=Plan.Kind.choices)
    title = django_filters.CharFilter()

    class Meta:
        model = Plan
        fields = ("title",)


def problems(query: str, *also_known: str) -> dict[str, list[str]]:
    return EverySort(QueryDict(query), queryset=Plan.objects.none()).problems(also_known)


def cleaned(query: str, name: str) -> Any:
    filters = EverySort(QueryDict(query), queryset=Plan.objects.none())
    assert filters.problems() == {}
    return filters.form.cleaned_data[name]


def test_known_parameters_are_not_refused() -> None:
    assert refuse_unknown(["country", "year"], KNOWN) == {}
    assert refuse_unknown([], KNOWN) == {}


@pytest.mark.parametrize(
    ("typo", "nearest"), [("contry", "country"), ("yaer", "year"), ("percent_min", "percent_funded_min")]
)
def test_a_typo_is_named_with_the_nearest_parameter(typo: str, nearest: str) -> None:
    assert refuse_unknown([typo, "country"], KNOWN) == {
        typo: [f"Unknown parameter “{typo}”. Did you mean “{nearest}”?"]
    }


def test_a_parameter_near_to_none_lists_what_there_is() -> None:
    sentence = refuse_unknown(["zzz"], KNOWN)["zzz"][0]
    assert sentence == "Unknown parameter “zzz”. Known here: country, percent_funded_min, year, year_min."
    assert refuse_unknown(["zzz"], ()) == {"zzz": ["Unknown parameter “zzz”. Known here: –."]}


def test_every_unknown_parameter_is_named() -> None:
    assert set(refuse_unknown(["contry", "zzz", "year"], KNOWN)) == {"contry", "zzz"}


def test_parameters_are_told_apart_by_their_capitals() -> None:
    assert "Did you mean “year”?" in refuse_unknown(["Year"], KNOWN)["Year"][0]


def test_unknown_parameters_and_bad_values_come_together() -> None:
    found = problems("yaer=2024&year=abc&limit=3", "limit")
    assert set(found) == {"yaer", "year"}
    assert found["year"] == ["Enter a year, such as 2025."]


@pytest.mark.parametrize(
    "query",
    [
        "year=abc", "year=20.5", "year=1899", "year=2201", "year=99999999999999999999", "year=-1", "year=2024,2025",
        "amount=abc", "amount=1,000", "amount=NaN", "amount=Infinity", "amount=1e30", "amount=0.305",
        "number=1.5", "number=abc", "number=1e3",
        "flag=maybe", "flag=2", "flag=truee",
        "time=yesterday", "time=2024-13-01T00:00:00Z", "time=0001-01-01T00:00:00%2B14:00",
        "time=9999-12-31T23:59:59-14:00",
        "kind=crpp", "kind=crp,nonsense", "kind=%00", "title=%00",
    ],
)  # fmt: skip
def test_a_value_that_can_not_be_used_is_an_error_on_its_parameter(query: str) -> None:
    name = query.partition("=")[0]
    assert list(problems(query)) == [name]
    assert all(problems(query)[name])


def test_an_unknown_value_is_quoted() -> None:
    assert problems("kind=crp,nonsense")["kind"] == [
        "“nonsense” is not one of: crp, compendium, flash_appeal, hnrp, rrp, regional, consolidated, other."
    ]


def test_errors_speak_the_readers_language_where_it_is_known() -> None:
    with translation.override("fr"):
        assert problems("number=abc")["number"] == ["Saisissez un nombre entier."]


@pytest.mark.parametrize(
    ("query", "name", "expected"),
    [
        ("year=2024", "year", 2024),
        ("amount=0.30", "amount", Decimal("0.30")),
        ("amount=-5", "amount", -5),
        ("amount=9999999999999.99", "amount", Decimal("9999999999999.99")),
        ("number=3", "number", 3),
        ("flag=TRUE", "flag", True),
        ("flag=1", "flag", True),
        ("flag=No", "flag", False),
        ("flag=0", "flag", False),
        ("flag=", "flag", None),
        ("kind=crp", "kind", ["crp"]),
        ("kind=crp,rrp", "kind", ["crp", "rrp"]),
        ("kind=crp&kind=rrp", "kind", ["crp", "rrp"]),
        ("kind=crp, rrp&kind=,", "kind", ["crp", "rrp"]),
        ("kind=", "kind", []),
    ],
)
def test_values_that_can_be_used(query: str, name: str, expected: Any) -> None:
    assert cleaned(query, name) == expected


def test_a_time_is_read_with_and_without_a_zone() -> None:
    assert cleaned("time=2024-05-01T12:00:00%2B02:00", "time").isoformat() == "2024-05-01T12:00:00+02:00"
    assert cleaned("time=2024-05-01T12:00:00", "time").utcoffset().total_seconds() == 0


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (QueryDict("c=mli,bfa"), ["mli", "bfa"]),
        (QueryDict("c=mli&c=bfa"), ["mli", "bfa"]),
        (QueryDict("c= mli ,,bfa,"), ["mli", "bfa"]),
        (QueryDict("c="), []),
        (QueryDict(""), []),
        ({"c": "mli,bfa"}, ["mli", "bfa"]),
        ({}, []),
    ],
)
def test_several_values_by_comma_or_by_repeating(data: Any, expected: list[str]) -> None:
    assert ValuesWidget().value_from_datadict(data, {}, "c") == expected
    assert ValuesWidget(upper=True).value_from_datadict(data, {}, "c") == [value.upper() for value in expected]
