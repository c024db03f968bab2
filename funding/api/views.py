"""Plans with their figures, and flat lists of everything that carries money."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crp.common.api.pagination import page_of
from crp.common.api.views import ListViewSet, ReadOnlyViewSet
from crp.common.money import USD_COLUMN
from funding.api import examples
from funding.api.ledger import OF_DONOR, ContributionSerializer, GivenRollupSerializer, ReportedFundingSerializer
from funding.api.rollups import answer, read_dimensions
from funding.api.serializers import (
    FundingRequestSerializer,
    ObjectiveSerializer,
    OrganizationSerializer,
    OutcomeSerializer,
    ProjectSerializer,
)
from funding.filters import (
    ContributionFilter,
    FundingRequestFilter,
    ObjectiveFilter,
    OrganizationFilter,
    OutcomeFilter,
    ProjectFilter,
    ReportedFundingFilter,
)
from funding.models import Contribution, FundingRequest, Organization, Project, ReportedFunding, StatusChange
from funding.rollups import with_amounts
from funding.rollups.ledger import NOW, THEN, break_down_given, public, to_published_plans
from plans.models import Objective, Outcome, Plan
from plans.querysets import in_force


class RevisionRowViewSet(ListViewSet):
    """A list of rows of the revisions in force, now or on a past day."""

    as_of_actions = ("list",)

    @property
    def _in_force(self) -> Q:
        return in_force(self.on, "revision__")


class ObjectiveViewSet(RevisionRowViewSet):
    """Objectives of current revisions."""

    tag = "plans"
    nouns = ("objective", "objectives")
    examples: ClassVar = {"list": page_of(examples.OBJECTIVE)}
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

    def get_queryset(self) -> QuerySet[Objective]:
        asked = FundingRequest.objects.filter(objective=OuterRef("pk")).values("amount_usd")[:1]
        return (
            Objective.objects.filter(self._in_force)
            .select_related("revision__plan", "strategic_objective")
            .prefetch_related("target_groups__target_group")
            .annotate(requested_usd=Subquery(asked, output_field=USD_COLUMN))
        )


class OutcomeViewSet(RevisionRowViewSet):
    """Outcomes of the objectives of current revisions."""

    tag = "plans"
    nouns = ("outcome", "outcomes")
    examples: ClassVar = {"list": page_of(examples.OUTCOME)}
    serializer_class = OutcomeSerializer
    filterset_class = OutcomeFilter
    search_fields = ("name", "revision__plan__code")
    ordering_columns: ClassVar = {"plan": "revision__plan__code", "code": "code", "share_percent": "share_percent"}
    default_ordering = ("plan", "code")

    def get_queryset(self) -> QuerySet[Outcome]:
        return Outcome.objects.filter(self._in_force).select_related("revision__plan", "objective")


class ProjectViewSet(RevisionRowViewSet):
    """Projects of current revisions."""

    tag = "money"
    nouns = ("project", "projects")
    examples: ClassVar = {"list": page_of(examples.PROJECT)}
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

    def get_queryset(self) -> QuerySet[Project]:
        related = ("revision__plan", "framework", "sector__taxonomy")
        return with_amounts(Project.objects.filter(self._in_force).select_related(*related), self.on)


class FundingRequestViewSet(RevisionRowViewSet):
    """Amounts asked for by current revisions. The breakdowns of a plan are alternatives: add within one only."""

    tag = "money"
    nouns = ("funding request", "funding requests")
    examples: ClassVar = {"list": page_of(examples.FUNDING_REQUEST)}
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

    def get_queryset(self) -> QuerySet[FundingRequest]:
        related = ("revision__plan", "framework", "objective", "sector__taxonomy", "project")
        requests = FundingRequest.objects.filter(self._in_force).select_related(*related)
        return requests.prefetch_related("related_plans__plan_family")


class ContributionViewSet(ReadOnlyViewSet):
    """Money given to published plans, and outside any plan.

    Add up counted_usd, and never amount_usd: pledges, money passed on inside a plan and duplicates are listed too.
    """

    tag = "money"
    nouns = ("contribution", "contributions")
    lookup_example = "MLI-2017-0001"
    examples: ClassVar = {"list": page_of(examples.CONTRIBUTION), "retrieve": examples.CONTRIBUTION}
    serializer_class = ContributionSerializer
    filterset_class = ContributionFilter
    lookup_field = "code"
    search_fields = ("code", "donor__name", "donor__name_fr", "recipient__name", "grant_reference", "plan__code")
    default_ordering = ("plan", "code")
    as_of_actions = ("list", "retrieve")

    @property
    def ordering_columns(self) -> dict[str, str]:  # type: ignore[override]  # those of the day asked for
        columns = NOW if self.on is None else THEN
        return {
            "plan": "plan__code",
            "code": "code",
            "amount_usd": columns.amount,
            "counted_usd": columns.counted,
            "decision_on": "decision_on",
            "updated_at": "updated_at",
        }

    def get_queryset(self) -> QuerySet[Contribution]:
        related = ("plan", "country", "donor", "recipient", "sector__taxonomy", "source", "parent", "duplicate_of")
        steps = StatusChange.objects.taken_by(self.on)
        return public(on=self.on).select_related(*related).prefetch_related(Prefetch("status_changes", steps))

    def not_yet(self, value: str) -> str:
        """Return when the contribution was decided, where the day asked for lies before."""
        found: Any = public().filter(code=value, decision_on__gt=self.on).values_list("decision_on", flat=True).first()
        if found is None:
            return ""
        return f"The contribution “{value}” was decided on {found}: it can't be shown as of {self.on}."


class ReportedFundingViewSet(ListViewSet):
    """Official totals of money received that are in force. Where a plan has one, it is the plan's money received."""

    tag = "money"
    nouns = ("official total", "official totals")
    examples: ClassVar = {"list": page_of(examples.REPORTED_FUNDING)}
    serializer_class = ReportedFundingSerializer
    filterset_class = ReportedFundingFilter
    search_fields = ("plan__code", "country__iso3", "country__name", "sector__name")
    ordering_columns: ClassVar = {
        "plan": "plan__code",
        "country": "country__iso3",
        "year": "year",
        "scope": "scope",
        "amount_usd": "amount_usd",
        "reported_on": "reported_on",
    }
    default_ordering = ("plan", "country", "year", "scope")
    as_of_actions = ("list",)

    def get_queryset(self) -> QuerySet[ReportedFunding]:
        seen = Q(plan__isnull=True) | Q(plan__in=Plan.objects.in_force(self.on).values("pk"))
        related = ("plan", "country", "sector__taxonomy", "source")
        return ReportedFunding.objects.in_force(self.on).filter(seen).select_related(*related)


class OrganizationViewSet(ReadOnlyViewSet):
    """Donors and partners."""

    tag = "reference"
    nouns = ("organization", "organizations")
    lookup_example = "iom"
    examples: ClassVar = {
        "list": page_of(examples.ORGANIZATION),
        "retrieve": examples.ORGANIZATION,
        "rollup": examples.NOTHING_GIVEN,
    }
    parameters_of_action: ClassVar = {"rollup": ("by",)}
    csv_actions = ("list", "rollup")
    as_of_actions = ("rollup",)
    queryset = Organization.objects.select_related("country").prefetch_related("identifiers")
    serializer_class = OrganizationSerializer
    filterset_class = OrganizationFilter
    lookup_field = "code"
    search_fields = ("code", "name", "name_fr", "name_es", "name_ar", "acronym")
    folds_search = True
    ordering_columns: ClassVar = {"code": "code", "name": "name", "kind": "kind"}
    default_ordering = ("name",)

    @extend_schema(
        operation_id="organizations_rollup",
        summary="Open what a donor gave",
        responses=GivenRollupSerializer,
        parameters=[
            OpenApiParameter(
                "by",
                str,
                required=True,
                enum=list(OF_DONOR),
                description="What to open it into. What was given is split; requirement, gap and percentage are null.",
            )
        ],
    )
    @action(detail=True, filter_backends=[], pagination_class=None)
    def rollup(self, request: Request, code: str) -> Response | StreamingHttpResponse:
        """What a donor gave to published plans, as far as it is on record, opened into lines that add to it."""
        donor = self.get_object()
        by = read_dimensions(request, OF_DONOR, most=1)[0]
        given = to_published_plans(Contribution.objects.as_known(self.on).filter(donor=donor), self.on)
        name = self.named(f"{donor.code}-by-{by}")
        return answer(request, break_down_given(given, OF_DONOR[by], self.on), name, self.on)
