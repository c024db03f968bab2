"""Plans with their figures, and flat lists of everything that carries money."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from crp.common.api.pagination import page_of
from crp.common.api.parameters import CURSOR
from crp.common.api.updated import UPDATED_AT
from crp.common.api.views import ListViewSet, ReadOnlyViewSet
from funding.api import examples, expansions, rows
from funding.api.ledger import OF_DONOR, GivenRollupSerializer
from funding.api.rollups import answer, read_dimensions
from funding.filters import (
    ContributionFilter,
    FundingRequestFilter,
    ObjectiveFilter,
    OrganizationFilter,
    OutcomeFilter,
    ProjectFilter,
    ReportedFundingFilter,
)
from funding.models import Contribution
from funding.querysets import target_code
from funding.rollups.ledger import NOW, THEN, break_down_given, public, to_published_plans

PUBLISHED_AT = "revision__published_at"


class FromRows(ListViewSet):
    """A list whose rows other lists can tell too."""

    listed: ClassVar[rows.Rows]

    def get_serializer_class(self) -> Any:
        return self.listed.serializer

    def get_queryset(self) -> QuerySet:
        return self.listed.find(self.on, self.asks_for)

    @property
    def joins(self) -> Any:  # type: ignore[override]  # those of the rows
        return self.listed.joins

    def lookups(self) -> Any:
        return self.listed.lookups(self.on)

    @property
    def is_walk(self) -> bool:
        """Whether the list is walked through by cursor."""
        return self.request is not None and CURSOR in self.request.query_params  # the schema asks without one


class ObjectiveViewSet(FromRows):
    """Objectives of current revisions."""

    tag = "plans"
    nouns = ("objective", "objectives")
    examples: ClassVar = {"list": page_of(examples.OBJECTIVE)}
    listed = rows.OBJECTIVES
    filterset_class = ObjectiveFilter
    as_of_actions = ("list",)
    expansions: ClassVar = expansions.OF_PLAN_ROWS
    key = ("plan", "number")
    search_fields = ("title", "revision__plan__code")
    ordering_columns: ClassVar = {
        "plan": "revision__plan__code",
        "number": "number",
        "requested_usd": "requested_usd",
        "people_targeted": "people_targeted",
        "entities_targeted": "entities_targeted",
        UPDATED_AT: PUBLISHED_AT,
    }
    default_ordering = ("plan", "number")


class OutcomeViewSet(FromRows):
    """Outcomes of the objectives of current revisions."""

    tag = "plans"
    nouns = ("outcome", "outcomes")
    examples: ClassVar = {"list": page_of(examples.OUTCOME)}
    listed = rows.OUTCOMES
    filterset_class = OutcomeFilter
    as_of_actions = ("list",)
    expansions: ClassVar = expansions.OF_OUTCOMES
    key = ("plan", "code")
    search_fields = ("name", "revision__plan__code")
    ordering_columns: ClassVar = {
        "plan": "revision__plan__code",
        "objective": "objective__number",
        "code": "code",
        "share_percent": "share_percent",
        UPDATED_AT: PUBLISHED_AT,
    }
    default_ordering = ("plan", "code")


class ProjectViewSet(FromRows):
    """Projects of current revisions."""

    tag = "money"
    nouns = ("project", "projects")
    examples: ClassVar = {"list": page_of(examples.PROJECT)}
    listed = rows.PROJECTS
    filterset_class = ProjectFilter
    as_of_actions = ("list",)
    expansions: ClassVar = expansions.OF_SECTORAL_ROWS
    key = ("plan", "code")
    search_fields = ("code", "title", "description", "revision__plan__code")
    ordering_columns: ClassVar = {
        "plan": "revision__plan__code",
        "code": "code",
        "title": "title",
        "requested_usd": "requested_usd",
        "received_usd": "received_usd",
        UPDATED_AT: UPDATED_AT,
    }
    default_ordering = ("plan", "code")


class FundingRequestViewSet(FromRows):
    """Amounts asked for by current revisions. The breakdowns of a plan are alternatives: add within one only."""

    tag = "money"
    nouns = ("funding request", "funding requests")
    examples: ClassVar = {"list": page_of(examples.FUNDING_REQUEST)}
    listed = rows.FUNDING_REQUESTS
    filterset_class = FundingRequestFilter
    as_of_actions = ("list",)
    expansions: ClassVar = expansions.OF_FUNDING_REQUESTS
    key = ("plan", "breakdown", "order", "target_code")
    search_fields = ("sector__name", "objective__title", "project__title", "framework__name", "revision__plan__code")
    ordering_columns: ClassVar = {
        "plan": "revision__plan__code",
        "breakdown": "breakdown",
        "order": "order",
        "amount_usd": "amount_usd",
        UPDATED_AT: PUBLISHED_AT,
    }
    default_ordering = ("plan", "breakdown", "order")

    def get_queryset(self) -> QuerySet:
        requests = super().get_queryset()
        # Within a breakdown what is asked for may share a place: what it is for tells such rows apart.
        return requests.annotate(target_code=target_code()) if self.is_walk else requests


class ContributionViewSet(FromRows, ReadOnlyViewSet):
    """Money given to published plans, and outside any plan.

    Add up counted_usd, and never amount_usd: pledges, money passed on inside a plan and duplicates are listed too.
    """

    tag = "money"
    nouns = ("contribution", "contributions")
    lookup_example = "MLI-2017-0001"
    examples: ClassVar = {"list": page_of(examples.CONTRIBUTION), "retrieve": examples.CONTRIBUTION}
    listed = rows.CONTRIBUTIONS
    filterset_class = ContributionFilter
    expansions: ClassVar = expansions.OF_CONTRIBUTIONS
    key = ("code",)
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
            "donor": "donor__code",
            "amount_usd": columns.amount,
            "counted_usd": columns.counted,
            "pledged_usd": columns.pledged,
            "original_amount": "original_amount",
            "decision_on": "decision_on",
            "reported_on": "reported_on",
            "usage_year": "usage_year",
            UPDATED_AT: UPDATED_AT,
        }

    def get_queryset(self) -> QuerySet:
        return rows.contributions_one_by_one(self.on) if self.is_walk else super().get_queryset()

    def not_yet(self, value: str) -> str:
        """Return when the contribution was decided, where the day asked for lies before."""
        found: Any = public().filter(code=value, decision_on__gt=self.on).values_list("decision_on", flat=True).first()
        if found is None:
            return ""
        return f"The contribution “{value}” was decided on {found}: it can't be shown as of {self.on}."


class ReportedFundingViewSet(FromRows):
    """Official totals of money received that are in force. Where a plan has one, it is the plan's money received."""

    tag = "money"
    nouns = ("official total", "official totals")
    examples: ClassVar = {"list": page_of(examples.REPORTED_FUNDING)}
    listed = rows.REPORTED_FUNDING
    filterset_class = ReportedFundingFilter
    expansions: ClassVar = expansions.OF_REPORTED_FUNDING
    search_fields = ("plan__code", "country__iso3", "country__name", "sector__name")
    ordering_columns: ClassVar = {
        "plan": "plan__code",
        "country": "country__iso3",
        "year": "year",
        "scope": "scope",
        "amount_usd": "amount_usd",
        "reported_on": "reported_on",
        UPDATED_AT: "created_at",
    }
    default_ordering = ("plan", "country", "year", "scope")
    as_of_actions = ("list",)


class OrganizationViewSet(FromRows, ReadOnlyViewSet):
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
    table_actions = ("list", "rollup")
    as_of_actions = ("rollup",)
    listed = rows.ORGANIZATIONS
    expansions: ClassVar = expansions.OF_ORGANIZATIONS
    key = ("code",)
    filterset_class = OrganizationFilter
    lookup_field = "code"
    search_fields = ("code", "name", "name_fr", "name_es", "name_ar", "acronym")
    folds_search = True
    ordering_columns: ClassVar = {"code": "code", "name": "name", "kind": "kind", UPDATED_AT: UPDATED_AT}
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
    def rollup(self, request: Request, code: str) -> HttpResponseBase:
        """What a donor gave to published plans, as far as it is on record, opened into lines that add to it."""
        donor = self.get_object()
        by = read_dimensions(request, OF_DONOR, most=1)[0]
        given = to_published_plans(Contribution.objects.as_known(self.on).filter(donor=donor), self.on)
        name = self.named(f"{donor.code}-by-{by}")
        return answer(request, break_down_given(given, OF_DONOR[by], self.on), name, self.on)
