"""The filters beside the list of plans."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Exists, Max, Min, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from plans.models import Plan, Revision


class YearFilter(SimpleListFilter):
    """Plans whose period covers a year."""

    title = _("year covered")
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        span = Plan.objects.aggregate(first=Min("start_year"), last=Max("end_year"))
        if span["first"] is None:
            return []
        return [(str(year), str(year)) for year in range(span["last"], span["first"] - 1, -1)]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet:
        year = self.value()
        return queryset.covering(int(year), int(year)) if year and year.isdecimal() else queryset


class StatusFilter(SimpleListFilter):
    """Plans by what is published of them and what is being worked on."""

    title = _("status")
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("published", _("Published")),
            ("unpublished", _("Never published")),
            ("draft", _("With an open draft")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "published":
                return queryset.filter(current__isnull=False)
            case "unpublished":
                return queryset.filter(current__isnull=True)
            case "draft":
                return queryset.filter(Exists(Revision.objects.open().filter(plan=OuterRef("pk"))))
            case _:
                return queryset


class ReportedFilter(SimpleListFilter):
    """Plans by whether they say what they received."""

    title = _("money received")
    parameter_name = "reported"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Reported")), ("no", _("Not reported"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        return queryset.filter(funding_reported=value == "yes") if value in {"yes", "no"} else queryset


class OpenFilter(SimpleListFilter):
    """Revisions that may still be edited, and the others."""

    title = _("work")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("yes", _("Open drafts")), ("no", _("Published once"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        match self.value():
            case "yes":
                return queryset.filter(status__in=Revision.OPEN)
            case "no":
                return queryset.exclude(status__in=Revision.OPEN)
            case _:
                return queryset
