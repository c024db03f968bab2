"""What a draft says beside what a revision of the fixtures says, and the lines that each names."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import FieldDoesNotExist

from crp.importing.documents.draft import Basis, Draft, Plain, Ref, Row
from plans.models import Citation, Revision
from plans.tree import citable

MOST_PRINTED = 200
PROSE = {"body", "description", "beneficiaries", "text"}


def column(row: Any, name: str) -> Any:
    """Return a column as a draft has it: an entry of a list by its natural key."""
    value = getattr(row, name)
    return tuple(value.natural_key()) if hasattr(value, "natural_key") else value


def plain(value: Plain) -> Any:
    return tuple(value.key) if isinstance(value, Ref) else value


def read_of(row: Row, field: str, *, with_value: bool) -> Any:
    """Return value, lines, words as printed and basis of a value of a draft, as a citation tells them."""
    value = row.values.get(field)
    if value is None:
        return "not read"
    assert value.span is not None, (row.subject, field)
    # What the page leaves blank is stated to be so: a citation has no word of its own for that.
    basis = "stated" if value.basis is Basis.MISSING else str(value.basis)
    printed = value.printed.replace("\N{NO-BREAK SPACE}", " ")
    quoted = printed if len(printed) <= MOST_PRINTED else ""
    shown = plain(value.value) if with_value else ""
    return (shown, value.span.first, value.span.last, quoted, basis)


def said_of(row: Any, citation: Citation, *, with_value: bool) -> Any:
    last = citation.last_line or citation.first_line
    shown = column(row, citation.field) if with_value else ""
    return (shown, citation.first_line, last, citation.as_printed, citation.basis)


def differences(draft: Draft, revision: Revision, decided: set[tuple[str, str]], *, prose: bool) -> list[str]:
    """Return where a draft and the citations of a revision differ. ``decided``: by a person, and not looked at."""
    rows, found = citable(revision), []
    for citation in revision.citations.all():
        if (citation.subject, citation.field) in decided:
            continue
        row = draft.row(citation.subject)
        with_value = prose or citation.field not in PROSE
        mine = "no such row" if row is None else read_of(row, citation.field, with_value=with_value)
        theirs = said_of(rows[citation.subject], citation, with_value=with_value)
        if mine != theirs:
            found.append(f"{citation.subject}.{citation.field}: {mine!r} for {theirs!r}")
    return found


def uncited_differences(draft: Draft, revision: Revision) -> list[str]:
    """Return the values of a draft that no citation of the revision is for, and that its rows do not say."""
    rows = citable(revision)
    cited = set(revision.citations.values_list("subject", "field"))
    found = []
    for row, field, value in draft.values():
        if row.kind == "plan" or (row.subject, field) in cited:
            continue
        target = rows[row.subject]
        try:
            target._meta.get_field(field)
        except FieldDoesNotExist:
            if value.value is not None:
                found.append(f"{row.subject}.{field} has no column")
            continue
        if column(target, field) != plain(value.value):
            found.append(f"{row.subject}.{field}: {plain(value.value)!r} for {column(target, field)!r}")
    return found
