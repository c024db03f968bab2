"""The rows of revisions as they are compared and shown: read once, each pointing to the rows that stand beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db import models

from plans.models import Revision, RevisionRow
from plans.tree import links, row_models, rows_of

from .columns import Target, Values

NameOf = Callable[[Any], str]


class Trees:
    """All rows of some revisions. Queries: one a model of rows and revision, one a list that rows choose from."""

    def __init__(self, revisions: Sequence[Revision], name_of: NameOf = str) -> None:
        self.name_of = name_of
        self.rows = tuple(_by_model(rows_of(revision)) for revision in revisions)
        every = [row for side in self.rows for rows in side.values() for row in rows]
        self._values = Values([*revisions, *every])
        for model in row_models():
            self._connect(model)

    def of(self, model: type[RevisionRow]) -> list[list[Any]]:
        """Return the rows of a model, a list for each revision."""
        return [side.get(model, []) for side in self.rows]

    def value(self, row: Any, field: models.Field[Any, Any], found: Mapping[int, RevisionRow] | None = None) -> Any:
        """Return what a column holds, of a link where it leads, by name.

        ``found``: for rows of the earlier revision the rows that they have become.
        """
        value = getattr(row, field.attname)
        if not field.is_relation or value is None:
            return value
        related: Any = field.related_model
        if not issubclass(related, RevisionRow):
            return self._values.target(related, value)
        target = getattr(row, field.name)
        return Target((found or {}).get(value, target).pk, self.name_of(target), target.row_key)

    def _connect(self, model: type[RevisionRow]) -> None:
        """Give rows the rows they point to as they were read here: no query, and one object for each."""
        for name, target in links(model):
            for side in self.rows:
                pointed = {row.pk: row for row in side.get(target, [])}
                for row in side.get(model, []):
                    if getattr(row, f"{name}_id") is not None:
                        setattr(row, name, pointed[getattr(row, f"{name}_id")])


def _by_model(rows: Iterable[RevisionRow]) -> Mapping[type[RevisionRow], list[Any]]:
    found: dict[type[RevisionRow], list[Any]] = {}
    for row in rows:
        found.setdefault(type(row), []).append(row)
    return found
