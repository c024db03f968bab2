"""One column of two rows: whether it differs, and how that is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from crp.common.money import USDField
from plans.models import RevisionRow

from .values import ADDED, COUNT, NUMBER, PERCENT, TEXT, USD, WORD, FieldChange, Passage
from .words import compare_texts, whole_text

COLUMNS_OF_NO_ROW = frozenset({"id", "revision", "order"})
"""Columns that say where a row stands, and nothing of the plan."""

NOT_CHOSEN = frozenset({"revision", "plan", "created_by", "published_by"})
"""Links that nobody chose from a list."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads: compared by the row, told by its name."""

    pk: int
    name: str = field(compare=False)
    code: str = field(compare=False)


class Values:
    """The names of the entries of closed lists that some rows choose from. Queries: one a list."""

    def __init__(self, rows: Iterable[models.Model]) -> None:
        wanted: dict[type[models.Model], set[int]] = {}
        for row in rows:
            for column in row._meta.concrete_fields:
                related = column.related_model
                if isinstance(related, type) and not issubclass(related, RevisionRow) and column.name not in NOT_CHOSEN:
                    wanted.setdefault(related, set()).add(getattr(row, column.attname))
        self._found: Mapping[type[models.Model], Mapping[int, Any]] = {
            model: model._default_manager.in_bulk(keys - {None}) for model, keys in wanted.items()
        }

    def target(self, model: type[models.Model], pk: int) -> Target:
        """Return an entry as a value to compare."""
        entry: Any = self._found[model][pk]
        return Target(pk, str(entry), code_of(entry))


def code_of(entry: Any) -> str:
    """Return what names an entry of a list for good: its code, or the parts of its natural key."""
    return str(entry.code) if hasattr(entry, "code") else "/".join(str(part) for part in entry.natural_key())


def compare_column(column: models.Field[Any, Any], old: Any, new: Any) -> FieldChange | None:
    """Return how a column differs. None: it does not."""
    unit = unit_of(column)
    if unit == TEXT:
        passages = compare_texts(old, new)
        if not passages:
            return None
        return _change(column, old, new, passages)
    return None if old == new else _change(column, old, new)


def say_column(column: models.Field[Any, Any], value: Any, kind: str) -> FieldChange | None:
    """Return what a column of a row says that was added or removed. None: nothing."""
    if value in {None, ""} or value is False:
        return None
    passages = whole_text(value, kind) if unit_of(column) == TEXT else ()
    old, new = (None, value) if kind == ADDED else (value, None)
    return _change(column, old, new, passages)


def unit_of(column: models.Field[Any, Any]) -> str:
    """Return what a column holds: a figure of some unit, a text, or one word for another."""
    if column.is_relation or column.choices or isinstance(column, (models.BooleanField, models.DateField)):
        return WORD
    if isinstance(column, USDField):
        return USD
    if isinstance(column, models.DecimalField):
        return PERCENT if "percent" in column.name else NUMBER
    if column.name in _NAMES_OF_NUMBERS:
        return WORD
    return COUNT if isinstance(column, models.IntegerField) else TEXT


_NAMES_OF_NUMBERS = frozenset({"number", "rank", "rank_of"})
"""Whole numbers that count nothing: their difference means nothing either."""


def _change(column: models.Field[Any, Any], old: Any, new: Any, passages: tuple[Passage, ...] = ()) -> FieldChange:
    return FieldChange(
        field=column.name,
        label=capfirst(str(column.verbose_name)),
        unit=unit_of(column),
        old=_told(column, old),
        new=_told(column, new),
        old_code=_code(column, old),
        new_code=_code(column, new),
        passages=passages,
    )


def _told(column: models.Field[Any, Any], value: Any) -> Any:
    """Return a value as a reader meets it; figures stay figures."""
    if value is None or value == "":
        return None
    if isinstance(value, Target):
        return value.name
    if isinstance(column, models.BooleanField):
        return _("yes") if value else _("no")
    if isinstance(column, models.DateField):
        return date_format(value, "DATE_FORMAT")
    if column.choices:
        return str(dict(column.flatchoices).get(value, value))
    return value if unit_of(column) != WORD else str(value)


def _code(column: models.Field[Any, Any], value: Any) -> str | None:
    """Return a value as a program meets it. None: there is none, or it is a figure or a text."""
    if value is None or value == "" or unit_of(column) != WORD:
        return None
    if isinstance(value, Target):
        return value.code
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)
