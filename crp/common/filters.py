"""Filters that pages and API share: several values in one parameter, and errors that name what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field

from crp.common.money import MAX_DIGITS
from crp.common.parameters import refuse_unknown

YEAR_MIN, YEAR_MAX = 1900, 2200
COUNT_MAX = 10**12
OFFSET = re.compile(r"(T[0-9:.,]+) ([0-9]{2}:?[0-9]{2})$")


class ValuesWidget(forms.SelectMultiple):
    """Reads ``country=MLI,BFA`` and ``country=MLI&country=BFA`` alike; capitals are not asked for where ``upper``."""

    def __init__(self, *args: Any, upper: bool = False, **kwargs: Any) -> None:
        self.upper = upper
        super().__init__(*args, **kwargs)

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        raw = data.getlist(name) if hasattr(data, "getlist") else [data.get(name) or ""]
        values = [value.strip() for item in raw for value in str(item).split(",") if value.strip()]
        return [value.upper() for value in values] if self.upper else values


class ModelValuesField(django_filters.fields.ModelMultipleChoiceField):
    """Several objects by their code, in capitals or not; an unknown code is an error that names it."""

    widget = ValuesWidget
    default_error_messages = {  # noqa: RUF012
        "invalid_choice": gettext_lazy("“%(value)s” is not known."),
        "invalid_pk_value": gettext_lazy("“%(pk)s” is not known."),
    }

    def _check_values(self, value: Any) -> list[Any]:
        """Return the objects named. Queries: 1."""
        for code in value:
            self.validate_no_null_characters(code)
        rows = self.queryset.annotate(code_in_small=Lower(self.to_field_name))
        wanted = [code.lower() for code in value]
        found = list(rows.filter(code_in_small__in=wanted))
        known = {row.code_in_small for row in found}
        for code in value:
            if code.lower() not in known:
                raise ValidationError(
                    self.error_messages["invalid_choice"], code="invalid_choice", params={"value": code}
                )
        return found


@extend_schema_field({"type": "string"})
class ModelValuesFilter(django_filters.ModelMultipleChoiceFilter):
    """Filter by one or more objects, named by a code."""

    field_class = ModelValuesField

    def get_filter_predicate(self, v: Any) -> dict[str, Any]:
        """Compare with the object found: the code that named it is not what the rows hold."""
        return {self.field_name: v}


class ValuesField(django_filters.fields.MultipleChoiceField):
    """Several values of a fixed list, in capitals or not."""

    widget = ValuesWidget
    default_error_messages = {  # noqa: RUF012
        "invalid_choice": gettext_lazy("“%(value)s” is not one of: %(all)s."),
    }

    def to_python(self, value: Any) -> list[str]:
        if not value:
            return []
        known = {str(code).casefold(): code for code, _label in self.choices}
        for code in value:
            if code.casefold() not in known:
                raise ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": code, "all": ", ".join(map(str, known.values())) or "–"},
                )
        return [known[code.casefold()] for code in value]

    def validate(self, value: Any) -> None:
        """Accept what was found; the field it comes from would read the choices again for each value."""


class ValuesFilter(django_filters.MultipleChoiceFilter):
    """Filter by one or more of a fixed list of values."""

    field_class = ValuesField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"distinct": False, **kwargs})  # a column of the row itself: nothing comes twice


class CodesField(forms.Field):
    """Several codes in capitals, which may be given in small letters."""

    widget = ValuesWidget(upper=True)

    def clean(self, value: Any) -> list[str]:
        return list(value or [])


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class CodesFilter(django_filters.Filter):
    """Filter by one or more codes that no list holds: one that no row has finds nothing."""

    field_class = CodesField

    def filter(self, qs: Any, value: list[str]) -> Any:
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs


class YearField(forms.IntegerField):
    default_error_messages = {"invalid": gettext_lazy("Enter a year, such as 2025.")}  # noqa: RUF012

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=YEAR_MIN, max_value=YEAR_MAX, **kwargs)


@extend_schema_field({"type": "integer", "minimum": YEAR_MIN, "maximum": YEAR_MAX, "examples": [2025]})
class YearFilter(django_filters.NumberFilter):
    """Filter by a calendar year."""

    field_class = YearField

    def get_max_validator(self) -> None:
        return None


class AmountField(forms.DecimalField):
    """What a column of money or percent can hold: one database rounds a third decimal, the other does not."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=MAX_DIGITS, decimal_places=2, **kwargs)


@extend_schema_field({"type": "number"})
class AmountFilter(django_filters.NumberFilter):
    """Filter by a decimal amount or percentage."""

    field_class = AmountField


@extend_schema_field({"type": "integer"})
class WholeNumberFilter(django_filters.NumberFilter):
    """Filter by a number that counts: 1.5 is an error, not 1."""

    field_class = forms.IntegerField


class CountField(forms.IntegerField):
    """How many there are: never below 0, and no more than a column can hold."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=COUNT_MAX, **kwargs)


@extend_schema_field({"type": "integer", "minimum": 0})
class CountFilter(WholeNumberFilter):
    """Filter by a number of persons or things."""

    field_class = CountField

    def get_max_validator(self) -> None:
        return None


class TimeField(django_filters.fields.IsoDateTimeField):
    """A time that a database can hold in UTC: the first and last days of the calendar may have no such time."""

    default_error_messages = {  # noqa: RUF012
        "invalid": gettext_lazy("Enter a time in ISO 8601, such as 2025-04-17 or 2025-04-17T00:00:00Z."),
    }

    def clean(self, value: Any) -> Any:
        if isinstance(value, str):  # in an address + means a space, so that +02:00 arrives as “ 02:00”
            value = OFFSET.sub(r"\1+\2", value.strip())
        time = super().clean(value)
        if time is not None and not YEAR_MIN <= time.year <= YEAR_MAX:
            raise ValidationError(
                _("Enter a time between %(first)s and %(last)s.") % {"first": YEAR_MIN, "last": YEAR_MAX}
            )
        return time


@extend_schema_field({"type": "string", "format": "date-time"})
class TimeFilter(django_filters.IsoDateTimeFilter):
    """Filter by a time as ISO 8601 writes it."""

    field_class = TimeField


class FlagField(forms.NullBooleanField):
    """``true`` or ``false``; anything else is an error, not a silent "all"."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]
        text = "" if value is None else str(value).strip().lower()
        if text in {"", "none"}:
            return None
        if text in {"true", "1", "yes"}:
            return True
        if text in {"false", "0", "no"}:
            return False
        raise ValidationError(_("Enter true or false."), code="invalid")


@extend_schema_field({"type": "boolean"})
class FlagFilter(django_filters.Filter):
    """Filter by yes or no."""

    field_class = FlagField


class StrictFilterSet(django_filters.FilterSet):
    """A filter set whose errors, unknown parameters included, can be told one by one.

    ``on`` is the past day whose rows are filtered, None: those of now.
    """

    def __init__(self, *args: Any, on: date | None = None, **kwargs: Any) -> None:
        self.on = on
        super().__init__(*args, **kwargs)

    def all_but(self, *names: str) -> Any:
        """Return the rows that pass every filter except those named. What the address gives must be usable."""
        rows = self.queryset.all()
        for name, value in self.form.cleaned_data.items():
            if name not in names:
                rows = self.filters[name].filter(rows, value)
        return rows

    def problems(self, also_known: tuple[str, ...] = ()) -> dict[str, list[str]]:
        """Return the sentences for each parameter that can't be used; empty where all is well."""
        known = (*self.filters, *also_known)
        unknown = refuse_unknown(self.data.keys(), known)
        errors = {name: [str(message) for message in messages] for name, messages in self.form.errors.items()}
        return {**unknown, **errors}
