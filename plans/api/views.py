"""Countries in the API."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from crp.common.api.pagination import page_of
from crp.common.api.updated import UPDATED_AT, with_recorded_at
from crp.common.api.views import ReadOnlyViewSet
from plans.filters import CountryFilter
from plans.models import Country, Plan

from .profiles import PROFILE
from .serializers import CountrySerializer


def countries_listed(*, counts: bool = True, times: bool = True) -> QuerySet[Country]:
    """Return countries with the columns that the list computes. Queries: none more than the list itself."""
    countries: QuerySet[Country] = Country.objects.select_related("region", "top_region")
    if counts:
        links: Any = Plan.countries.through.objects.filter(plan__in=Plan.objects.in_force().values("pk"))
        number = links.filter(country=OuterRef("pk")).order_by().values("country").annotate(number=Count("plan"))
        countries = countries.annotate(plans_count=Coalesce(Subquery(number.values("number")), 0))
    return with_recorded_at(countries) if times else countries  # type: ignore[return-value]


MALI = {
    "iso3": "MLI",
    "iso2": "ML",
    "name": "Mali",
    "name_fr": "Mali",
    "name_es": "Malí",
    "name_ar": "مالي",
    "region": "002",
    "region_name": "Africa",
    "sub_region": "011",
    "sub_region_name": "Western Africa",
    "latitude": 17.35,
    "longitude": -3.53,
    "plans_count": 3,
    "updated_at": None,
}


class CountryViewSet(ReadOnlyViewSet):
    """Countries and territories of ISO 3166-1."""

    tag = "reference"
    nouns = ("country", "countries")
    lookup_example = "MLI"
    examples: ClassVar = {"list": page_of(MALI), "retrieve": MALI}
    expansions: ClassVar = {"profile": PROFILE}
    key = ("iso3",)
    serializer_class = CountrySerializer
    filterset_class = CountryFilter
    lookup_field = "iso3"
    search_fields = ("iso3", "iso2", "name", "name_fr", "name_es", "name_ar")
    folds_search = True
    ordering_columns: ClassVar = {
        "iso3": "iso3",
        "name": "name",
        "plans_count": "plans_count",
        UPDATED_AT: UPDATED_AT,
    }
    default_ordering = ("name",)

    def get_queryset(self) -> QuerySet[Country]:
        return countries_listed(counts=self.asks_for("plans_count"), times=self.asks_for(UPDATED_AT))
