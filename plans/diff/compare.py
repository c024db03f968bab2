"""What changed between two revisions of a plan: in the revision itself, its rows and its citations.

Nothing here names a model of rows: whatever belongs to a revision's tree is compared, column by column.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst

from plans.models import Citation, Revision, RevisionRow
from plans.tree import row_models

from .columns import COLUMNS_OF_NO_ROW, compare_column, say_column
from .matching import Match, Matcher
from .trees import NameOf, Trees
from .values import ADDED, CHANGED, MOVED, REMOVED, RENAMED, CitationChange, Comparison, FieldChange, RowChange

# What publication and the workflow give a revision: it says nothing of the plan.
OF_THE_WORKFLOW = frozenset({
    "id", "plan", "number", "status", "reason", "created_at", "created_by", "published_at", "published_by",
    "superseded_at", "seal",
})  # fmt: skip


def compare(old: Revision, new: Revision, *, name_of: NameOf = str) -> Comparison:
    """Return everything in which two revisions of a plan differ; nothing, where they are the same one.

    ``name_of`` gives rows the names they have for readers. A draft's total is fixed on publication: where one of the
    two is open, ``requested_usd`` is compared only if somebody has filled it in.
    Queries: two a model of rows, one a closed list that rows choose from, two for citations.
    """
    if old.pk == new.pk:
        return Comparison(old=old, new=new, fields=(), rows=(), citations=())
    return _Comparer(old, new, name_of).compare()


class _Comparer:
    def __init__(self, old: Revision, new: Revision, name_of: NameOf) -> None:
        self.revisions = (old, new)
        self.name_of = name_of
        self.trees = Trees(self.revisions, name_of)
        self.found: dict[type[RevisionRow], Match] = {}
        for model in row_models():
            self.found[model] = Matcher(model, self.found).match(*self.trees.of(model))

    def compare(self) -> Comparison:
        old, new = self.revisions
        return Comparison(
            old=old,
            new=new,
            fields=self._columns(old, new, self._left_out()),
            rows=tuple(change for model in row_models() for change in self._rows(model)),
            citations=tuple(self._citations()),
        )

    def _left_out(self) -> frozenset[str]:
        # What a draft asks for in all is known where somebody computed it for this comparison.
        is_unknown = any(revision.is_open and revision.requested_usd is None for revision in self.revisions)
        return OF_THE_WORKFLOW | ({"requested_usd"} if is_unknown else frozenset())

    def _columns(self, old: Any, new: Any, left_out: Iterable[str]) -> tuple[FieldChange, ...]:
        changes = (
            compare_column(field, self._value(old, field), self._value(new, field))
            for field in old._meta.concrete_fields
            if field.name not in left_out
        )
        return tuple(change for change in changes if change is not None)

    def _value(self, row: Any, field: models.Field[Any, Any]) -> Any:
        return self.trees.value(row, field, self.found.get(field.related_model))  # type: ignore[arg-type]

    # Rows

    def _rows(self, model: type[RevisionRow]) -> Iterable[RowChange]:
        before, after = self.trees.of(model)
        found = self.found[model]
        matcher = Matcher(model, self.found)
        taken = {row.pk for row in found.values()}
        moved = _out_of_order(before, after, found)
        former = {new.pk: old for old in before if (new := found.get(old.pk)) is not None}
        for row in after:
            if row.pk not in taken:
                yield self._single(row, ADDED)
                continue
            change = self._pair(former[row.pk], row, matcher, is_moved=row.pk in moved)
            if change is not None:
                yield change
        for row in before:
            if row.pk not in found:
                yield self._single(row, REMOVED)

    def _single(self, row: RevisionRow, kind: str) -> RowChange:
        says = (
            say_column(field, self._value(row, field), kind)
            for field in row._meta.concrete_fields
            if field.name not in COLUMNS_OF_NO_ROW
        )
        return RowChange(
            kind=kind,
            model=type(row),
            name=self.name_of(row),
            old_name="",
            key=row.row_key,
            old_key="",
            fields=tuple(change for change in says if change is not None),
            is_moved=False,
            row=row,
        )

    def _pair(self, old: Any, new: Any, matcher: Matcher, *, is_moved: bool) -> RowChange | None:
        """Return how two rows that are the same one differ. None: in nothing."""
        fields = self._columns(old, new, COLUMNS_OF_NO_ROW)
        places = {index for index, path in enumerate(matcher.key) if path == ["order"]}
        keys = [[part for at, part in enumerate(matcher.key_of(row)) if at not in places] for row in (old, new)]
        is_renamed = keys[0] != keys[1]
        if not (is_renamed or fields or is_moved):
            return None
        name, old_name = self.name_of(new), self.name_of(old)
        return RowChange(
            kind=RENAMED if is_renamed else CHANGED if fields else MOVED,
            model=type(new),
            name=name,
            old_name=old_name if old_name != name else "",
            key=new.row_key,
            old_key=old.row_key if old.row_key != new.row_key else "",
            fields=fields,
            is_moved=is_moved,
            row=new,
        )

    # Citations

    def _citations(self) -> Iterable[CitationChange]:
        old, new = self.revisions
        subjects = tuple(
            {revision.row_key: revision, **{row.row_key: row for rows in side.values() for row in rows}}
            for revision, side in zip(self.revisions, self.trees.rows, strict=True)
        )
        now: dict[str, str] = {
            key: self.found[type(row)][row.pk].row_key
            for key, row in subjects[0].items()
            if isinstance(row, RevisionRow) and row.pk in self.found[type(row)]
        }
        before = {
            (now.get(item.subject, item.subject), item.field, item.source_id): item
            for item in old.citations.select_related("source")
            if not _is_of_the_workflow(item)
        }
        # A row may have been named anew without its citations: they still mean that row.
        stray = {key: name for key, name in now.items() if key not in subjects[1]}
        after = {
            (stray.get(item.subject, item.subject), item.field, item.source_id): item
            for item in sorted(new.citations.select_related("source"), key=lambda item: item.subject not in stray)
            if not _is_of_the_workflow(item)
        }
        for key in (*after, *(key for key in before if key not in after)):
            was, item = before.get(key), after.get(key)
            if was is None or item is None or _differ(was, item):
                kind = ADDED if was is None else REMOVED if item is None else CHANGED
                row = subjects[1].get(key[0]) or subjects[0].get(key[0])
                yield self._citation(kind, key, row, was, item)

    def _citation(
        self, kind: str, key: tuple[str, str, Any], row: Any, old: Citation | None, new: Citation | None
    ) -> CitationChange:
        return CitationChange(
            kind=kind,
            subject=row,
            subject_key=key[0],
            subject_name=key[0] if row is None else "" if isinstance(row, Revision) else self.name_of(row),
            field=key[1],
            label=_label(row, key[1]),
            old=old,
            new=new,
        )


def _label(row: models.Model | None, name: str) -> str:
    try:
        return name if row is None else capfirst(str(row._meta.get_field(name).verbose_name))  # type: ignore[union-attr]
    except FieldDoesNotExist:
        return name


def _is_of_the_workflow(citation: Citation) -> bool:
    return citation.subject == "revision" and citation.field in OF_THE_WORKFLOW


def _differ(old: Citation, new: Citation) -> bool:
    columns = ("first_line", "last_line", "basis", "as_printed", "note")
    return any(getattr(old, name) != getattr(new, name) for name in columns)


def _out_of_order(before: list[Any], after: list[Any], found: Match) -> set[int]:
    """Return the fewest new rows that must be taken out for the others to stand in the order that they stood in."""
    place = {row.pk: index for index, row in enumerate(after)}
    rows = [found[row.pk].pk for row in before if row.pk in found]
    ends: list[int] = []  # for each length of a run in the new order, the place that the best one ends at
    chain: dict[int, int | None] = {}  # for each row the one before it in its run
    at_end: list[int] = []
    for pk in rows:
        length = bisect_left(ends, place[pk])
        chain[pk] = at_end[length - 1] if length else None
        ends[length : length + 1] = [place[pk]]
        at_end[length : length + 1] = [pk]
    kept: set[int] = set()
    last = at_end[-1] if at_end else None
    while last is not None:
        kept.add(last)
        last = chain[last]
    return set(rows) - kept
