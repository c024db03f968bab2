"""How well documents are read: each value against an index of what their pages say.

An index is a CSV file with a row a document; ``file`` is the path below the folder. An empty cell says that the page
does not give the value. A value that is proposed counts, with or without a question.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from io import StringIO

from django.utils.translation import gettext as _

from crp.importing.tables import FileRefused

from .as_text import as_text
from .document import Document
from .draft import PLAN, REVISION, Draft, Value
from .names import folded

COMPENDIUM = "compendium"
REMARK = re.compile(r"(.*\S)\s*\(([^()]+)\)")
FIRST_OBJECTIVE = "objective:1"


class Outcome(StrEnum):
    """What became of a value. ``BLANK``: the page does not give it, and nothing was read."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSED = "missed"
    INVENTED = "invented"
    BLANK = "blank"


BAD = frozenset({Outcome.WRONG, Outcome.INVENTED})


@dataclass(frozen=True)
class Answer:
    """What was read for one field of an index: as text, and on which lines."""

    text: str = ""
    lines: str = ""
    printed: str = ""


@dataclass(frozen=True)
class Finding:
    """One field of one file."""

    file: str
    field: str
    outcome: Outcome
    expected: str
    found: Answer


@dataclass
class Evaluation:
    """All findings. ``refused``: files that could not be read, and why; ``unknown``: columns that are not compared."""

    findings: list[Finding] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def counts(self) -> Mapping[str, Counter[Outcome]]:
        """Return for each field how often each outcome."""
        found: dict[str, Counter[Outcome]] = {}
        for finding in self.findings:
            found.setdefault(finding.field, Counter())[finding.outcome] += 1
        return found

    def total(self) -> Counter[Outcome]:
        """Return how often each outcome over all fields."""
        return Counter(finding.outcome for finding in self.findings)

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong or invented."""
        return not any(finding.outcome in BAD for finding in self.findings)


Reader = Callable[[Draft], Answer]


def _value(subject: str, name: str) -> Reader:
    return lambda draft: _answer(_found(draft, subject, name))


def _found(draft: Draft, subject: str, name: str) -> Value | None:
    row = draft.row(subject)
    return None if row is None else row.values.get(name)


def _answer(value: Value | None) -> Answer:
    """Return a value as text; of a word where a figure should stand, what is printed."""
    if value is None:
        return Answer()
    lines = str(value.span) if value.span else ""
    return Answer(as_text(value.value), lines, value.printed)


def _target_groups(draft: Draft) -> Answer:
    rows = [row for row in draft.of_kind("objectivetargetgroup") if row.key[0] == "1"]
    values = [row.values["target_group"] for row in rows if "target_group" in row.values]
    labels = [getattr(value.value, "label", value.printed) for value in values]
    return Answer(", ".join(sorted(labels)), ", ".join(str(value.span) for value in values if value.span))


READERS: Mapping[str, Reader] = {
    "url": _value(PLAN, "url"),
    "title": _value(PLAN, "title"),
    "kind": lambda draft: Answer(draft.layout),
    "iso3": _value(PLAN, "countries"),
    "year_start": _value(PLAN, "start_year"),
    "year_end": _value(PLAN, "end_year"),
    "last_updated": _value(REVISION, "document_on"),
    "funding_last_updated": _value(REVISION, "funding_updated_on"),
    "funding_required": _value(REVISION, "stated_requested_usd"),
    "people_in_need": _value(REVISION, "people_in_need"),
    "people_targeted": _value(REVISION, "people_targeted"),
    "entities_targeted": _value(REVISION, "entities_targeted"),
    "total_requested": _value(REVISION, "stated_requested_usd"),
    "total_funded": _value(REVISION, "stated_received_usd"),
    "pct_funded": _value(REVISION, "stated_percent_funded"),
    "percent_confirmed_objective1": _value(FIRST_OBJECTIVE, "stated_percent_funded"),
    "objective1_required": _value(f"fundingrequest:{FIRST_OBJECTIVE}", "amount_usd"),
    "objective1_people_targeted": _value(FIRST_OBJECTIVE, "people_targeted"),
    "objective1_entities_targeted": _value(FIRST_OBJECTIVE, "entities_targeted"),
    "primary_target_groups": _target_groups,
}
REMARKS = frozenset({"file", "layout", "note", "country"})
"""Columns of an index that say nothing of the page; the country is compared by its code."""
OF_COMPENDIUM = frozenset({"total_requested", "total_funded", "pct_funded"})
OF_OTHERS = frozenset({"funding_required"})
"""The same column of a revision goes by another name on the pages of the Compendium."""


def read_index(text: str) -> list[Mapping[str, str]]:
    """Return the rows of an index. Raises FileRefused where it is none."""
    reader = csv.DictReader(StringIO(text), strict=True)
    if reader.fieldnames is None or "file" not in reader.fieldnames:
        raise FileRefused(_("The index has no column “file”."))
    try:
        rows: list[Mapping[str, str]] = [
            {name: (cell or "").strip() for name, cell in row.items() if name} for row in reader
        ]
    except csv.Error as error:
        raise FileRefused(_("Line %(line)s of the index: %(why)s.") % {"line": reader.line_num, "why": error}) from None
    if not rows:
        raise FileRefused(_("The index has no rows."))
    return rows


def evaluate(rows: Iterable[Mapping[str, str]], read: Callable[[str], tuple[Document, Draft]]) -> Evaluation:
    """Return how well the files of an index are read. ``read``: gives the draft of a file, or raises FileRefused."""
    result = Evaluation()
    for row in rows:
        name = row["file"]
        result.unknown.extend(
            column for column in row if column not in READERS.keys() | REMARKS and column not in result.unknown
        )
        document: Document | None = None
        draft: Draft | None = None
        try:
            document, draft = read(name)
        except FileRefused as refusal:
            result.refused[name] = str(refusal)
        result.findings.extend(_findings(name, row, document, draft))
    return result


def _findings(name: str, row: Mapping[str, str], document: Document | None, draft: Draft | None) -> Iterator[Finding]:
    is_compendium = (row.get("kind") or (draft.layout if draft else "")) == COMPENDIUM
    left_out = OF_OTHERS if is_compendium else OF_COMPENDIUM
    for column, reader in READERS.items():
        if column not in row or column in left_out:
            continue
        expected = row[column] if document is None else _without_remark(row[column], document)
        if column == "iso3" and not expected:
            continue  # several countries, or none: the index has no code for them
        found = Answer() if draft is None else reader(draft)
        yield Finding(name, column, _outcome(column, expected, found), expected, found)


def _without_remark(text: str, document: Document) -> str:
    """Return what an index says without a remark in brackets at its end: words that stand nowhere on the page."""
    found = REMARK.fullmatch(text)
    return text if found is None or folded(found[2]) in folded(document.text) else found[1]


def _outcome(column: str, expected: str, found: Answer) -> Outcome:
    if not expected:
        return Outcome.INVENTED if found.text else Outcome.BLANK
    if not found.text:
        is_word = not any(character.isdigit() for character in expected)
        return (
            Outcome.RIGHT if is_word and found.printed and folded(found.printed) == folded(expected) else Outcome.MISSED
        )
    return Outcome.RIGHT if _is_same(column, expected, found.text) else Outcome.WRONG


def _is_same(column: str, expected: str, found: str) -> bool:
    if column == "primary_target_groups":
        return _parts(expected) == _parts(found)
    try:
        return Decimal(expected) == Decimal(found)
    except InvalidOperation:
        return " ".join(expected.split()) == " ".join(found.split())


def _parts(text: str) -> list[str]:
    return sorted(folded(part) for part in text.split(","))


def percent(part: int, whole: int) -> str:
    """Return a share of values, rounded down, so that 100 means all; empty where there are none."""
    return "" if not whole else f"{part * 1000 // whole / 10:.1f} %"


def table_of(evaluation: Evaluation) -> Sequence[Sequence[str]]:
    """Return a row of cells a field, and one for all. ``found`` is the share of the values that pages give."""
    rows = [*evaluation.counts().items(), (_("all"), evaluation.total())]
    return [
        (
            name,
            *(str(counts[outcome]) for outcome in (Outcome.RIGHT, Outcome.WRONG, Outcome.MISSED, Outcome.INVENTED)),
            percent(
                counts[Outcome.RIGHT], sum(counts[each] for each in (Outcome.RIGHT, Outcome.WRONG, Outcome.MISSED))
            ),
        )
        for name, counts in rows
    ]
