"""The parameters of HAPI, read as HAPI reads them, and refused in the shape of FastAPI, in which HAPI is written."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from django.http import QueryDict
from rest_framework.exceptions import APIException

from crp.common.api.parameters import NULL, short

MOST_ROWS = 10_000
"""The most rows of one answer, and how many one has where no limit is given."""
FURTHEST = 2**31 - 1
"""No table has as many rows: what lies beyond is empty."""
WHOLE = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:T([0-9]{2}):([0-9]{2}):([0-9]{2}))?)?)?", re.ASCII)
YES, NO = ("true", "1", "on", "t", "y", "yes"), ("false", "0", "off", "f", "n", "no")

Problem = dict[str, Any]


class HapiRefused(APIException):
    """What can't be used of a request, one entry for each parameter."""

    status_code = 422
    default_code = "unprocessable_entity"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The request can't be used.")
        self.problems = list(problems)


class _ParameterError(ValueError):
    """Why a value can't be used: the type that pydantic gives it, its sentence, and the limit in question."""

    def __init__(self, kind: str, message: str, **context: Any) -> None:
        super().__init__(message)
        self.kind, self.context = kind, context


@dataclass(frozen=True)
class Parameter:
    """One parameter: how its value is read, and what the schema says of it."""

    read: Callable[[str], Any]
    default: Any = None
    may_be_empty: bool = False


def text(most: int) -> Callable[[str], str]:
    """Return a reader of texts of at most so many characters."""

    def read(value: str) -> str:
        if len(value) > most:
            message = f"String should have at most {most} characters"
            raise _ParameterError("string_too_long", message, max_length=most)
        if NULL in value:
            raise _ParameterError("value_error", "Value error, a value can't hold a null character")
        return value

    return read


def flag(value: str) -> bool:
    """Return a boolean as pydantic reads it."""
    if value.lower() in YES:
        return True
    if value.lower() in NO:
        return False
    raise _ParameterError("bool_parsing", "Input should be a valid boolean, unable to interpret input")


def whole(most: int | None = None) -> Callable[[str], int]:
    """Return a reader of whole numbers from 0, up to ``most`` where there is a limit."""

    def read(value: str) -> int:
        if not WHOLE.fullmatch(value.strip()):
            message = "Input should be a valid integer, unable to parse string as an integer"
            raise _ParameterError("int_parsing", message)
        number = int(value)
        if number < 0:
            raise _ParameterError("greater_than_equal", "Input should be greater than or equal to 0", ge=0)
        if most is not None and number > most:
            raise _ParameterError("less_than_equal", f"Input should be less than or equal to {most}", le=most)
        return number

    return read


def one_of(*values: str) -> Callable[[str], str]:
    """Return a reader of one of some words."""
    expected = " or ".join([", ".join(f"'{value}'" for value in values[:-1]), f"'{values[-1]}'"])

    def read(value: str) -> str:
        if value not in values:
            raise _ParameterError("enum", f"Input should be {expected}", expected=expected)
        return value

    return read


def first_of(value: str) -> date:
    """Return the day that a time names, or the first day of the month or year that it names."""
    year, month, day = _day(value)
    return date(year, 1 if month is None else month, 1 if day is None else day)


def last_of(value: str) -> date:
    """Return the day that a time names, or the last day of the month or year that it names."""
    year, month, day = _day(value)
    month = 12 if month is None else month
    return date(year, month, monthrange(year, month)[1] if day is None else day)


def _day(value: str) -> tuple[int, int | None, int | None]:
    """Return year, month and day of a time; None for what it leaves out."""
    found = DAY.fullmatch(value)
    parts = [None if part is None else int(part) for part in found.groups()] if found else [0] * 6
    year, month, day, hour, minute, second = parts
    try:
        date(year or 0, 1 if month is None else month, 1 if day is None else day)  # refuses what no calendar has
        time(hour or 0, minute or 0, second or 0)
    except ValueError:
        message = "Value error, expected YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS"
        raise _ParameterError("value_error", message) from None
    return year or 0, month, day


PERIOD: Mapping[str, Parameter] = {"start_date": Parameter(first_of), "end_date": Parameter(last_of)}
"""Rows whose period reaches the one day or goes beyond it, and has begun on the other or before."""
COMMON: Mapping[str, Parameter] = {
    "output_format": Parameter(one_of("csv", "json"), "json"),
    "limit": Parameter(whole(MOST_ROWS), MOST_ROWS),
    "offset": Parameter(whole(), 0),
    "app_identifier": Parameter(text(512), may_be_empty=True),
}
"""What every list of HAPI takes."""


def read_parameters(given: QueryDict, known: Mapping[str, Parameter]) -> dict[str, Any]:
    """Return the value of each parameter, its default where it is not given.

    Stricter than HAPI in three things that would silently answer something else: a parameter that is unknown, is given
    twice, or is empty is refused. Raises: HapiRefused.
    """
    values = {name: parameter.default for name, parameter in known.items()}
    problems: list[Problem] = []
    for name, several in given.lists():
        try:
            values[name] = _read(name, several, known)
        except _ParameterError as error:
            problems.append(
                {
                    "type": error.kind,
                    "loc": ["query", short(name)],
                    "msg": str(error),
                    "input": short(several[-1]) if several else "",
                    **({"ctx": error.context} if error.context else {}),
                }
            )
    if problems:
        raise HapiRefused(problems)
    return values


def _read(name: str, several: Sequence[str], known: Mapping[str, Parameter]) -> Any:
    parameter = known.get(name)
    if parameter is None:
        raise _ParameterError("extra_forbidden", "Extra inputs are not permitted")
    if len(several) > 1:
        raise _ParameterError("value_error", f"Value error, given {len(several)} times, takes one value")
    value = several[0] if several else ""
    if not value and not parameter.may_be_empty:
        raise _ParameterError("string_too_short", "String should have at least 1 character", min_length=1)
    return parameter.read(value)
