"""Filtering, ordering and searching of lists. What can't be used is an error that names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import F, QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend, SearchFilter

from crp.common.parameters import refuse_unknown

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

ALWAYS_KNOWN = ("format",)
LIST_PARAMETERS = ("limit", "offset", "ordering", "search")


class StrictFilterBackend(DjangoFilterBackend):
    """Applies the view's filter set, and refuses parameters that the list does not have."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: APIView) -> QuerySet:
        filterset = self.get_filterset(request, queryset, view)
        known = (*ALWAYS_KNOWN, *getattr(view, "parameters", LIST_PARAMETERS))
        if filterset is None:
            problems = refuse_unknown(request.query_params, known)
        else:
            problems = filterset.problems(known)
        if problems:
            raise ValidationError(problems)
        return queryset if filterset is None else filterset.qs


class StrictOrderingFilter(BaseFilterBackend):
    """``ordering=name,-other``; unknown values come last both ways, and the key ends every order."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        columns: Mapping[str, str] = view.ordering_columns
        wanted = [term for term in request.query_params.get("ordering", "").split(",") if term]
        for term in wanted:
            if term.removeprefix("-") not in columns:
                raise ValidationError({"ordering": [f"“{term}” is not one of: {', '.join(columns)} (or with -)."]})
        terms = [
            F(columns[term[1:]]).desc(nulls_last=True)
            if term.startswith("-")
            else F(columns[term]).asc(nulls_last=True)
            for term in wanted or view.default_ordering
        ]
        return queryset.order_by(*terms, "pk")

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = [name for column in view.ordering_columns for name in (column, f"-{column}")]
        return [
            {
                "name": "ordering",
                "in": "query",
                "required": False,
                "description": "Order by these columns; - before one turns it round. Not reported comes last.",
                "schema": {"type": "array", "items": {"type": "string", "enum": names}},
                "explode": False,
                "style": "form",
            }
        ]


class PlainSearchFilter(SearchFilter):
    """``search=`` finds each of its words in at least one of the columns searched."""

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return super().get_schema_operation_parameters(view) if getattr(view, "search_fields", None) else []
