"""A draft once it was judged: what is asked about it, what is remarked, and its values by name."""

from __future__ import annotations

from datetime import date

from crp.importing.documents.draft import Draft, Value
from crp.importing.documents.judging import judge

from .drafts import NO_NAMES

TODAY = date(2026, 11, 23)


def judged(draft: Draft) -> Draft:
    return judge(draft, NO_NAMES, on=TODAY)


def questions(draft: Draft) -> dict[str, str]:
    """Return the questions of a draft by ``subject.field``."""
    return {f"{row.subject}.{name}": value.question for row, name, value in draft.values() if value.question}


def remarks(draft: Draft) -> list[str]:
    return [remark.text for remark in draft.remarks]


def value(draft: Draft, subject: str, name: str) -> Value:
    row = draft.row(subject)
    assert row is not None
    return row.values[name]


def set_value(draft: Draft, subject: str, name: str, new: Value) -> None:
    row = draft.row(subject)
    assert row is not None
    row.values[name] = new
