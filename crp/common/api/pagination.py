"""Pages of a list: a limit or an offset that can't be used is an error, not another page."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

from crp.common.api.parameters import short

FURTHEST = 10**9


class StrictLimitOffsetPagination(LimitOffsetPagination):
    """``limit`` (1 to 1000, 50 when not given) and ``offset`` (0 or more)."""

    default_limit = 50
    max_limit = 1000
    limit_query_description = (
        "How many to return: 1 to 1000, and 50 when not given. CSV, NDJSON and XLSX give all, unless limit or offset "
        "is given."
    )
    offset_query_description = "How many to leave out first: 0 or more. Past the end the list is empty."

    def get_limit(self, request: Request) -> int:
        return read_whole(request, "limit", self.default_limit, 1, self.max_limit)

    def get_offset(self, request: Request) -> int:
        return read_whole(request, "offset", 0, 0, FURTHEST)

    def read(self, request: Request) -> tuple[int, int]:
        """Return limit and offset of a page whose rows somebody else fetches."""
        self.request = request
        self.limit, self.offset = self.get_limit(request), self.get_offset(request)
        return self.limit, self.offset

    def envelope(self, results: Any, count: int) -> dict[str, Any]:
        """Return the page that :meth:`read` was asked for."""
        self.count = count
        return {
            "count": count,
            "next": self.get_next_link(),
            "previous": self.get_previous_link(),
            "results": results,
        }

    def get_previous_link(self) -> str | None:
        """Return the page before; from past the end, the last page that there is."""
        link = super().get_previous_link()
        count, limit = self.count or 0, self.limit or self.default_limit
        if link and (self.offset or 0) > count:
            last = max(count - 1, 0) // limit * limit
            link = replace_query_param(link, self.offset_query_param, last)
        return link

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        bounds = {
            "limit": {"minimum": 1, "maximum": self.max_limit, "default": self.default_limit},
            "offset": {"minimum": 0, "maximum": FURTHEST, "default": 0},
        }
        return [
            {**parameter, "schema": {"type": "integer", **bounds[parameter["name"]]}}
            for parameter in super().get_schema_operation_parameters(view)
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "description": "How many there are in all, on every page.", "minimum": 0},
                "next": {**page, "description": "Address of the next page. null: this is the last."},
                "previous": {**page, "description": "Address of the page before. null: this is the first."},
                "results": {**schema, "description": "The entries of this page."},
            },
        }


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


def page_of(*entries: Any) -> dict[str, Any]:
    """Return a list with these entries alone, as an example for the schema."""
    return {"count": len(entries), "next": None, "previous": None, "results": list(entries)}
