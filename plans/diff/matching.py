"""Which row of one revision is which row of another.

A row is found again by its row key. Two things are not left to the key alone:

*   A row whose key is a position (objective 2, the third achievement) is first looked for by its title, or by its words
    where it has none, and then by having at least half of its words in common: what was put in before it must not make
    a new row of every row after it.
*   Of the rows that are left, a removed and an added one of the same model are one row under a new name, where each is
    the other's only candidate and, in this order,

    1. everything besides the key is the same, and some of it is words;
    2. the title or name is the same (of rows without one, all their words are);
    3. they have no words, everything besides the key is the same, an amount of money above 0 among it, and the key
       differs in one link: the same amount, asked for under another sector.

    Rows that are numbered are last found by having at least half of their words in common.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any

from django.db import models

from crp.common.money import USDField
from plans.models import RevisionRow
from plans.tree import links

LEAST_ALIKE = 0.5
MOST_COMPARED = 2_500
"""Pairs of rows whose words are looked at one by one."""
SHORTEST_WORDS = 100
"""A column of text that holds less names or classifies; it says nothing that a row is known by."""
TITLES = ("title", "name")

Match = dict[int, RevisionRow]
"""The new row of an old one, by the old one's key in the database."""


class Matcher:
    """Finds the rows of one model again. ``found`` are the matches of all models that its rows point to."""

    def __init__(self, model: type[RevisionRow], found: dict[type[RevisionRow], Match]) -> None:
        self.found = found
        self.links = dict(links(model))
        self.key = tuple(path.split("__") for path in model.row_key_fields)
        in_key = {path[0] for path in self.key}
        self.content = [
            field
            for field in model._meta.concrete_fields
            if field.name not in {"id", "revision", "order"} and field.name not in in_key
        ]
        self.words = [field.name for field in self.content if is_words(field)]
        self.titles = [name for name in self.words if name in TITLES] or self.words
        self.money = [field.name for field in self.content if isinstance(field, USDField)]
        numbers = {field.name for field in model._meta.concrete_fields if isinstance(field, models.IntegerField)}
        self.position = [index for index, path in enumerate(self.key) if path[0] in numbers]

    def match(self, old: list[Any], new: list[Any]) -> Match:
        """Return which new row each old one is; what is in neither side of it was removed or added."""
        matched: Match = {}
        if self.position:
            self._pair(old, new, matched, self._place_and_title)
            self._pair_alike(*_left(old, new, matched), matched)
        for rule in (self.key_of, self._everything, self._title, self._amount):
            self._pair(old, new, matched, rule)
        return matched

    def key_of(self, row: RevisionRow) -> tuple[Any, ...]:
        """Return the key of a row as the new revision would write it: links lead to where their rows now are."""
        return tuple(self._value(row, path) for path in self.key)

    def _value(self, row: Any, path: list[str]) -> Any:
        value = row
        for position, name in enumerate(path):
            value = getattr(value, name)
            if value is None:
                return None
            if position == 0 and name in self.links:
                value = self.found.get(self.links[name], {}).get(value.pk, value)
        return value

    # What rows are recognised by; None: by nothing here

    def _place_and_title(self, row: Any) -> Hashable:
        title = self._title(row)
        rest = tuple(value for index, value in enumerate(self.key_of(row)) if index not in self.position)
        return None if title is None else (rest, title)

    def _everything(self, row: Any) -> Hashable:
        return self._content(row) if any(getattr(row, name) for name in self.words) else None

    def _title(self, row: Any) -> Hashable:
        words = tuple(" ".join(getattr(row, name).split()) for name in self.titles)
        return words if any(words) else None

    def _amount(self, row: Any) -> Hashable:
        if any(getattr(row, name) for name in self.words) or not any(getattr(row, name) for name in self.money):
            return None
        return self._content(row)

    def _content(self, row: Any) -> tuple[Any, ...]:
        return tuple(self._comparable(row, field) for field in self.content)

    def _comparable(self, row: Any, field: models.Field[Any, Any]) -> Any:
        value = getattr(row, field.attname)
        if field.name in self.links and value is not None:
            target = self.found.get(self.links[field.name], {}).get(value)
            return target.pk if target is not None else value
        return " ".join(value.split()) if isinstance(value, str) else value

    # Pairs

    def _pair(self, old: list[Any], new: list[Any], matched: Match, rule: Callable[[Any], Hashable]) -> None:
        removed, added = (_by(rule, rows) for rows in _left(old, new, matched))
        for name in removed.keys() & added.keys():
            if len(removed[name]) == len(added[name]) == 1:
                before, after = removed[name][0], added[name][0]
                if rule != self._amount or self._differs_in_one_link(before, after):
                    matched[before.pk] = after

    def _differs_in_one_link(self, old: Any, new: Any) -> bool:
        pairs = zip(self.key, self.key_of(old), self.key_of(new), strict=True)
        different = {path[0] for path, before, after in pairs if before != after}
        related = {field.name for field in type(old)._meta.concrete_fields if field.is_relation}
        return len(different) == 1 and different <= related

    def _pair_alike(self, old: list[Any], new: list[Any], matched: Match) -> None:
        if len(old) * len(new) > MOST_COMPARED:
            return
        words = {row.pk: self._all_words(row) for row in (*old, *new)}
        alike = []
        for before in old:
            for after in new:
                both = words[before.pk] | words[after.pk]
                share = len(words[before.pk] & words[after.pk]) / (len(both) or 1)
                if share >= LEAST_ALIKE:
                    alike.append((-share, self.key_of(before) != self.key_of(after), before.pk, before, after))
        taken: set[int] = set()
        for *_order, before, after in sorted(alike, key=lambda item: item[:3]):
            if before.pk not in matched and after.pk not in taken:
                matched[before.pk] = after
                taken.add(after.pk)

    def _all_words(self, row: Any) -> set[str]:
        return {word for name in self.words for word in getattr(row, name).split()}


def is_words(field: Any) -> bool:
    """Return whether a column holds words that a person wrote, and not a code or a choice."""
    if isinstance(field, models.TextField):
        return True
    return isinstance(field, models.CharField) and not field.choices and (field.max_length or 0) >= SHORTEST_WORDS


def _left(old: list[Any], new: list[Any], matched: Match) -> tuple[list[Any], list[Any]]:
    taken = {row.pk for row in matched.values()}
    return [row for row in old if row.pk not in matched], [row for row in new if row.pk not in taken]


def _by(rule: Callable[[Any], Hashable], rows: Iterable[Any]) -> dict[Hashable, list[Any]]:
    found: dict[Hashable, list[Any]] = {}
    for row in rows:
        name = rule(row)
        if name is not None:
            found.setdefault(name, []).append(row)
    return found
