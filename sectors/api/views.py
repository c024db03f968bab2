"""Taxonomies and sectors in the API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django.db.models import Count, QuerySet

from crp.common.api.chosen import Expansion
from crp.common.api.pagination import page_of
from crp.common.api.updated import UPDATED_AT, with_recorded_at
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
    "updated_at": None,
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


def taxonomies_listed() -> QuerySet[Taxonomy]:
    """Return taxonomies with the columns that the list computes."""
    return with_recorded_at(Taxonomy.objects.annotate(sectors_count=Count("sectors")))  # type: ignore[return-value]


def sectors_listed() -> QuerySet[Sector]:
    """Return sectors with what the columns of the list are read from."""
    sectors = Sector.objects.select_related("taxonomy", "crosswalk__global_cluster")
    return with_recorded_at(sectors)  # type: ignore[return-value]


def load_taxonomies(codes: Sequence[Any], on: date | None) -> Mapping[Any, Any]:
    """Return rows of taxonomies/ by code. Queries: 1."""
    serializer = TaxonomySerializer()
    return {row.code: serializer.to_representation(row) for row in taxonomies_listed().filter(code__in=codes)}


def load_sectors_of(codes: Sequence[Any], on: date | None) -> Mapping[Any, Any]:
    """Return the rows of sectors/ of taxonomies, in their order, by the code of the taxonomy. Queries: 1."""
    serializer = SectorSerializer()
    found: dict[Any, list[Any]] = {code: [] for code in codes}
    for sector in sectors_listed().filter(taxonomy__code__in=codes).order_by("order", "code"):
        found[sector.taxonomy.code].append(serializer.to_representation(sector))
    return found


class TaxonomyViewSet(ReadOnlyViewSet):
    """Versions of the lists of sectors, and of the IASC global clusters."""

    tag = "reference"
    nouns = ("sector taxonomy", "sector taxonomies")
    lookup_example = "IOM-2025"
    examples: ClassVar = {"list": page_of(TAXONOMY), "retrieve": TAXONOMY}
    expansions: ClassVar = {
        "sectors": Expansion(
            column="code", load=load_sectors_of, serializer=SectorSerializer, words="rows of sectors/", many=True
        )
    }
    key = ("code",)
    serializer_class = TaxonomySerializer
    filterset_class = TaxonomyFilter
    lookup_field = "code"
    search_fields = ("code", "name", "name_fr", "name_es", "name_ar", "publisher")
    folds_search = True
    ordering_columns: ClassVar = {
        "code": "code",
        "name": "name",
        "start_year": "start_year",
        "end_year": "end_year",
        "sectors_count": "sectors_count",
        UPDATED_AT: UPDATED_AT,
    }
    default_ordering = ("-start_year", "code")

    def get_queryset(self) -> QuerySet[Taxonomy]:
        return taxonomies_listed()


class SectorViewSet(ListViewSet):
    """Sectors of every taxonomy, with their crosswalk to the IASC global clusters."""

    tag = "reference"
    nouns = ("sector", "sectors")
    examples: ClassVar = {"list": page_of(SECTOR)}
    expansions: ClassVar = {
        "taxonomy": Expansion(
            column="taxonomy", load=load_taxonomies, serializer=TaxonomySerializer, words="the row of taxonomies/"
        ),
    }
    key = ("taxonomy", "code")
    serializer_class = SectorSerializer
    filterset_class = SectorFilter
    search_fields = ("code", "name", "name_fr", "name_es", "name_ar")
    folds_search = True
    ordering_columns: ClassVar = {
        "taxonomy": "taxonomy__code",
        "order": "order",
        "code": "code",
        "name": "name",
        UPDATED_AT: UPDATED_AT,
    }
    default_ordering = ("taxonomy", "order", "code")

    def get_queryset(self) -> QuerySet[Sector]:
        return sectors_listed()
