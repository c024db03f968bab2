"""Taxonomies and sectors in the API."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Count

from crp.common.api.views import ListViewSet, ReadOnlyViewSet
from sectors.filters import SectorFilter, TaxonomyFilter
from sectors.models import Sector, Taxonomy

from .serializers import SectorSerializer, TaxonomySerializer


class TaxonomyViewSet(ReadOnlyViewSet):
    """Versions of the lists of sectors, and of the IASC global clusters."""

    queryset = Taxonomy.objects.annotate(sectors_count=Count("sectors"))
    serializer_class = TaxonomySerializer
    filterset_class = TaxonomyFilter
    lookup_field = "code"
    search_fields = ("code", "name", "name_fr", "publisher")
    ordering_columns: ClassVar = {"code": "code", "name": "name", "start_year": "start_year"}
    default_ordering = ("-start_year", "code")


class SectorViewSet(ListViewSet):
    """Sectors of every taxonomy, with their crosswalk to the IASC global clusters."""

    queryset = Sector.objects.select_related("taxonomy", "crosswalk__global_cluster")
    serializer_class = SectorSerializer
    filterset_class = SectorFilter
    search_fields = ("code", "name", "name_fr")
    ordering_columns: ClassVar = {"taxonomy": "taxonomy__code", "order": "order", "code": "code", "name": "name"}
    default_ordering = ("taxonomy", "order", "code")
