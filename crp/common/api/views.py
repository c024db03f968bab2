"""What all read-only endpoints share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django_filters import DateFilter
from rest_framework import mixins, viewsets
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crp.common.api.filters import ALWAYS_KNOWN
from crp.common.api.parameters import LONGEST_VALUE, NULL, short, unusable
from crp.common.api.renderers import (
    CSVRenderer,
    NDJSONRenderer,
    StreamRenderer,
    XLSXRenderer,
    stream_csv,
    stream_ndjson,
    workbook_of,
)
from crp.common.as_of import AS_OF, past, read_as_of, today
from crp.common.pages import BadParameterError, problem_of
from crp.common.parameters import refuse_unknown
from crp.common.text import fold

CSV_CHUNK = 500


class StrictParametersMixin(APIView):
    """Refuses parameters that an endpoint does not have, and answers errors in JSON whatever format was asked for."""

    parameters_of_action: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Parameters of actions other than a list; a list's own backend knows its filters."""
    csv_actions: ClassVar[tuple[str, ...]] = ()
    """Actions that answer in CSV too."""
    ndjson_actions: ClassVar[tuple[str, ...]] = ()
    """Actions that answer in NDJSON too."""
    xlsx_actions: ClassVar[tuple[str, ...]] = ()
    """Actions that answer with a workbook too."""
    as_of_actions: ClassVar[tuple[str, ...]] = ()
    """Actions that can be asked for a past day."""
    day: date | None = None
    """The day that the address names, be it today."""
    on: date | None = None
    """The past day that is asked for. None: what holds now is."""

    # What the schema says of it.
    tag: ClassVar[str] = "about"
    examples: ClassVar[Mapping[str, Any]] = {}
    """For each action an answer with real figures."""

    def get_renderers(self) -> list[Any]:
        renderers = super().get_renderers()
        request = getattr(self, "request", None)  # the schema asks without one
        is_read = request is None or request.method in {"GET", "HEAD"}
        action = getattr(self, "action", None) if is_read else None
        has: dict[type[Any], bool] = {
            CSVRenderer: action in self.csv_actions,
            NDJSONRenderer: action in self.ndjson_actions,
            XLSXRenderer: action in self.xlsx_actions,
        }
        return [renderer for renderer in renderers if has.get(type(renderer), True)]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in {"GET", "HEAD"}:
            return
        action = getattr(self, "action", None)
        problems = self._read_day(request) if self.takes_as_of else {}
        if action != "list":
            known = (*ALWAYS_KNOWN, *self.own_parameters, *self.parameters_of_action.get(action or "", ()))
            given = request.query_params
            problems = {**refuse_unknown(given, known), **unusable(given, (), {}), **problems}
        if problems:
            raise ValidationError(problems)

    @property
    def takes_as_of(self) -> bool:
        """Whether a past day can be asked for."""
        return getattr(self, "action", None) in self.as_of_actions

    @property
    def own_parameters(self) -> tuple[str, ...]:
        """Parameters that are no filter and that no backend reads."""
        return (AS_OF,) if self.takes_as_of else ()

    def _read_day(self, request: Request) -> dict[str, list[str]]:
        """Read the day, and return what is wrong with it under the name of the parameter; empty where nothing is."""
        given = QueryDict(mutable=True)
        given.setlist(AS_OF, request.query_params.getlist(AS_OF))
        problems = unusable(given, (), {AS_OF: DateFilter()}) if AS_OF in request.query_params else {}
        if not problems:
            now = today()
            try:
                self.day = read_as_of(given.getlist(AS_OF), now)
            except BadParameterError as error:
                return dict(problem_of(error))
            self.on = past(self.day, now)
        return problems

    def named(self, name: str) -> str:
        """Return the name of a download, with the day that it is of where that is past."""
        return name if self.on is None else f"{name}-as-of-{self.on.isoformat()}"

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if getattr(self.request, "accepted_renderer", None) is not None:
            self.request.accepted_renderer = JSONRenderer()
            self.request.accepted_media_type = JSONRenderer.media_type
        return response


class ListViewSet(StrictParametersMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    """A list in pages of JSON, or whole as CSV, NDJSON or a workbook with the same filters and columns."""

    ordering_columns: ClassVar[Mapping[str, str]]
    """Public name and column of everything the list can be ordered by."""
    default_ordering: ClassVar[tuple[str, ...]]
    search_fields: ClassVar[tuple[str, ...]] = ()
    folds_search: ClassVar[bool] = False
    """Whether accents don't count in a search: for short lists, which are compared in Python."""
    nouns: ClassVar[tuple[str, str]]
    """What one entry is called, and several: for the schema."""
    csv_actions: ClassVar[tuple[str, ...]] = ("list",)
    ndjson_actions: ClassVar[tuple[str, ...]] = ("list",)
    xlsx_actions: ClassVar[tuple[str, ...]] = ("list",)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return a page in JSON, or all rows as a stream of CSV or NDJSON, or as a workbook."""
        if not isinstance(request.accepted_renderer, StreamRenderer):
            return super().list(request, *args, **kwargs)
        rows: Any = self.filter_queryset(self.get_queryset())
        if "limit" in request.query_params or "offset" in request.query_params:
            rows = self.paginate_queryset(rows)
        serializer: Any = self.get_serializer()
        return self.stream(request, list(serializer.fields), self._rows(rows))

    def stream(self, request: Request, columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Any:
        """Return rows as a download in the format asked for."""
        if isinstance(request.accepted_renderer, NDJSONRenderer):
            return stream_ndjson(rows, self.named(self.basename))
        if isinstance(request.accepted_renderer, XLSXRenderer):
            address = request.build_absolute_uri()
            return workbook_of(columns, rows, self.named(self.basename), self.nouns[1].capitalize(), address)
        return stream_csv(columns, rows, self.named(self.basename))

    def _rows(self, rows: Any) -> Iterator[dict[str, Any]]:
        serializer = self.get_serializer()
        for row in rows if isinstance(rows, list) else rows.iterator(chunk_size=CSV_CHUNK):
            yield serializer.to_representation(row)

    @property
    def search_described(self) -> str:
        """Where a search looks, in words."""
        names = [name.replace("__", " ").removeprefix("revision ").replace("_", " ") for name in self.search_fields]
        return ", ".join(names)

    @property
    def search_note(self) -> str:
        """What a search makes no difference of."""
        return "Capitals and accents don't count." if self.folds_search else "Capitals don't count."

    def search_rows(self, rows: QuerySet, text: str) -> QuerySet:
        """Return the rows that hold every word of a text in one of the columns searched."""
        if self.folds_search:
            words = fold(text).split()
            known = ((pk, fold(" ".join(values))) for pk, *values in rows.values_list("pk", *self.search_fields))
            return rows.filter(pk__in=[pk for pk, found in known if all(word in found for word in words)])
        for word in text.split():
            # SQLite knows the capitals of plain letters only: “élan” is looked for as “Élan” and “ÉLAN” too.
            written = {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
            places = (Q(**{f"{column}__icontains": item}) for column in self.search_fields for item in sorted(written))
            rows = rows.filter(reduce(or_, places))
        return rows


class ReadOnlyViewSet(mixins.RetrieveModelMixin, ListViewSet):
    """A list, and each of its entries by its public code."""

    lookup_value_regex = "[^/]+"
    lookup_example: ClassVar[str]
    """A code that the demonstration data has: for the schema."""

    def get_object(self) -> Any:
        value = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        rows = self.get_queryset()
        try:
            if NULL in value:
                raise rows.model.DoesNotExist
            return rows.get(**{self.lookup_field: value})
        except ObjectDoesNotExist:
            raise NotFound(self._not_found(rows, value)) from None

    def not_yet(self, value: str) -> str:
        """Return the sentence for an entry that there was not yet on the day asked for; empty for any other."""
        return ""

    def _not_found(self, rows: QuerySet, value: str) -> str:
        sentence = f"No {self.nouns[0]} has the code “{short(value)}”."
        if NULL in value or len(value) > LONGEST_VALUE:
            return sentence
        if self.on is not None and (not_yet := self.not_yet(value)):
            return not_yet
        near = rows.filter(**{f"{self.lookup_field}__iexact": value}).values_list(self.lookup_field, flat=True).first()
        return f"{sentence} Did you mean “{near}”?" if near else sentence
