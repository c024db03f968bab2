"""How far a client has read the feed, as a word that it keeps."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from .resources import RESOURCES

START = "start"
"""Asks for everything from the beginning."""
FORM = re.compile(r"([0-9a-f]{8})-([0-9]{1,18})-([0-9]{1,18})-([a-z]{1,10})")
LETTERS = {item.letter: name for name, item in RESOURCES.items()}


@dataclass(frozen=True, kw_only=True)
class Cursor:
    """A place in a feed."""

    epoch: str
    position: int
    """Everything up to here has been read."""
    begun_at: int
    """Where the feed ended when the client began from nothing: it holds nothing older, deleted or not. 0: long past."""
    resources: frozenset[str]
    """What has been read: other resources have not."""

    def __str__(self) -> str:
        letters = "".join(sorted(RESOURCES[name].letter for name in self.resources))
        return f"{self.epoch}-{self.position}-{self.begun_at}-{letters}"

    @property
    def knows_to(self) -> int:
        """Deletions up to here are of no interest: they are read, or are of what the client never had."""
        return max(self.position, self.begun_at)

    def at(self, position: int) -> Cursor:
        """Return a later place in the same feed."""
        return replace(self, position=position, begun_at=self.begun_at if position < self.begun_at else 0)


def begin(epoch: str, head: int, resources: Collection[str]) -> Cursor:
    """Return the place before everything."""
    return Cursor(epoch=epoch, position=0, begun_at=head, resources=frozenset(resources))


def read_cursor(word: str) -> Cursor | None:
    """Return what a word says. None: it is no cursor."""
    match = FORM.fullmatch(word)
    if match is None or not set(match[4]) <= LETTERS.keys():
        return None
    resources = frozenset(LETTERS[letter] for letter in match[4])
    return Cursor(epoch=match[1], position=int(match[2]), begun_at=int(match[3]), resources=resources)
