"""Filters over what plans say besides money."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from crp.common.api.updated import RECORDED_SINCE, RecordedSinceFilter
from crp.common.filters import FlagFilter, ModelValuesFilter, StrictFilterSet, ValuesFilter, ValuesWidget, YearFilter
from plans.models import Country, Plan, Region


def in_regions(regions: Any, prefix: str = "") -> Q:
    """Return the condition that a country lies in one of the regions, at whichever level of M49 these are."""
    return (
        Q(**{f"{prefix}region__in": regions})
        | Q(**{f"{prefix}region__parent__in": regions})
        | Q(**{f"{prefix}region__parent__parent__in": regions})
    )


class CountryFilter(StrictFilterSet):
    """Filters of the list of countries."""

    country = ModelValuesFilter(
        queryset=Country.objects.all(),
        to_field_name="iso3",
        method="filter_country",
        widget=ValuesWidget(upper=True),
        help_text=_("ISO3 codes, such as MLI."),
    )
    region = ModelValuesFilter(
        queryset=Region.objects.all(),
        to_field_name="code",
        method="filter_region",
        help_text=_("M49 codes at any level, such as 002 (Africa) or 011 (Western Africa)."),
    )
    has_plans = FlagFilter(method="filter_has_plans", help_text=_("Whether CRP publishes a plan for the country."))
    updated_since = RecordedSinceFilter(help_text=RECORDED_SINCE)

    class Meta:
        model = Country
        fields = ("region", "has_plans")

    def filter_country(self, countries: QuerySet[Country], name: str, value: Any) -> QuerySet[Country]:
        return countries.filter(pk__in=[country.pk for country in value]) if value else countries

    def filter_region(self, countries: QuerySet[Country], name: str, value: Any) -> QuerySet[Country]:
        return countries.filter(in_regions(value)) if value else countries

    def filter_has_plans(self, countries: QuerySet[Country], name: str, value: bool | None) -> QuerySet[Country]:
        if value is None:
            return countries
        condition = Q(pk__in=Plan.countries.through.objects.filter(plan__in=Plan.objects.in_force()).values("country"))
        return countries.filter(condition if value else ~condition)


class OfPlanFilter(StrictFilterSet):
    """What every list of things that belong to a plan can be filtered by. ``plan_path`` leads to the plan."""

    plan_path = "revision__plan"

    plan = ModelValuesFilter(
        queryset=Plan.objects.in_force(),
        to_field_name="code",
        method="filter_plan",
        widget=ValuesWidget(upper=True),
        help_text=_("Codes of plans, such as MLI-CRP-2025-2026."),
    )
    country = ModelValuesFilter(
        queryset=Country.objects.all(),
        to_field_name="iso3",
        method="filter_country",
        widget=ValuesWidget(upper=True),
        help_text=_("ISO3 codes, such as MLI."),
    )
    region = ModelValuesFilter(
        queryset=Region.objects.all(),
        to_field_name="code",
        method="filter_region",
        help_text=_("M49 codes at any level, such as 002 (Africa) or 011 (Western Africa)."),
    )
    kind = ValuesFilter(choices=Plan.Kind.choices, method="filter_kind", help_text=_("Kinds of plan."))
    year = YearFilter(method="filter_year", help_text=_("Plans whose period covers this year."))
    year_min = YearFilter(method="filter_year_min", help_text=_("Plans whose period ends in this year or later."))
    year_max = YearFilter(method="filter_year_max", help_text=_("Plans whose period starts in this year or earlier."))

    def _path(self, lookup: str) -> str:
        return f"{self.plan_path}__{lookup}" if self.plan_path else lookup

    def filter_plan(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(**{self._path("pk__in"): [plan.pk for plan in value]}) if value else rows

    def filter_country(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return self._with_country(rows, Q(country__in=value)) if value else rows

    def filter_region(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return self._with_country(rows, in_regions(value, "country__")) if value else rows

    def _with_country(self, rows: QuerySet, condition: Q) -> QuerySet:
        # A sub-query, not a join: a plan for two of the countries must not be listed twice.
        plans = Plan.countries.through.objects.filter(condition).values("plan")
        return rows.filter(**{self._path("pk__in"): plans})

    def filter_kind(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(**{self._path("kind__in"): value}) if value else rows

    def filter_year(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(**{self._path("start_year__lte"): value, self._path("end_year__gte"): value})

    def filter_year_min(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(**{self._path("end_year__gte"): value})

    def filter_year_max(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(**{self._path("start_year__lte"): value})
