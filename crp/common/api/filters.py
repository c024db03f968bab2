"""Filtering, ordering and searching of lists. What can't be used is an error that names it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend

from crp.common.api.cursors import Term, may_be_null
from crp.common.api.parameters import CURSOR, short, unusable, values_of
from crp.common.parameters import refuse_unknown

if TYPE_CHECKING:
    from rest_framework.request import Request
    from rest_framework.views import APIView

ALWAYS_KNOWN = ("format",)
LIST_PARAMETERS = ("limit", "offset", CURSOR, "count", "ordering", "search", "fields", "expand")
OF_SEVERAL_VALUES = ("ordering", "fields", "expand")


class StrictFilterBackend(DjangoFilterBackend):
    """Applies the view's filter set, and refuses parameters that the list does not have."""

    def get_filterset_kwargs(self, request: Request, queryset: QuerySet, view: Any) -> dict[str, Any]:
        return {**super().get_filterset_kwargs(request, queryset, view), "on": getattr(view, "on", None)}

    def filter_queryset(self, request: Request, queryset: QuerySet, view: APIView) -> QuerySet:
        filterset = self.get_filterset(request, queryset, view)
        filters = {} if filterset is None else filterset.filters
        own = getattr(view, "parameters", LIST_PARAMETERS)
        known = (*ALWAYS_KNOWN, *own, *getattr(view, "own_parameters", ()), *filters)
        problems = {
            **refuse_unknown(request.query_params, known),
            **unusable(request.query_params, getattr(view, "list_parameters", OF_SEVERAL_VALUES), filters),
        }
        if filterset is None:
            return _or_refuse(queryset, problems)
        if problems.keys() & filters.keys():  # what can't even be read is not asked of the database
            raise ValidationError(problems)
        problems = {**filterset.problems(known), **problems}
        return filterset.qs if not problems else _or_refuse(queryset, problems)


def _or_refuse(queryset: QuerySet, problems: dict[str, list[str]]) -> QuerySet:
    if problems:
        raise ValidationError(problems)
    return queryset


class StrictOrderingFilter(BaseFilterBackend):
    """``ordering=name,-other``; not reported comes last both ways, equals stand in the usual order, then by key."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        return queryset.order_by(*(term.ordered for term in terms_of(request, queryset, view)))

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        names = [name for column in view.ordering_columns for name in (column, f"-{column}")]
        return [
            {
                "name": "ordering",
                "in": "query",
                "required": False,
                "description": "Order by these columns, - before one turns it round. What is not reported comes last "
                f"either way; equals stand in the usual order: {','.join(view.default_ordering)}. On a walk by "
                f"cursor they stand by their key.",
                "schema": {
                    "type": "array",
                    "items": {"type": "string", "enum": names},
                    "minItems": 1,
                    "uniqueItems": True,
                },
                "explode": False,
                "style": "form",
            }
        ]


def terms_of(request: Request, queryset: QuerySet, view: Any) -> tuple[Term, ...]:
    """Return the order asked for, which ends in a key.

    By offset equals stand in the usual order. By cursor they stand by what names a row for good, and nothing else
    where no order is asked for: no change of a row moves it then, and an index finds where a page begins.
    Raises: ValidationError for a column that is not there or named twice.
    """
    columns: Mapping[str, str] = view.ordering_columns
    wanted = values_of(request, "ordering")
    for term in wanted:
        if term.removeprefix("-") not in columns:
            raise ValidationError(
                {"ordering": [f"“{short(term)}” is not one of: {', '.join(columns)} (or with - before it)."]}
            )
    names = [term.removeprefix("-") for term in wanted]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValidationError({"ordering": [f"“{twice}” is named twice."]})
    usual = view.key if CURSOR in request.query_params else (*view.default_ordering, "pk")
    rest = [term for term in usual if term.removeprefix("-") not in names]
    return tuple(_term(queryset, term, columns) for term in (*wanted, *rest))


def _term(queryset: QuerySet, term: str, columns: Mapping[str, str]) -> Term:
    name = term.removeprefix("-")
    column = columns.get(name, name)
    return Term(column, term.startswith("-"), may_be_null(queryset, column))


class PlainSearchFilter(BaseFilterBackend):
    """``search=`` finds each of its words in at least one of the columns searched."""

    def filter_queryset(self, request: Request, queryset: QuerySet, view: Any) -> QuerySet:
        text = request.query_params.get("search", "")
        return view.search_rows(queryset, text) if text.split() else queryset

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": "search",
                "in": "query",
                "required": False,
                "description": f"Words that must all be found in: {view.search_described}. {view.search_note}",
                "schema": {"type": "string", "minLength": 1, "maxLength": 200},
            }
        ]
