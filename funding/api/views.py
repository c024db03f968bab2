"""Plans with their figures, and flat lists of everything that carries money."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import OuterRef, QuerySet, Subquery
from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crp.common.api.pagination import page_of
from crp.common.api.views import ListViewSet, ReadOnlyViewSet
from crp.common.money import USD_COLUMN
from funding.api import examples
from funding.api.checks import ChecksSerializer, answer_checks
from funding.api.detail import PlanDetailSerializer
from funding.api.rollups import PlanRollupSerializer, answer, read_dimensions
from funding.api.serializers import (
    ContributionSerializer,
    FundingRequestSerializer,
    ObjectiveSerializer,
    OrganizationSerializer,
    OutcomeSerializer,
    PlanSerializer,
    ProjectSerializer,
)
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
from funding.rollups import break_down_plan, with_amounts, with_figures
from plans.models import Objective, Outcome, Plan
from plans.querysets import in_force

CURRENT = in_force(prefix="revision__")


class PlanViewSet(ReadOnlyViewSet):
    """Published plans, each as its current revision states it, with its figures."""

    tag = "plans"
    nouns = ("plan", "plans")
    lookup_example = "MLI-CRP-2025-2026"
    examples: ClassVar = {
        "list": page_of(examples.COMPENDIUM, examples.CRP),
        "retrieve": examples.CRP_DETAIL,
        "rollup": examples.COMPENDIUM_BY_FRAMEWORK,
        "checks": examples.CRP_CHECKS,
    }
    serializer_class = PlanSerializer
    filterset_class = PlanFilter
    lookup_field = "code"
    search_described = "code, title, codes and names of countries"
    folds_search = True
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
    csv_actions = ("list", "rollup", "checks")

    def get_queryset(self) -> QuerySet[Plan]:
        plans: Any = with_figures(Plan.objects.in_force())  # mypy does not see what is joined as current
        if self.action == "list":
            return plans.prefetch_related("countries")
        if self.action == "retrieve":
            return plans.select_related("current__taxonomy").prefetch_related("countries", "identifiers")
        return plans

    def search_rows(self, rows: Any, text: str) -> QuerySet[Plan]:
        """Return the plans that pages find with the same words."""
        return rows.matching(text)

    @extend_schema(
        description="One plan by its code, with everything that its current revision says, the figures of each part, "
        "and the sources that the values were read from.",
        responses=PlanDetailSerializer,
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(PlanDetailSerializer(self.get_object(), context=self.get_serializer_context()).data)

    @extend_schema(
        operation_id="plans_rollup",
        summary="Open the total of a plan",
        responses=PlanRollupSerializer,
        parameters=[
            OpenApiParameter(
                "by",
                str,
                required=True,
                enum=list(WITHIN_PLAN),
                description="What to open the plan's total into. By donor, only what was given is split: requirement, "
                "gap and percentage of a line are null.",
            )
        ],
    )
    @action(detail=True, filter_backends=[], pagination_class=None)
    def rollup(self, request: Request, code: str) -> Response | StreamingHttpResponse:
        """The total of a plan, opened into its lines and named residuals, which add to it."""
        plan = self.get_object()
        by = read_dimensions(request, WITHIN_PLAN, most=1)[0]
        return answer(request, break_down_plan(plan, by), f"{plan.code}-by-{by}")

    @extend_schema(operation_id="plans_checks", summary="Check a plan against itself", responses=ChecksSerializer)
    @action(detail=True, filter_backends=[], pagination_class=None)
    def checks(self, request: Request, code: str) -> Response | StreamingHttpResponse:
        """Whether a plan agrees with itself: each rule with what it expected and what it found."""
        plan = self.get_object()
        plan.current.plan = plan
        return answer_checks(request, plan.current)


class ObjectiveViewSet(ListViewSet):
    """Objectives of current revisions."""

    tag = "plans"
    nouns = ("objective", "objectives")
    examples: ClassVar = {"list": page_of(examples.OBJECTIVE)}
    queryset = (
        Objective.objects.filter(CURRENT)
        .select_related("revision__plan", "strategic_objective")
        .prefetch_related("target_groups__target_group")
        .annotate(
            requested_usd=Subquery(
                FundingRequest.objects.filter(objective=OuterRef("pk")).values("amount_usd")[:1],
                output_field=USD_COLUMN,
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

    tag = "plans"
    nouns = ("outcome", "outcomes")
    examples: ClassVar = {"list": page_of(examples.OUTCOME)}
    queryset = Outcome.objects.filter(CURRENT).select_related("revision__plan", "objective")
    serializer_class = OutcomeSerializer
    filterset_class = OutcomeFilter
    search_fields = ("name", "revision__plan__code")
    ordering_columns: ClassVar = {"plan": "revision__plan__code", "code": "code", "share_percent": "share_percent"}
    default_ordering = ("plan", "code")


class ProjectViewSet(ListViewSet):
    """Projects of current revisions."""

    tag = "money"
    nouns = ("project", "projects")
    examples: ClassVar = {"list": page_of(examples.PROJECT)}
    queryset = with_amounts(
        Project.objects.filter(CURRENT).select_related("revision__plan", "framework", "sector__taxonomy")
    )
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

    tag = "money"
    nouns = ("funding request", "funding requests")
    examples: ClassVar = {"list": page_of(examples.FUNDING_REQUEST)}
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

    tag = "money"
    nouns = ("contribution", "contributions")
    lookup_example = "MLI-2017-0001"
    examples: ClassVar = {"list": page_of(examples.CONTRIBUTION), "retrieve": examples.CONTRIBUTION}
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

    tag = "reference"
    nouns = ("organization", "organizations")
    lookup_example = "iom"
    examples: ClassVar = {"list": page_of(examples.ORGANIZATION), "retrieve": examples.ORGANIZATION}
    queryset = Organization.objects.select_related("country").prefetch_related("identifiers")
    serializer_class = OrganizationSerializer
    filterset_class = OrganizationFilter
    lookup_field = "code"
    search_fields = ("code", "name", "name_fr", "name_es", "acronym")
    folds_search = True
    ordering_columns: ClassVar = {"code": "code", "name": "name", "kind": "kind"}
    default_ordering = ("name",)
