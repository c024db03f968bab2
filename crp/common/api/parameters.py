"""Query parameters of the API. What could only be misread is refused, in a sentence that names the parameter.

Pages are more forgiving: a form sends its empty fields too, and a reader may write digits of any script.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import django_filters
from django import forms
from django.http import QueryDict
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from crp.common.filters import ValuesWidget, YearFilter

CURSOR = "cursor"
LONGEST_VALUE = 200
LONGEST_OF = {CURSOR: 3_000}
"""Of a cursor, which holds the values that a page ended with; titles are the longest."""
MOST_VALUES = 100
NULL = "\x00"
NOT_UTF_8 = "\ufffd"  # what Django puts in the place of such bytes

AMOUNT = re.compile(r"-?[0-9]{1,13}(\.[0-9]{1,2})?")
YEAR = re.compile(r"[0-9]{4}")
WHOLE = re.compile(r"-?[0-9]{1,10}")
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.,]+)?( ?([Zz]|[+ -][0-9]{2}:?[0-9]{2}))?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def values_of(request: Request, name: str) -> list[str]:
    """Return the values of a parameter that takes several: ``a,b`` and repeated alike."""
    return list(_terms(request.query_params.getlist(name)))


def short(value: str) -> str:
    """Return a value as a sentence can repeat it."""
    value = value.replace(NULL, "\N{REPLACEMENT CHARACTER}")
    return value if len(value) <= 60 else f"{value[:60]}…"


def unusable(given: QueryDict, lists: Collection[str], filters: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return a sentence for each parameter whose value could only be misread.

    ``lists`` names the parameters that take several values; ``filters`` are those of a filter set, by name.
    """
    several = {*lists, *(name for name, item in filters.items() if isinstance(item.field.widget, ValuesWidget))}
    found = {
        name: _problem(name, values, takes_several=name in several, form=_form(filters.get(name)))
        for name, values in given.lists()
    }
    return {name: [sentence] for name, sentence in found.items() if sentence}


def refuse_unusable(request: Request, names: Collection[str]) -> None:
    """Refuse a value of these parameters, each taking one, that could only be misread. Raises: ValidationError."""
    given = QueryDict(mutable=True)
    for name in names:
        if name in request.query_params:
            given.setlist(name, request.query_params.getlist(name))
    if problems := unusable(given, (), {}):
        raise ValidationError(problems)


def _problem(name: str, values: list[str], *, takes_several: bool, form: tuple[re.Pattern[str], str] | None) -> str:
    """Return what is wrong with the values of one parameter; empty where nothing is."""
    terms = list(_terms(values)) if takes_several else values
    if any(NULL in value for value in values):
        return "A value can't hold a null character."
    if any(NOT_UTF_8 in value for value in values):
        return "A value is text in UTF-8, percent-encoded: this has bytes that are not."
    if not any(_terms(values)):
        return f"No value is given: give “{short(name)}” one, or leave it out."
    if not takes_several and len(values) > 1:
        return f"Given {len(values)} times: “{short(name)}” takes one value."
    if len(terms) > MOST_VALUES:
        return f"{len(terms)} values are too many: at most {MOST_VALUES} at once."
    most = LONGEST_OF.get(name, LONGEST_VALUE)
    return next(filter(None, (_unreadable(term, form, most) for term in terms)), "")


def _unreadable(value: str, form: tuple[re.Pattern[str], str] | None, most: int) -> str:
    if form and not form[0].fullmatch(value.strip()):
        return f"“{short(value)}” can't be used: expected {form[1]}."
    if len(value) > most:
        return f"“{short(value)}” can't be used: at most {most} characters."
    return ""


def _form(item: Any) -> tuple[re.Pattern[str], str] | None:
    """Return how the value of a filter is written, and what to call that."""
    if isinstance(item, django_filters.DateFilter):
        return DAY, "a day as 2025-04-17"
    if isinstance(item, django_filters.IsoDateTimeFilter):
        return TIME, "a time such as 2025-04-17 or 2025-04-17T00:00:00Z"
    if isinstance(item, YearFilter):
        return YEAR, "a year such as 2025"
    if not isinstance(item, django_filters.NumberFilter):
        return None
    if issubclass(item.field_class, forms.DecimalField):  # which is an IntegerField itself
        return AMOUNT, "a number such as 1500000 or 0.91, with at most 13 digits and 2 decimals"
    return WHOLE, "a whole number"


def _terms(values: list[str]) -> Iterator[str]:
    return (term.strip() for value in values for term in value.split(",") if term.strip())
