"""What is going away says so: in the headers of an answer, and in the description."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

import pytest
from django.test import override_settings
from django.urls import path
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory

from crp.common.api.conditional import ConditionalMixin
from crp.common.api.views import StrictParametersMixin
from crp.common.versions import Deprecated, Kind

pytestmark = pytest.mark.once

OLD_COLUMN = Deprecated(name="kind", kind=Kind.COLUMN, since=date(2027, 3, 1), instead="Read plan_kind.")
YEAR = Deprecated(
    name="year",
    kind=Kind.PARAMETER,
    since=date(2027, 1, 1),
    sunset=date(2028, 7, 1),
    instead="Ask with year_min and year_max.",
)
WHOLE = Deprecated(name="get", kind=Kind.OPERATION, since=date(2026, 12, 1), instead="Ask /api/v2/old/.")


class OldSerializer(serializers.Serializer):
    """A pretended answer."""

    kind = serializers.CharField(help_text="Of the plan.")
    plan_kind = serializers.CharField(help_text="Of the plan.")
    deprecated_columns: ClassVar = {"kind": OLD_COLUMN}


class NewSerializer(serializers.Serializer):
    """A pretended answer without anything old."""

    code = serializers.CharField(help_text="Of the plan.")


class OldView(ConditionalMixin, StrictParametersMixin):
    """A pretended view with a parameter and a column that are going away."""

    read_stamp = staticmethod(lambda: 1)
    own_parameters = ("year",)  # type: ignore[assignment]
    serializer_class: Any = NewSerializer
    deprecations: ClassVar = (YEAR,)

    @extend_schema(operation_id="old", parameters=[OpenApiParameter("year", int, description="Of the plan.")])
    def get(self, request: Request) -> Response:
        return Response({"next": None, "previous": None, "count": 0, "results": []})


class GoingView(OldView):
    """A pretended view that is going away whole."""

    serializer_class = OldSerializer
    deprecations: ClassVar = (WHOLE, YEAR)

    @extend_schema(operation_id="going", parameters=[OpenApiParameter("year", int, description="Of the plan.")])
    def get(self, request: Request) -> Response:
        return super().get(request)


urlpatterns = [
    path("api/v1/old/", OldView.as_view()),
    path("api/v1/going/", GoingView.as_view()),
    path("api/v1/docs/", OldView.as_view(), name="docs"),
]


def headers_of(view: Any, address: str, **headers: str) -> Any:
    request = APIRequestFactory().get(address, headers=headers)
    response = view.as_view()(request)
    assert response.status_code in {200, 304}
    return response.headers


DOCS = '</api/v1/docs/>; rel="deprecation"; type="text/html"'


def test_an_old_parameter_is_told_to_who_uses_it() -> None:
    headers = headers_of(OldView, "/old/?year=2025")
    assert headers["Deprecation"] == "@1798761600"  # 1 January 2027, 00:00 UTC
    assert headers["Sunset"] == "Sat, 01 Jul 2028 00:00:00 GMT"
    assert headers["Link"].endswith(DOCS)
    assert headers["Link"].startswith('<http://testserver/old/?year=2025>; rel="first"')
    silent = headers_of(OldView, "/old/")
    assert not {"Deprecation", "Sunset"} & set(silent)
    assert "deprecation" not in silent["Link"]


def test_it_is_told_with_304_too() -> None:
    etag = headers_of(OldView, "/old/?year=2025")["ETag"]
    again = headers_of(OldView, "/old/?year=2025", **{"if-none-match": etag})
    assert again["Deprecation"] == "@1798761600"
    assert again["Sunset"] == "Sat, 01 Jul 2028 00:00:00 GMT"


def test_an_old_operation_is_told_to_everybody() -> None:
    headers = headers_of(GoingView, "/going/")
    assert headers["Deprecation"] == "@1796083200"  # 1 December 2026, 00:00 UTC
    assert "Sunset" not in headers
    assert DOCS in headers["Link"]
    # What goes first decides.
    assert headers_of(GoingView, "/going/?year=1")["Sunset"] == "Sat, 01 Jul 2028 00:00:00 GMT"


def test_an_old_column_makes_no_address_old(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OldView, "serializer_class", OldSerializer)
    headers = headers_of(OldView, "/old/")
    assert "Deprecation" not in headers
    assert DOCS in headers["Link"]


def test_nothing_is_given_less_than_a_year() -> None:
    with pytest.raises(ValueError, match="less than a year"):
        Deprecated(name="x", kind=Kind.COLUMN, since=date(2027, 1, 1), sunset=date(2027, 12, 31), instead="Nothing.")


@override_settings(ROOT_URLCONF=__name__)
def test_the_description_marks_it() -> None:
    schema = SchemaGenerator(patterns=urlpatterns).get_schema(request=None, public=True)
    old, going = (schema["paths"][f"/api/v1/{name}/"]["get"] for name in ("old", "going"))
    assert "deprecated" not in old
    assert going["deprecated"]
    assert going["description"].endswith("Deprecated since 2026-12-01. Ask /api/v2/old/.")
    year = next(item for item in old["parameters"] if item["name"] == "year")
    assert year["deprecated"]
    assert year["description"] == (
        "Of the plan. Deprecated since 2027-01-01, and gone on 2028-07-01. Ask with year_min and year_max."
    )
    columns = schema["components"]["schemas"]["Old"]["properties"]
    assert columns["kind"]["deprecated"]
    assert columns["kind"]["description"] == "Of the plan. Deprecated since 2027-03-01. Read plan_kind."
    assert columns["plan_kind"] == {"type": "string", "description": "Of the plan."}


def test_nothing_real_is_past_its_day() -> None:
    """What is named as gone must be gone, or its day put off in public."""
    for view in ConditionalMixin.__subclasses__():
        for item in view.deprecations:
            assert item.sunset is None or view.__module__ == __name__ or item.sunset > date.today()  # noqa: DTZ011


def test_the_page_that_the_link_leads_to_is_there(db: None) -> None:
    assert APIClient().get("/api/v1/docs/").status_code == 200
