"""Reading the feed: what has changed since a place in it, with the rows as the lists show them now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Min, Q, QuerySet

from crp.exchange.models import Change

from .cursors import Cursor
from .resources import RESOURCES, by_resource
from .taking_up import State

UPDATED, DELETED = "updated", "deleted"
KINDS = ("created", "published", UPDATED, DELETED)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A change, seen from a place before it."""

    cursor: Cursor
    change: Change
    kind: str
    row: dict[str, Any] | None
    """As its list shows it now. None: it is not there, or not any more."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """Some changes, and where to go on."""

    entries: Sequence[Entry]
    cursor: Cursor
    has_more: bool


def read_page(since: Cursor, state: State, limit: int) -> Page:
    """Return the next changes. Queries: 1, and a few for each resource among them; none at the end of the feed."""
    if since.position >= state.head:
        return Page(entries=(), cursor=since, has_more=state.goes_on)
    # Nothing beyond the end that was read before: what is committed meanwhile comes with the next page.
    changes = list(_after(since).filter(position__lte=state.head)[: limit + 1])
    has_more = len(changes) > limit
    entries = _entries(changes[:limit], since)
    end = entries[-1].cursor if has_more else since.at(state.head)
    return Page(entries=entries, cursor=end, has_more=has_more or state.goes_on)


def read_on(since: Cursor, state: State, at_once: int) -> Iterator[Entry]:
    """Yield the changes up to where the feed stood, read some at a time."""
    while True:
        page = read_page(since, state, at_once)
        yield from page.entries
        if page.cursor.position >= state.head:
            return
        since = page.cursor


def position_before(time: datetime, state: State) -> int:
    """Return the last position that was taken up before a time. Queries: 1."""
    first = Change.objects.filter(taken_up_at__gte=time).aggregate(first=Min("position"))["first"]
    return state.head if first is None else first - 1


def _after(since: Cursor) -> QuerySet[Change]:
    changes = Change.objects.filter(position__gt=since.position).order_by("position")
    if since.resources != frozenset(RESOURCES):
        changes = changes.filter(resource__in=since.resources)
    if since.begun_at > since.position:  # who began from nothing has nothing to delete
        changes = changes.filter(Q(is_deleted=False) | Q(position__gt=since.begun_at))
    return changes


def _entries(changes: Sequence[Change], since: Cursor) -> list[Entry]:
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    wanted = by_resource((item.resource, item.key) for item in changes if not item.is_deleted)
    for name, keys in wanted.items():
        rows.update({(name, key): row for key, row in RESOURCES[name].rows(keys).items()})
    return [
        Entry(cursor=since.at(item.position), change=item, kind=_kind(item, row, since), row=row)
        for item in changes
        for row in [rows.get((item.resource, item.key))]
    ]


def _kind(change: Change, row: dict[str, Any] | None, since: Cursor) -> str:
    """Return what happened to an object since a place, however often it has changed after it."""
    if row is None:
        return DELETED
    # Who began from nothing has not seen what has stood at one place ever since.
    is_new = change.shown_since > since.position or change.position <= since.begun_at
    return RESOURCES[change.resource].comes if is_new else UPDATED
