"""What the rules look at: the amounts of a draft by breakdown, and the ways to ask and to remark."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from crp.common.amounts import LIMIT_USD
from crp.common.figures import ZERO
from crp.importing.documents.draft import PLAN, REVISION, Confidence, Draft, Ref, Remark, Row, Span, Value
from crp.importing.documents.names import Names
from funding.checks.values import told
from funding.models import FundingRequest

Breakdown = FundingRequest.Breakdown
MOST_NAMED = 6  # figures in a sentence; of more, the sum is told


@dataclass(frozen=True)
class Line:
    """An amount asked for: its row, and the amount. ``usd`` None: the document does not give it."""

    row: Row
    usd: Decimal | None

    @property
    def value(self) -> Value | None:
        """The amount with where it stands."""
        return self.row.values.get("amount_usd")

    @property
    def label(self) -> str:
        """What the amount is for, in a few words."""
        if self.row.key[:1] == (Breakdown.OBJECTIVE,):
            return _("objective %(number)s") % {"number": self.row.key[-1]}
        sector = self.row.values.get("sector")
        if sector is not None and isinstance(sector.value, Ref):
            return sector.value.label
        return (sector.printed if sector else self.row.key[-1]) or _("a line without a heading")


class Reading:
    """A copy of a draft, with what the rules ask of it. ``on``: the day it is read on, today where it is None.

    Rows are found by their names and parents without a search: a page may have many thousand.
    """

    def __init__(self, draft: Draft, names: Names, on: date | None = None) -> None:
        self.draft = Draft(
            layout=draft.layout,
            rows=[replace(row, values=dict(row.values), parents=dict(row.parents)) for row in draft.rows],
            remarks=list(draft.remarks),
            read=set(draft.read),
        )
        self.names = names
        self.on = on or timezone.localdate()
        self._remarked = set(draft.remarks)
        self._by_subject = {row.subject: row for row in self.draft.rows}
        self._by_kind: dict[str, list[Row]] = defaultdict(list)
        self._by_parent: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for row in self.draft.rows:
            self._by_kind[row.kind].append(row)
            for parent in set(row.parents.values()):
                self._by_parent[row.kind, parent].append(row)
        self.plan = self._by_subject.get(PLAN) or Row(PLAN)
        self.revision = self._by_subject.get(REVISION) or Row(REVISION)

    def rows(self, kind: str) -> list[Row]:
        """Return the rows of one model, in their order."""
        return self._by_kind.get(kind, [])

    def rows_of(self, kind: str, parent: Row) -> list[Row]:
        """Return the rows of one model that belong to a row, in their order."""
        return self._by_parent.get((kind, parent.subject), [])

    def row(self, subject: str) -> Row | None:
        """Return the row of that name. None: there is none."""
        return self._by_subject.get(subject)

    def lines(self, breakdown: str) -> list[Line]:
        """Return the amounts of a breakdown, in their order."""
        return [
            Line(row, usd_of(row, "amount_usd"))
            for row in self.rows("fundingrequest")
            if row.key[:1] == (str(breakdown),)
        ]

    def line(self, breakdown: str, *target: str) -> Line | None:
        """Return the amount for one objective, framework, project or sector. None: there is none."""
        row = self.row(":".join(["fundingrequest", str(breakdown), *target]))
        return None if row is None else Line(row, usd_of(row, "amount_usd"))

    def sum_of(self, breakdown: str) -> Decimal | None:
        """Return what the amounts of a breakdown add to. None: it has none, or one of them is not known."""
        return sum_known([line.usd for line in self.lines(breakdown)])

    def total(self) -> Decimal | None:
        """Return what the plan asks for: as it states, or else as its breakdowns give it. None: neither."""
        stated = usd_of(self.revision, "stated_requested_usd")
        return usd_of(self.revision, "requested_usd") if stated is None else stated

    def ask(self, row: Row, field: str, question: str, confidence: Confidence = Confidence.MEDIUM) -> None:
        """Put a question to a value. Nothing where the row has none of the name, or has the question."""
        value = row.values.get(field)
        if value is not None and question not in value.question:
            row.values[field] = value.asked(question, confidence=confidence)

    def note(self, row: Row, field: str, note: str) -> None:
        """Put a sentence behind the note of a value. Nothing where there is no value, or it says so already."""
        value = row.values.get(field)
        if value is not None and note not in value.note:
            row.values[field] = replace(value, note=f"{value.note} {note}".strip())

    def remark(self, text: str, *values: Value | None) -> None:
        """Remark on the draft, with the lines of the values that it is about."""
        found = Remark(text, span_of(values))
        if found not in self._remarked:
            self._remarked.add(found)
            self.draft.remarks.append(found)


def usd_of(row: Row, field: str) -> Decimal | None:
    """Return an amount of a row in US dollars. None: the document does not give it, or none that can be meant."""
    value = row.get(field)
    if not isinstance(value, Decimal | int) or isinstance(value, bool):
        return None
    amount = Decimal(value)
    return amount if abs(amount) < LIMIT_USD else None


def count_of(row: Row, field: str) -> int | None:
    """Return a number of people, entities, offices or a year. None: it is not given, or as words."""
    value = row.get(field)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def sum_known(amounts: Sequence[Decimal | None]) -> Decimal | None:
    """Return the sum. None: there is no amount, or one of them is not known."""
    known = [amount for amount in amounts if amount is not None]
    return sum(known, ZERO) if known and len(known) == len(amounts) else None


def span_of(values: Sequence[Value | None]) -> Span | None:
    """Return the lines from the first of some values to the last. None: none of them stands on a line."""
    spans = [value.span for value in values if value is not None and value.span is not None]
    return Span(min(span.first for span in spans), max(span.last for span in spans)) if spans else None


def place(*values: Value | None) -> str:
    """Return where values stand, such as ``line 11`` or ``lines 8–9, 45``; of many, the first and the last line."""
    whole = span_of(values)
    if whole is None:
        return _("no line")
    if whole.first == whole.last:
        return _("line %(line)s") % {"line": whole}
    spans = sorted({value.span for value in values if value is not None and value.span is not None})
    said = ", ".join(str(span) for span in spans) if len(spans) <= MOST_NAMED else str(whole)
    return _("lines %(lines)s") % {"lines": said}


def figure(value: Value) -> str:
    """Return a figure with its place: ``12,360,000 (line 30)``."""
    number = value.value
    written = told(number) if isinstance(number, Decimal | int) else str(number)
    return _("%(figure)s (%(place)s)") % {"figure": written, "place": place(value)} if value.span else written
