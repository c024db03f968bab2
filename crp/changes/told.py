"""Entries of the history in the reader's words: what it is about, and each field from what to what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from plans.diff.columns import Target, compare_column, say_column
from plans.diff.values import ADDED, REMOVED, WORD, FieldChange
from plans.models import Plan, Revision

from .entries import Entry

ABOVE = ("revision", "plan", "profile", "contribution")
"""What an object belongs to, by the names of the columns that say so."""
NOT_TOLD = frozenset({"id", "updated_at", "password", "last_login"})
"""Columns that say nothing of a change, or that nobody but the database may know."""
LEVELS = 3
LEAST_GROUP = 4

Model = type[models.Model]


@dataclass(frozen=True)
class Told:
    """One entry as the page shows it."""

    entry: Entry
    model_name: str
    name: str
    """Of the object, as it was called then."""
    url: str
    """Where it can be looked at, empty where it is gone."""
    plan: Plan | None
    revision: Revision | None
    fields: Sequence[FieldChange] = ()
    is_personal: bool = False

    @property
    def record(self) -> Any:
        return self.entry.record

    @property
    def kind(self) -> str:
        """How it changed: ``+``, ``~`` or ``-``."""
        return self.record.history_type

    @property
    def is_first_known(self) -> bool:
        """Whether it changed something of which nothing is on record before."""
        return self.kind == "~" and self.entry.former is None

    @property
    def why(self) -> str:
        """What the change was part of: a file, a step; empty where nothing says so."""
        return gettext(self.record.history_change_reason) if self.record.history_change_reason else ""


@dataclass(frozen=True)
class Group:
    """Entries of one moment that did the same to objects of one kind; most groups are of one."""

    entries: Sequence[Told] = field(default_factory=list)

    @property
    def head(self) -> Told:
        return self.entries[0]

    @property
    def is_folded(self) -> bool:
        """Whether the page shows how many there are, and the entries below that."""
        return len(self.entries) >= LEAST_GROUP


class Things:
    """What entries point to, read once for each model. Queries: one a model and level, three levels at most."""

    def __init__(self) -> None:
        self._found: dict[Model, dict[int, models.Model | None]] = defaultdict(dict)

    def fill(self, rows: Sequence[models.Model], level: int = 0) -> None:
        """Give rows what they point to, as far as it is there, so that calling them by their names asks nothing."""
        links = [(row, link) for row in rows for link in _links(row, level)]
        wanted: dict[Model, set[int]] = defaultdict(set)
        for row, link in links:
            wanted[link.related_model].add(getattr(row, link.attname))
        new = self.read(wanted)
        if new and level < LEVELS:
            self.fill(new, level + 1)
        for row, link in links:
            link.set_cached_value(row, self.find(link.related_model, getattr(row, link.attname)))

    def read(self, wanted: dict[Model, set[int]]) -> list[models.Model]:
        """Read objects by primary key, and return those that were not known. Queries: one a model."""
        new: list[models.Model] = []
        for model, keys in wanted.items():
            missing = keys - self._found[model].keys() - {None}
            if missing:
                there = model._default_manager.in_bulk(missing)
                self._found[model].update({pk: there.get(pk) for pk in missing})
                new += there.values()
        return new

    def find(self, model: Model, pk: int) -> Any:
        """Return an object that was read. None: it is gone."""
        return self._found[model].get(pk)


def _links(row: models.Model, level: int) -> Iterator[Any]:
    """Yield the columns of a row by which it points to something: all of its own, further away those that name it."""
    names = {lookup.split("__")[0] for lookup in getattr(row, "natural_key_fields", ())} | {*ABOVE}
    for column in row._meta.concrete_fields:
        is_asked = column.is_relation and getattr(row, column.attname) is not None
        if is_asked and (level == 0 or column.name in names):
            yield column


def tell(entries: Sequence[Entry]) -> list[Group]:
    """Return entries in words, those that did the same at one moment together. Queries: as :class:`Things`."""
    things = Things()
    rows = [_row(entry.model, entry.record) for entry in entries]
    formers = [_row(entry.model, entry.former) for entry in entries if entry.former]
    things.fill([*rows, *formers])
    things.read(_there(entries))
    told = [_tell(entry, row, things) for entry, row in zip(entries, rows, strict=True)]
    return [Group([*group]) for _key, group in groupby(told, key=_group_key)]


def _row(model: Model, record: Any) -> models.Model:
    """Return the object as an entry has it; not its personal data, which no entry keeps."""
    row = model(**{column.attname: getattr(record, column.attname) for column in record.tracked_fields})
    for name in getattr(model, "personal_fields", ()):
        setattr(row, name, "…")
    return row


def _there(entries: Iterable[Entry]) -> dict[Model, set[int]]:
    """Return which objects the page could lead to, and what their columns of many link to."""
    wanted: dict[Model, set[int]] = defaultdict(set)
    for entry in entries:
        wanted[entry.model].add(entry.record.id)
        for name, linked in (entry.links or {}).items():
            related: Any = entry.model._meta.get_field(name).related_model
            wanted[related].update(*linked)
    return wanted


def _tell(entry: Entry, row: Any, things: Things) -> Told:
    revision = row if entry.model is Revision else _cached(row, "revision")
    plan = row if entry.model is Plan else _cached(row, "plan") or _cached(revision, "plan")
    plan = plan or _cached(_cached(row, "contribution"), "plan")
    return Told(
        entry=entry,
        model_name=str(entry.model._meta.verbose_name),
        name=_name(row),
        url=_url(entry, row, things),
        plan=plan,
        revision=None if entry.model is Revision else revision,
        fields=[*_fields(entry, things)],
        is_personal=bool(getattr(entry.model, "personal_fields", ())),
    )


def _cached(row: Any, name: str) -> Any:
    """Return what a row points to where that was read."""
    if row is None or name not in {column.name for column in row._meta.concrete_fields}:
        return None
    return row._meta.get_field(name).get_cached_value(row, default=None)


def _name(row: Any) -> str:
    """Return what an object is called; of one whose parts are gone too, its number."""
    try:
        return str(row)
    except (ObjectDoesNotExist, AttributeError):
        return _("no. %(number)s") % {"number": row.pk}


def _url(entry: Entry, row: Any, things: Things) -> str:
    """Return the page on which an object is edited: its own, or that of what it belongs to."""
    target = row if things.find(entry.model, entry.record.id) is not None else None
    while target is not None and type(target) not in admin.site._registry:
        target = next((above for name in ABOVE if (above := _cached(target, name)) is not None), None)
    if target is None:
        return ""
    return reverse(f"admin:{target._meta.app_label}_{target._meta.model_name}_change", args=[target.pk])


def _fields(entry: Entry, things: Things) -> Iterator[FieldChange]:
    """Yield each field that changed; of what was added or removed, each that said something."""
    for column in entry.record.tracked_fields:
        if column.name in NOT_TOLD:
            continue
        new = _value(column, entry.record, things)
        if entry.former is not None:
            change = compare_column(column, _value(column, entry.former, things), new)
        elif entry.record.history_type == "~":
            change = None
        else:
            change = say_column(column, new, ADDED if entry.record.history_type == "+" else REMOVED)
        if change is not None:
            yield change
    for name, (before, after) in (entry.links or {}).items():
        if before != after and not (entry.record.history_type == "~" and entry.former is None):
            yield _links_changed(entry, name, before, after, things)


def _value(column: Any, record: Any, things: Things) -> Any:
    value = getattr(record, column.attname)
    if not column.is_relation or value is None:
        return value
    thing = things.find(column.related_model, value)
    gone = _("%(what)s no. %(number)s, not there any more") % {
        "what": capfirst(column.related_model._meta.verbose_name),
        "number": value,
    }
    return Target(value, _name(thing) if thing is not None else gone, str(value))


def _links_changed(entry: Entry, name: str, before: list[int], after: list[int], things: Things) -> FieldChange:
    column: Any = entry.model._meta.get_field(name)
    old, new = (
        ", ".join(sorted(str(things.find(column.related_model, pk) or pk) for pk in keys)) for keys in (before, after)
    )
    return FieldChange(
        field=name, label=capfirst(str(column.verbose_name)), unit=WORD, old=old or None, new=new or None
    )


def _group_key(told: Told) -> tuple[Any, ...]:
    """Return what entries that are shown together have in common; changes stand alone, but for seals."""
    record = told.record
    if told.kind == "~" and [change.field for change in told.fields] != ["seal"]:
        return ("~", told.entry.position)
    moment = record.history_date.replace(second=0, microsecond=0)
    of = getattr(record, "revision_id", None)
    return told.kind, told.entry.model, record.history_user_id, record.history_change_reason, of, moment
