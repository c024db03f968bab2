"""What a comparison of two revisions returns: immutable values, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Model

from crp.common.money import percent_of
from plans.models import Citation, Revision, RevisionRow

SAME, ADDED, REMOVED, CHANGED, RENAMED, MOVED = "same", "added", "removed", "changed", "renamed", "moved"

USD, PERCENT, COUNT, NUMBER = "usd", "percent", "count", "number"
"""What a figure counts: dollars, a share of a whole, persons or things, or an index."""
TEXT, WORD = "text", "word"
"""Words that are compared one by one; or a date, a choice, an entry of a list, yes or no: one value for another."""
FIGURES = (USD, PERCENT, COUNT, NUMBER)


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Words of a text that stayed, were added or were removed together."""

    kind: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Passage:
    """A paragraph of a text: the same, added, removed, or changed in some of its pieces."""

    kind: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Unchanged:
    """Paragraphs in a row that are the same in both texts."""

    number: int


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldChange:
    """One column of a row, or of the revision itself, as it was and as it is."""

    field: str
    """Name of the column."""
    label: str
    unit: str
    old: Any
    """A number, a text, or what stands for the value in words. None: not stated, or the row was not there."""
    new: Any
    old_code: str | None = None
    """Of a choice, a date or an entry of a list: the value as a program writes it."""
    new_code: str | None = None
    passages: tuple[Passage, ...] = ()
    """Of a text: both as one."""

    @property
    def is_figure(self) -> bool:
        return self.unit in FIGURES

    @property
    def shown(self) -> Iterator[Passage | Unchanged]:
        """Yield the passages of a text that differ, and between them how many do not."""
        for is_same, passages in groupby(self.passages, key=lambda passage: passage.kind == SAME):
            if is_same:
                yield Unchanged(number=len(list(passages)))
            else:
                yield from passages

    @property
    def difference(self) -> Decimal | None:
        """New less old, exactly. None: no figure, or one of them is not known, which is not 0."""
        if not self.is_figure or self.old is None or self.new is None:
            return None
        return Decimal(self.new) - Decimal(self.old)

    @property
    def percent(self) -> Decimal | None:
        """The difference in percent of what was, half up to two decimals. None: that was 0, or one is not known."""
        return None if self.difference is None else percent_of(self.difference, Decimal(self.old))


@dataclass(frozen=True, kw_only=True, slots=True)
class RowChange:
    """A row that was added, removed, changed, named anew, or only stands in another place."""

    kind: str
    model: type[RevisionRow]
    name: str
    old_name: str
    """Empty: it is not another one."""
    key: str
    """Its row key, in the new revision where it is there."""
    old_key: str
    """Empty: it is the same, or the row was not there."""
    fields: tuple[FieldChange, ...]
    """What changed; of a row that was added or removed all that it says."""
    is_moved: bool
    row: RevisionRow
    """The row itself: the new one where it is there."""

    @property
    def figures(self) -> tuple[FieldChange, ...]:
        return tuple(change for change in self.fields if change.is_figure)

    @property
    def words(self) -> tuple[FieldChange, ...]:
        """What changed besides figures."""
        return tuple(change for change in self.fields if not change.is_figure)


@dataclass(frozen=True, kw_only=True, slots=True)
class CitationChange:
    """A source that a value was given, lost, or is now read from in another place."""

    kind: str
    subject: Model | None
    """The row that holds the value. None: neither revision has it."""
    subject_key: str
    subject_name: str
    """Empty: the revision itself."""
    field: str
    label: str
    """Of the column."""
    old: Citation | None
    new: Citation | None

    @property
    def citation(self) -> Citation:
        """The citation as it stands, or as it last stood."""
        found = self.new or self.old
        assert found is not None, "a change of nothing"  # noqa: S101 (for the type checker: one of them is there)
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Everything in which two revisions of a plan differ."""

    old: Revision
    new: Revision
    fields: tuple[FieldChange, ...]
    """Of the revision itself: totals, people, dates."""
    rows: tuple[RowChange, ...]
    citations: tuple[CitationChange, ...]

    def __bool__(self) -> bool:
        return bool(self.fields or self.rows or self.citations)

    def field(self, name: str) -> FieldChange | None:
        """Return the change of a column of the revision itself. None: it is the same."""
        return next((change for change in self.fields if change.field == name), None)

    def rows_of(self, *models: type[RevisionRow]) -> Iterator[RowChange]:
        """Yield the changes of the rows of some models, in the order of the plan."""
        return (change for change in self.rows if change.model in models)
