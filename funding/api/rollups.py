"""Rollups in the API: a total and the lines that add to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from crp.common.api.filters import StrictFilterBackend
from crp.common.api.renderers import CSVRenderer, stream_csv
from crp.common.api.serializers import FiguresSerializer
from crp.common.api.views import StrictParametersMixin
from crp.common.figures import Breakdown, Line
from funding.dimensions import PORTFOLIO, WITHIN_PLAN
from funding.filters import PlanFilter
from funding.rollups import break_down, with_figures
from plans.models import Plan


class RollupLineSerializer(FiguresSerializer):
    """A line of a rollup. For each dimension asked for it also has its code and its name."""

    residual = serializers.CharField(
        allow_null=True, help_text="Which kind of rest the line is (not_specified, shared...). null: a real value."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        dimensions: dict[str, serializers.Field] = {}
        for name in {**PORTFOLIO, **WITHIN_PLAN}:
            dimensions[name] = serializers.CharField(
                required=False, allow_null=True, help_text=f"Code, where asked for by {name}. null: a residual."
            )
            dimensions[f"{name}_name"] = serializers.CharField(required=False, help_text=f"Name of the {name}.")
        return {**dimensions, **super().get_fields()}


class RollupSerializer(serializers.Serializer):
    """A total with its lines; rows and residuals add to it."""

    by = serializers.ListField(child=serializers.CharField())
    total = FiguresSerializer()
    rows = RollupLineSerializer(many=True, help_text="One line for each value.")
    residuals = RollupLineSerializer(many=True, help_text="The named rests of the total.")


def show_line(line: Line, by: Sequence[str]) -> dict[str, Any]:
    """Return a line as a flat row: code and name of each dimension, then its figures."""
    row: dict[str, Any] = {}
    for name, key in zip(by, line.keys, strict=True):
        row[name] = key.code
        row[f"{name}_name"] = key.name
    row["residual"] = next((key.residual for key in line.keys if key.residual), None)
    return {**row, **FiguresSerializer(line.figures).data}


def show_breakdown(breakdown: Breakdown) -> dict[str, Any]:
    """Return a breakdown as the API shows it."""
    return {
        "by": list(breakdown.by),
        "total": FiguresSerializer(breakdown.total).data,
        "rows": [show_line(line, breakdown.by) for line in breakdown.rows],
        "residuals": [show_line(line, breakdown.by) for line in breakdown.residuals],
    }


def answer(request: Request, breakdown: Breakdown, name: str) -> Response | StreamingHttpResponse:
    """Return a breakdown in the format asked for; CSV has one line for each row and residual."""
    if isinstance(request.accepted_renderer, CSVRenderer):
        columns = [column for item in breakdown.by for column in (item, f"{item}_name")]
        columns += ["residual", *FiguresSerializer().fields]
        return stream_csv(columns, (show_line(line, breakdown.by) for line in breakdown.lines), name)
    return Response(show_breakdown(breakdown))


class RollupsView(StrictParametersMixin, GenericAPIView):
    """Requested, received and the gap over all plans that the filters leave, by one or two dimensions."""

    queryset = Plan.objects.none()
    serializer_class = RollupSerializer
    filterset_class = PlanFilter
    filter_backends = (StrictFilterBackend,)
    pagination_class = None
    parameters = ("by",)
    action = "list"

    @extend_schema(
        operation_id="rollups",
        parameters=[
            OpenApiParameter(
                "by",
                {"type": "array", "items": {"type": "string", "enum": list(PORTFOLIO)}, "minItems": 1, "maxItems": 2},
                required=True,
                explode=False,
                description="One or two dimensions, such as country,sector. A plan counts under its first year.",
            )
        ],
    )
    def get(self, request: Request) -> Response | StreamingHttpResponse:
        plans = self.filter_queryset(with_figures(Plan.objects.in_force()))
        names = [name.strip() for name in request.query_params.get("by", "").split(",") if name.strip()]
        try:
            breakdown = break_down(plans, names)
        except ValueError as error:
            raise ValidationError({"by": [str(error)]}) from error
        return answer(request, breakdown, f"rollups-by-{'-'.join(names)}")
