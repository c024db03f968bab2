"""The mission behind the plans of a country, and how to reach it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from crp.common.admin.base import BaseAdmin, BaseStacked, BaseTabular, show_number
from crp.common.admin.site import IndexGroup
from plans.models import Contact, CountryProfile, KeyAction

from .provenance import link_to_citations


class KeyActionInline(BaseStacked):
    model = KeyAction
    fields = ("title", "body", "order")


class ContactInline(BaseTabular):
    model = Contact
    fields = ("kind", "value", "is_public")
    is_open = False
    verbose_name_plural = _("contacts: personal data, not shown to the public unless ticked")
    classes = ("crp-personal-data",)


@admin.register(CountryProfile)
class CountryProfileAdmin(BaseAdmin):
    index_group = IndexGroup.COUNTRIES
    index_order = 1
    list_display = ("country", "mission_since_year", "staff_number", "main_office", "key_action_count")
    list_select_related = ("country",)
    search_fields = ("country__name", "country__name_fr", "country__iso3", "main_office", "summary")
    autocomplete_fields = ("country",)
    readonly_fields = ("citations_link",)
    inlines = (KeyActionInline, ContactInline)
    fieldsets = (
        (None, {"fields": ("country", "mission_since_year", ("staff", "staff_is_approximate"))}),
        (_("Offices"), {"fields": ("main_office", "sub_offices")}),
        (_("Summary"), {"fields": ("language", "summary")}),
        (_("Sources"), {"fields": ("citations_link",)}),
    )

    def construct_change_message(self, *args: Any, **kwargs: Any) -> Any:
        """Keep personal data out of the history, which outlives it and which more people may read."""
        message = super().construct_change_message(*args, **kwargs)
        with translation.override(None):  # the language that the message is made in
            contact = str(Contact._meta.verbose_name)
        changes: list[dict[str, dict[str, Any]]] = message
        for what in (what for entry in changes for what in entry.values() if what.get("name") == contact):
            what["object"] = "…"
        return message

    def get_queryset(self, request: HttpRequest) -> QuerySet[CountryProfile]:
        return super().get_queryset(request).annotate(key_action_count=Count("key_actions"))

    @admin.display(description=_("citations"))
    def citations_link(self, profile: CountryProfile) -> str:
        """Lead to the sources of the profile's figures."""
        return "–" if profile._state.adding else link_to_citations(profile.citations.count(), profile=profile)

    @admin.display(description=_("staff"), ordering="staff")
    def staff_number(self, profile: Any) -> str:
        return show_number(profile.staff)

    @admin.display(description=_("key actions"), ordering="key_action_count")
    def key_action_count(self, profile: Any) -> int:
        return profile.key_action_count
