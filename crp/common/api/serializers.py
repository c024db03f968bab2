"""How figures and words look in the API. One rule for both: what is not reported is null, never "" and never 0."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.utils.text import capfirst
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crp.common.money import MAX_DIGITS


@extend_schema_field(
    {"type": "string", "format": "decimal", "pattern": r"^-?\d{1,13}\.\d{2}$", "examples": ["37360000.00"]}
)
class USD(serializers.DecimalField):
    """US dollars as a string with two decimals: exact in every language. null: not reported."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("allow_null", True)
        super().__init__(max_digits=MAX_DIGITS, decimal_places=2, coerce_to_string=True, **kwargs)


@extend_schema_field({"type": "number"})
class Number(serializers.Field):
    """A decimal that is no money, as a number."""

    def to_representation(self, value: Decimal) -> float:
        return float(value)


@extend_schema_field({"type": "number", "examples": [0.91]})
class Percentage(Number):
    """A percentage as a number, rounded half up to two decimals."""


class Text(serializers.CharField):
    """A text. null: there is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"allow_null": True, "read_only": True, **kwargs})

    def to_representation(self, value: Any) -> str | None:  # type: ignore[override]
        return super().to_representation(value) or None


class Choice(serializers.ChoiceField):
    """One of a fixed list of codes. null: not stated."""

    def to_representation(self, value: Any) -> Any:
        return super().to_representation(value) or None


class FlatSerializer(serializers.ModelSerializer):
    """Columns of a model, for reading: an empty text is null, a decimal is a number unless a field says otherwise."""

    serializer_field_mapping: ClassVar = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.DecimalField: Number,
    }
    serializer_choice_field = Choice

    def get_uniqueness_extra_kwargs(self, *names: Any) -> Any:
        """Return nothing for what is unique: nothing is ever written."""
        return names[-1], {}

    def build_standard_field(self, field_name: str, model_field: models.Field) -> tuple[Any, dict[str, Any]]:
        """Return the field for a column; what its help says of an empty form field holds here for null."""
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        may_be_null = model_field.null or (model_field.blank and model_field.empty_strings_allowed)
        if field_class is serializers.CharField or issubclass(field_class, serializers.SlugField):
            field_class = Text
        kept = {name: kwargs[name] for name in ("choices",) if name in kwargs}
        words = str(model_field.help_text) or f"{capfirst(str(model_field.verbose_name))}."
        words = words.replace("Empty:", "null:").replace("Unknown:", "null:")
        if may_be_null and "null:" not in words:
            words += " null: not known."
        return field_class, {**kept, "read_only": True, "allow_null": may_be_null, "help_text": words}


class PlanFiguresSerializer(serializers.Serializer):
    """The figures of one plan or one part of it."""

    requested_usd = USD(read_only=True, help_text="Funding required, US dollars. null: not reported.")
    received_usd = USD(
        read_only=True, help_text="Commitments and payments, US dollars. null: not reported, which is not 0."
    )
    pledged_usd = USD(
        read_only=True, help_text="Announced, not counted as received, US dollars. null: no pledge on record."
    )
    gap_usd = USD(
        read_only=True,
        help_text="Required less received, US dollars, never below 0. null: one of them is not reported.",
    )
    over_funded_usd = USD(
        read_only=True,
        help_text="Received above what is required, or 0; US dollars. null: one of them is not reported.",
    )
    percent_funded = Percentage(
        read_only=True,
        allow_null=True,
        help_text="Received / required x 100, rounded half up to two decimals, may pass 100; over several plans, "
        "of those that state both. null: not reported, or nothing is required.",
    )
    funding_reported = serializers.BooleanField(
        read_only=True, help_text="Whether money received is reported at all, be it 0."
    )


class FiguresSerializer(PlanFiguresSerializer):
    """The figures of any number of plans, with how many of them they speak for."""

    requested_reporting_usd = USD(
        read_only=True,
        help_text="What plans that report their funding ask for, US dollars: gap and percentage refer to this part. "
        "null: no such plan states a requirement.",
    )
    plans = serializers.IntegerField(read_only=True, help_text="Plans counted.")
    plans_requesting = serializers.IntegerField(read_only=True, help_text="Of these, plans that state a requirement.")
    plans_reporting = serializers.IntegerField(read_only=True, help_text="Of these, plans that report their funding.")


def read_from(attribute: str, serializer: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """Return a serializer with the same fields, which reads them from an attribute of its object."""
    declared: dict[str, Any] = serializer._declared_fields
    fields = {
        name: type(field)(*field._args, **{**field._kwargs, "source": f"{attribute}.{name}"})
        for name, field in declared.items()
    }
    return type(f"{serializer.__name__}From{attribute.title()}", (serializers.Serializer,), fields)
