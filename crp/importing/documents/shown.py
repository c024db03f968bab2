"""A document and what was read of it, as the page for deciding shows them side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.numbers import write_number
from crp.importing.models import Decision

from .as_text import as_text, column_of, label_of, models_of_rows
from .deciding import Key, Proposals
from .document import Document, Line
from .draft import PLAN, REVISION, Basis, Draft, Plain, Ref, Row, Unit, Value

LONGEST_SHOWN = 300
NAMES = ("title", "name", "heading", "sector", "section", "text")
"""Columns that name a row for readers, the best first."""
TOGETHER = {"modality", "priority", "office", "riskindicator", "achievement"}
"""Kinds of rows that stand under one heading."""
BASES = {
    Basis.STATED: gettext_lazy("stated"),
    Basis.INFERRED: gettext_lazy("inferred"),
    Basis.COMPUTED: gettext_lazy("computed"),
    Basis.MISSING: gettext_lazy("not stated"),
}
UNITS = {Unit.USD: "USD", Unit.PERCENT: "%"}


@dataclass(frozen=True)
class Piece:
    """A part of a line. ``key``: of the value that was read from it; empty: none was."""

    text: str
    key: str = ""
    is_asked: bool = False


@dataclass(frozen=True)
class ShownLine:
    """A line of the document. ``is_left``: nothing was made of it."""

    number: int
    pieces: tuple[Piece, ...]
    is_left: bool
    page: int | None = None
    """Where a page begins with it."""


@dataclass(frozen=True)
class ShownValue:
    """A value with what there is to decide about it."""

    key: str
    subject: str
    field: str
    label: str
    value: str
    unit: str
    basis: Basis
    printed: str
    first: int | None
    lines: str
    note: str
    question: str
    verdict: str
    corrected: str
    as_text: str
    can_accept: bool
    decided_by: str = ""
    error: str = ""

    @property
    def basis_label(self) -> str:
        """How the value follows from the document, in words."""
        return str(BASES[self.basis])

    @property
    def is_open(self) -> bool:
        """Whether somebody has to decide before it is believed."""
        return bool(self.question) and not self.verdict

    @property
    def is_long(self) -> bool:
        """Whether it is a passage of text rather than a figure or a name."""
        return len(self.value) > LONGEST_SHOWN


@dataclass
class Group:
    """The values of one row, or of rows that belong together."""

    heading: str
    values: list[ShownValue] = field(default_factory=list)

    def keep_questions(self) -> bool:
        """Leave out what has no question. False: nothing is left."""
        self.values = [value for value in self.values if value.question or value.error]
        return bool(self.values)


def key_of(subject: str, name: str) -> str:
    """Return the name of a value in the form of the page."""
    return f"{subject}.{name}"


def show_groups(
    draft: Draft, decisions: Iterable[Decision], proposed: Proposals, errors: dict[Key, str] | None = None
) -> list[Group]:
    """Return every value of a draft, as it was read, with the decision that holds. Queries: none."""
    groups: dict[str, Group] = {}
    holding = {(each.subject, each.field): each for each in decisions if (each.subject, each.field) in proposed.decided}
    for row in draft.rows:
        heading = _heading(row, draft)
        group = groups.setdefault(heading, Group(heading))
        for name, value in row.values.items():
            key = (row.subject, name)
            if _names_the_row(value, key in holding):
                continue
            group.values.append(_shown(row, name, value, holding.get(key), (errors or {}).get(key, "")))
    return [group for group in groups.values() if group.values]


def show_lines(document: Document, draft: Draft) -> list[ShownLine]:
    """Return the lines of a document, with the words that values were read from. Queries: none."""
    read = draft.lines_read()
    on_line: dict[int, list[tuple[str, str, bool]]] = defaultdict(list)
    for row, name, value in draft.values():
        if value.span is not None and value.basis is not Basis.MISSING:
            for number in range(value.span.first, value.span.last + 1):
                on_line[number].append((value.printed, key_of(row.subject, name), bool(value.question)))
    shown, page = [], None
    for line in document:
        begins = line.page if line.page != page else None
        page = line.page
        is_left = bool(line.text) and line.number not in read
        shown.append(ShownLine(line.number, tuple(_pieces(line, on_line.get(line.number, ()))), is_left, begins))
    return shown


def _names_the_row(value: Value, is_decided: bool) -> bool:
    """Tell whether a value only says which row it is, such as a breakdown or a code: it follows from no line."""
    return value.span is None and not value.question and not is_decided


def _pieces(line: Line, read: Sequence[tuple[str, str, bool]]) -> list[Piece]:
    """Return a line in parts, each value's words a part of their own; words that two values share are the first's."""
    places: list[tuple[int, int, str, bool]] = []
    for printed, key, is_asked in read:
        start = line.raw.find(printed) if printed else -1
        end = start + len(printed)
        if start >= 0 and all(end <= first or last <= start for first, last, _key, _asked in places):
            places.append((start, end, key, is_asked))
    pieces, at = [], 0
    for start, end, key, is_asked in sorted(places):
        if start > at:
            pieces.append(Piece(line.raw[at:start]))
        pieces.append(Piece(line.raw[start:end], key, is_asked))
        at = end
    if at < len(line.raw):
        pieces.append(Piece(line.raw[at:]))
    return pieces


def _shown(row: Row, name: str, value: Value, decision: Decision | None, error: str) -> ShownValue:
    lines = "" if value.span is None else str(value.span)
    return ShownValue(
        key=key_of(row.subject, name),
        subject=row.subject,
        field=name,
        label=_label(row, name),
        value=_in_words(row.kind, name, value),
        unit=UNITS.get(value.unit, ""),
        basis=value.basis,
        printed=value.printed,
        first=None if value.span is None else value.span.first,
        lines=lines,
        note=value.note,
        question=value.question,
        verdict="" if decision is None else decision.verdict,
        corrected="" if decision is None else decision.value,
        as_text=as_text(value.value),
        can_accept=value.value is not None or value.basis is Basis.MISSING,
        decided_by=str(decision.decided_by) if decision is not None and decision.decided_by else "",
        error=error,
    )


def _label(row: Row, name: str) -> str:
    """Return what a value is, and of a share of a line which objective it goes to."""
    label = capfirst(label_of(row.kind, name))
    if row.kind == "requestshare":
        return _("%(field)s, objective %(number)s") % {"field": label, "number": row.key[-1]}
    return label


def _in_words(kind: str, name: str, value: Value) -> str:
    """Return a value as the page shows it; an entry of a list of choices by its name."""
    choices = dict(getattr(column_of(kind, name), "flatchoices", ()))
    return str(choices.get(value.value, "")) or show_plain(value.value, value.unit)


def show_plain(value: Plain, unit: Unit) -> str:
    """Return a value for readers; one that is not there as an empty text."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, Ref | tuple):
        return ", ".join(ref.label for ref in ((value,) if isinstance(value, Ref) else value))
    if isinstance(value, date):
        return date_format(value)
    if isinstance(value, Decimal) and unit is not Unit.USD:
        return f"{value.normalize():f}"
    if isinstance(value, Decimal | int) and unit is not Unit.YEAR:
        return write_number(value)
    return "" if value is None else str(value)


def _heading(row: Row, draft: Draft) -> str:
    """Return what the values of a row stand under: its own name, or that of the row that it belongs to."""
    if row.kind in {PLAN, REVISION}:
        return str(_("Plan") if row.kind == PLAN else _("Figures of the plan"))
    owner = next((found for parent in row.parents.values() if (found := draft.row(parent))), None)
    if owner is not None:
        return _heading(owner, draft)
    name = next((label for field in NAMES if (label := _name(row.values.get(field)))), "")
    kind = capfirst(str(models_of_rows()[row.kind]._meta.verbose_name)) if row.kind in models_of_rows() else row.kind
    if row.kind in TOGETHER:
        return capfirst(str(models_of_rows()[row.kind]._meta.verbose_name_plural))
    return f"{kind}: {name or ' '.join(row.key)}" if row.key else kind


def _name(value: Value | None) -> str:
    if value is None:
        return ""
    return value.value.label if isinstance(value.value, Ref) else str(value.value or "")
