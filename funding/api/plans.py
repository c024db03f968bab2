"""Plans with their figures: the list, each plan whole, its total opened, its checks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request

from crp.common.api import cursors
from crp.common.api.filters import terms_of
from crp.common.api.pagination import PAGE_PARAMETERS, StrictLimitOffsetPagination, page_of
from crp.common.api.parameters import CURSOR, refuse_unusable, values_of
from crp.common.api.renderers import StreamRenderer
from crp.common.api.tables import TABLE_PARAMETERS
from crp.common.api.updated import UPDATED_AT
from crp.common.api.views import PAGED, ListViewSet, ReadOnlyViewSet
from crp.common.as_of import AS_OF
from funding.api import examples, examples_revisions, expansions, fast, fast_detail
from funding.api.checks import ChecksSerializer, answer_checks
from funding.api.detail import PlanDetailSerializer
from funding.api.revisions import RevisionsMixin
from funding.api.rollups import PlanRollupSerializer, answer, read_dimensions
from funding.api.serializers import PlanSerializer
from funding.api.stamp import Stamp, read_stamp
from funding.dimensions import WITHIN_PLAN
from funding.filters import PlanFilter
from funding.rollups import break_down_plan, with_figures
from funding.updated import updated_at
from plans.as_of import first_published_on
from plans.models import Plan

# What says which page of a list is wanted, and in which form, but not of which list.
OF_THE_PAGE = (*PAGE_PARAMETERS, "format", *TABLE_PARAMETERS)
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
    entry_serializer = PlanDetailSerializer
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
        "document_on": "current__document_on",
        "published_at": "current__published_at",
        "requested_usd": "requested_usd",
        "received_usd": "received_usd",
        "pledged_usd": "pledged_usd",
        "gap_usd": "gap_usd",
        "over_funded_usd": "over_funded_usd",
        "percent_funded": "percent_funded",
        "funding_updated_on": "current__funding_updated_on",
        "people_in_need": "current__people_in_need",
        "people_targeted": "current__people_targeted",
        "entities_targeted": "current__entities_targeted",
        UPDATED_AT: UPDATED_AT,
    }
    default_ordering = ("-start_year", "code")
    key = ("code",)
    expansions: ClassVar = expansions.OF_PLANS
    parameters_of_action: ClassVar = {"rollup": ("by",), "revisions": PAGE_PARAMETERS, "diff": ("from", "to")}
    table_actions = ("list", "rollup", "checks", "revisions")
    as_of_actions = ("list", "retrieve", "rollup", "checks")
    daily_actions = ("checks",)

    read_stamp = staticmethod(read_stamp)

    def get_queryset(self) -> QuerySet[Plan]:
        # mypy does not see what is joined as current.
        plans: Any = with_figures(Plan.objects.in_force(self.on), self.on)
        if self.action == "retrieve":
            plans = plans.annotate(**{UPDATED_AT: updated_at()}).select_related("current__taxonomy")
            return plans.prefetch_related("countries", "identifiers")
        is_ordered = UPDATED_AT in {term.removeprefix("-") for term in values_of(self.request, "ordering")}
        if is_ordered or (self.on is not None and self.asks_for(UPDATED_AT)):
            plans = plans.annotate(**{UPDATED_AT: updated_at()})
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
            page = StrictLimitOffsetPagination()
            if not isinstance(request.accepted_renderer, StreamRenderer):
                return self.kept_json(request, stamp, lambda: self._page(page, stamp))
            if not request.query_params.keys().isdisjoint(PAGED):
                return self.linked(self.stream(request, self.choice.columns, self._page(page, stamp)["results"]), page)
            plans = self._prepared(stamp)
            rows = self.choice.expand(plans.rows() if plans else [], None)
            return self.stream(request, self.choice.columns, rows, plans.cells() if plans else None)

        return self.unless_known(request, make)

    def _prepared(self, stamp: Stamp) -> fast.Prepared | None:
        given = {name: values for name, values in self.request.query_params.lists() if name not in NOT_OF_THE_LIST}
        plans = fast.prepared(
            stamp[0], given, lambda: self.filter_queryset(self.get_queryset()), columns=self.choice.read
        )
        refuse_unusable(self.request, OF_THE_PAGE)  # what was prepared for somebody else has looked at theirs
        return plans

    def _page(self, page: StrictLimitOffsetPagination, stamp: Stamp) -> dict[str, Any]:
        by_cursor = CURSOR in self.request.query_params
        rows, count = self._from_cursor(page, stamp) if by_cursor else self._from_offset(page, stamp)
        return page.envelope(list(self.choice.expand(rows, None)), count)

    def _from_offset(
        self, page: StrictLimitOffsetPagination, stamp: Stamp
    ) -> tuple[Sequence[dict[str, Any]], int | None]:
        plans = self._prepared(stamp)
        limit, offset = page.read(self.request)
        if plans is None:
            return [], 0 if page.counts else None
        if not page.counts:
            return page.cut(plans.page(limit + 1, offset)), None
        count = plans.count(stamp)
        return plans.page(limit, offset) if offset < count else [], count

    def _from_cursor(self, page: StrictLimitOffsetPagination, stamp: Stamp) -> tuple[Sequence[dict[str, Any]], None]:
        plans = self.filter_queryset(self.get_queryset())
        limit, _offset = page.read(self.request)
        places = cursors.columns_of(terms_of(self.request, plans, self))
        found = page.cut(list(fast.listed(page.from_cursor(plans, self), self.choice.read, *places)[: limit + 1]))
        page.end(found[-1][-len(places) :] if found else ())
        show, countries = fast.show_of(self.choice.read), fast.kept_codes(stamp[0])
        return [show(row, countries) for row in found], None

    @extend_schema(
        description="One plan by its code, with everything that its current revision says, the figures of each part, "
        "and the sources that the values were read from.",
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        choice = self.choice

        def make(stamp: Stamp) -> HttpResponseBase:
            return self.kept_json(request, stamp, lambda: choice.show(self._whole(stamp), self.on))

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
    def checks(self, request: Request, code: str) -> HttpResponseBase:
        """Whether a plan agrees with itself: each rule with what it expected and what it found."""
        plan = self.get_object()
        plan.current.plan = plan
        return answer_checks(request, plan.current, self.named(f"{plan.code}-checks"), self.on)
