"""Pages of a list: a limit or an offset that can't be used is an error, not another page."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request


class StrictLimitOffsetPagination(LimitOffsetPagination):
    """``limit`` (1 to 1000, 50 when not given) and ``offset`` (0 or more)."""

    default_limit = 50
    max_limit = 1000
    limit_query_description = "How many to return: 1 to 1000, 50 when not given. CSV returns all when not given."
    offset_query_description = "How many to leave out first: 0 or more."

    def get_limit(self, request: Request) -> int:
        return read_whole(request, "limit", self.default_limit, 1, self.max_limit)

    def get_offset(self, request: Request) -> int:
        return read_whole(request, "offset", 0, 0, 10**9)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        parameters = super().get_schema_operation_parameters(view)
        bounds = {"limit": {"minimum": 1, "maximum": self.max_limit, "default": self.default_limit}}
        for parameter in parameters:
            parameter["schema"] = {"type": "integer", **bounds.get(parameter["name"], {"minimum": 0, "default": 0})}
        return parameters


def read_whole(request: Request, name: str, default: int, low: int, high: int) -> int:
    """Return a whole number from the query.

    Raises: ValidationError naming the parameter and the numbers possible.
    """
    raw = request.query_params.get(name)
    if raw is None:
        return default
    if not (raw.isascii() and raw.isdecimal()) or not low <= int(raw) <= high:
        expected = f"{low} or more" if high >= 10**9 else f"from {low} to {high}"
        raise ValidationError({name: [f"“{raw}” can't be used: expected a whole number {expected}."]})
    return int(raw)
