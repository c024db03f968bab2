"""The files in the shape of FTS, each under the name that it has on HDX."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from crp.common.api.conditional import ConditionalMixin
from crp.common.api.parameters import short
from crp.common.api.renderers import CSV_TYPE, ROWS_AT_ONCE, cell
from crp.common.api.views import StrictParametersMixin
from crp.exchange.fts_files.columns import hashtags_of
from crp.exchange.fts_files.files import EVERYWHERE, SHAPES, Shape, read_name
from crp.exchange.hapi.views import OneFormat
from funding.api.stamp import read_stamp
from plans.models import Country

HXL = "hxl"


class FtsFileView(ConditionalMixin, StrictParametersMixin):
    """One file, written while it is read."""

    schema = None
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = OneFormat
    read_stamp = staticmethod(read_stamp)

    @property
    def own_parameters(self) -> tuple[str, ...]:
        return (HXL,)

    def get(self, request: Request, name: str) -> HttpResponseBase:
        given = request.query_params.get(HXL, "0")
        if given not in {"0", "1"}:
            raise ValidationError(
                {HXL: [f"“{short(given)}” can't be used: expected 1, for a row of HXL hashtags, or 0."]}
            )
        found = read_name(name)
        if found is None:
            raise NotFound(f"There is no file “{short(name)}.csv”. What there is stands at {reverse('fts-files')}.")
        shape, place = found
        country = None if place == EVERYWHERE else Country.objects.filter(iso3=place.upper()).first()
        if country is None and place != EVERYWHERE:
            raise NotFound(f"No country has the code “{place}”: an ISO3 code in small letters was expected, or global.")
        return self.unless_known(request, lambda _stamp: _file(shape, name, country, with_hxl=given == "1"))


class FtsIndexView(ConditionalMixin, StrictParametersMixin):
    """The names of the files."""

    schema = None
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = OneFormat
    read_stamp = staticmethod(read_stamp)

    def get(self, request: Request) -> HttpResponseBase:
        def listed(_stamp: Any) -> Response:
            address = request.build_absolute_uri(reverse("fts-files"))
            return Response(
                {
                    "files": [
                        {"holds": shape.holds, "address": f"{address}{name}_{EVERYWHERE}.csv"}
                        for name, shape in SHAPES.items()
                    ],
                    "of_one_country": "Write its ISO3 code in small letters in place of global: "
                    f"{address}fts_requirements_funding_mli.csv.",
                    "with_hashtags": "Add ?hxl=1 for a row of HXL hashtags below the header.",
                }
            )

        return self.unless_known(request, listed)


def _file(shape: Shape, name: str, country: Country | None, *, with_hxl: bool) -> StreamingHttpResponse:
    header: list[Sequence[Any]] = [shape.columns]
    if with_hxl:
        header.append(hashtags_of(shape.columns))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingHttpResponse(_lines(header, shape.rows(country)), content_type=CSV_TYPE, headers=headers)


def _lines(header: list[Sequence[Any]], rows: Iterator[Sequence[Any]]) -> Iterator[str]:
    several = header
    while several:
        written = io.StringIO()
        csv.writer(written).writerows(several)
        yield written.getvalue()
        several = [[cell(value) for value in row] for row in islice(rows, ROWS_AT_ONCE)]
