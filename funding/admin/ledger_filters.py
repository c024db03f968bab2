"""Filters of the list of contributions: of one plan, of one donor, of which there are too many to list."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from funding.models import Organization
from plans.models import Plan

LONGEST_NUMBER = 18


class ChosenFilter(SimpleListFilter):
    """Rows of one object, which the address names: the filter only says which, and lets go of it."""

    model: ClassVar[type[Model]]
    column: ClassVar[str]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the one that is chosen: a filter with nothing to offer would be left out, and the list be whole."""
        given = request.GET.get(str(self.parameter_name), "")
        if not given:
            return []
        found = self.model._default_manager.filter(pk=int(given)).first() if is_number(given) else None
        return [(given, getattr(found, "code", None) or gettext("not there"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        if not value:
            return queryset
        return queryset.filter(**{self.column: int(value)}) if is_number(value) else queryset.none()

    def has_output(self) -> bool:
        return bool(self.lookup_choices)


def is_number(text: str) -> bool:
    """Return whether a text can be the number of a row: longer ones fit in no database."""
    return text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER


class ChosenPlanFilter(ChosenFilter):
    """The contributions to one plan."""

    title = _("plan")
    parameter_name = "plan__id__exact"
    model = Plan
    column = "plan"


class ChosenDonorFilter(ChosenFilter):
    """The contributions of one donor."""

    title = _("donor")
    parameter_name = "donor__id__exact"
    model = Organization
    column = "donor"
