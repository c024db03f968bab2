"""Filters over taxonomies and sectors."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field

from crp.common.api.updated import RECORDED_SINCE, RecordedSinceFilter
from crp.common.filters import (
    FlagFilter,
    ModelValuesFilter,
    StrictFilterSet,
    ValuesFilter,
    ValuesWidget,
    YearFilter,
)
from sectors.models import Sector, Taxonomy


def find_sectors(values: list[str], kind: str = "") -> list[Sector]:
    """Return the sectors named, each ``CODE`` (in every taxonomy) or ``TAXONOMY/CODE``, in capitals or not.

    ``kind`` leaves only taxonomies of that kind. Raises: ValidationError naming the first value that no sector has.
    Queries: 1. The lists are short, so they are compared here: SQLite can't read a condition for each of 2,000 values.
    """
    sectors = Sector.objects.select_related("taxonomy")
    named: dict[str, list[Sector]] = {}
    for sector in sectors.filter(taxonomy__kind=kind) if kind else sectors:
        for name in (sector.code, f"{sector.taxonomy.code}/{sector.code}"):
            named.setdefault(name.casefold(), []).append(sector)
    found: dict[int, Sector] = {}
    for value in values:
        if value.casefold() not in named:
            raise ValidationError(NOT_FOUND[kind] % {"value": value}, code="invalid")
        found |= {sector.pk: sector for sector in named[value.casefold()]}
    return list(found.values())


NOT_FOUND = {
    "": gettext_lazy("No sector has the code “%(value)s”."),
    Taxonomy.Kind.SECTORS: gettext_lazy("No sector has the code “%(value)s”."),
    Taxonomy.Kind.GLOBAL_CLUSTERS: gettext_lazy("No global cluster has the code “%(value)s”."),
}


class SectorsField(forms.Field):
    """One or more sectors by code."""

    widget = ValuesWidget
    kind = Taxonomy.Kind.SECTORS

    def clean(self, value: Any) -> list[Sector]:
        return find_sectors(value, self.kind) if value else []


class ClustersField(SectorsField):
    """One or more global clusters by code."""

    kind = Taxonomy.Kind.GLOBAL_CLUSTERS


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class SectorsFilter(django_filters.Filter):
    """Filter by one or more sectors of plans, each ``CODE`` or ``TAXONOMY/CODE``."""

    field_class = SectorsField


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class ClustersFilter(django_filters.Filter):
    """Filter by one or more global clusters, each ``CODE`` or ``TAXONOMY/CODE``."""

    field_class = ClustersField


class TaxonomyFilter(StrictFilterSet):
    """Filters of the list of taxonomies."""

    kind = ValuesFilter(choices=Taxonomy.Kind.choices)
    year = YearFilter(method="filter_year", help_text=gettext_lazy("Taxonomies in use in this year."))
    updated_since = RecordedSinceFilter(help_text=RECORDED_SINCE)

    class Meta:
        model = Taxonomy
        fields = ("kind",)

    def filter_year(self, taxonomies: QuerySet[Taxonomy], name: str, value: Any) -> QuerySet[Taxonomy]:
        # Without a first year it is not known to have been in use; without a last one it still is.
        return taxonomies.filter(Q(end_year__gte=value) | Q(end_year__isnull=True), start_year__lte=value)


class SectorFilter(StrictFilterSet):
    """Filters of the list of sectors."""

    taxonomy = ModelValuesFilter(
        queryset=Taxonomy.objects.all(), to_field_name="code", help_text=gettext_lazy("Codes of taxonomies.")
    )
    kind = ValuesFilter(field_name="taxonomy__kind", choices=Taxonomy.Kind.choices)
    global_cluster = ClustersFilter(
        method="filter_global_cluster", help_text=gettext_lazy("Codes of global clusters, such as SHL.")
    )
    is_cross_cutting = FlagFilter()
    updated_since = RecordedSinceFilter(help_text=RECORDED_SINCE)

    class Meta:
        model = Sector
        fields = ("taxonomy", "kind", "global_cluster", "is_cross_cutting")

    def filter_global_cluster(self, sectors: QuerySet[Sector], name: str, value: list[Sector]) -> QuerySet[Sector]:
        return sectors.filter(crosswalk__global_cluster__in=value) if value else sectors
