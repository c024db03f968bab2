"""The admin of taxonomies, sectors and the crosswalk between them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crp.common.admin.base import BaseAdmin, FixedCodeAdmin
from crp.common.admin.site import IndexGroup
from crp.common.numbers import write_number
from sectors.models import Crosswalk, Sector, Taxonomy

NAMES = ("name", "name_fr", "name_es", "name_ar")


@admin.register(Taxonomy)
class TaxonomyAdmin(FixedCodeAdmin):
    """A list of sectors. The sectors are a linked list of their own."""

    index_group = IndexGroup.LISTS
    index_order = 1
    list_display = ("name", "code", "kind", "publisher", "start_year", "end_year", "sector_count")
    list_filter = ("kind",)
    search_fields = (*NAMES, "code", "publisher")
    fieldsets = (
        (None, {"fields": ("code", "kind", *NAMES, "publisher")}),
        (_("Use"), {"fields": (("start_year", "end_year"), "completeness")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Taxonomy]:
        return super().get_queryset(request).annotate(sector_count=Count("sectors"))

    @admin.display(description=_("sectors"), ordering="sector_count")
    def sector_count(self, taxonomy: Any) -> SafeString:
        query = urlencode({"taxonomy__id__exact": taxonomy.pk})
        address = reverse("admin:sectors_sector_changelist")
        return format_html('<a href="{}?{}">{}</a>', address, query, write_number(taxonomy.sector_count))


class CrosswalkInline(admin.StackedInline):
    """The global cluster that the sector is compared under."""

    model = Crosswalk
    fk_name = "sector"
    autocomplete_fields = ("global_cluster",)
    extra = 0


@admin.register(Sector)
class SectorAdmin(BaseAdmin):
    index_group = IndexGroup.LISTS
    index_order = 2
    list_display = ("name", "code", "taxonomy", "is_cross_cutting", "global_cluster", "confidence")
    list_filter = ("taxonomy", "is_cross_cutting", "confidence")
    list_select_related = ("taxonomy", "crosswalk__global_cluster")
    search_fields = (*NAMES, "code", "taxonomy__name", "taxonomy__code")
    autocomplete_fields = ("taxonomy",)
    inlines = (CrosswalkInline,)
    fieldsets = (
        (None, {"fields": ("taxonomy", "code", *NAMES, ("is_cross_cutting", "order"), "fts_id")}),
        (_("How sure"), {"fields": ("confidence", "confidence_note")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Amounts hang on a sector: it never changes its list or its code."""
        return () if obj is None else ("taxonomy", "code")

    @admin.display(description=_("global cluster"), empty_value="–")
    def global_cluster(self, sector: Sector) -> str | None:
        return str(sector.crosswalk.global_cluster) if hasattr(sector, "crosswalk") else None


@admin.register(Crosswalk)
class CrosswalkAdmin(BaseAdmin):
    index_group = IndexGroup.LISTS
    index_order = 3
    list_display = ("sector", "taxonomy", "global_cluster", "confidence")
    list_filter = ("sector__taxonomy", ("global_cluster", admin.RelatedOnlyFieldListFilter), "confidence")
    list_select_related = ("sector__taxonomy", "global_cluster")
    search_fields = ("sector__name", "sector__code", "global_cluster__name", "global_cluster__code")
    autocomplete_fields = ("sector", "global_cluster")
    fieldsets = (
        (None, {"fields": ("sector", "global_cluster")}),
        (_("How sure"), {"fields": ("confidence", "confidence_note")}),
    )

    @admin.display(description=_("taxonomy"), ordering="sector__taxonomy")
    def taxonomy(self, entry: Crosswalk) -> str:
        return str(entry.sector.taxonomy)
