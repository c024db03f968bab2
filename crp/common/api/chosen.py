"""Which columns of a list are wanted (``fields=``), and what is to be told with each row (``expand=``)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from itertools import islice
from typing import Any

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
    load: Callable[[Sequence[Any], date | None], Mapping[Any, Any]]
    """Returns what there is for these codes, on a past day or now. Queries: a number that no row adds to."""
    serializer: type[serializers.BaseSerializer]
    """Describes one entry."""
    words: str
    many: bool = False
    """Whether there are several; none is an empty list then, and null otherwise."""

    def pick(self, row: Mapping[str, Any], found: Mapping[Any, Any]) -> Any:
        """Return what belongs to a row."""
        value = row[self.column]
        if isinstance(value, list):
            return [found[code] for code in value if code in found]
        return found.get(value, [] if self.many else None)


@dataclass(frozen=True)
class Choice:
    """What a request wants to see of each row."""

    columns: tuple[str, ...]
    expansions: Mapping[str, Expansion]

    @property
    def read(self) -> tuple[str, ...]:
        """The columns to read: those wanted, and those that name what is to be told besides."""
        also = (expansion.column for expansion in self.expansions.values())
        return tuple(dict.fromkeys((*self.columns, *also)))

    def expand(self, rows: Iterable[Row], on: date | None) -> Iterator[Row]:
        """Yield rows with what is to be told besides. Queries: one or two for each expansion and some hundred rows."""
        if not self.expansions:
            yield from rows
            return
        left = iter(rows)
        while several := list(islice(left, ROWS_AT_ONCE)):
            found = {name: item.load(_codes(several, item.column), on) for name, item in self.expansions.items()}
            for row in several:
                told = {name: item.pick(row, found[name]) for name, item in self.expansions.items()}
                yield {**{name: row[name] for name in self.columns}, EXPANDED: told}


def _codes(rows: Sequence[Row], column: str) -> list[Any]:
    values = (row[column] for row in rows)
    each = (code for value in values for code in (value if isinstance(value, list) else [value]))
    return list(dict.fromkeys(code for code in each if code is not None))


def read_choice(request: Request, columns: Collection[str], expansions: Mapping[str, Expansion]) -> Choice:
    """Return what a request wants to see. Raises: ValidationError naming what is not there, and what is."""
    wanted, besides = values_of(request, FIELDS), values_of(request, EXPAND)
    problems = {FIELDS: _problem(wanted, columns, "a column"), EXPAND: _problem(besides, expansions, "an expansion")}
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
        return f"“{short(unknown)}” is not {what} of this list.{hint} Choose from: {', '.join(known) or '–'}."
    twice = next((name for name in wanted if wanted.count(name) > 1), None)
    return f"“{twice}” is named twice." if twice else ""


class ChosenColumns(BaseFilterBackend):
    """``fields=`` and ``expand=``: refuses what is not there, and reads no more than is wanted."""

    def filter_queryset(self, request: Request, queryset: Any, view: Any) -> Any:
        return view.with_columns(queryset)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        expansions: Mapping[str, Expansion] = view.expansions
        told = "; ".join(f"{name}: {item.words}" for name, item in expansions.items())
        parameters = [
            _parameter(
                FIELDS,
                "The columns wanted, in this order, in every format. All when not given. What only other columns "
                "need is not read.",
                list(view.columns),
            )
        ]
        if expansions:
            words = (
                f"What to tell with each row, under {EXPANDED}, in the shape of its own list; in JSON and NDJSON only. "
                f"{told}."
            )
            parameters.append(_parameter(EXPAND, words, list(expansions)))
        return parameters


def _parameter(name: str, description: str, choices: Sequence[str]) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "array", "items": {"type": "string", "enum": list(choices)}, "uniqueItems": True},
        "explode": False,
        "style": "form",
    }


@cache
def row_serializer(entry: type[Any], expansions: tuple[tuple[str, Expansion], ...]) -> type[Any]:
    """Return what describes a row of a list: the entry, of which any column may be left out, and what is told with it.

    For the schema alone: rows are written by the serializer of the entry.
    """
    name = entry.__name__.removesuffix("Serializer")
    members: dict[str, Any] = {
        "__doc__": f"{(entry.__doc__ or '').strip()} Only the columns that {FIELDS} names, where it does.",
        "columns_are_chosen": True,
    }
    columns = entry.Meta.fields
    if expansions:
        told = {
            word: item.serializer(many=item.many, required=False, allow_null=not item.many, help_text=_sentence(item))
            for word, item in expansions
        }
        nested = type(
            f"{name}ExpandedSerializer",
            (serializers.Serializer,),
            {"__doc__": f"What {EXPAND} names, each in the shape of its own list.", **told},
        )
        members[EXPANDED] = nested(required=False, help_text=f"What {EXPAND} names; not there without it.")
        columns = (*columns, EXPANDED)
    members["Meta"] = type("Meta", (entry.Meta,), {"fields": columns})
    return type(f"{name}RowSerializer", (entry,), members)


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
