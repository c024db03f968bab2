"""What all endpoints share in reading: parameters, lists, single entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import reduce
from operator import or_
from typing import Any, ClassVar

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property
from django_filters import DateFilter
from rest_framework import mixins, viewsets
from rest_framework.exceptions import MethodNotAllowed, NotFound, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crp.common.api.chosen import EXPAND, FIELDS, Choice, Expansion, chosen_only, read_choice
from crp.common.api.columns import columns_of
from crp.common.api.conditional import ConditionalMixin
from crp.common.api.filters import ALWAYS_KNOWN
from crp.common.api.links import link_header, page_links
from crp.common.api.parameters import CURSOR, LONGEST_VALUE, NULL, short, unusable, values_of
from crp.common.api.renderers import StreamRenderer
from crp.common.api.tables import TABLE_PARAMETERS, ApiTable, answer_table, file_name, table_problems
from crp.common.as_of import AS_OF, past, read_as_of, today
from crp.common.columns import Column
from crp.common.pages import BadParameterError, problem_of
from crp.common.parameters import refuse_unknown
from crp.common.text import fold

CSV_CHUNK = 500
PAGED = ("limit", "offset", CURSOR)
"""What makes a table a page."""


class StrictParametersMixin(APIView):
    """Refuses parameters that an endpoint does not have, and answers errors in JSON whatever format was asked for."""

    parameters_of_action: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Parameters of actions other than a list; a list's own backend knows its filters."""
    several: ClassVar[tuple[str, ...]] = ()
    """Of these parameters those that take several values."""
    table_actions: ClassVar[tuple[str, ...]] = ()
    """Actions that answer as CSV, NDJSON, XLSX and Parquet too."""
    as_of_actions: ClassVar[tuple[str, ...]] = ()
    """Actions that can be asked for a past day."""
    chosen_actions: ClassVar[tuple[str, ...]] = ()
    """Actions that tell of one entry the columns that are wanted, and what it names."""
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
        if action in self.table_actions:
            return renderers
        return [renderer for renderer in renderers if not isinstance(renderer, StreamRenderer)]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in self.allowed_methods:  # before what else is wrong with it, which would mislead
            request.accepted_renderer, request.accepted_media_type = JSONRenderer(), JSONRenderer.media_type
            raise MethodNotAllowed(request.method or "")
        super().initial(request, *args, **kwargs)
        if request.method not in {"GET", "HEAD"}:
            return
        action = getattr(self, "action", None)
        problems = self._read_day(request) if self.takes_as_of else {}
        if action in self.table_actions:
            problems |= table_problems(request)
        if action != "list":
            chosen = (FIELDS, EXPAND) if action in self.chosen_actions else ()
            known = (*ALWAYS_KNOWN, *chosen, *self.own_parameters, *self.parameters_of_action.get(action or "", ()))
            given = request.query_params
            problems = {**refuse_unknown(given, known), **unusable(given, (*chosen, *self.several), {}), **problems}
        if problems:
            raise ValidationError(problems)

    @property
    def takes_as_of(self) -> bool:
        """Whether a past day can be asked for."""
        return getattr(self, "action", None) in self.as_of_actions

    @property
    def own_parameters(self) -> tuple[str, ...]:
        """Parameters that are no filter and that no backend reads."""
        is_table = getattr(self, "action", None) in self.table_actions
        return (*((AS_OF,) if self.takes_as_of else ()), *(TABLE_PARAMETERS if is_table else ()))

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
        """Return the name of a download of this address: what it is, what narrows it, the day that it is of."""
        return file_name(name, self.request.query_params, self.on or today())

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if getattr(self.request, "accepted_renderer", None) is not None:
            self.request.accepted_renderer = JSONRenderer()
            self.request.accepted_media_type = JSONRenderer.media_type
        return response


class ListViewSet(ConditionalMixin, StrictParametersMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    """A list in pages of JSON, or whole as CSV, NDJSON, Parquet or a workbook with the same filters and columns."""

    ordering_columns: ClassVar[Mapping[str, str]]
    """Public name and column of everything the list can be ordered by."""
    default_ordering: ClassVar[tuple[str, ...]]
    search_fields: ClassVar[tuple[str, ...]] = ()
    folds_search: ClassVar[bool] = False
    """Whether accents don't count in a search: for short lists, which are compared in Python."""
    nouns: ClassVar[tuple[str, str]]
    """What one entry is called, and several: for the schema."""
    table_actions: ClassVar[tuple[str, ...]] = ("list",)
    key: ClassVar[tuple[str, ...]] = ("pk",)
    """What names a row for good: names of ``ordering_columns``, or columns. A walk by cursor goes by it."""
    joins: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """For a column that is read from other tables, the relations to join."""
    expansions: ClassVar[Mapping[str, Expansion]] = {}
    """What ``expand=`` can tell with a row."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return a page in JSON, or all rows as a table, of which a page has the address of the next in a header."""
        is_table = isinstance(request.accepted_renderer, StreamRenderer)
        rows: Any = self.filter_queryset(self.get_queryset())
        if not is_table or not request.query_params.keys().isdisjoint(PAGED):
            rows = self.paginate_queryset(rows)
        shown = self.choice.expand(self._rows(rows), self.on)
        if not is_table:
            return self.get_paginated_response(list(shown))
        return self.linked(self.stream(request, self.choice.columns, shown), self.paginator)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns."""
        return _columns_of(self.get_serializer_class())

    @cached_property
    def choice(self) -> Choice:
        """What is wanted of each row."""
        action = getattr(self, "action", None)
        is_chosen = action == "list" or action in self.chosen_actions
        # The schema asks without a request, or with one that no format was found for.
        if not hasattr(getattr(self, "request", None), "accepted_renderer") or not is_chosen:
            return Choice(self.columns, {})
        return read_choice(self.request, self.columns, self.expansions, "list" if action == "list" else "entry")

    def asks_for(self, *names: str) -> bool:
        """Return whether one of these columns is wanted, or the order goes by one."""
        request = getattr(self, "request", None)
        ordered = [] if request is None else values_of(request, "ordering")
        return not {*self.choice.read, *(term.removeprefix("-") for term in ordered)}.isdisjoint(names)

    def lookups(self) -> Mapping[str, Any]:
        """Return, for a column that is read from several rows of another table, how these are fetched."""
        return {}

    def with_columns(self, rows: QuerySet) -> QuerySet:
        """Return the rows with what the columns that are wanted are read from, and nothing else."""
        read = self.choice.read
        joins = dict.fromkeys(path for name in read for path in self.joins.get(name, ()))
        lookups = [lookup for name, lookup in self.lookups().items() if name in read]
        rows = rows.select_related(*joins) if joins else rows
        return rows.prefetch_related(*lookups) if lookups else rows

    @staticmethod
    def linked(response: Any, page: Any) -> Any:
        """Return a table that is a page, with the addresses of the others in its header."""
        if hasattr(page, "request"):
            found = {"count": page.count, "next": page.get_next_link(), "previous": page.get_previous_link()}
            if links := page_links(page.request.build_absolute_uri(), found):
                response.headers["Link"] = link_header(links)
        return response

    def stream(
        self,
        request: Request,
        columns: Sequence[str],
        rows: Iterable[Mapping[str, Any]],
        cells: Iterator[Sequence[Any]] | None = None,
    ) -> Any:
        """Return rows as a download in the format asked for. ``cells``: the same as CSV has them, where they are so."""
        known = columns_of(self.get_serializer())
        table = ApiTable(
            name=self.basename,
            file_name=self.named(self.basename),
            title=self.nouns[1].capitalize(),
            columns=[known.get(name) or Column(name=name) for name in columns],
            rows=rows,
            cells=cells,
        )
        return answer_table(request, table)

    def _rows(self, rows: Any) -> Iterator[dict[str, Any]]:
        serializer = chosen_only(self.get_serializer(), self.choice.read)
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
    chosen_actions: ClassVar[tuple[str, ...]] = ("retrieve",)
    entry_serializer: ClassVar[type[Any] | None] = None
    """What tells of an entry by itself. None: what tells of it in the list."""

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns, in the list or of an entry by itself."""
        whole = self.entry_serializer if getattr(self, "action", None) == "retrieve" else None
        return _columns_of(whole or self.get_serializer_class())

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        """Return one entry: the columns wanted of it, with what is to be told besides."""
        choice = self.choice
        shown = chosen_only(self.get_serializer(), choice.read).to_representation(self.get_object())
        return Response(choice.show(shown, self.on))

    def get_object(self) -> Any:
        value = self.kwargs[self.lookup_url_kwarg or self.lookup_field]
        rows = self.with_columns(self.get_queryset())
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


def _columns_of(serializer: Any) -> tuple[str, ...]:
    return tuple(serializer.Meta.fields)
