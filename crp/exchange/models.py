"""The feed of changes: what was written and waits, what has changed by now, and which feed it is.

Written by triggers and by :mod:`crp.exchange.changes`, and by nothing else. None of it has a history: it is one.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class PendingChange(models.Model):
    """Something that was written and that the feed has not taken up yet: one row a trigger, in its transaction."""

    topic = models.CharField(max_length=24)
    """What it means for the feed: see :mod:`crp.exchange.changes.triggers`."""
    number = models.BigIntegerField(null=True)
    """Of the row that was written, or of the plan it belongs to."""
    key = models.CharField(max_length=100, blank=True)
    """Its code, where nothing else names it once it is deleted."""
    written_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.topic} {self.number or self.key}"


class Change(models.Model):
    """One published object and its latest change. What was deleted stays, as a mark that it is gone."""

    position = models.BigIntegerField(primary_key=True)
    """Grows with every change that is taken up; an object that changes again moves to the end."""
    resource = models.CharField(max_length=20)
    key = models.CharField(max_length=200)
    plan_number = models.BigIntegerField(null=True)
    """The plan it belongs to, which may be gone. None: no plan."""
    version = models.CharField(max_length=200, blank=True)
    """What tells whether it is published anew (a plan), or changed at all (a sealed revision)."""
    shown_since = models.BigIntegerField()
    """Position at which it came into its list, or at which a plan's revision came into force."""
    changed_at = models.DateTimeField()
    taken_up_at = models.DateTimeField()
    """Never earlier than that of a lower position."""
    is_deleted = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "key"], name="change_once_per_object"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["plan_number"], name="change_plan"),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.resource} {self.key}"


class ChangeFeed(models.Model):
    """Which feed the positions are of, and how far back deletions are known: one row."""

    epoch = models.CharField(max_length=8)
    """Drawn by chance: a cursor of another database, or of one put back from a copy, is told by it."""
    forgotten_to = models.BigIntegerField(default=0)
    """The highest position of a deletion that is known no more; 0: all are."""
    forgotten_before = models.DateTimeField(null=True)
    """Deletions that were taken up from this time on are all known. None: all are."""

    def __str__(self) -> str:
        return self.epoch
