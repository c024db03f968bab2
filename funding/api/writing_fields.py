"""The values of an entry as JSON has them, read strictly: of the right type, and not by guess.

Whether a contribution can be what they say is for :func:`funding.services.judging.judge`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from drf_spectacular.drainage import set_override
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crp.common.api.parameters import NULL, short

AMOUNT = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOST_SMALL = 32_767
MOST_WHOLE = 2_147_483_647


def shown(value: Any) -> str:
    """Return a value as a sentence can repeat it."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    words = {True: "true", False: "false", None: "null"}
    if value is None or isinstance(value, bool):
        return words[value]
    return f"“{short(value)}”" if isinstance(value, str) else short(str(value))


class StrictField(serializers.Field):
    """A value of one type of JSON, and no other. null empties it where it may be empty."""

    empty: Any = None
    """What null stands for."""
    default_error_messages: ClassVar = {"required": "It is missing: it must be given."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, **kwargs})

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if data is None and not self.allow_null:
            raise serializers.ValidationError(self.not_null)
        done, value = super().validate_empty_values(data)
        return done, self.empty if done and data is None else value

    @property
    def not_null(self) -> str:
        """The sentence for null where there must be a value."""
        return "null can't stand here."

    def refuse(self, value: Any, expected: str) -> serializers.ValidationError:
        """Return the error for a value, with what was expected."""
        return serializers.ValidationError(f"{shown(value)} can't be used: expected {expected}.")


@extend_schema_field({"type": "string", "minLength": 1})
class TextValue(StrictField):
    """A text, without spaces around it. ``most``: characters, where the table does not say."""

    empty: Any = ""

    def __init__(self, *, most: int | None = None, **kwargs: Any) -> None:
        self.most = most
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise self.refuse(data, "a text")
        if NULL in data:
            raise serializers.ValidationError("It holds a null character, which no text has.")
        text = data.strip()
        if not text:
            raise serializers.ValidationError("It is empty: send null where there is no text, or leave it out.")
        if self.most is not None and len(text) > self.most:
            raise serializers.ValidationError(f"It has {len(text)} characters: at most {self.most} fit.")
        return text


@extend_schema_field({"type": "string", "minLength": 1})
class CodeValue(TextValue):
    """The code of something that is on record; null: none."""

    empty = None


@extend_schema_field({"type": "string", "pattern": "^[A-Za-z]{3}$", "examples": ["EUR"]})
class CurrencyValue(TextValue):
    """A currency of ISO 4217."""

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(data).upper()


class ChoiceValue(StrictField):
    """One of a fixed list of words."""

    def __init__(self, choices: Any, *, empty: Any = None, **kwargs: Any) -> None:
        self.choices = [value for value, _label in choices]
        self.empty = empty
        super().__init__(**kwargs)
        # The schema has one name for the words, here and where they are read.
        set_override(self, "field", serializers.ChoiceField(choices=choices, allow_null=self.allow_null))

    @property
    def not_null(self) -> str:
        return f"null can't stand here: expected {self.expected}."

    @property
    def expected(self) -> str:
        return f"one of {', '.join(self.choices)}"

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data not in self.choices:
            raise self.refuse(data, self.expected)
        return data


class AmountValue(StrictField):
    """An amount of money: a string of digits with a point, or a whole number. Never a number with a fraction."""

    example = "1000.50"

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, float):
            raise serializers.ValidationError(
                f'{shown(data)} is a number with a fraction, and programs round those: send a string, "{self.example}".'
            )
        if isinstance(data, bool) or not isinstance(data, (int, str)):
            raise self.refuse(data, f'a string such as "{self.example}"')
        text = str(data)
        if not AMOUNT.fullmatch(text):
            raise self.refuse(data, f'digits with a point before the decimals, such as "{self.example}"')
        return Decimal(text)


@extend_schema_field(
    {
        "type": ["string", "integer"],
        "format": "decimal",
        "pattern": r"^-?[0-9]{1,13}(\.[0-9]{1,2})?$",
        "examples": ["250000.00"],
    }
)
class MoneyValue(AmountValue):
    """An amount of money, at most two decimals."""


@extend_schema_field(
    {"type": ["string", "integer"], "pattern": r"^[0-9]{1,10}(\.[0-9]{1,8})?$", "examples": ["0.86500000"]}
)
class RateValue(AmountValue):
    """A rate of exchange, at most eight decimals."""

    example = "0.865"


@extend_schema_field({"type": "integer", "minimum": 1})
class WholeValue(StrictField):
    """A whole number within limits."""

    def __init__(self, *, least: int = 1, most: int = MOST_SMALL, **kwargs: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int) or not self.least <= data <= self.most:
            raise self.refuse(data, f"a whole number from {self.least} to {self.most}, without quotes")
        return data


@extend_schema_field({"type": "boolean"})
class FlagValue(StrictField):
    """true or false."""

    @property
    def not_null(self) -> str:
        return "null can't stand here: expected true or false."

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise self.refuse(data, "true or false, without quotes")
        return data


@extend_schema_field({"type": "string", "format": "date", "examples": ["2026-04-30"]})
class DayValue(StrictField):
    """A day as 2026-04-30."""

    def to_internal_value(self, data: Any) -> date:
        if not isinstance(data, str) or not DAY.fullmatch(data) or not data.isascii():
            raise self.refuse(data, "a day such as 2026-04-30")
        try:
            return date.fromisoformat(data)
        except ValueError:
            raise serializers.ValidationError(f"{data} is a day that no calendar has.") from None


@extend_schema_field({"type": "string", "format": "date-time", "examples": ["2026-11-23T05:24:39.123456Z"]})
class TimeValue(StrictField):
    """A time as the list writes it."""

    def to_internal_value(self, data: Any) -> datetime:
        try:
            moment = datetime.fromisoformat(data) if isinstance(data, str) and data.isascii() else None
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise self.refuse(data, "updated_at as the list gives it, such as 2026-11-23T05:24:39.123456Z")
        return moment


def read_object(data: Any, what: str) -> Mapping[str, Any]:
    """Return an object of JSON. Raises: ValidationError, under the name of what it should have been."""
    if not isinstance(data, dict):
        raise serializers.ValidationError({what: [f"{shown(data)} can't be used: expected an object of values."]})
    return data
