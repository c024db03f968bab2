"""How figures look in the API."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from crp.common.money import MAX_DIGITS


class USD(serializers.DecimalField):
    """US dollars as a string with two decimals: exact in every language. null: not reported."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("allow_null", True)
        super().__init__(max_digits=MAX_DIGITS, decimal_places=2, coerce_to_string=True, **kwargs)


@extend_schema_field({"type": ["number", "null"], "examples": [0.91]})
class Percentage(serializers.Field):
    """A percentage as a number, rounded half up to two decimals. null: not reported or not defined."""

    def to_representation(self, value: Decimal) -> float:
        return float(value)


class PlanFiguresSerializer(serializers.Serializer):
    """The figures of one plan or one part of it."""

    requested_usd = USD(read_only=True, help_text="Funding required, US dollars. null: not reported.")
    received_usd = USD(
        read_only=True, help_text="Commitments and payments, US dollars. null: not reported, which is not 0."
    )
    pledged_usd = USD(
        read_only=True, help_text="Announced, not counted as received, US dollars. null: no pledge on record."
    )
    gap_usd = USD(read_only=True, help_text="Required less received, never below 0. null: one of them is not reported.")
    over_funded_usd = USD(
        read_only=True, help_text="Received above what is required, or 0. null: one of them is not reported."
    )
    percent_funded = Percentage(
        read_only=True, help_text="Received / required x 100. null: not reported, or nothing is required."
    )
    funding_reported = serializers.BooleanField(
        read_only=True, help_text="Whether money received is reported at all, be it 0."
    )


class FiguresSerializer(PlanFiguresSerializer):
    """The figures of any number of plans, with how many of them they speak for."""

    requested_reporting_usd = USD(
        read_only=True,
        help_text="What plans that report their funding ask for: gap and percentage refer to this part.",
    )
    plans = serializers.IntegerField(read_only=True, help_text="Plans counted.")
    plans_requesting = serializers.IntegerField(read_only=True, help_text="Of these, plans that state a requirement.")
    plans_reporting = serializers.IntegerField(read_only=True, help_text="Of these, plans that report their funding.")


def read_from(attribute: str, serializer: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """Return a serializer with the same fields, which reads them from an attribute of its object."""
    fields = {
        name: type(field)(*field._args, **{**field._kwargs, "source": f"{attribute}.{name}"})
        for name, field in serializer._declared_fields.items()
    }
    return type(f"{serializer.__name__}From{attribute.title()}", (serializers.Serializer,), fields)
