"""Filters that pages and API share: several values in one parameter, and errors that name what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field

from crp.common.parameters import refuse_unknown

YEAR_MIN, YEAR_MAX = 1900, 2200


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
    """Several objects by their code; an unknown code is an error that names it."""

    widget = ValuesWidget
    default_error_messages = {  # noqa: RUF012
        "invalid_choice": gettext_lazy("“%(value)s” is not known."),
        "invalid_pk_value": gettext_lazy("“%(pk)s” is not known."),
    }


@extend_schema_field({"type": "string"})
class ModelValuesFilter(django_filters.ModelMultipleChoiceFilter):
    """Filter by one or more objects, named by a code."""

    field_class = ModelValuesField


class ValuesFilter(django_filters.MultipleChoiceFilter):
    """Filter by one or more of a fixed list of values."""

    class field_class(django_filters.fields.MultipleChoiceField):  # noqa: N801
        widget = ValuesWidget
        default_error_messages = {  # noqa: RUF012
            "invalid_choice": gettext_lazy("“%(value)s” is not one of the values possible."),
        }


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


@extend_schema_field({"type": "number"})
class AmountFilter(django_filters.NumberFilter):
    """Filter by a decimal amount or percentage."""

    field_class = forms.DecimalField


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
    """A filter set whose errors, unknown parameters included, can be told one by one."""

    def problems(self, also_known: tuple[str, ...] = ()) -> dict[str, list[str]]:
        """Return the sentences for each parameter that can't be used; empty where all is well."""
        known = (*self.filters, *also_known)
        unknown = refuse_unknown(self.data.keys(), known)
        errors = {name: [str(message) for message in messages] for name, messages in self.form.errors.items()}
        return {**unknown, **errors}
