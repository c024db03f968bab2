"""Plans with their figures, and flat lists of everything that carries money."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Case, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce
from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from crp.common.api.views import ListViewSet, ReadOnlyViewSet
from funding.api.detail import PlanDetailSerializer
from funding.api.rollups import RollupSerializer, answer
from funding.api.serializers import (
    ContributionSerializer,
    FundingRequestSerializer,
    ObjectiveSerializer,
    OrganizationSerializer,
    OutcomeSerializer,
    PlanSerializer,
    ProjectSerializer,
)
from funding.checks import Check, Unit, Verdict, check_revision, worst
from funding.dimensions import WITHIN_PLAN
from funding.filters import (
    ContributionFilter,
    FundingRequestFilter,
    ObjectiveFilter,
    OrganizationFilter,
    OutcomeFilter,
    PlanFilter,
    ProjectFilter,
)
from funding.models import Contribution, FundingRequest, Organization, Project
from funding.rollups import USD, break_down_plan, with_figures
from plans.models import Objective, Outcome, Plan
from plans.querysets import in_force

CURRENT = in_force(prefix="revision__")


class CheckSerializer(serializers.Serializer):
    """The result of one rule on one thing."""

    rule = serializers.CharField(help_text="Permanent name of the rule.")
    title = serializers.CharField()
    unit = serializers.ChoiceField(choices=Unit.choices)
    expected = serializers.CharField(allow_null=True, help_text="A decimal number. null: the document does not say.")
    found = serializers.CharField(allow_null=True, help_text="A decimal number. null: there is nothing to compare.")
    difference = serializers.CharField(allow_null=True, help_text="Found less expected. null: within the limit.")
    is_limit = serializers.BooleanField(help_text="Whether expected is the most that may be found.")
    verdict = serializers.ChoiceField(choices=Verdict.choices)
    sentence = serializers.CharField(help_text="What that means.")


class ChecksSerializer(serializers.Serializer):
    """What all rules say of the current revision of a plan."""

    plan = serializers.CharField()
    revision = serializers.IntegerField()
    verdict = serializers.ChoiceField(choices=Verdict.choices, help_text="The gravest of all.")
    checks = CheckSerializer(many=True)


class PlanViewSet(ReadOnlyViewSet):
    """Published plans, each as its current revision states it."""

    serializer_class = PlanSerializer
    filterset_class = PlanFilter
    lookup_field = "code"
    lookup_value_regex = "[^/]+"
    search_fields = ("code", "title", "countries__name", "countries__name_fr", "countries__iso3")
    ordering_columns: ClassVar = {
        "code": "code",
        "title": "title",
        "kind": "kind",
        "start_year": "start_year",
        "end_year": "end_year",
        "published_at": "current__published_at",
        "requested_usd": "requested_usd",
        "received_usd": "received_usd",
        "pledged_usd": "pledged_usd",
        "gap_usd": "gap_usd",
        "percent_funded": "percent_funded",
        "people_in_need": "current__people_in_need",
        "people_targeted": "current__people_targeted",
    }
    default_ordering = ("-start_year", "code")
    parameters_of_action: ClassVar = {"rollup": ("by",)}

    def get_queryset(self) -> QuerySet[Plan]:
        plans = with_figures(Plan.objects.in_force()).prefetch_related("countries")
        if self.action == "list":
            return plans
        return plans.select_related("current__taxonomy").prefetch_related("identifiers")

    @extend_schema(responses=PlanDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(PlanDetailSerializer(self.get_object(), context=self.get_serializer_context()).data)

    @extend_schema(
        responses=RollupSerializer,
        parameters=[
            OpenApiParameter(
                "by", str, required=True, enum=list(WITHIN_PLAN), description="What to open the plan's total into."
            )
        ],
    )
    @action(detail=True, filter_backends=[], pagination_class=None)
    def rollup(self, request: Request, code: str) -> Response | StreamingHttpResponse:
        """The total of a plan, opened into its lines and named residuals."""
        plan = self.get_object()
        by = request.query_params.get("by", "")
        try:
            breakdown = break_down_plan(plan, by)
        except ValueError as error:
            raise ValidationError({"by": [str(error)]}) from error
        return answer(request, breakdown, f"{plan.code}-by-{by}")

    @extend_schema(responses=ChecksSerializer)
    @action(detail=True, filter_backends=[], pagination_class=None)
    def checks(self, request: Request, code: str) -> Response:
        """Whether a plan agrees with itself: each rule with what it expected and what it found."""
        plan = self.get_object()
        revision = plan.current
        revision.plan = plan
        checks = check_revision(revision)
        return Response(
            {
                "plan": plan.code,
                "revision": revision.number,
                "verdict": worst(checks),
                "checks": [show_check(check) for check in checks],
            }
        )


def show_check(check: Check) -> dict[str, Any]:
    """Return a check as the API shows it."""
    figures = {name: getattr(check, name) for name in ("expected", "found", "difference")}
    return {
        "rule": check.rule,
        "title": check.title,
        "unit": check.unit.value,
        **{name: None if value is None else str(value) for name, value in figures.items()},
        "is_limit": check.is_limit,
        "verdict": check.verdict.value,
        "sentence": check.sentence,
    }


class ObjectiveViewSet(ListViewSet):
    """Objectives of current revisions."""

    queryset = (
        Objective.objects.filter(CURRENT)
        .select_related("revision__plan", "strategic_objective")
        .prefetch_related("target_groups__target_group")
        .annotate(
            requested_usd=Subquery(
                FundingRequest.objects.filter(objective=OuterRef("pk")).values("amount_usd")[:1], output_field=USD
            )
        )
    )
    serializer_class = ObjectiveSerializer
    filterset_class = ObjectiveFilter
    search_fields = ("title", "revision__plan__code")
    ordering_columns: ClassVar = {
        "plan": "revision__plan__code",
        "number": "number",
        "requested_usd": "requested_usd",
        "people_targeted": "people_targeted",
        "entities_targeted": "entities_targeted",
    }
    default_ordering = ("plan", "number")


class OutcomeViewSet(ListViewSet):
    """Outcomes of the objectives of current revisions."""

    queryset = Outcome.objects.filter(CURRENT).select_related("revision__plan", "objective")
    serializer_class = OutcomeSerializer
    filterset_class = OutcomeFilter
    search_fields = ("name", "revision__plan__code")
    ordering_columns: ClassVar = {"plan": "revision__plan__code", "code": "code", "share_percent": "share_percent"}
    default_ordering = ("plan", "code")


def projects_with_amounts() -> QuerySet[Project]:
    """Return the projects of current revisions with what each asks for and has received."""
    given = Contribution.objects.filter(plan=OuterRef("revision__plan"))
    received = (
        given.counted()
        .filter(project_code=OuterRef("code"))
        .order_by()
        .values("plan")
        .annotate(total=Sum("amount_usd"))
        .values("total")
    )
    reported = Q(revision__reports_funding=True) | Q(revision__plan__contributions__isnull=False)
    reporting = Project.objects.filter(reported).values("pk")
    return (
        Project.objects.filter(CURRENT)
        .select_related("revision__plan", "framework", "sector__taxonomy")
        .annotate(
            requested_usd=Subquery(
                FundingRequest.objects.filter(project=OuterRef("pk")).values("amount_usd")[:1], output_field=USD
            ),
            received_usd=Case(
                When(pk__in=reporting, then=Coalesce(Subquery(received), Value(0), output_field=USD)),
                default=None,
                output_field=USD,
            ),
        )
    )


class ProjectViewSet(ListViewSet):
    """Projects of current revisions."""

    queryset = projects_with_amounts()
    serializer_class = ProjectSerializer
    filterset_class = ProjectFilter
    search_fields = ("code", "title", "description", "revision__plan__code")
    ordering_columns: ClassVar = {
        "plan": "revision__plan__code",
        "code": "code",
        "title": "title",
        "requested_usd": "requested_usd",
        "received_usd": "received_usd",
    }
    default_ordering = ("plan", "code")


class FundingRequestViewSet(ListViewSet):
    """Amounts asked for by current revisions. The breakdowns of a plan are alternatives: add within one only."""

    queryset = (
        FundingRequest.objects.filter(CURRENT)
        .select_related("revision__plan", "framework", "objective", "sector__taxonomy", "project")
        .prefetch_related("related_plans__plan_family")
    )
    serializer_class = FundingRequestSerializer
    filterset_class = FundingRequestFilter
    search_fields = ("sector__name", "objective__title", "project__title", "framework__name", "revision__plan__code")
    ordering_columns: ClassVar = {
        "plan": "revision__plan__code",
        "breakdown": "breakdown",
        "order": "order",
        "amount_usd": "amount_usd",
    }
    default_ordering = ("plan", "breakdown", "order")


class ContributionViewSet(ReadOnlyViewSet):
    """Money given to published plans."""

    serializer_class = ContributionSerializer
    filterset_class = ContributionFilter
    lookup_field = "code"
    search_fields = ("code", "donor__name", "donor__name_fr", "grant_reference", "plan__code")
    ordering_columns: ClassVar = {
        "plan": "plan__code",
        "code": "code",
        "amount_usd": "amount_usd",
        "decision_on": "decision_on",
        "updated_at": "updated_at",
    }
    default_ordering = ("plan", "code")

    def get_queryset(self) -> QuerySet[Contribution]:
        return Contribution.objects.filter(plan__in=Plan.objects.in_force()).select_related(
            "plan", "donor", "sector__taxonomy", "source"
        )


class OrganizationViewSet(ReadOnlyViewSet):
    """Donors and partners."""

    queryset = Organization.objects.select_related("country").prefetch_related("identifiers")
    serializer_class = OrganizationSerializer
    filterset_class = OrganizationFilter
    lookup_field = "code"
    search_fields = ("code", "name", "name_fr", "acronym")
    ordering_columns: ClassVar = {"code": "code", "name": "name", "kind": "kind"}
    default_ordering = ("name",)
