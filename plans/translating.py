"""Plans in the language of the reader: which texts there are, what is translated, and what is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from plans.models import Achievement, Narrative, Plan, RevisionRow, Translation
from plans.tree import links

PLAN = "plan"
"""Names the plan itself among the subjects, which is no row of a revision."""
Key = tuple[str, str, str]
"""Row key, column and hash of the source text."""


class Told(str):
    """A text as it is shown, with the language that it is in and the words that it was made from."""

    __slots__ = ("language", "source")
    language: str
    source: str

    def __new__(cls, text: str, language: str, source: str) -> Told:
        told = super().__new__(cls, text)
        told.language, told.source = language, source
        return told


@dataclass(frozen=True, slots=True)
class Passage:
    """One text of a plan, by the row and column that it stands in."""

    row: Any
    subject: str
    field: str
    text: str
    language: str

    @property
    def key(self) -> Key:
        return self.subject, self.field, hash_of(self.text)


def hash_of(text: str) -> str:
    """Return the SHA-256 of a text, the same however its lines end."""
    return hashlib.sha256(text.replace("\r\n", "\n").strip().encode()).hexdigest()


def reading() -> str:
    """Return the language of the reader, such as ``ar``."""
    return (get_language() or settings.LANGUAGE_CODE)[:2]


def source_of(text: str) -> str:
    """Return the words of the plan itself, whatever stands in their place."""
    return text.source if isinstance(text, Told) else text


def language_of(rows: Iterable[RevisionRow]) -> str:
    """Return the language that a plan is written in: that of its first text which says so, or else English."""
    said = (row.language for kind in (Narrative, Achievement) for row in rows if isinstance(row, kind))
    return next(said, settings.LANGUAGE_CODE)


def passages_of(plan: Plan, rows: Sequence[RevisionRow]) -> Iterator[Passage]:
    """Yield the texts of a plan that can be translated, its title first, in the order of its rows."""
    written = language_of(rows)
    yield Passage(plan, PLAN, "title", source_of(plan.title), written)
    for row in rows:
        for field in row.translated_fields:
            if (text := source_of(getattr(row, field))).strip():
                yield Passage(row, row.row_key, field, text, getattr(row, "language", "") or written)


def listed_names(passages: Iterable[Passage], language: str) -> dict[Key, str]:
    """Return the texts that repeat an entry of a list word by word, with the name that it has in a language.

    Queries: one for each list, none in the language of the lists.
    """
    if language == settings.LANGUAGE_CODE:
        return {}
    named: dict[Any, dict[int, list[Passage]]] = {}
    for passage in passages:
        column = getattr(passage.row, "named_after", "")
        if column and passage.field == passage.row.translated_fields[0]:
            field = passage.row._meta.get_field(column)
            if pk := getattr(passage.row, field.attname):
                named.setdefault(field.related_model, {}).setdefault(pk, []).append(passage)
    found: dict[Key, str] = {}
    for model, members in named.items():
        for pk, entry in model._default_manager.in_bulk(members).items():
            name = getattr(entry, f"name_{language}", "")
            found |= {item.key: name for item in members[pk] if name and item.text.strip() == entry.name}
    return found


class Telling:
    """The texts of a plan as a reader gets them: translated where somebody has done it, else as they were written.

    Queries: one, and one for each list that rows are named after; none where all is in the reader's language.
    """

    def __init__(self, plan: Plan, rows: Sequence[RevisionRow]) -> None:
        self.language = reading()
        self.rows = rows
        self._plan = plan
        self._passages = [*passages_of(plan, rows)]

    @cached_property
    def _translated(self) -> Mapping[Key, str]:
        if all(passage.language == self.language for passage in self._passages):
            return {}
        found = Translation.objects.filter(plan=self._plan, language=self.language)
        made = {(row.subject, row.field, row.source_hash): row.text for row in found}
        return listed_names(self._passages, self.language) | made

    def tell(self) -> None:
        """Put into each row what the reader is shown, as :class:`Told`. The rows must not be saved after that."""
        for passage in self._passages:
            text = self._translated.get(passage.key) if passage.language != self.language else None
            shown = (passage.text, passage.language) if text is None else (text, self.language)
            setattr(passage.row, passage.field, Told(*shown, source=passage.text))
        told_rows = {(type(row), row.pk): row for row in self.rows}
        for row in self.rows:
            for name, model in links(type(row)):
                if (target := told_rows.get((model, getattr(row, f"{name}_id")))) is not None:
                    setattr(row, name, target)

    @cached_property
    def foreign(self) -> list[Passage]:
        """The texts that are shown in another language than the reader's."""
        return [
            passage
            for passage in self._passages
            if passage.language != self.language and passage.key not in self._translated
        ]

    @property
    def counted(self) -> int:
        """How many texts there are."""
        return len(self._passages)


def tell_titles(plans: Sequence[Plan]) -> None:
    """Put the translated titles of plans in their place. Queries: one; none in the language of the code."""
    language = reading()
    if language == settings.LANGUAGE_CODE or not plans:
        return
    found = Translation.objects.filter(
        plan__in=[plan.pk for plan in plans], language=language, subject=PLAN, field="title"
    )
    titles = {(row.plan_id, row.source_hash): row.text for row in found}
    for plan in plans:
        if not isinstance(plan.title, Told):
            text = titles.get((plan.pk, hash_of(plan.title)))
            shown = (plan.title, settings.LANGUAGE_CODE) if text is None else (text, language)
            plan.title = Told(*shown, source=plan.title)
