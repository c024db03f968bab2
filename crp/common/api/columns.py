"""What the columns of a list hold, as the serializer that describes it to clients says."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from crp.common.api.serializers import Number
from crp.common.columns import Column, Kind

KINDS: tuple[tuple[type[serializers.Field], Kind], ...] = (
    (serializers.DecimalField, Kind.DECIMAL),
    (Number, Kind.NUMBER),
    (serializers.FloatField, Kind.NUMBER),
    (serializers.IntegerField, Kind.WHOLE),
    (serializers.BooleanField, Kind.FLAG),
    (serializers.DateTimeField, Kind.TIME),
    (serializers.DateField, Kind.DAY),
    (serializers.ListField, Kind.LIST),
)


def columns_of(serializer: Any) -> dict[str, Column]:
    """Return the columns of a list by their names, in their order."""
    return {name: _column(name, field) for name, field in serializer.fields.items()}


def _column(name: str, field: Any) -> Column:
    kind = next((kind for family, kind in KINDS if isinstance(field, family)), Kind.TEXT)
    if isinstance(field, serializers.SerializerMethodField):
        schema = _declared(field)
        kind = Kind.LIST if schema.get("type") == "array" else Kind.TEXT
        may_be_null = "null" in schema.get("type", "")
    else:
        may_be_null = bool(field.allow_null)
    exact = {"digits": field.max_digits, "places": field.decimal_places} if kind == Kind.DECIMAL else {}
    choices = tuple(map(str, field.choices)) if isinstance(field, serializers.ChoiceField) else ()
    words = str(field.help_text or "")
    return Column(name=name, kind=kind, description=words, may_be_null=may_be_null, choices=choices, **exact)


def _declared(field: serializers.SerializerMethodField) -> dict[str, Any]:
    """Return the schema that the method of a field declares; empty where its values are texts that are always there."""
    method = getattr(field.parent, field.method_name or "")
    declared = getattr(method, "_spectacular_annotation", {}).get("field")
    return declared if isinstance(declared, dict) else {}
