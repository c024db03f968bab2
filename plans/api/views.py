"""Countries in the API."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Count, Q

from crp.common.api.pagination import page_of
from crp.common.api.views import ReadOnlyViewSet
from plans.filters import CountryFilter
from plans.models import Country
from plans.querysets import in_force

from .serializers import CountrySerializer

PUBLISHED = Q(in_force(prefix="plans__revisions__"))

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
}


class CountryViewSet(ReadOnlyViewSet):
    """Countries and territories of ISO 3166-1."""

    tag = "reference"
    nouns = ("country", "countries")
    lookup_example = "MLI"
    examples: ClassVar = {"list": page_of(MALI), "retrieve": MALI}
    queryset = Country.objects.select_related("region", "top_region").annotate(
        plans_count=Count("plans", filter=PUBLISHED, distinct=True)
    )
    serializer_class = CountrySerializer
    filterset_class = CountryFilter
    lookup_field = "iso3"
    search_fields = ("iso3", "iso2", "name", "name_fr", "name_es", "name_ar")
    folds_search = True
    ordering_columns: ClassVar = {"iso3": "iso3", "name": "name", "plans_count": "plans_count"}
    default_ordering = ("name",)
