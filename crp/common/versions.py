"""What of the API is going away: said in the description, and in the headers of every answer that it touches.

Version 1 never loses anything (tests/project/test_compatibility.py). What version 2 will not have is declared on the
view or the serializer that has it::

    class PlanViewSet(DeprecationMixin, ...):
        deprecations = (
            Deprecated("year", kind=Kind.PARAMETER, since=date(2027, 1, 1), instead="Ask with year_min and year_max."),
        )

    class PlanSerializer(serializers.Serializer):
        deprecated_columns = {"kind": Deprecated("kind", kind=Kind.COLUMN, ...)}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from http import HTTPStatus
from typing import Any, ClassVar

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import http_date
from drf_spectacular.openapi import AutoSchema
from rest_framework.request import Request
from rest_framework.views import APIView

NOTICE = timedelta(days=365)
"""How long something is deprecated at least before it goes: a nightly job has somebody who looks once a year."""


class Kind(Enum):
    """What is deprecated."""

    OPERATION = "operation"
    PARAMETER = "parameter"
    COLUMN = "column"


@dataclass(frozen=True, kw_only=True)
class Deprecated:
    """Something that a later version will not have. ``name``: of the action, the parameter or the column.

    Raises: ValueError for a sunset within a year of the day since when it is deprecated.
    """

    name: str
    kind: Kind
    since: date
    sunset: date | None = None
    """The first day without it. None: not decided."""
    instead: str
    """A sentence: what to use in its place."""
    actions: tuple[str, ...] = ()
    """Of a parameter, the actions that have it; empty for all of the view."""

    def __post_init__(self) -> None:
        if self.sunset is not None and self.sunset < self.since + NOTICE:
            raise ValueError(f"{self.name}: {self.sunset} is less than a year after {self.since}.")

    @property
    def sentence(self) -> str:
        """What the description says of it."""
        end = "" if self.sunset is None else f", and gone on {self.sunset.isoformat()}"
        return f"Deprecated since {self.since.isoformat()}{end}. {self.instead}"

    @property
    def headers(self) -> dict[str, str]:
        """The headers of RFC 9745 and RFC 8594."""
        headers = {"Deprecation": f"@{int(_midnight(self.since).timestamp())}"}
        if self.sunset is not None:
            headers["Sunset"] = http_date(_midnight(self.sunset).timestamp())
        return headers


class DeprecationMixin(APIView):
    """Says of an answer that its address, or a parameter that was used, is going away."""

    deprecations: ClassVar[tuple[Deprecated, ...]] = ()

    def deprecated_here(self, names: Mapping[str, Any]) -> list[Deprecated]:
        """Return what is deprecated of the operation, and of the parameters among ``names``."""
        action = getattr(self, "action", None) or "get"
        return [
            item
            for item in self.deprecations
            if (item.kind is Kind.OPERATION and item.name == action)
            or (item.kind is Kind.PARAMETER and item.name in names and (not item.actions or action in item.actions))
        ]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        columns = deprecated_columns(getattr(self, "serializer_class", None))
        # Parameters that could not be read are refused, and none of them was used.
        given = {} if response.status_code == HTTPStatus.BAD_REQUEST else getattr(request, "query_params", {})
        if found := self.deprecated_here(given):
            # The first to go decides: a header has room for one.
            first = min(found, key=lambda item: (item.sunset or date.max, item.since))
            for name, value in first.headers.items():
                response.headers[name] = value
        if found or columns:
            add_link(response, reverse("api:docs"), "deprecation", "text/html")
        return response


def deprecated_columns(serializer: Any) -> Mapping[str, Deprecated]:
    """Return the columns of a serializer that are going away."""
    return getattr(serializer, "deprecated_columns", {})


def add_link(response: HttpResponseBase, address: str, relation: str, media_type: str) -> None:
    """Add a link to what the header has."""
    link = f'<{address}>; rel="{relation}"; type="{media_type}"'
    before = response.headers.get("Link")
    response.headers["Link"] = f"{before}, {link}" if before else link


class DeprecationSchema(AutoSchema):
    """Marks in the description what is going away, with the sentence that says since when and what to use instead."""

    view: Any

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None or not isinstance(self.view, DeprecationMixin):
            return operation
        parameters = {item["name"]: item for item in operation.get("parameters", [])}
        for item in self.view.deprecated_here(parameters):
            _mark(operation if item.kind is Kind.OPERATION else parameters[item.name], item)
        return operation

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        schema = super()._map_basic_serializer(serializer, direction)
        for name, item in deprecated_columns(serializer).items():
            _mark(schema["properties"][name], item)
        return schema


def _mark(node: dict[str, Any], item: Deprecated) -> None:
    node["deprecated"] = True
    node["description"] = f"{node.get('description', '')} {item.sentence}".strip()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
