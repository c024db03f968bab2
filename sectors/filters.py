"""Filters over taxonomies and sectors."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field

from crp.common.filters import FlagFilter, ModelValuesFilter, StrictFilterSet, ValuesFilter, ValuesWidget
from sectors.models import Sector, Taxonomy


def find_sectors(values: list[str]) -> list[Sector]:
    """Return the sectors named, each ``CODE`` (in every taxonomy) or ``TAXONOMY/CODE``.

    Raises: ValidationError naming the first value that no sector has. Queries: 1.
    """
    wanted = Q(pk__in=[])
    for value in values:
        taxonomy, _slash, code = value.rpartition("/")
        wanted |= Q(code__iexact=code, **({"taxonomy__code__iexact": taxonomy} if taxonomy else {}))
    found = list(Sector.objects.filter(wanted).select_related("taxonomy"))
    names = {name.lower() for sector in found for name in (sector.code, f"{sector.taxonomy.code}/{sector.code}")}
    for value in values:
        if value.lower() not in names:
            raise ValidationError(_("No sector has the code “%(value)s”.") % {"value": value}, code="invalid")
    return found


class SectorsField(forms.Field):
    """One or more sectors by code."""

    widget = ValuesWidget

    def clean(self, value: Any) -> list[Sector]:
        return find_sectors(value) if value else []


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class SectorsFilter(django_filters.Filter):
    """Filter by one or more sectors, each ``CODE`` or ``TAXONOMY/CODE``."""

    field_class = SectorsField


class TaxonomyFilter(StrictFilterSet):
    """Filters of the list of taxonomies."""

    kind = ValuesFilter(choices=Taxonomy.Kind.choices)

    class Meta:
        model = Taxonomy
        fields = ("kind",)


class SectorFilter(StrictFilterSet):
    """Filters of the list of sectors."""

    taxonomy = ModelValuesFilter(
        queryset=Taxonomy.objects.all(), to_field_name="code", help_text=gettext_lazy("Codes of taxonomies.")
    )
    kind = ValuesFilter(field_name="taxonomy__kind", choices=Taxonomy.Kind.choices)
    global_cluster = SectorsFilter(
        method="filter_global_cluster", help_text=gettext_lazy("Codes of global clusters, such as SHL.")
    )
    is_cross_cutting = FlagFilter()

    class Meta:
        model = Sector
        fields = ("taxonomy", "kind", "global_cluster", "is_cross_cutting")

    def filter_global_cluster(self, sectors: QuerySet[Sector], name: str, value: list[Sector]) -> QuerySet[Sector]:
        return sectors.filter(crosswalk__global_cluster__in=value) if value else sectors
