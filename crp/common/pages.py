"""What list pages share: columns to sort by, and pages of rows. What can't be used is a problem that is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F
from django.db.models.expressions import OrderBy
from django.utils.translation import gettext as _


class BadParameterError(ValueError):
    """A parameter of the address that can't be used, with a sentence for the reader."""

    def __init__(self, parameter: str, sentence: str) -> None:
        super().__init__(sentence)
        self.parameter = parameter
        self.sentence = sentence


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of a table that its rows can be sorted by."""

    name: str
    title: Any
    path: str = ""
    """The column of the query, where it is another one."""
    is_number: bool = True
    definition: str = ""
    """Where the methodology page defines it."""

    @property
    def largest_first(self) -> bool:
        """Whether a first click puts the largest on top."""
        return self.is_number


@dataclass(frozen=True, kw_only=True)
class Heading:
    """A column as the table's head shows it: sorted or not, and what a click asks for."""

    column: Column
    direction: str
    """``ascending``, ``descending`` or empty: the words of ``aria-sort``."""
    ordering: str
    """The value of the parameter that a click asks for."""


@dataclass(frozen=True)
class Sorting:
    """The order of a list: one column, one direction; what is not reported comes last either way."""

    columns: Sequence[Column]
    name: str
    is_descending: bool

    @classmethod
    def read(cls, value: str, columns: Sequence[Column], default: str) -> Sorting:
        """Return the order that a parameter asks for.

        Raises: BadParameterError for a column that the list does not have.
        """
        wanted = value or default
        name = wanted.removeprefix("-")
        known = [column.name for column in columns]
        if name not in known:
            raise BadParameterError(
                "ordering",
                _("“%(value)s” is not a column to sort by. Choose from: %(columns)s; a - before it turns it round.")
                % {"value": value, "columns": ", ".join(known)},
            )
        return cls(columns, name, wanted.startswith("-"))

    @property
    def value(self) -> str:
        """The value of the parameter that asks for this order."""
        return f"-{self.name}" if self.is_descending else self.name

    def terms(self) -> list[OrderBy]:
        """Return what the query is ordered by; the key ends every order."""
        column = next(column for column in self.columns if column.name == self.name)
        path = F(column.path or column.name)
        first = path.desc(nulls_last=True) if self.is_descending else path.asc(nulls_last=True)
        return [first, F("code").asc()]

    def headings(self) -> list[Heading]:
        """Return the columns with what a click on each asks for: the other direction, where it is sorted already."""
        return [
            Heading(
                column=column,
                direction=("descending" if self.is_descending else "ascending") if column.name == self.name else "",
                ordering=self._after_click(column),
            )
            for column in self.columns
        ]

    def _after_click(self, column: Column) -> str:
        descending = not self.is_descending if column.name == self.name else column.largest_first
        return f"-{column.name}" if descending else column.name


def read_page(rows: Any, value: str, per_page: int, *, number: int | None = None) -> Page:
    """Return one page of rows. ``number``: how many rows there are, where that is known already.

    Raises: BadParameterError for a number that no page has.
    """
    paginator = Paginator(rows, per_page)
    if number is not None:
        paginator.__dict__["count"] = number  # which it would count else
    if not value:
        return paginator.page(1)
    # Python refuses to read a number of thousands of digits.
    is_number = value.isascii() and value.isdecimal() and len(value) <= 9
    if not is_number or not 1 <= int(value) <= paginator.num_pages:
        raise BadParameterError(
            "page",
            _("“%(value)s” is not a page of this list: it has pages 1 to %(last)s.")
            % {"value": value if len(value) <= 60 else f"{value[:60]}…", "last": paginator.num_pages},
        )
    return paginator.page(int(value))


def problem_of(error: BadParameterError) -> Mapping[str, list[str]]:
    """Return an error in the shape that filter sets tell theirs."""
    return {error.parameter: [error.sentence]}
