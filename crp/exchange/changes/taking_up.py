"""Taking up what was written into the feed: after it is committed, in one order, by one at a time.

A position drawn while a transaction runs may be overtaken: whoever drew a higher one commits first, and a client that
has read that one never sees the lower. So writers draw none. They only leave notes, and whoever reads the feed next
takes up the notes that are committed. The lists themselves say what is published: a draft leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from django.db import InternalError, OperationalError, connection, transaction
from django.db.models import Exists, Max, Subquery
from django.utils import timezone

from crp.exchange.models import Change, ChangeFeed, PendingChange

from .affected import Affected, Note, When, affected_by
from .resources import RESOURCES, Resource, Shown, in_groups

NOTES_AT_ONCE = 10_000
LOCK = 6_027_001
"""Of PostgreSQL's advisory locks the one that whoever takes up notes holds."""
PATIENCE = 500
"""Milliseconds that a reader waits on SQLite for a writer to end, before it reads what was taken up so far."""
FEED = 1


class State(NamedTuple):
    """Where the feed stands."""

    epoch: str
    head: int
    """The highest position that there is, or was."""
    forgotten_to: int
    forgotten_before: datetime | None
    is_behind: bool
    """Whether something is committed that is not taken up yet."""
    is_held: bool = False
    """Whether it can't be taken up now: somebody writes for long, or the database can only be read."""

    @property
    def goes_on(self) -> bool:
        """Whether to ask at once brings more. Where it is held, that would be to ask without end."""
        return self.is_behind and not self.is_held


def read_state() -> State:
    """Return where the feed stands. Queries: 1."""
    head = Change.objects.order_by("-position").values("position")[:1]
    feed = ChangeFeed.objects.filter(pk=FEED)
    row = feed.annotate(head=Subquery(head), is_behind=Exists(PendingChange.objects.all())).first()
    if row is None:  # somebody emptied the database
        found_feed()
        return read_state()
    head_position = max(row.head or 0, row.forgotten_to)
    return State(row.epoch, head_position, row.forgotten_to, row.forgotten_before, row.is_behind)


def found_feed() -> None:
    """Give the feed its row and its epoch, where it has none."""
    ChangeFeed.objects.get_or_create(pk=FEED, defaults={"epoch": new_epoch()})


def new_epoch() -> str:
    """Return a name that no other feed has."""
    return uuid4().hex[:8]


def catch_up(rounds: int | None = None) -> State:
    """Take up what is committed, and return where the feed stands. Queries: 1 where there is nothing to take up.

    ``rounds``: stop after so many times ``NOTES_AT_ONCE``; None: go on to the end. Where somebody writes on SQLite for
    long, or where the database can only be read, the feed stays where it is for this time.
    """
    state = read_state()
    while state.is_behind and rounds != 0:
        try:
            with _alone():
                notes = _take_notes()
                take_up(affected_by(notes))
        except (OperationalError, InternalError):
            if connection.in_atomic_block:
                raise
            return state._replace(is_held=True)
        rounds = None if rounds is None else rounds - 1
        state = read_state()
    return state


@contextmanager
def _alone() -> Iterator[None]:
    """Let one at a time take up notes, in a transaction."""
    is_patient = connection.vendor != "sqlite" or connection.in_atomic_block
    try:
        if not is_patient:
            usual = _pragma("busy_timeout")
            _pragma(f"busy_timeout = {PATIENCE}")
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            yield
    finally:
        if not is_patient:
            _pragma(f"busy_timeout = {usual}")


def _pragma(words: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {words}")
        return int(cursor.fetchone()[0])


def _take_notes() -> list[Note]:
    """Take the oldest notes away and return them."""
    rows = PendingChange.objects.order_by("pk").values_list("pk", "topic", "number", "key", "written_at")
    notes = [Note(*row) for row in rows[:NOTES_AT_ONCE]]
    # By their numbers: a note with a lower one may be committed at this moment.
    PendingChange.objects.filter(pk__in=[note.order for note in notes]).delete()
    return notes


def take_up(affected: Affected) -> int:
    """Give every object that is published, or was, a new place at the end, and return how many that were.

    The caller is alone, in a transaction. Queries: a few for each resource and thousand objects.
    """
    changes: list[tuple[int, Change]] = []
    gone: list[int] = []
    for name, objects in affected.items():
        resource = RESOURCES[name]
        for keys in in_groups(objects):
            shown = resource.shown(keys)
            told = {item.key: item for item in Change.objects.filter(resource=name, key__in=keys)}
            for key in keys:
                former = told.get(key)
                change = _change(resource, key, shown.get(key), former, objects[key])
                if change is not None:
                    changes.append((objects[key].order, change))
                    if former is not None:
                        gone.append(former.position)
    if not changes:
        return 0
    changes.sort(key=lambda pair: (pair[0], pair[1].resource, pair[1].key))
    _append([change for _order, change in changes], gone)
    return len(changes)


def _change(resource: Resource, key: str, shown: Shown | None, former: Change | None, when: When) -> Change | None:
    """Return what the feed has to say of an object, without its place. None: nothing that it has not said."""
    was_there = former is not None and not former.is_deleted
    change = Change(resource=resource.name, key=key, changed_at=when.at)
    if former is not None and was_there and shown is None:
        change.is_deleted = True
        change.plan_number, change.version, change.shown_since = former.plan_number, former.version, former.shown_since
        return change
    if shown is None:
        return None
    change.plan_number, change.version = shown
    if former is not None and was_there:
        is_same = former.version == shown.version
        if resource.is_fixed_with_version and is_same and shown.version:
            return None
        if is_same or not resource.is_new_with_version:
            change.shown_since = former.shown_since
    return change


def _append(changes: list[Change], gone: list[int]) -> None:
    """Put changes at the end, in place of what stood elsewhere of the same objects."""
    last = Change.objects.order_by("-position").first()
    position = read_state().head
    taken_up_at = timezone.now() if last is None else max(timezone.now(), last.taken_up_at)
    for change in changes:
        position += 1
        change.position = position
        change.taken_up_at = taken_up_at
        if not change.shown_since:  # it is new in its list, or published anew
            change.shown_since = position
    for group in in_groups(gone):
        Change.objects.filter(position__in=group).delete()
    Change.objects.bulk_create(changes, batch_size=1_000)


def announce_all() -> int:
    """Say of every published object that it may have changed, and of every other one that it is gone.

    For what was written without the triggers: before there was a feed, or while SQLite's tables were changed. Returns
    how many objects that were.
    """
    now = When(0, timezone.now())
    told = Change.objects.filter(is_deleted=False)
    number = 0
    with _alone():
        found_feed()
        for name, resource in RESOURCES.items():
            left = set(told.filter(resource=name).values_list("key", flat=True))
            for keys in in_groups(resource.keys(), NOTES_AT_ONCE):
                left.difference_update(keys)
                number += take_up({name: dict.fromkeys(keys, now)})
            number += take_up({name: dict.fromkeys(left, now)})
    return number


def forget_before(time: datetime) -> int:
    """Forget the deletions that were taken up before a time, and return how many that were.

    A client that has read nothing since is told to begin again.
    """
    with _alone():
        found_feed()
        old = Change.objects.filter(is_deleted=True, taken_up_at__lt=time)
        last = old.aggregate(last=Max("position"))["last"]
        if last is None:
            return 0
        number, _by_model = old.delete()
        ChangeFeed.objects.filter(pk=FEED).update(forgotten_to=last, forgotten_before=time)
    return number


def begin_anew() -> str:
    """Give the feed another epoch, which ends every cursor, and return it. For a database put back from a copy."""
    found_feed()
    epoch = new_epoch()
    ChangeFeed.objects.filter(pk=FEED).update(epoch=epoch)
    return epoch
