"""Translating the text of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from crp.common.history import credit
from plans.models import Plan, Revision, Translation
from plans.translating import Key, Passage, hash_of, listed_names, passages_of
from plans.tree import rows_of

from .workflow import Person


@dataclass(frozen=True, slots=True)
class Item:
    """One text to translate, with what there is of it in another language."""

    passage: Passage
    current: Translation | None
    """Made from the text as it is."""
    older: Translation | None
    """Made from what the text was before, the newest of them; None where there is a current one."""

    @property
    def name(self) -> str:
        """How a form names it."""
        return f"{self.passage.subject}.{self.passage.field}"

    @property
    def made_from(self) -> str:
        """The hash of the source text."""
        return hash_of(self.passage.text)

    @property
    def before(self) -> str:
        """The hash of the translation that there is; empty: there is none."""
        return hash_of(self.current.text) if self.current else ""

    @property
    def state(self) -> str:
        """``done``, ``older`` than its source, or ``missing``."""
        return "done" if self.current else "older" if self.older else "missing"

    @property
    def text(self) -> str:
        """What a translator starts from."""
        found = self.current or self.older
        return found.text if found else ""


@dataclass(frozen=True, slots=True)
class Given:
    """What a translator wrote for one text, and what they had before their eyes."""

    text: str
    made_from: str
    """The hash of the source text."""
    before: str = ""
    """The hash of the translation that was there; empty: there was none."""
    still_holds: bool = False
    """Whether they say that an older translation holds for the text as it is now."""


class TranslationWork:
    """What there is to translate of a revision, and what is done.

    Queries: one a model of rows, one, and two for each language.
    """

    def __init__(self, revision: Revision) -> None:
        self._plan = revision.plan
        self._passages = [*passages_of(revision.plan, [*rows_of(revision)])]
        self._named: dict[str, Mapping[Key, str]] = {}

    @property
    def languages(self) -> list[str]:
        """The languages of the site that not all of its texts are written in."""
        written = {passage.language for passage in self._passages}
        return [code for code, _name in settings.LANGUAGES if written != {code}]

    @cached_property
    def _made(self) -> Mapping[tuple[str, str, str], list[Translation]]:
        made: dict[tuple[str, str, str], list[Translation]] = {}
        rows = Translation.objects.filter(plan=self._plan).select_related("translated_by")
        for row in rows.order_by("-translated_at", "-pk"):
            made.setdefault((row.language, row.subject, row.field), []).append(row)
        return made

    def items(self, language: str) -> list[Item]:
        """Return the texts to translate into a language, in the order of the plan; not what a list translates."""
        items = []
        listed = self._listed(language)
        for passage in self._passages:
            if passage.language != language and passage.key not in listed:
                rows = self._made.get((language, passage.subject, passage.field), [])
                current = next((row for row in rows if row.source_hash == hash_of(passage.text)), None)
                items.append(Item(passage, current, None if current else next(iter(rows), None)))
        return items

    def _listed(self, language: str) -> Mapping[Key, str]:
        if language not in self._named:
            self._named[language] = listed_names(self._passages, language)
        return self._named[language]

    def counts(self, language: str) -> dict[str, int]:
        """Return how many texts there are of each state, and in ``all``."""
        states = [item.state for item in self.items(language)]
        return {state: states.count(state) for state in ("done", "older", "missing")} | {"all": len(states)}


@transaction.atomic
def save_translations(
    *, revision: Revision, language: str, given: Mapping[str, Given], by: Person | None
) -> tuple[int, int]:
    """Keep what a translator wrote, and return how many texts that changed and how many it took away.

    ``given``: by the name of its item. An older translation that is sent as it was changes nothing, unless they say
    that it still holds; an empty text takes a translation away. Raises: ValidationError with a sentence for each name
    that can't be kept, and nothing is; PermissionDenied where ``by`` may not write this plan. None is CRP itself.
    """
    # With the key locked too, whoever records money at this moment and this would wait for each other.
    plan = Plan.objects.select_for_update(no_key=True).get(pk=revision.plan_id)
    if by is not None:
        by.require("plans.change_revision", plan)
    items = {item.name: item for item in TranslationWork(revision).items(language)}
    problems = {name: _judge(items.get(name), wanted) for name, wanted in given.items()}
    if refused := {name: [sentence] for name, sentence in problems.items() if sentence}:
        raise ValidationError(refused)
    changed = removed = 0
    for name, wanted in given.items():
        item, text = items[name], _tidy(wanted.text)
        if item.current is not None and not text:
            credit(item.current, by).delete()
            removed += 1
        elif _says_something_new(item, text, wanted):
            credit(_row(plan, item, language, text, by), by).save()
            changed += 1
    return changed, removed


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _says_something_new(item: Item, text: str, wanted: Given) -> bool:
    if not text:
        return False
    if item.current is not None:
        return item.current.text != text
    return item.older is None or item.older.text != text or wanted.still_holds


def _judge(item: Item | None, wanted: Given) -> str:
    """Return why a translation can't be kept; empty where it can."""
    if item is None:
        return _("This text is not in the plan any more.")
    if item.made_from != wanted.made_from:
        return _("The source text changed while you were translating: look at it again.")
    if wanted.before != item.before and _tidy(wanted.text) != item.text:
        return _("Somebody else translated this meanwhile. Theirs is: %(text)s") % {"text": item.text or "–"}
    limit = item.passage.row._meta.get_field(item.passage.field).max_length
    if limit and len(_tidy(wanted.text)) > limit:
        return _("This is too long: expected %(most)s characters at most.") % {"most": limit}
    return ""


def _row(plan: Plan, item: Item, language: str, text: str, by: Person | None) -> Translation:
    row = item.current or Translation(
        plan=plan,
        language=language,
        subject=item.passage.subject,
        field=item.passage.field,
        source_hash=item.made_from,
        source=item.passage.text,
    )
    row.text, row.translated_by_id = text, None if by is None else by.pk
    return row
