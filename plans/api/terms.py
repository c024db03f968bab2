"""The words that plans and searches choose from, besides countries and sectors: short lists, told as one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from django.http.response import HttpResponseBase
from django.utils.translation import override
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from crp.common.api.columns import columns_of
from crp.common.api.conditional import ConditionalMixin
from crp.common.api.pagination import StrictLimitOffsetPagination, page_of
from crp.common.api.parameters import short, values_of
from crp.common.api.renderers import StreamRenderer
from crp.common.api.serializers import Text
from crp.common.api.tables import ApiTable, answer_table
from crp.common.api.views import StrictParametersMixin
from crp.common.models import Confidence, TranslatedName
from plans.groups import COUNTRY_GROUPS
from plans.models import (
    CrossCuttingPriority,
    OperatingModality,
    PlanFamily,
    Region,
    StrategicObjective,
    StrategicOutcome,
    TargetGroup,
)

LIST = "list"
OF_PAGES = ("limit", "offset")
LANGUAGES = ("fr", "es", "ar")
MODELS: dict[str, type[TranslatedName]] = {
    "plan_family": PlanFamily,
    "strategic_objective": StrategicObjective,
    "strategic_outcome": StrategicOutcome,
    "target_group": TargetGroup,
    "operating_modality": OperatingModality,
    "cross_cutting_priority": CrossCuttingPriority,
    "region": Region,
}
ABOVE = {"strategic_outcome": "objective", "region": "parent"}
"""The column with what an entry is part of."""
GROUPS = "country_group"
LISTS = (*MODELS, GROUPS)

Row = dict[str, Any]


class TermSerializer(serializers.Serializer):
    """An entry of one of the lists."""

    list = serializers.ChoiceField(choices=[(name, name) for name in LISTS], help_text="The list that it is of.")
    code = serializers.CharField(
        help_text="Permanent, as other lists name it: 2024-2028/1 of a strategic objective, M49 of a region."
    )
    name = serializers.CharField(help_text="In English.")
    name_fr = Text(help_text="In French. null: not known.")
    name_es = Text(help_text="In Spanish. null: not known.")
    name_ar = Text(help_text="In Arabic. null: not known.")
    parent = Text(  # type: ignore[assignment]  # a field hides the base class's attribute
        help_text="Code of the strategic objective of an outcome, of the region that a region is part of. null: none."
    )
    countries = serializers.ListField(
        child=serializers.CharField(), help_text="ISO3 codes of a group of countries; empty of everything else."
    )
    confidence = serializers.ChoiceField(
        choices=Confidence.choices, allow_null=True, help_text="How sure the entry is. null: it is not assessed."
    )
    confidence_note = Text(help_text="Where it was read, or whose usage it follows. null: not told.")


class TermsSerializer(serializers.Serializer):
    """A page of the list."""

    count = serializers.IntegerField(min_value=0, help_text="How many there are in all, on every page.")
    next = serializers.URLField(allow_null=True, help_text="Address of the next page. null: this is the last.")
    previous = serializers.URLField(allow_null=True, help_text="Address of the page before. null: this is the first.")
    results = TermSerializer(many=True, help_text="List by list, each in its own order.")


EXAMPLE: Row = {
    "list": "strategic_objective",
    "code": "2024-2028/2",
    "name": "Driving solutions to displacement",
    "name_fr": "Trouver des solutions aux déplacements",
    "name_es": "Impulsar soluciones a los desplazamientos",
    "name_ar": "الدفع نحو حلول للنزوح",
    "parent": None,
    "countries": [],
    "confidence": "confirmed",
    "confidence_note": None,
}


def terms(lists: Sequence[str] = LISTS) -> Iterator[Row]:
    """Yield the entries of some lists. Queries: 1 a list; none for groups of countries."""
    for name in lists:
        if name == GROUPS:
            yield from _groups()
            continue
        items: Any = MODELS[name]._default_manager.all()
        above = ABOVE.get(name)
        for item in items.select_related(above) if above else items:
            yield _row(name, item, getattr(item, above) if above else None)


def _row(name: str, item: Any, above: Any) -> Row:
    return {
        LIST: name,
        "code": _code(item),
        "name": item.name,
        **{f"name_{language}": getattr(item, f"name_{language}") or None for language in LANGUAGES},
        "parent": _code(above) if above else None,
        "countries": [],
        "confidence": getattr(item, "confidence", None),
        "confidence_note": getattr(item, "confidence_note", "") or None,
    }


def _code(item: Any) -> str:
    return f"{item.strategy}/{item.number}" if isinstance(item, StrategicObjective) else item.code


def _groups() -> Iterator[Row]:
    for group in COUNTRY_GROUPS:
        names = {}
        for language in ("en", *LANGUAGES):
            with override(language):
                names[language] = str(group.label)
        with override("en"):
            usage = str(group.usage)
        yield {
            LIST: GROUPS,
            "code": group.code,
            "name": names["en"],
            **{f"name_{language}": names[language] for language in LANGUAGES},
            "parent": None,
            "countries": list(group.countries),
            "confidence": None,
            "confidence_note": usage,
        }


class TermsView(ConditionalMixin, StrictParametersMixin):
    """Lists that plans and searches choose from, besides countries and sectors."""

    tag = "reference"
    action = "terms"
    examples: ClassVar = {"terms": page_of(EXAMPLE)}
    parameters_of_action: ClassVar = {"terms": (*OF_PAGES, LIST)}
    several = (LIST,)
    table_actions = ("terms",)

    @extend_schema(
        operation_id="terms",
        summary="List terms",
        description="The entries of the short lists: families of plans, objectives and outcomes of IOM's strategies, "
        "target groups, modalities, priorities, M49 regions, and groups of countries that the field speaks of.",
        responses=TermsSerializer,
        parameters=[
            OpenApiParameter(
                LIST,
                {"type": "array", "items": {"type": "string", "enum": list(LISTS)}, "minItems": 1},
                explode=False,
                description="Entries of these lists. All when not given.",
            ),
            OpenApiParameter(
                "limit", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 50}, description="How many."
            ),
            OpenApiParameter(
                "offset", {"type": "integer", "minimum": 0, "default": 0}, description="How many to leave out first."
            ),
        ],
    )
    def get(self, request: Request) -> HttpResponseBase:
        rows = list(terms(self._lists(request)))
        page = StrictLimitOffsetPagination()
        is_table = isinstance(request.accepted_renderer, StreamRenderer)
        shown = rows
        if not is_table or not request.query_params.keys().isdisjoint(OF_PAGES):
            limit, offset = page.read(request)
            shown = rows[offset : offset + limit]
        if not is_table:
            return Response(page.envelope(shown, len(rows)))
        columns = list(columns_of(TermSerializer()).values())
        table = ApiTable(name="terms", file_name=self.named("terms"), title="Terms", columns=columns, rows=shown)
        return answer_table(request, table)

    @staticmethod
    def _lists(request: Request) -> list[str]:
        wanted = values_of(request, LIST)
        unknown = next((name for name in wanted if name not in LISTS), None)
        if unknown is not None:
            sentence = f"“{short(unknown)}” is not a list here. Choose from: {', '.join(LISTS)}."
            raise ValidationError({LIST: [sentence]})
        return [name for name in LISTS if name in wanted] or list(LISTS)
