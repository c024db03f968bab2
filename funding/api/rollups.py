"""Rollups in the API: a total and the lines that add to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from crp.common.api.columns import columns_of
from crp.common.api.conditional import ConditionalMixin
from crp.common.api.figures import OF_PLANS, show_figures
from crp.common.api.filters import StrictFilterBackend
from crp.common.api.parameters import values_of
from crp.common.api.renderers import StreamRenderer
from crp.common.api.serializers import Choice, FiguresSerializer
from crp.common.api.tables import ApiTable, answer_table
from crp.common.api.views import StrictParametersMixin
from crp.common.columns import Column, Kind
from crp.common.figures import Breakdown, Line
from funding.api.examples import PORTFOLIO_ROLLUP
from funding.api.stamp import read_stamp
from funding.dimensions import PORTFOLIO, WITHIN_PLAN, Dimension, Residual, choose
from funding.filters import PlanFilter
from funding.rollups import break_down, with_figures
from plans.models import Plan

NUMBERS = frozenset({"objective", "year", "decision_year"})
"""Dimensions whose code is a number."""


class LineSerializer(FiguresSerializer):
    """A line of a rollup. For each dimension asked for it also has its code and its name."""

    dimensions: ClassVar[Mapping[str, Dimension]] = {}
    numbers: ClassVar[tuple[str, ...]] = ()
    """Dimensions whose code is a number."""

    residual = Choice(
        choices=Residual.choices,
        allow_null=True,
        help_text="Which kind of rest of the total the line is. null: a real value.",
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        named: dict[str, serializers.Field] = {}
        for name in self.dimensions:
            field = serializers.IntegerField if name in self.numbers else serializers.CharField
            named[name] = field(
                required=False, allow_null=True, help_text=f"Code, where by={name} is asked for. null: a residual."
            )
            named[f"{name}_name"] = serializers.CharField(
                required=False, help_text=f"Name, where by={name} is asked for."
            )
        return {**named, **super().get_fields()}


class PlanLineSerializer(LineSerializer):
    """A line of the rollup of a plan: code and name of what was asked for, then its figures."""

    dimensions = WITHIN_PLAN
    numbers = ("objective", "decision_year")


class PortfolioLineSerializer(LineSerializer):
    """A line of a rollup over plans: code and name of each dimension asked for, then its figures."""

    dimensions = PORTFOLIO
    numbers = ("year", "decision_year")


class RollupSerializer(serializers.Serializer):
    """A total, with the lines that add to it."""

    by = serializers.ListField(child=serializers.CharField(), help_text="What the total is opened by.")
    as_of = serializers.DateField(allow_null=True, help_text="The past day asked for. null: now.")
    total = FiguresSerializer()


class PlanRollupSerializer(RollupSerializer):
    """The total of a plan, with the lines that add to it."""

    rows = PlanLineSerializer(many=True, help_text="One line for each value.")
    residuals = PlanLineSerializer(many=True, help_text="The named rests of the total.")


@extend_schema_serializer(many=False)  # one answer, although it takes the filters of a list
class PortfolioRollupSerializer(RollupSerializer):
    """The total over plans, with the lines that add to it."""

    rows = PortfolioLineSerializer(many=True, help_text="One line for each value.")
    residuals = PortfolioLineSerializer(many=True, help_text="The named rests of the total.")


def show_line(line: Line, by: Sequence[str]) -> dict[str, Any]:
    """Return a line as a flat row: code and name of each dimension, then its figures."""
    row: dict[str, Any] = {}
    for name, key in zip(by, line.keys, strict=True):
        row[name] = key.code
        row[f"{name}_name"] = key.name
    row["residual"] = next((key.residual for key in line.keys if key.residual), None)
    return {**row, **show_figures(line.figures, OF_PLANS)}


def show_breakdown(breakdown: Breakdown, on: date | None = None) -> dict[str, Any]:
    """Return a breakdown as the API shows it."""
    return {
        "by": list(breakdown.by),
        "as_of": on,
        "total": show_figures(breakdown.total, OF_PLANS),
        "rows": [show_line(line, breakdown.by) for line in breakdown.rows],
        "residuals": [show_line(line, breakdown.by) for line in breakdown.residuals],
    }


def answer(request: Request, breakdown: Breakdown, name: str, on: date | None = None) -> HttpResponseBase:
    """Return a breakdown in the format asked for; a table has one line for each row and residual."""
    if not isinstance(request.accepted_renderer, StreamRenderer):
        return Response(show_breakdown(breakdown, on))
    table = ApiTable(
        name="rollups",
        file_name=name,
        title="Rollup",
        columns=_columns(breakdown.by),
        rows=(show_line(line, breakdown.by) for line in breakdown.lines),
    )
    return answer_table(request, table)


def _columns(by: Sequence[str]) -> list[Column]:
    known = columns_of(LineSerializer())
    named = [
        column
        for item in by
        for column in (
            Column(name=item, kind=Kind.WHOLE if item in NUMBERS else Kind.TEXT),
            Column(name=f"{item}_name", may_be_null=False),
        )
    ]
    return [*named, known["residual"], *(known[name] for name in OF_PLANS)]


def read_dimensions(request: Request, among: Mapping[str, Dimension], most: int) -> list[str]:
    """Return the dimensions that ``by`` names.

    Raises: ValidationError for none, for too many, for one that is not there, for two that don't go together.
    """
    names = values_of(request, "by")
    if not 1 <= len(names) <= most:
        wanted = "one" if most == 1 else "one or two"
        raise ValidationError({"by": [f"Name {wanted} of: {', '.join(among)}."]})
    try:
        choose(names, among)
    except ValueError as error:
        raise ValidationError({"by": [str(error)]}) from error
    return names


class RollupsView(ConditionalMixin, StrictParametersMixin, GenericAPIView):
    """Requested, received and the gap over all plans that the filters leave, by one or two dimensions."""

    tag = "money"
    examples: ClassVar = {"list": PORTFOLIO_ROLLUP}
    queryset = Plan.objects.none()
    serializer_class = PortfolioRollupSerializer
    filterset_class = PlanFilter
    filter_backends = (StrictFilterBackend,)
    pagination_class = None
    parameters = ("by",)
    list_parameters = ("by",)
    action = "list"
    table_actions = ("list",)
    as_of_actions = ("list",)

    read_stamp = staticmethod(read_stamp)

    @extend_schema(
        operation_id="rollups",
        summary="Add plans up",
        responses=PortfolioRollupSerializer,
        parameters=[
            OpenApiParameter(
                "by",
                {"type": "array", "items": {"type": "string", "enum": list(PORTFOLIO)}, "minItems": 1, "maxItems": 2},
                required=True,
                explode=False,
                description="One or two dimensions, such as country,sector. A plan of several years counts under its "
                "first; one for several countries or regions stands in a residual, never in each of them. By donor, "
                "only what was given is split: requirement, gap and percentage are null.",
            )
        ],
    )
    def get(self, request: Request) -> HttpResponseBase:
        def make(stamp: Any) -> HttpResponseBase:
            if isinstance(request.accepted_renderer, StreamRenderer):
                breakdown = self._breakdown(request)
                return answer(request, breakdown, self.named(f"rollups-by-{'-'.join(breakdown.by)}"))
            return self.kept_json(request, stamp, lambda: show_breakdown(self._breakdown(request), self.on))

        return self.unless_known(request, make)

    def _breakdown(self, request: Request) -> Breakdown:
        plans = self.filter_queryset(with_figures(Plan.objects.in_force(self.on), self.on))
        return break_down(plans, read_dimensions(request, PORTFOLIO, most=2), self.on)
