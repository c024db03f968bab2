"""What was read of a document: rows as a revision has them, each value with where it stands and how sure that is.

A draft is made by a layout (``layouts/``), judged by ``judging`` and written by ``writing.py``. It knows no model and
no database: rows are named as the models are (``objective``, ``fundingrequest``), fields as their columns, so that
``Row.subject`` is what a citation is filed under.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

PLAN = "plan"
REVISION = "revision"


class Basis(StrEnum):
    """How a value follows from the document."""

    STATED = "stated"
    INFERRED = "inferred"
    COMPUTED = "computed"
    MISSING = "missing"
    """Its label is there, its value is not: not stated, which is never 0."""


class Unit(StrEnum):
    """What a value counts."""

    USD = "USD"
    PEOPLE = "people"
    ENTITIES = "entities"
    STAFF = "staff"
    OFFICES = "offices"
    PERCENT = "percent"
    YEAR = "year"
    DATE = "date"
    INDEX = "index"
    NAME = "name"
    TEXT = "text"
    FLAG = "flag"


class Confidence(StrEnum):
    """How sure the reading is. What is not high has a question."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, order=True)
class Span:
    """Lines of a document, counted from 1, the last one included."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 1 <= self.first <= self.last:
            raise ValueError(f"No lines: {self.first} to {self.last}")

    @classmethod
    def of(cls, *lines: int) -> Span:
        """Return the span from the first of some lines to the last."""
        return cls(min(lines), max(lines))

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}–{self.last}"


@dataclass(frozen=True)
class Ref:
    """An entry of a list, by its natural key. ``label``: its name for readers."""

    kind: str
    key: tuple[Any, ...]
    label: str


Plain: TypeAlias = Decimal | int | date | str | bool | Ref | tuple[Ref, ...] | None


@dataclass(frozen=True, kw_only=True)
class Value:
    """One value. ``printed``: as it stands there, damage included; ``note``: the reasoning, where it is not stated.

    ``question``: what a person has to decide before it is believed, a sentence; empty: nothing.
    Raises ValueError where it contradicts itself: a missing value that has one, a doubt without a question.
    """

    value: Plain
    unit: Unit
    basis: Basis = Basis.STATED
    span: Span | None = None
    printed: str = ""
    confidence: Confidence = Confidence.HIGH
    note: str = ""
    question: str = ""

    def __post_init__(self) -> None:
        if (self.value is None) != (self.basis is Basis.MISSING) and not self.question:
            raise ValueError(f"A value of None is missing or in question: {self}")
        if self.basis is Basis.INFERRED and not self.note:
            raise ValueError(f"What is inferred needs its reasoning: {self}")
        if self.confidence is not Confidence.HIGH and not self.question:
            raise ValueError(f"A doubt needs a question: {self}")

    def asked(self, question: str, *, confidence: Confidence = Confidence.MEDIUM) -> Value:
        """Return the same with a question, behind one that it may have already."""
        both = f"{self.question} {question}".strip()
        return replace(self, question=both, confidence=min(self.confidence, confidence, key=_sureness))


def _sureness(confidence: Confidence) -> int:
    return [Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH].index(confidence)


@dataclass
class Row:
    """A row of the revision, or the plan or the revision itself.

    ``kind``: the name of its model; ``key``: what names it among them (its ``row_key_fields``), empty for plan and
    revision; ``parents``: the subjects of the rows that it belongs to, by the column that names them.
    """

    kind: str
    key: tuple[str, ...] = ()
    values: dict[str, Value] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    order: int = 0

    @property
    def subject(self) -> str:
        """The name of the row within its revision, such as ``objective:1``."""
        return ":".join([self.kind, *self.key])

    def get(self, name: str) -> Plain:
        """Return a value of the row. None: the document does not give it."""
        found = self.values.get(name)
        return None if found is None else found.value


@dataclass(frozen=True)
class Remark:
    """Something that a person should know and that belongs to no single value, such as two sums that differ."""

    text: str
    span: Span | None = None


@dataclass
class Draft:
    """What a layout has read of a document.

    ``read``: the numbers of the lines that something was made of, or that are known to say nothing (a credit under a
    photograph, a remark about the map); what is left is told as not understood.
    """

    layout: str
    rows: list[Row] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    read: set[int] = field(default_factory=set)
    _subjects: set[str] = field(default_factory=set, init=False, repr=False, compare=False)

    def add(self, row: Row) -> Row:
        """Take a row in, and count its lines as read. Raises ValueError where there is one of the name."""
        if len(self._subjects) != len(self.rows):
            self._subjects = {known.subject for known in self.rows}
        if row.subject in self._subjects:
            raise ValueError(f"Twice: {row.subject}")
        self._subjects.add(row.subject)
        self.rows.append(row)
        return row

    def row(self, subject: str) -> Row | None:
        """Return the row of that name."""
        return next((row for row in self.rows if row.subject == subject), None)

    def of_kind(self, kind: str) -> list[Row]:
        """Return the rows of one model, in their order."""
        return [row for row in self.rows if row.kind == kind]

    def values(self) -> Iterator[tuple[Row, str, Value]]:
        """Yield every value with its row and field."""
        for row in self.rows:
            for name, value in row.values.items():
                yield row, name, value

    def lines_read(self) -> set[int]:
        """Return the numbers of the lines that were understood.

        What is inferred or computed without a word as printed was not read off its lines: that no amount received
        stands on a page would otherwise count the whole page as understood, and a sum all between its parts.
        """
        spans = [
            value.span
            for _row, _name, value in self.values()
            if value.span is not None and (value.printed or value.basis not in (Basis.INFERRED, Basis.COMPUTED))
        ]
        return self.read.union(*(range(span.first, span.last + 1) for span in spans))
