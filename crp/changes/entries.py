"""The entries of one page: the newest of every model, merged by their time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone

from crp.accounts.models import User
from crp.common.history import Records
from plans.models import Plan

from .reaching import OfObject, OfPlan, Seen, history_of

PAGE = 50
NOBODY = "nobody"
Model = type[models.Model]


@dataclass(frozen=True, order=True)
class Position:
    """Where an entry stands: later ones first, those of the same moment in an order of their own."""

    at: datetime
    label: str
    number: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.label}~{self.number}"

    @classmethod
    def read(cls, text: str) -> Position | None:
        """Return the position that an address names. None: it names none."""
        at, _mark, rest = text.partition("~")
        label, _mark, number = rest.partition("~")
        try:
            moment = datetime.fromisoformat(at)
        except ValueError:
            return None
        if timezone.is_naive(moment) or not (number.isascii() and number.isdecimal() and len(number) < 19):
            return None
        return cls(moment, label, int(number))

    def after(self, label: str) -> Q:
        """Return the condition that an entry of a model comes after this position, which is to say is older."""
        older = Q(history_date__lt=self.at)
        if label < self.label:
            return older | Q(history_date=self.at)
        return older | Q(history_date=self.at, history_id__lt=self.number) if label == self.label else older


@dataclass(frozen=True)
class Wanted:
    """What somebody asks for."""

    person: User | str | None = None
    """:data:`NOBODY`: imports, and CRP itself."""
    plan: Plan | None = None
    model: Model | None = None
    kind: str = ""
    first: date | None = None
    last: date | None = None
    of: tuple[Model, int] | None = None
    before: Position | None = None

    def condition(self, model: Model, scopes: Sequence[OfPlan | OfObject]) -> Q | None:
        """Return the condition on the entries of a model. None: nothing of it is asked for."""
        if self.model not in {None, model}:
            return None
        found = Q()
        for scope in scopes:
            part = scope.condition(model)
            if part is None:
                return None
            found &= part
        if self.person is not None:
            found &= Q(history_user=None) if self.person == NOBODY else Q(history_user=self.person)
        if self.kind:
            found &= Q(history_type=self.kind)
        if self.first:
            found &= Q(history_date__gte=_midnight(self.first))
        if self.last:
            found &= Q(history_date__lt=_midnight(self.last) + timedelta(days=1))
        return found & self.before.after(model._meta.label) if self.before else found

    def scopes(self) -> Iterator[OfPlan | OfObject]:
        """Yield the plan and the object that entries must belong to."""
        if self.plan is not None:
            yield OfPlan(self.plan)
        if self.of is not None:
            yield OfObject(*self.of)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


@dataclass
class Entry:
    """One entry, with the one before it of the same object."""

    position: Position
    model: Model
    record: Any
    former: Any = None
    """None: the object was added or removed, or nothing is on record before."""
    links: Mapping[str, tuple[list[int], list[int]]] | None = None
    """What each column of many linked to before and after, by primary key."""


@dataclass(frozen=True)
class Page:
    """Some entries, the newest first, and where the next page starts. None: this is the last one."""

    entries: Sequence[Entry]
    older: Position | None


def read_page(wanted: Wanted, seen: Seen) -> Page:
    """Return a page of entries that somebody may see.

    Queries: one a model, and three for each model that the page has entries of; none depends on how many there are.
    """
    scopes = [*wanted.scopes()]
    heads: list[tuple[Position, Model]] = []
    for model in seen.models:
        condition = wanted.condition(model, scopes)
        if condition is None:
            continue
        rows = history_of(model).filter(condition & seen.condition(model)).order_by("-history_date", "-history_id")
        for at, number in rows.values_list("history_date", "history_id")[: PAGE + 1]:
            heads.append((Position(at, model._meta.label, number), model))
    heads.sort(key=lambda head: head[0], reverse=True)
    shown = heads[:PAGE]
    older = shown[-1][0] if len(heads) > PAGE else None
    return Page(_load(shown), older)


def _load(heads: Sequence[tuple[Position, Model]]) -> list[Entry]:
    by_model: dict[Model, list[int]] = defaultdict(list)
    for position, model in heads:
        by_model[model].append(position.number)
    found: dict[tuple[Model, int], Entry] = {}
    for model, numbers in by_model.items():
        for record, former in _pairs(model, numbers):
            position = Position(record.history_date, model._meta.label, record.history_id)
            found[model, record.history_id] = Entry(position, model, record, former)
        _add_links(model, [found[model, number] for number in numbers])
    return [found[model, position.number] for position, model in heads]


def _pairs(model: Model, numbers: Sequence[int]) -> Iterator[tuple[Any, Any]]:
    """Yield entries, each with the one before it where the object was changed. Queries: 2."""
    history = history_of(model)
    earlier = history.filter(id=OuterRef("id")).filter(
        Q(history_date__lt=OuterRef("history_date"))
        | Q(history_date=OuterRef("history_date"), history_id__lt=OuterRef("history_id"))
    )
    newest = earlier.order_by("-history_date", "-history_id").values("history_id")[:1]
    records = list(
        history.filter(history_id__in=numbers).select_related("history_user").annotate(former_number=Subquery(newest))
    )
    changed = [record.former_number for record in records if record.history_type == "~" and record.former_number]
    formers = {former.history_id: former for former in history.filter(history_id__in=changed)}
    for record in records:
        yield record, formers.get(record.former_number) if record.history_type == "~" else None


def _add_links(model: Model, entries: Sequence[Entry]) -> None:
    """Add what columns of many linked to. Queries: 1 a column."""
    for field in history_of(model).model._history_m2m_fields:
        kept: Any = Records.m2m_models[field]
        numbers = [item.history_id for entry in entries for item in (entry.record, entry.former) if item]
        linked: dict[int, list[int]] = defaultdict(list)
        other = f"{field.m2m_reverse_field_name()}_id"
        for number, pk in kept.objects.filter(history__in=numbers).values_list("history_id", other):
            linked[number].append(pk)
        for entry in entries:
            before = linked[entry.former.history_id] if entry.former else []
            entry.links = {**(entry.links or {}), field.name: (before, linked[entry.record.history_id])}
