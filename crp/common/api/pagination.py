"""Pages of a list: by limit and offset for people, by cursor for machines. What can't be used is an error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from crp.common.api import cursors
from crp.common.api.cursors import FIRST
from crp.common.api.filters import terms_of
from crp.common.api.parameters import CURSOR, LONGEST_OF, short, values_of

FURTHEST = 10**9
COUNT = "count"
PAGE_PARAMETERS = ("limit", "offset", CURSOR, COUNT)
# What says which part of a list is wanted, in which form: a cursor goes on whichever of them change.
NOT_OF_THE_ROWS = (*PAGE_PARAMETERS, "ordering", "format", "fields", "expand", "hxl", "bom")


class StrictLimitOffsetPagination(LimitOffsetPagination):
    """``limit`` (1 to 1000, 50 when not given) with ``offset`` (0 or more) or ``cursor``; ``count=false``."""

    default_limit = 50
    max_limit = 1000
    limit_query_description = (
        "How many to return: 1 to 1000, and 50 when not given. CSV, NDJSON and XLSX give all, unless limit, offset or "
        "cursor is given."
    )
    offset_query_description = (
        "How many to leave out first: 0 or more. Past the end the list is empty. Rows that come or go meanwhile move "
        "what follows: to pull a list whole, walk by cursor."
    )
    request: Any
    count: int | None = None
    """How many rows there are. None: not counted."""
    cursor: str | None = None
    """What the address has. None: pages are counted by offset."""
    further: bool | None = None
    """Whether there is more. None: the count says so."""
    position: str = ""
    """The cursor of the next page."""

    def get_limit(self, request: Request) -> int:
        return read_whole(request, "limit", self.default_limit, 1, self.max_limit)

    def get_offset(self, request: Request) -> int:
        return read_whole(request, "offset", 0, 0, FURTHEST)

    def read(self, request: Request) -> tuple[int, int]:
        """Return limit and offset of a page whose rows somebody else fetches."""
        self.request = request
        self.limit, self.offset = self.get_limit(request), self.get_offset(request)
        self.cursor = request.query_params.get(CURSOR)
        self.counts = read_flag(request, COUNT, default=self.cursor is None)
        if self.cursor is not None:
            if self.offset:  # 0 is what generated clients send where nothing was said
                raise ValidationError({"offset": ["A cursor says where the page begins: leave offset out."]})
            if self.counts:
                raise ValidationError(
                    {
                        COUNT: [
                            "Rows are not counted on a walk by cursor: leave count out, or ask once without a cursor."
                        ]
                    }
                )
        return self.limit, self.offset

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the rows of the page. Queries: 2; 1 with a cursor, with count=false, and past the end."""
        limit, offset = self.read(request)
        if self.cursor is not None:
            terms = terms_of(request, queryset, view)
            rows = self.cut(list(self.from_cursor(queryset, view)[: limit + 1]))
            self.end([getattr(rows[-1], name) for name in cursors.columns_of(terms)] if rows else [])
            return rows
        self.count = self.get_count(queryset) if self.counts else None
        if self.count is None:
            return self.cut(list(queryset[offset : offset + limit + 1]))
        return list(queryset[offset : offset + limit]) if offset < self.count else []

    def page_of_entries(self, entries: Sequence[Any], request: Request, number: Callable[[Any], int]) -> list[Any]:
        """Return the page of entries that are here already, in the order of their numbers, the largest first."""
        limit, offset = self.read(request)
        if self.cursor is None:
            self.count = len(entries) if self.counts else None
            return self.cut(list(entries[offset : offset + limit + 1]))
        last = None if self.cursor == FIRST else cursors.read(self.cursor, self._of())[0]
        page = self.cut([entry for entry in entries if last is None or number(entry) < last])
        self.end([number(page[-1])] if page else [])
        return page

    def from_cursor(self, queryset: QuerySet, view: Any) -> QuerySet:
        """Return the rows from where the page begins, with their places; :meth:`read` has looked at the address."""
        terms = terms_of(self.request, queryset, view)
        rows = cursors.with_position(queryset, terms)
        if self.cursor == FIRST:
            return rows
        return cursors.after(rows, terms, cursors.read(self.cursor or "", self._of()))

    def cut(self, rows: list[Any]) -> list[Any]:
        """Return the rows of the page; one more has been asked for, to see whether there is one."""
        self.further = len(rows) > (self.limit or self.default_limit)
        return rows[: self.limit]

    def end(self, values: Sequence[Any]) -> None:
        """Keep the place of the last row of the page for the address of the next."""
        self.position = cursors.write(values, self._of()) if self.further else ""

    def _of(self) -> str:
        """Return what a cursor belongs to: the list, its order and its filters."""
        given = self.request.query_params
        rows = sorted((name, given.getlist(name)) for name in given if name not in NOT_OF_THE_ROWS)
        return cursors.fingerprint(self.request.path, values_of(self.request, "ordering"), rows)

    def envelope(self, results: Any, count: int | None) -> dict[str, Any]:
        """Return the page that :meth:`read` was asked for. A count of None: it was not asked for."""
        self.count = count
        return {
            "count": count,
            "next": self.get_next_link(),
            "previous": self.get_previous_link(),
            "results": results,
        }

    def get_next_link(self) -> str | None:
        """Return the next page, to be followed as it is."""
        address = self.request.build_absolute_uri()
        if self.cursor is not None:
            return replace_query_param(address, CURSOR, self.position) if self.further else None
        if self.count is not None:
            return super().get_next_link()
        if not self.further:
            return None
        address = replace_query_param(address, self.limit_query_param, self.limit)
        return replace_query_param(
            address, self.offset_query_param, (self.offset or 0) + (self.limit or self.default_limit)
        )

    def get_previous_link(self) -> str | None:
        """Return the page before; from past the end, the last page that there is. A walk by cursor has none."""
        if self.cursor is not None:
            return None
        link = super().get_previous_link()
        if link and self.count is not None and (self.offset or 0) > self.count:
            limit = self.limit or self.default_limit
            link = replace_query_param(link, self.offset_query_param, max(self.count - 1, 0) // limit * limit)
        return link

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        bounds = {
            "limit": {"minimum": 1, "maximum": self.max_limit, "default": self.default_limit},
            "offset": {"minimum": 0, "maximum": FURTHEST, "default": 0},
        }
        counted = [
            {**parameter, "schema": {"type": "integer", **bounds[parameter["name"]]}}
            for parameter in super().get_schema_operation_parameters(view)
        ]
        return [*counted, *PARAMETERS]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {
                    "type": ["integer", "null"],
                    "description": "How many there are in all, on every page. null: not counted, with count=false and "
                    "on a walk by cursor.",
                    "minimum": 0,
                },
                "next": {**page, "description": "Address of the next page, to be followed as it is. null: the last."},
                "previous": {
                    **page,
                    "description": "Address of the page before. null: the first, or a walk by cursor, which goes "
                    "forward only.",
                },
                "results": {**schema, "description": "The entries of this page."},
            },
        }


PARAMETERS: list[dict[str, Any]] = [
    {
        "name": CURSOR,
        "in": "query",
        "required": False,
        "description": f"Walk through the list whole: {CURSOR}={FIRST} gives the first page, and its next leads to the "
        "following one, until next is null. Every page costs the same, and rows that come or go meanwhile move "
        "nothing. The rows come by their key unless ordering says otherwise; the cursor is of this ordering and these "
        "filters only. Not together with an offset above 0; nothing is counted. In CSV, NDJSON and XLSX the next page "
        "is in the header Link.",
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_OF[CURSOR]},
        "examples": {"first": {"summary": "The first page", "value": FIRST}},
    },
    {
        "name": COUNT,
        "in": "query",
        "required": False,
        "description": "Whether to count all rows; they are when it is not given. false: count is null, which spares "
        "the work. A walk by cursor never counts.",
        "schema": {"type": "boolean"},  # without a default, which generated clients would send with a cursor too
    },
]


def read_whole(request: Request, name: str, default: int, low: int, high: int) -> int:
    """Return a whole number from the query.

    Raises: ValidationError naming the parameter and the numbers possible.
    """
    raw = request.query_params.get(name)
    if raw is None:
        return default
    # Its length first: Python refuses to read a number of some thousand digits.
    if not (raw.isascii() and raw.isdecimal() and len(raw) <= 10) or not low <= int(raw) <= high:
        expected = f"from {low} to {high}"
        raise ValidationError({name: [f"“{short(raw)}” can't be used: expected a whole number {expected}."]})
    return int(raw)


def read_flag(request: Request, name: str, *, default: bool) -> bool:
    """Return true or false from the query. Raises: ValidationError naming the parameter."""
    raw = request.query_params.get(name)
    if raw is None:
        return default
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if raw.strip().lower() not in known:
        raise ValidationError({name: [f"“{short(raw)}” can't be used: expected true or false."]})
    return known[raw.strip().lower()]


def page_of(*entries: Any) -> dict[str, Any]:
    """Return a list with these entries alone, as an example for the schema."""
    return {"count": len(entries), "next": None, "previous": None, "results": list(entries)}
