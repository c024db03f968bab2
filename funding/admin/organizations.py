"""Donors and partners."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from crp.common.admin.base import BaseTabular, FixedCodeAdmin
from crp.common.admin.site import IndexGroup
from crp.common.numbers import write_number
from funding.models import Organization, OrganizationIdentifier


class IdentifierInline(BaseTabular):
    model = OrganizationIdentifier
    fields = ("scheme", "value")


@admin.register(Organization)
class OrganizationAdmin(FixedCodeAdmin):
    index_group = IndexGroup.MONEY
    index_order = 2
    list_display = ("name", "acronym", "kind", "country", "contribution_count")
    list_filter = ("kind", ("country", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("country",)
    search_fields = ("name", "name_fr", "name_es", "name_ar", "acronym", "code", "identifiers__value")
    autocomplete_fields = ("country",)
    inlines = (IdentifierInline,)
    fieldsets = (
        (None, {"fields": ("code", "name", "name_fr", "name_es", "name_ar", "acronym")}),
        (_("What it is"), {"fields": ("kind", "country")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        return super().get_queryset(request).annotate(contribution_count=Count("contributions", distinct=True))

    @admin.display(description=_("contributions"), ordering="contribution_count")
    def contribution_count(self, organization: Any) -> SafeString:
        address = reverse("admin:funding_contribution_changelist", query={"donor__id__exact": organization.pk})
        return format_html('<a href="{}">{}</a>', address, write_number(organization.contribution_count))
