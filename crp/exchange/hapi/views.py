"""The addresses of HAPI: lists under ``data``, errors in the shape of FastAPI, no count and no link to a next page."""

from __future__ import annotations

import csv
import io
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any, ClassVar

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crp.common.api.conditional import ConditionalMixin
from crp.common.api.exceptions import explain
from crp.common.api.fair_use import FairUseSchema
from crp.common.api.parameters import short
from crp.common.api.renderers import CSV_TYPE, ROWS_AT_ONCE, text_cell, to_json
from crp.common.as_of import today
from crp.exchange.hapi import funding, presence
from crp.exchange.hapi.described import FUNDING, IDENTIFIER, PRESENCE, VERSION
from crp.exchange.hapi.parameters import HapiRefused, Parameter, read_parameters, text
from funding.api.stamp import read_stamp

Row = Mapping[str, Any]
EMAIL = re.compile(r"[^@\s:]+@[^@\s:]+\.[^@\s:]+")
API_VERSION = "2"


def stamp_of_the_day() -> tuple[Any, date]:
    """Return what changes with the data and with the day, by which a plan covers this year or not. Queries: 1."""
    return read_stamp(), today()


class OneFormat(BaseContentNegotiation):
    """The parameter ``output_format`` says what an answer is written in; HAPI does not look at the header Accept."""

    def select_renderer(self, request: Request, renderers: Iterable[Any], format_suffix: str | None = None) -> Any:
        first = next(iter(renderers))
        return first, first.media_type

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        return next(iter(parsers))


def described(**words: Any) -> Callable[[Any], Any]:
    """Return a decorator that gives a method its words in the schema, without those that all of our own API shares."""

    def decorate(method: Any) -> Any:
        method.schema = FairUseSchema
        return extend_schema(**words)(method)

    return decorate


class HapiView(APIView):
    """What all addresses of HAPI share."""

    schema = FairUseSchema()
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = OneFormat
    tag: ClassVar[str] = "hapi"

    def get_exception_handler(self) -> Callable[[Exception, Any], Response | None]:
        return _explain


def _explain(error: Exception, context: Any) -> Response | None:
    if isinstance(error, HapiRefused):
        return Response({"detail": error.problems}, status=error.status_code)
    return explain(error, context)


class NoSuchHapiView(HapiView):
    """Answers every other address of version 2, in JSON: most of HAPI is not spoken here."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound(
            f"There is nothing at {short(request.path)}. Of HDX HAPI there are coordination-context/funding and "
            "coordination-context/operational-presence; CRP's own addresses are below /api/v1/."
        )

    def get(self, request: Request) -> Response:
        raise NotImplementedError  # initial() has answered


class HapiList(ConditionalMixin, HapiView):
    """A list of HAPI, as JSON or as CSV."""

    read_stamp: ClassVar[Any] = staticmethod(stamp_of_the_day)
    name: ClassVar[str]
    columns: ClassVar[Sequence[str]]
    parameters: ClassVar[Mapping[str, Parameter]]
    rows: ClassVar[Any]
    """A static method that yields the rows, given the values of the parameters and the day."""

    def answer(self, request: Request) -> HttpResponseBase:
        """Return the rows that a request asks for, or 304 where the client has them."""
        values = read_parameters(request.query_params, self.parameters)
        rows = type(self).rows
        if values["output_format"] == "csv":
            return self.unless_known(request, lambda _stamp: _as_csv(self.name, self.columns, rows(values, today())))
        return self.unless_known(
            request,
            lambda _stamp: HttpResponse(
                to_json({"data": [_as_json(row) for row in rows(values, today())]}), content_type="application/json"
            ),
        )


class FundingView(HapiList):
    """What plans ask for and have received, by country."""

    name = "funding"
    columns = funding.COLUMNS
    parameters = funding.PARAMETERS
    rows = staticmethod(funding.funding_rows)

    @described(**FUNDING)
    def get(self, request: Request) -> HttpResponseBase:
        return self.answer(request)


class PresenceView(HapiList):
    """In which sectors IOM asks for money, by country."""

    name = "operational_presence"
    columns = presence.COLUMNS
    parameters = presence.PARAMETERS
    rows = staticmethod(presence.presence_rows)

    @described(**PRESENCE)
    def get(self, request: Request) -> HttpResponseBase:
        return self.answer(request)


class EncodeIdentifierView(HapiView):
    """Makes the parameter ``app_identifier``, which clients of HAPI send."""

    parameters: ClassVar[Mapping[str, Parameter]] = {"application": Parameter(text(512)), "email": Parameter(text(512))}

    @described(**IDENTIFIER)
    def get(self, request: Request) -> Response:
        values = read_parameters(request.query_params, self.parameters)
        problems = [
            {"type": "missing", "loc": ["query", name], "msg": "Field required", "input": None}
            for name, value in values.items()
            if value is None
        ]
        if values["application"] is not None and len(values["application"]) < 4:
            problems.append(
                _problem("application", values, "string_too_short", "String should have at least 4 characters")
            )
        if values["email"] is not None and not EMAIL.fullmatch(values["email"]):
            problems.append(_problem("email", values, "value_error", "value is not a valid email address"))
        if problems:
            raise HapiRefused(problems)
        text = f"{values['application']}:{values['email']}"
        return Response({"encoded_app_identifier": b64encode(text.encode(errors="replace")).decode()})


def _problem(name: str, values: Mapping[str, Any], kind: str, message: str) -> dict[str, Any]:
    return {"type": kind, "loc": ["query", name], "msg": message, "input": values[name][:60]}


class VersionView(HapiView):
    """Says which version of HAPI is spoken here."""

    @described(**VERSION)
    def get(self, request: Request) -> Response:
        read_parameters(request.query_params, {})
        return Response({"api_version": API_VERSION, "hapi_sqlalchemy_schema_version": "none"})


def _as_json(row: Row) -> dict[str, Any]:
    """Return a row with its times as HAPI writes them: without a time zone."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def _as_csv(name: str, columns: Sequence[str], rows: Iterator[Row]) -> StreamingHttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="hapi_{name}.csv"'}
    return StreamingHttpResponse(_lines(columns, rows), content_type=CSV_TYPE, headers=headers)


def _lines(columns: Sequence[str], rows: Iterator[Row]) -> Iterator[str]:
    several: list[Sequence[Any]] = [columns]
    while several:
        written = io.StringIO()
        csv.writer(written).writerows(several)
        yield written.getvalue()
        several = [[_cell(row[column]) for column in columns] for row in islice(rows, ROWS_AT_ONCE)]


def _cell(value: Any) -> Any:
    """Return a value as HAPI writes it in CSV: times with a space, True, empty where it is not known."""
    if isinstance(value, str):
        return text_cell(value)
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value
