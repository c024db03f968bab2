"""What all read-only endpoints share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.http import StreamingHttpResponse
from rest_framework import mixins, viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crp.common.api.filters import ALWAYS_KNOWN
from crp.common.api.renderers import CSVRenderer, stream_csv
from crp.common.parameters import refuse_unknown

CSV_CHUNK = 500


class StrictParametersMixin(APIView):
    """Refuses parameters that an endpoint does not have, and answers errors in JSON whatever format was asked for."""

    parameters_of_action: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        action = getattr(self, "action", None)
        if action != "list":  # a list's own backend knows its filters
            known = (*ALWAYS_KNOWN, *self.parameters_of_action.get(action or "", ()))
            unknown = refuse_unknown(request.query_params, known)
            if unknown:
                raise ValidationError(unknown)

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if getattr(self.request, "accepted_renderer", None) is not None:
            self.request.accepted_renderer = JSONRenderer()
            self.request.accepted_media_type = JSONRenderer.media_type
        return response


class ListViewSet(StrictParametersMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    """A list in pages of JSON, or whole as streamed CSV with the same filters and columns."""

    ordering_columns: ClassVar[Mapping[str, str]]
    """Public name and column of everything the list can be ordered by."""
    default_ordering: ClassVar[tuple[str, ...]]
    search_fields: ClassVar[tuple[str, ...]] = ()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response | StreamingHttpResponse:
        if not isinstance(request.accepted_renderer, CSVRenderer):
            return super().list(request, *args, **kwargs)
        rows = self.filter_queryset(self.get_queryset())
        if "limit" in request.query_params or "offset" in request.query_params:
            rows = self.paginate_queryset(rows)
        return stream_csv(list(self.get_serializer().fields), self._rows(rows), self.basename)

    def _rows(self, rows: Any) -> Iterator[dict[str, Any]]:
        serializer = self.get_serializer()
        for row in rows if isinstance(rows, list) else rows.iterator(chunk_size=CSV_CHUNK):
            yield serializer.to_representation(row)


class ReadOnlyViewSet(mixins.RetrieveModelMixin, ListViewSet):
    """A list, and each of its entries by its public code."""

    def get_object(self) -> Any:
        value = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        rows = self.get_queryset()
        try:
            return rows.get(**{self.lookup_field: value})
        except ObjectDoesNotExist:
            name = rows.model._meta.verbose_name
            raise NotFound(f"No {name} has the code “{value}”.") from None
