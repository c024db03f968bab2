"""Which columns of a list or an entry are wanted (``fields=``), and what is to be told besides (``expand=``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from itertools import islice
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from crp.common.api.parameters import short, values_of
from crp.common.api.renderers import NDJSONRenderer, StreamRenderer

FIELDS, EXPAND, EXPANDED = "fields", "expand", "expanded"
ROWS_AT_ONCE = 500

Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Expansion:
    """What can be told with a row besides its own columns: an entry of another list that it names, or those of it."""

    column: str
    """The column with the code, or the codes, that the other list is asked for."""
    within: str = ""
    """The column with the code of what that code is unique in: both, as a pair, are what the list is asked for."""
    load: Callable[[Sequence[Any], date | None], Mapping[Any, Any]]
    """Returns what there is for these codes, on a past day or now. Queries: a number that no row adds to."""
    serializer: type[serializers.BaseSerializer]
    """Describes one entry."""
    words: str
    many: bool = False
    """Whether there are several; none is an empty list then, and null otherwise."""

    def pick(self, row: Mapping[str, Any], found: Mapping[Any, Any]) -> Any:
        """Return what belongs to a row."""
        value = self.codes_of(row)
        if isinstance(value, list):
            return [found[code] for code in value if code in found]
        return found.get(value, [] if self.many else None)

    def codes_of(self, row: Mapping[str, Any]) -> Any:
        """Return what a row names: a code, several, or a pair. None: nothing."""
        value = row[self.column]
        return (row[self.within], value) if self.within and value is not None else value


@dataclass(frozen=True)
class Choice:
    """What a request wants to see of each row."""

    columns: tuple[str, ...]
    expansions: Mapping[str, Expansion]

    @property
    def read(self) -> tuple[str, ...]:
        """The columns to read: those wanted, and those that name what is to be told besides."""
        named = ((expansion.column, expansion.within) for expansion in self.expansions.values())
        also = (column for columns in named for column in columns if column)
        return tuple(dict.fromkeys((*self.columns, *also)))

    def expand(self, rows: Iterable[Row], on: date | None) -> Iterator[Row]:
        """Yield rows with what is to be told besides. Queries: one or two for each expansion and some hundred rows."""
        if not self.expansions:
            yield from rows
            return
        left = iter(rows)
        while several := list(islice(left, ROWS_AT_ONCE)):
            found = {name: item.load(_codes(several, item), on) for name, item in self.expansions.items()}
            for row in several:
                told = {name: item.pick(row, found[name]) for name, item in self.expansions.items()}
                yield {**{name: row[name] for name in self.columns}, EXPANDED: told}

    def show(self, row: Row, on: date | None) -> Row:
        """Return one row, with all columns or those to read, as it is wanted. Queries: one or two an expansion."""
        (shown,) = self.expand([{name: row[name] for name in self.read}], on)
        return shown


def _codes(rows: Sequence[Row], expansion: Expansion) -> list[Any]:
    values = map(expansion.codes_of, rows)
    each = (code for value in values for code in (value if isinstance(value, list) else [value]))
    return list(dict.fromkeys(code for code in each if code is not None))


def read_choice(
    request: Request, columns: Collection[str], expansions: Mapping[str, Expansion], of: str = "list"
) -> Choice:
    """Return what a request wants to see. Raises: ValidationError naming what is not there, and what is."""
    wanted, besides = values_of(request, FIELDS), values_of(request, EXPAND)
    problems = {
        FIELDS: _problem(wanted, columns, f"a column of this {of}"),
        EXPAND: _problem(besides, expansions, f"an expansion of this {of}"),
    }
    renderer = request.accepted_renderer
    if besides and isinstance(renderer, StreamRenderer) and not isinstance(renderer, NDJSONRenderer):
        problems[EXPAND] = f"A table has no room for it: ask for JSON or NDJSON, or leave {EXPAND} out."
    if any(problems.values()):
        raise ValidationError({name: [sentence] for name, sentence in problems.items() if sentence})
    return Choice(tuple(wanted or columns), {name: expansions[name] for name in besides})


def _problem(wanted: Sequence[str], known: Collection[str], what: str) -> str:
    unknown = next((name for name in wanted if name not in known), None)
    if unknown is not None:
        near = get_close_matches(unknown, known, n=1)
        hint = f" Did you mean “{near[0]}”?" if near else ""
        return f"“{short(unknown)}” is not {what}.{hint} Choose from: {', '.join(known) or '–'}."
    twice = next((name for name in wanted if wanted.count(name) > 1), None)
    return f"“{twice}” is named twice." if twice else ""


class ChosenColumns(BaseFilterBackend):
    """``fields=`` and ``expand=``: refuses what is not there, and reads no more than is wanted."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        return view.with_columns(queryset)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        each = "in every format. All when not given. What only other columns need is not read."
        besides = f"What to tell with each row, under {EXPANDED}, in the shape of its own list; in JSON and NDJSON."
        return _parameters(view, f"The columns wanted, in this order, {each}", besides)


def parameters_of_entry(view: Any) -> list[OpenApiParameter]:
    """Return the same two parameters as the description has them of one entry."""
    chosen = "The columns wanted, in this order. All when not given."
    described = _parameters(view, chosen, f"What to tell besides, under {EXPANDED}, in the shape of its own list.")
    return [
        OpenApiParameter(
            name=item["name"],
            type=item["schema"],
            description=item["description"],
            style=item["style"],
            explode=item["explode"],
        )
        for item in described
    ]


def _parameters(view: Any, chosen: str, besides: str) -> list[dict[str, Any]]:
    expansions: Mapping[str, Expansion] = view.expansions
    told = "; ".join(f"{name}: {item.words}" for name, item in expansions.items())
    parameters = [_parameter(FIELDS, chosen, list(view.columns))]
    if expansions:
        parameters.append(_parameter(EXPAND, f"{besides} {told}.", list(expansions)))
    return parameters


def _parameter(name: str, description: str, choices: Sequence[str]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {
            "type": "array",
            "items": {"type": "string", "enum": list(choices)},
            "minItems": 1,
            "uniqueItems": True,
        },
        "explode": False,
        "style": "form",
    }


@cache
def row_serializer(
    entry: type[Any], expansions: tuple[tuple[str, Expansion], ...], whole: type[Any] | None = None
) -> type[Any]:
    """Return what describes a row of a list: the entry, of which any column may be left out, and what is told with it.

    ``whole``: what describes an entry by itself instead, where it tells more than its row. For the schema alone: rows
    are written by the serializer of the entry.
    """
    name = f"{_name_of(entry)}Row" if whole is None else _name_of(whole)
    told, entry = _expanded_serializer(_name_of(entry), expansions), whole or entry
    members: dict[str, Any] = {
        "__doc__": f"{(entry.__doc__ or '').strip()} Only the columns that {FIELDS} names, where it does.",
        "columns_are_chosen": True,
    }
    columns = entry.Meta.fields
    if told:
        members[EXPANDED] = told(required=False, help_text=f"What {EXPAND} names; not there without it.")
        columns = (*columns, EXPANDED)
    members["Meta"] = type("Meta", (entry.Meta,), {"fields": columns})
    return type(f"{name}Serializer", (entry,), members)


@cache
def _expanded_serializer(name: str, expansions: tuple[tuple[str, Expansion], ...]) -> type[Any] | None:
    """Return what describes all that can be told besides. None: there is nothing."""
    if not expansions:
        return None
    told = {
        word: item.serializer(many=item.many, required=False, allow_null=not item.many, help_text=_sentence(item))
        for word, item in expansions
    }
    words = f"What {EXPAND} names, each in the shape of its own list."
    return type(f"{name}ExpandedSerializer", (serializers.Serializer,), {"__doc__": words, **told})


def _name_of(entry: type[Any]) -> str:
    return entry.__name__.removesuffix("Serializer")


def _sentence(item: Expansion) -> str:
    return f"{item.words[:1].upper()}{item.words[1:]}."


def chosen_only(serializer: Any, columns: Sequence[str]) -> Any:
    """Return the serializer, which now shows these columns and no other, in this order."""
    fields = serializer.fields
    kept = {name: fields[name] for name in columns}
    for name in list(fields):
        del fields[name]
    for name, field in kept.items():
        fields.fields[name] = field  # bound already
    return serializer
