"""The front door of the API, and what it says where there is no door."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from crp.common.api.conditional import ConditionalMixin, code_fingerprint
from crp.common.api.exceptions import no_such_address
from crp.common.api.views import StrictParametersMixin
from crp.common.kept_pages import fingerprint


class RootSerializer(serializers.Serializer):
    """Where everything is."""

    name = serializers.CharField(help_text="Of the API.")
    version = serializers.CharField(
        help_text="Of the API. What is added keeps it; what is renamed or retyped raises it."
    )
    documentation = serializers.URLField(help_text="For people.")
    schema = serializers.URLField(help_text="For machines: OpenAPI 3.1.")
    entry_points = serializers.DictField(
        child=serializers.URLField(), help_text="Name and address of each list, and of the rollups."
    )


class RootView(ConditionalMixin, StrictParametersMixin):
    """Where everything is."""

    read_stamp = staticmethod(code_fingerprint)
    lists: tuple[str, ...] = ()
    """Names of the routes of all lists."""

    @extend_schema(
        operation_id="root",
        summary="Find the entry points",
        description="The address of each list, of the rollups, of this documentation and of its schema.",
        responses=RootSerializer,
    )
    def get(self, request: Request) -> Response:
        names = [(name, f"api:{name}-list") for name in self.lists]
        return Response(
            {
                "name": "CRP API",
                "version": "1",
                "documentation": reverse("api:docs", request=request),
                "schema": reverse("api:schema", request=request),
                "entry_points": {
                    name: reverse(route, request=request) for name, route in (*names, ("rollups", "api:rollups"))
                },
            }
        )


class SchemaView(ConditionalMixin, StrictParametersMixin, SpectacularAPIView):
    """The description of the API, as YAML or (``format=json``) as JSON."""

    read_stamp = staticmethod(code_fingerprint)


class DocsView(ConditionalMixin, SpectacularSwaggerSplitView):
    """The description of the API for people. Nothing in it is inline, so the site's content policy holds here too."""

    read_stamp = staticmethod(fingerprint)
    template_name = "api/docs.html"


class NoSuchAddressView(APIView):
    """Answers every other address below the API, whatever the method."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(no_such_address(request.path))

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        raise NotImplementedError  # initial() has answered
