"""Filters over plans by their figures, and over everything that carries money. Pages and API use the same ones."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from crp.common.api.updated import RECORDED_SINCE, RecordedSinceFilter
from crp.common.filters import (
    AmountFilter,
    CodesFilter,
    CountFilter,
    FlagFilter,
    ModelValuesFilter,
    StrictFilterSet,
    TimeFilter,
    ValuesFilter,
    WholeNumberFilter,
    YearFilter,
)
from crp.common.money import USD_COLUMN
from funding.models import Contribution, FundingRequest, Organization, Project, ReportedFunding
from funding.rollups.ledger import columns_of, public
from funding.updated import OF_PLAN_ROWS, updated_since
from plans.filters import OfPlanFilter, in_regions
from plans.models import Country, Framework, Objective, Outcome, Plan, Region
from plans.querysets import in_force
from sectors.filters import ClustersFilter, SectorsFilter
from sectors.models import Sector


def framework_choices(on: date | None = None) -> list[tuple[str, str]]:
    """Return the codes and names of the frameworks that the revisions in force on a day (now where None) have."""
    rows = Framework.objects.filter(in_force(on, "revision__")).order_by("code", "name")
    return list(dict(rows.values_list("code", "name")).items())


def framework_choices_ever(on: date) -> list[tuple[str, str]]:
    """Return those of a past day and those of now: what came later is known, and there are no rows of it yet."""
    return list({**dict(framework_choices()), **dict(framework_choices(on))}.items())


OF_CLUSTER = _("Codes of global clusters, such as SHL: lines of one of them, or of a sector of one.")


def of_clusters(clusters: list[Sector]) -> Q:
    """Return the condition that a row is for one of the global clusters, or for a sector of one."""
    return Q(sector__in=clusters) | Q(sector__crosswalk__global_cluster__in=clusters)


def as_amount(value: Any) -> Any:
    """Return an amount as SQLite compares it with what it computed: as a number, where a text is above them all."""
    return Cast(Value(str(value)), USD_COLUMN)


class FrameworksFilter(ValuesFilter):
    """Filter by codes of frameworks, on a past day those of that day too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"choices": framework_choices, **kwargs})

    @property
    def field(self) -> Any:
        on = getattr(getattr(self, "parent", None), "on", None)
        if on is not None:
            self.extra["choices"] = partial(framework_choices_ever, on)
        return super().field


class PlanFilter(OfPlanFilter):
    """Filters of plans that come from ``rollups.with_figures``."""

    plan_path = ""

    framework = FrameworksFilter(method="filter_framework", help_text=_("Framework codes: HRP"))
    sector = SectorsFilter(
        method="filter_sector",
        help_text=_("Plans that ask for money in one of these sectors: CODE, or TAXONOMY/CODE."),
    )
    global_cluster = ClustersFilter(
        method="filter_global_cluster",
        help_text=_("Plans that ask for money in one of these global clusters, such as SHL, or in a sector of one."),
    )
    reported = FlagFilter(field_name="funding_reported", help_text=_("Whether the plan reports the money it received."))
    percent_funded_min = AmountFilter(
        field_name="percent_funded", lookup_expr="gte", help_text=_("Percent, as shown: rounded to two decimals.")
    )
    percent_funded_max = AmountFilter(
        field_name="percent_funded", lookup_expr="lte", help_text=_("Percent, as shown: rounded to two decimals.")
    )
    requested_min = AmountFilter(field_name="requested_usd", lookup_expr="gte", help_text=_("US dollars."))
    requested_max = AmountFilter(field_name="requested_usd", lookup_expr="lte", help_text=_("US dollars."))
    gap_min = AmountFilter(field_name="gap_usd", lookup_expr="gte", help_text=_("US dollars still missing."))
    people_targeted_min = CountFilter(
        field_name="current__people_targeted",
        lookup_expr="gte",
        help_text=_("Persons. A plan that doesn’t say how many people it targets is left out."),
    )
    people_targeted_max = CountFilter(
        field_name="current__people_targeted",
        lookup_expr="lte",
        help_text=_("Persons. A plan that doesn’t say how many people it targets is left out."),
    )
    updated_since = TimeFilter(
        method="filter_updated_since",
        help_text=_(
            "Plans published, or with money for them recorded, changed or deleted, at this time (ISO 8601) or later."
        ),
    )

    class Meta:
        model = Plan
        fields = ("kind",)

    def filter_framework(self, plans: QuerySet[Plan], name: str, value: list[str]) -> QuerySet[Plan]:
        rows = Framework.objects.filter(revision=OuterRef("current"), code__in=value)
        return plans.filter(Exists(rows)) if value else plans

    def filter_sector(self, plans: QuerySet[Plan], name: str, value: list[Sector]) -> QuerySet[Plan]:
        return self._asking_for(plans, Q(sector__in=value) | Q(project__sector__in=value)) if value else plans

    def filter_global_cluster(self, plans: QuerySet[Plan], name: str, value: list[Sector]) -> QuerySet[Plan]:
        if not value:
            return plans
        return self._asking_for(
            plans,
            Q(sector__in=value)
            | Q(sector__crosswalk__global_cluster__in=value)
            | Q(project__sector__crosswalk__global_cluster__in=value),
        )

    def _asking_for(self, plans: QuerySet[Plan], condition: Q) -> QuerySet[Plan]:
        return plans.filter(Exists(FundingRequest.objects.filter(condition, revision=OuterRef("current"))))

    def filter_updated_since(self, plans: QuerySet[Plan], name: str, value: datetime) -> QuerySet[Plan]:
        return updated_since(plans, value)


class OfRevisionFilter(OfPlanFilter):
    """Filters of every list of rows of revisions."""

    updated_since = TimeFilter(
        field_name="revision__published_at",
        lookup_expr="gte",
        help_text=_("Rows of revisions published at this time (ISO 8601) or later: a published row never changes."),
    )


class ObjectiveFilter(OfRevisionFilter):
    """Filters of the list of objectives."""

    number = WholeNumberFilter(field_name="number", help_text=_("Number of the objective within its plan."))

    class Meta:
        model = Objective
        fields = ("number",)


class OutcomeFilter(OfRevisionFilter):
    """Filters of the list of outcomes."""

    objective = WholeNumberFilter(
        field_name="objective__number", help_text=_("Number of the objective within its plan.")
    )

    class Meta:
        model = Outcome
        fields = ("objective",)


class ProjectFilter(OfPlanFilter):
    """Filters of the list of projects."""

    framework = FrameworksFilter(field_name="framework__code")
    sector = SectorsFilter(field_name="sector", lookup_expr="in")
    global_cluster = ClustersFilter(field_name="sector__crosswalk__global_cluster", lookup_expr="in")
    updated_since = TimeFilter(
        method="filter_updated_since",
        help_text=_(
            "Projects of plans published, or with money for them recorded, changed or deleted, at this time (ISO 8601) "
            "or later."
        ),
    )

    class Meta:
        model = Project
        fields = ("framework",)

    def filter_updated_since(self, projects: QuerySet[Project], name: str, value: datetime) -> QuerySet[Project]:
        return updated_since(projects, value, OF_PLAN_ROWS)


class FundingRequestFilter(OfRevisionFilter):
    """Filters of the list of funding requests."""

    breakdown = ValuesFilter(
        choices=FundingRequest.Breakdown.choices,
        help_text=_("One breakdown at a time adds up: they tell the same money in different ways."),
    )
    framework = FrameworksFilter(field_name="framework__code", help_text=_("Amounts for these frameworks, by code."))
    objective = WholeNumberFilter(
        field_name="objective__number", help_text=_("Number of the objective within its plan.")
    )
    project = CodesFilter(field_name="project__code", help_text=_("Codes of projects."))
    sector = SectorsFilter(field_name="sector", lookup_expr="in")
    global_cluster = ClustersFilter(method="filter_global_cluster", help_text=OF_CLUSTER)
    is_priority = FlagFilter()
    amount_min = AmountFilter(field_name="amount_usd", lookup_expr="gte", help_text=_("US dollars."))
    amount_max = AmountFilter(field_name="amount_usd", lookup_expr="lte", help_text=_("US dollars."))

    class Meta:
        model = FundingRequest
        fields = ("breakdown",)

    def filter_global_cluster(self, rows: QuerySet, name: str, value: list[Sector]) -> QuerySet:
        return rows.filter(of_clusters(value)) if value else rows


class ContributionFilter(OfPlanFilter):
    """Filters of the list of contributions."""

    plan_path = "plan"

    donor = ModelValuesFilter(
        queryset=Organization.objects.all(), to_field_name="code", help_text=_("Codes of organizations.")
    )
    recipient = ModelValuesFilter(
        queryset=Organization.objects.all(), to_field_name="code", help_text=_("Codes of organizations.")
    )
    status = ValuesFilter(choices=Contribution.Status.choices, method="filter_status")
    flow = ValuesFilter(choices=Contribution.Flow.choices)
    review = ValuesFilter(choices=Contribution.Review.choices)
    counted = FlagFilter(method="filter_counted", help_text=_("Whether it changes what its plan received."))
    has_plan = FlagFilter(
        field_name="plan", lookup_expr="isnull", exclude=True, help_text=_("Whether it is for a plan, or outside any.")
    )
    usage_year = YearFilter(field_name="usage_year", help_text=_("The year that it is for, as stated."))
    earmarking = ValuesFilter(choices=Contribution.Earmarking.choices)
    sector = SectorsFilter(field_name="sector", lookup_expr="in")
    global_cluster = ClustersFilter(method="filter_global_cluster", help_text=OF_CLUSTER)
    framework = FrameworksFilter(field_name="framework_code")
    objective = WholeNumberFilter(
        field_name="objective_number", help_text=_("Number of the objective within its plan.")
    )
    project = CodesFilter(field_name="project_code", help_text=_("Codes of projects."))
    amount_min = AmountFilter(method="filter_amount_min", help_text=_("US dollars."))
    amount_max = AmountFilter(method="filter_amount_max", help_text=_("US dollars."))
    decided_since = django_filters.DateFilter(field_name="decision_on", lookup_expr="gte", help_text=_("A day."))
    decided_until = django_filters.DateFilter(field_name="decision_on", lookup_expr="lte", help_text=_("A day."))
    updated_since = TimeFilter(field_name="updated_at", lookup_expr="gte", help_text=_("A time (ISO 8601)."))

    class Meta:
        model = Contribution
        fields = ("status",)

    def filter_status(self, rows: QuerySet[Contribution], name: str, value: list[str]) -> QuerySet[Contribution]:
        return rows.filter(**{f"{columns_of(self.on).status}__in": value}) if value else rows

    def filter_global_cluster(self, rows: QuerySet, name: str, value: list[Sector]) -> QuerySet:
        return rows.filter(of_clusters(value)) if value else rows

    def filter_amount_min(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(**{f"{columns_of(self.on).amount}__gte": as_amount(value)})

    def filter_amount_max(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(**{f"{columns_of(self.on).amount}__lte": as_amount(value)})

    def filter_counted(self, rows: QuerySet[Contribution], name: str, value: bool | None) -> QuerySet[Contribution]:
        return rows if value is None else rows.filter(**{f"{columns_of(self.on).counted}__isnull": not value})

    def _with_country(self, rows: QuerySet, condition: Q) -> QuerySet:
        return _in_places(rows, condition)


def _in_places(rows: QuerySet, condition: Q) -> QuerySet:
    """Return the rows whose plan has a country that fits, and those outside any plan whose own country does."""
    plans = Plan.countries.through.objects.filter(condition).values("plan")
    return rows.filter(Q(plan__in=plans) | (Q(plan__isnull=True) & condition))


class ReportedFundingFilter(OfPlanFilter):
    """Filters of the list of official totals."""

    plan_path = "plan"

    scope = ValuesFilter(choices=ReportedFunding.Scope.choices, help_text=_("Which part of the plan the amount is of."))
    sector = SectorsFilter(field_name="sector", lookup_expr="in")
    global_cluster = ClustersFilter(method="filter_global_cluster", help_text=OF_CLUSTER)
    has_plan = FlagFilter(
        field_name="plan", lookup_expr="isnull", exclude=True, help_text=_("Whether it is of a plan, or outside any.")
    )
    amount_min = AmountFilter(field_name="amount_usd", lookup_expr="gte", help_text=_("US dollars."))
    amount_max = AmountFilter(field_name="amount_usd", lookup_expr="lte", help_text=_("US dollars."))
    reported_since = django_filters.DateFilter(field_name="reported_on", lookup_expr="gte", help_text=_("A day."))
    updated_since = TimeFilter(
        field_name="created_at",
        lookup_expr="gte",
        help_text=_("Totals recorded at this time (ISO 8601) or later: a newer one takes the place of the older."),
    )

    class Meta:
        model = ReportedFunding
        fields = ("scope",)

    def filter_global_cluster(self, rows: QuerySet, name: str, value: list[Sector]) -> QuerySet:
        return rows.filter(of_clusters(value)) if value else rows

    def _with_country(self, rows: QuerySet, condition: Q) -> QuerySet:
        return _in_places(rows, condition)

    def filter_year(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(Q(plan__start_year__lte=value, plan__end_year__gte=value) | Q(year=value))

    def filter_year_min(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(Q(plan__end_year__gte=value) | Q(year__gte=value))

    def filter_year_max(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(Q(plan__start_year__lte=value) | Q(year__lte=value))


class DonorFilter(StrictFilterSet):
    """Filters of donors on their page."""

    kind = ValuesFilter(choices=Organization.Kind.choices)
    country = ModelValuesFilter(queryset=Country.objects.all(), to_field_name="iso3", help_text=_("ISO3 codes."))

    class Meta:
        model = Organization
        fields = ("kind",)


class OrganizationFilter(DonorFilter):
    """Filters of the list of organizations."""

    region = ModelValuesFilter(
        queryset=Region.objects.all(),
        to_field_name="code",
        method="filter_region",
        help_text=_("M49 codes at any level, such as 002 (Africa) or 011 (Western Africa)."),
    )
    is_donor = FlagFilter(method="filter_is_donor", help_text=_("Whether a contribution of it is on record."))
    updated_since = RecordedSinceFilter(help_text=RECORDED_SINCE)

    def filter_region(self, rows: QuerySet[Organization], name: str, value: Any) -> QuerySet[Organization]:
        return rows.filter(in_regions(value, "country__")) if value else rows

    def filter_is_donor(self, rows: QuerySet[Organization], name: str, value: Any) -> QuerySet[Organization]:
        if value is None:
            return rows
        # Money for a plan that was never published is not told, not even that there is some.
        given = Exists(public(Contribution.objects.filter(donor=OuterRef("pk"))))
        return rows.filter(given if value else ~given)
