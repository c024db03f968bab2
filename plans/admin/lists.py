"""Countries, regions and the closed lists that the rows of a plan choose from."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from crp.common.admin.base import BaseAdmin, FixedCodeAdmin
from crp.common.admin.site import IndexGroup
from plans.models import (
    Country,
    CrossCuttingPriority,
    OperatingModality,
    PlanFamily,
    Region,
    StrategicObjective,
    StrategicOutcome,
    TargetGroup,
)

NAMES = ("name", "name_fr", "name_es", "name_ar")
CONFIDENCE: Any = (None, {"fields": ("confidence", "confidence_note")})


@admin.register(Country)
class CountryAdmin(FixedCodeAdmin):
    index_group = IndexGroup.LISTS
    code_field = "iso3"
    list_display = ("name", "iso3", "iso2", "region", "top_region")
    list_filter = (("top_region", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("region", "top_region")
    search_fields = ("name", "name_fr", "name_es", "name_ar", "iso3", "iso2")
    autocomplete_fields = ("region", "top_region")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A country that a plan covers stays: the plan would lose it without a word."""
        return super().has_delete_permission(request, obj) and (obj is None or not obj.plans.exists())


@admin.register(Region)
class RegionAdmin(FixedCodeAdmin):
    index_group = IndexGroup.LISTS
    list_display = ("name", "code", "parent")
    list_select_related = ("parent",)
    search_fields = ("name", "name_fr", "name_es", "name_ar", "code")
    autocomplete_fields = ("parent",)


class ReferenceAdmin(FixedCodeAdmin):
    """A closed list, in its order, with how sure CRP is of each entry."""

    index_group = IndexGroup.LISTS
    list_display: Any = ("code", "name", "confidence", "order")
    list_display_links = ("code", "name")
    list_filter: ClassVar[Any] = ("confidence",)
    search_fields = ("code", *NAMES)


@admin.register(OperatingModality, CrossCuttingPriority)
class PlainReferenceAdmin(ReferenceAdmin):
    fieldsets = ((None, {"fields": ("code", *NAMES, "order")}), CONFIDENCE)


@admin.register(PlanFamily)
class PlanFamilyAdmin(ReferenceAdmin):
    list_display = ("code", "name", "is_inter_agency", "confidence", "order")
    list_filter = ("is_inter_agency", "confidence")
    fieldsets = ((None, {"fields": ("code", *NAMES, "is_inter_agency", "order")}), CONFIDENCE)


@admin.register(TargetGroup)
class TargetGroupAdmin(ReferenceAdmin):
    list_display = ("code", "name", "hapi_population_group", "confidence", "order")
    fieldsets = ((None, {"fields": ("code", *NAMES, "hapi_population_group", "order")}), CONFIDENCE)


@admin.register(StrategicOutcome)
class StrategicOutcomeAdmin(ReferenceAdmin):
    list_display = ("code", "name", "objective", "confidence", "order")
    list_filter = (("objective", admin.RelatedOnlyFieldListFilter), "confidence")
    list_select_related = ("objective",)
    autocomplete_fields = ("objective",)
    fieldsets = ((None, {"fields": ("code", *NAMES, "objective", "order")}), CONFIDENCE)


@admin.register(StrategicObjective)
class StrategicObjectiveAdmin(BaseAdmin):
    index_group = IndexGroup.LISTS
    list_display = ("name", "strategy", "number", "confidence")
    list_filter = ("strategy", "confidence")
    search_fields = (*NAMES, "short_name", "strategy")
    fieldsets = ((None, {"fields": (("strategy", "number"), *NAMES, "short_name")}), CONFIDENCE)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Its strategy and number are what fixtures and partners know it by."""
        return () if obj is None else ("strategy", "number")
