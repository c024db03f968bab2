"""Plans with their figures: the list, each plan whole, its total opened, its checks."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from crp.common.api.pagination import StrictLimitOffsetPagination, page_of
from crp.common.api.parameters import refuse_unusable
from crp.common.api.renderers import CSVRenderer, StreamRenderer, stream_cells
from crp.common.api.views import ListViewSet, ReadOnlyViewSet
from crp.common.as_of import AS_OF
from funding.api import examples, examples_revisions, fast, fast_detail
from funding.api.checks import ChecksSerializer, answer_checks
from funding.api.detail import PlanDetailSerializer
from funding.api.revisions import RevisionsMixin
from funding.api.rollups import PlanRollupSerializer, answer, read_dimensions
from funding.api.serializers import PlanSerializer
from funding.api.stamp import Stamp, read_stamp
from funding.dimensions import WITHIN_PLAN
from funding.filters import PlanFilter
from funding.rollups import break_down_plan, with_figures
from plans.as_of import first_published_on
from plans.models import Plan

# What says which page of a list is wanted, and in which form, but not of which list.
OF_THE_PAGE = ("limit", "offset", "format")
# Where today is named as the day, the list is the one of now.
NOT_OF_THE_LIST = (*OF_THE_PAGE, AS_OF)


class PlanViewSet(RevisionsMixin, ReadOnlyViewSet):
    """Published plans, each as its current revision states it, with its figures."""

    tag = "plans"
    nouns = ("plan", "plans")
    lookup_example = "MLI-CRP-2025-2026"
    examples: ClassVar = {
        "list": page_of(examples.COMPENDIUM, examples.CRP),
        "retrieve": examples.CRP_DETAIL,
        "rollup": examples.COMPENDIUM_BY_FRAMEWORK,
        "checks": examples.CRP_CHECKS,
        "revisions": page_of(examples_revisions.REVISION),
        "revision": examples_revisions.REVISION_DETAIL,
        "diff": examples_revisions.DIFF,
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
    parameters_of_action: ClassVar = {"rollup": ("by",), "revisions": ("limit", "offset"), "diff": ("from", "to")}
    csv_actions = ("list", "rollup", "checks", "revisions")
    as_of_actions = ("list", "retrieve", "rollup", "checks")

    read_stamp = staticmethod(read_stamp)

    def get_queryset(self) -> QuerySet[Plan]:
        # mypy does not see what is joined as current.
        plans: Any = with_figures(Plan.objects.in_force(self.on), self.on)
        if self.action == "retrieve":
            return plans.select_related("current__taxonomy").prefetch_related("countries", "identifiers")
        return plans if self.on is None else plans.prefetch_related("countries")

    def not_yet(self, value: str) -> str:
        """Return since when there is the plan, where the day asked for lies before."""
        first = first_published_on(value)
        if first is None or self.on is None or first <= self.on:
            return ""
        return f"The plan “{value}” was first published on {first}: it can't be shown as of {self.on}."

    def search_rows(self, rows: Any, text: str) -> QuerySet[Plan]:
        """Return the plans that pages find with the same words."""
        return rows.matching(text)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        def make(stamp: Stamp) -> HttpResponseBase:
            if self.on is not None:  # what is prepared and kept holds for now alone
                return ListViewSet.list(self, request)
            if not isinstance(request.accepted_renderer, StreamRenderer):
                return self.kept_json(request, stamp, lambda: self._page(request, stamp))
            if request.query_params.keys() & {"limit", "offset"}:
                rows = self._page(request, stamp)["results"]
            else:
                plans = self._prepared(request, stamp)
                if plans and isinstance(request.accepted_renderer, CSVRenderer):
                    return stream_cells(PlanSerializer.Meta.fields, plans.cells(), self.basename)
                rows = plans.rows() if plans else []
            return self.stream(request, PlanSerializer.Meta.fields, rows)

        return self.unless_known(request, make)

    def _prepared(self, request: Request, stamp: Stamp) -> fast.Prepared | None:
        given = {name: values for name, values in request.query_params.lists() if name not in NOT_OF_THE_LIST}
        plans = fast.prepared(stamp[0], given, lambda: self.filter_queryset(self.get_queryset()))
        refuse_unusable(request, OF_THE_PAGE)  # what was prepared for somebody else has looked at theirs
        return plans

    def _page(self, request: Request, stamp: Stamp) -> dict[str, Any]:
        plans = self._prepared(request, stamp)
        paginator = StrictLimitOffsetPagination()
        limit, offset = paginator.read(request)
        rows, count = (plans.page(limit, offset), plans.count(stamp)) if plans else ([], 0)
        return paginator.envelope(rows, count)

    @extend_schema(
        description="One plan by its code, with everything that its current revision says, the figures of each part, "
        "and the sources that the values were read from.",
        responses=PlanDetailSerializer,
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        def make(stamp: Stamp) -> HttpResponseBase:
            return self.kept_json(request, stamp, lambda: self._whole(stamp))

        return self.unless_known(request, make)

    def _whole(self, stamp: Stamp) -> Any:
        if self.on is not None:
            return PlanDetailSerializer(self.get_object(), context={"on": self.on}).data
        found = fast_detail.answer(stamp[0], self.kwargs["code"], self.get_object)
        return found or self.get_object()  # which says what is not found

    @extend_schema(
        operation_id="plans_rollup",
        summary="Open the total of a plan",
        responses=PlanRollupSerializer,
        parameters=[
            OpenApiParameter(
                "by",
                str,
                required=True,
                enum=[*WITHIN_PLAN],
                description="What to open the plan's total into. By donor, only what was given is split: requirement, "
                "gap and percentage of a line are null.",
            )
        ],
    )
    @action(detail=True, filter_backends=[], pagination_class=None)
    def rollup(self, request: Request, code: str) -> HttpResponseBase:
        """The total of a plan, opened into its lines and named residuals, which add to it."""

        def make(stamp: Stamp) -> HttpResponseBase:
            plan = self.get_object()
            by = read_dimensions(request, WITHIN_PLAN, most=1)[0]
            breakdown = break_down_plan(plan, by, self.on)
            return answer(request, breakdown, self.named(f"{plan.code}-by-{by}"), self.on)

        return self.unless_known(request, make)

    @extend_schema(operation_id="plans_checks", summary="Check a plan against itself", responses=ChecksSerializer)
    @action(detail=True, filter_backends=[], pagination_class=None)
    def checks(self, request: Request, code: str) -> Response | StreamingHttpResponse:
        """Whether a plan agrees with itself: each rule with what it expected and what it found."""
        plan = self.get_object()
        plan.current.plan = plan
        return answer_checks(request, plan.current, self.named(f"{plan.code}-checks"), self.on)
