"""Taxonomies and sectors in the API."""

from __future__ import annotations

from typing import ClassVar

from django.db.models import Count

from crp.common.api.pagination import page_of
from crp.common.api.views import ListViewSet, ReadOnlyViewSet
from sectors.filters import SectorFilter, TaxonomyFilter
from sectors.models import Sector, Taxonomy

from .serializers import SectorSerializer, TaxonomySerializer

TAXONOMY = {
    "code": "IOM-2025",
    "name": "IOM crisis response sectors, 2025-2026",
    "name_fr": "Secteurs de réponse aux crises de l’OIM, 2025-2026",
    "name_es": "Sectores de respuesta a las crisis de la OIM, 2025-2026",
    "name_ar": "قطاعات المنظمة الدولية للهجرة للاستجابة للأزمات، 2025-2026",
    "kind": "sectors",
    "publisher": "International Organization for Migration",
    "start_year": 2025,
    "end_year": 2026,
    "completeness": "The 18 areas of work that the plan for Mali asks money for. Other countries use more, so the list "
    "can grow. IOM publishes names only: the codes are CRP's own.",
    "sectors_count": 18,
}
SECTOR = {
    "sector": "IOM-2025/SHELTER",
    "taxonomy": "IOM-2025",
    "code": "SHELTER",
    "name": "Shelter and settlements",
    "name_fr": "Abris et établissements humains",
    "name_es": "Alojamiento y asentamientos",
    "name_ar": "المأوى والمستوطنات",
    "is_cross_cutting": False,
    "global_cluster": "SHL",
}


class TaxonomyViewSet(ReadOnlyViewSet):
    """Versions of the lists of sectors, and of the IASC global clusters."""

    tag = "reference"
    nouns = ("sector taxonomy", "sector taxonomies")
    lookup_example = "IOM-2025"
    examples: ClassVar = {"list": page_of(TAXONOMY), "retrieve": TAXONOMY}
    queryset = Taxonomy.objects.annotate(sectors_count=Count("sectors"))
    serializer_class = TaxonomySerializer
    filterset_class = TaxonomyFilter
    lookup_field = "code"
    search_fields = ("code", "name", "name_fr", "name_es", "name_ar", "publisher")
    folds_search = True
    ordering_columns: ClassVar = {"code": "code", "name": "name", "start_year": "start_year"}
    default_ordering = ("-start_year", "code")


class SectorViewSet(ListViewSet):
    """Sectors of every taxonomy, with their crosswalk to the IASC global clusters."""

    tag = "reference"
    nouns = ("sector", "sectors")
    examples: ClassVar = {"list": page_of(SECTOR)}
    queryset = Sector.objects.select_related("taxonomy", "crosswalk__global_cluster")
    serializer_class = SectorSerializer
    filterset_class = SectorFilter
    search_fields = ("code", "name", "name_fr", "name_es", "name_ar")
    folds_search = True
    ordering_columns: ClassVar = {"taxonomy": "taxonomy__code", "order": "order", "code": "code", "name": "name"}
    default_ordering = ("taxonomy", "order", "code")
