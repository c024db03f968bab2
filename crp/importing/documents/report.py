"""What was read of a document, as text for a terminal and as JSON for programs.

Coverage is the share of the lines that are no prose and that were understood. A line is no prose where it is not blank
and has at most 12 words or a digit: labels, figures, names and headings, and sentences that give a figure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crp.common.numbers import write_number, write_percent

from .as_text import as_text
from .document import Document, Line
from .draft import Basis, Draft, Plain, Ref, Span, Unit, Value
from .matching import Match
from .writing import Written

MOST_WORDS = 12
LONGEST_VALUE, LONGEST_LINE = 60, 100


@dataclass(frozen=True)
class Coverage:
    """How many of the lines that are no prose were understood."""

    understood: int
    lines: int

    @property
    def percent(self) -> Decimal | None:
        """The share, rounded down: 100 means all. None: there are no such lines."""
        if not self.lines:
            return None
        return (Decimal(self.understood) * 100 / self.lines).quantize(Decimal("0.01"), ROUND_DOWN)


def is_no_prose(line: Line) -> bool:
    """Tell whether a line is a label, a figure, a name or a heading, or gives a figure."""
    words = line.text.split()
    return bool(words) and (len(words) <= MOST_WORDS or any(character.isdigit() for character in line.text))


def coverage_of(document: Document, draft: Draft) -> Coverage:
    """Return how much of a document was understood."""
    read = draft.lines_read()
    counted = [line.number for line in document if is_no_prose(line)]
    return Coverage(sum(number in read for number in counted), len(counted))


def unread_lines(document: Document, draft: Draft) -> list[Line]:
    """Return the lines that are not blank and that nothing was made of."""
    read = draft.lines_read()
    return [line for line in document if line.text and line.number not in read]


@dataclass(frozen=True)
class FileReport:
    """What became of one file. ``refused``: why nothing was read; ``unsaved``: why what was read was not saved."""

    name: str
    refused: str = ""
    document: Document | None = None
    draft: Draft | None = None
    match: Match | None = None
    written: Written | None = None
    unsaved: Sequence[str] = ()
    is_dry_run: bool = False

    @property
    def is_read(self) -> bool:
        """Whether the file was understood."""
        return not self.refused

    def as_json(self) -> dict[str, Any]:
        """Return the report for programs: docs/importing.md describes it."""
        if self.document is None or self.draft is None:
            return {"file": self.name, "refused": self.refused}
        coverage = coverage_of(self.document, self.draft)
        return {
            "file": self.name,
            "refused": self.refused,
            "format": self.document.format,
            "layout": self.draft.layout,
            "sha256": self.document.sha256,
            "text_sha256": self.document.text_sha256,
            "warnings": list(self.document.warnings),
            "plan": None if self.match is None else _plan_as_json(self.match),
            "values": [
                {"subject": row.subject, "field": name} | value_as_json(value)
                for row, name, value in self.draft.values()
            ],
            "remarks": [{"text": remark.text, "lines": _lines(remark.span)} for remark in self.draft.remarks],
            "unread": [{"line": line.number, "text": line.text} for line in unread_lines(self.document, self.draft)],
            "coverage": {
                "understood": coverage.understood,
                "lines": coverage.lines,
                "percent": None if coverage.percent is None else str(coverage.percent),
            },
            "written": None if self.written is None else _written_as_json(self.written),
            "unsaved": list(self.unsaved),
        }

    def as_text(self) -> Iterator[str]:
        """Yield the report line by line."""
        if self.document is None or self.draft is None:
            yield _("%(file)s: REFUSED: %(why)s") % {"file": self.name, "why": self.refused}
            return
        yield f"{self.name}: {self.draft.layout}, {self.document.format}"
        yield from (f"  {warning}" for warning in self.document.warnings)
        if self.match is not None:
            yield from _plan_as_text(self.match)
        yield ""
        yield from _values_as_text(self.draft)
        yield from _rest_as_text(self.document, self.draft)
        yield from self._result_as_text()

    def summary(self) -> tuple[str, str, str, str, str]:
        """Return file, plan, values, coverage and what became of it, for a table."""
        if self.document is None or self.draft is None:
            return (self.name, "", "", "", _("refused"))
        coverage = coverage_of(self.document, self.draft).percent
        values = sum(value.basis is not Basis.MISSING for _row, _name, value in self.draft.values())
        return (
            self.name,
            self.match.code if self.match else "",
            str(values),
            "" if coverage is None else f"{coverage} %",
            self._result(),
        )

    def _result(self) -> str:
        if self.unsaved:
            return _("read, not saved")
        if self.written is not None and self.written.is_known:
            return _("known already")
        return _("read") if self.is_dry_run or self.written is None else _("saved as a draft")

    def _result_as_text(self) -> Iterator[str]:
        if self.unsaved:
            yield _("Not saved:")
            yield from (f"  {message}" for message in self.unsaved)
        if self.written is not None:
            yield from written_as_text(self.written)


def value_as_json(value: Value) -> dict[str, Any]:
    """Return a value for programs."""
    return {
        "value": _plain_as_json(value.value),
        "unit": value.unit.value,
        "basis": value.basis.value,
        "lines": _lines(value.span),
        "printed": value.printed,
        "confidence": value.confidence.value,
        "note": value.note,
        "question": value.question,
    }


def _plain_as_json(value: Plain) -> Any:
    if isinstance(value, Ref):
        return {"key": as_text(value), "name": value.label}
    if isinstance(value, tuple):
        return [_plain_as_json(ref) for ref in value]
    return as_text(value) if isinstance(value, (Decimal, date)) else value


def _lines(span: Span | None) -> list[int] | None:
    return None if span is None else [span.first, span.last]


def _plan_as_json(match: Match) -> dict[str, Any]:
    return {
        "code": match.code,
        "is_new": match.plan is None,
        "found_by": match.how.value,
        "current_revision": match.current.number if match.current else None,
        "questions": list(match.questions),
        "remarks": list(match.remarks),
    }


def _written_as_json(written: Written) -> dict[str, Any]:
    return {
        "plan": written.plan.code,
        "revision": written.revision.number,
        "is_known": written.is_known,
        "is_new_plan": written.is_new_plan,
        "source": written.source.code if written.source else None,
        "citations": written.citations,
        "created": dict(written.placed.created),
        "updated": dict(written.placed.updated),
        "removed": dict(written.placed.removed),
        "left_out": [{"subject": each.subject, "field": each.field, "why": each.why} for each in written.left_out],
    }


def shown(value: Value) -> str:
    """Return a value for people, with its unit where that is no word."""
    if value.value is None:
        return _("not stated") if value.basis is Basis.MISSING else _("not clear")
    plain = value.value
    if isinstance(plain, (Ref, tuple)):
        return ", ".join(ref.label for ref in (plain if isinstance(plain, tuple) else (plain,)))
    if isinstance(plain, bool):
        return _("yes") if plain else _("no")
    return _figure(plain, value.unit)


def _figure(plain: Decimal | int | date | str, unit: Unit) -> str:
    if unit in {Unit.YEAR, Unit.INDEX} or isinstance(plain, (date, str)):
        return as_text(plain)
    if unit is Unit.PERCENT:
        return write_percent(plain)
    return f"USD {write_number(plain)}" if unit is Unit.USD else write_number(plain)


def _plan_as_text(match: Match) -> Iterator[str]:
    told = {"code": match.code or "?"}
    if match.plan is None:
        found = _("plan: %(code)s, new") % told
    elif match.current is None:
        found = _("plan: %(code)s, nothing published yet") % told
    else:
        found = _("plan: %(code)s, revision %(number)s is in force") % (told | {"number": str(match.current.number)})
    yield f"  {found}"
    yield from (f"  ? {question}" for question in match.questions)
    yield from (f"  {remark}" for remark in match.remarks)


def _values_as_text(draft: Draft) -> Iterator[str]:
    found = [(row, name, value) for row, name, value in draft.values()]
    names = [f"{row.subject}.{name}" for row, name, _value in found]
    width = max((len(name) for name in names), default=0)
    for (_row, _field, value), name in zip(found, names, strict=True):
        lines = str(value.span) if value.span else ""
        yield f"  {lines:>9}  {name:<{width}}  {_cut(shown(value), LONGEST_VALUE)}  [{value.basis.value}]"
        if value.question:
            yield f"  {'':>9}  ? {value.question}"


def _rest_as_text(document: Document, draft: Draft) -> Iterator[str]:
    for remark in draft.remarks:
        yield f"  {str(remark.span) if remark.span else '':>9}  ! {remark.text}"
    unread = unread_lines(document, draft)
    if unread:
        yield ""
        yield ngettext("%(count)s line was not understood:", "%(count)s lines were not understood:", len(unread)) % {
            "count": len(unread)
        }
        yield from (f"  {line.number:>9}  {_cut(line.text, LONGEST_LINE)}" for line in unread)
    coverage = coverage_of(document, draft)
    if coverage.percent is not None:
        yield _("Understood: %(understood)s of %(lines)s lines that are no prose, %(percent)s %%.") % {
            "understood": coverage.understood,
            "lines": coverage.lines,
            "percent": coverage.percent,
        }


def written_as_text(written: Written) -> Iterator[str]:
    """Yield what was written, and what was left out and why."""
    told: dict[str, Any] = {"plan": written.plan.code, "number": written.revision.number}
    if written.is_known:
        yield _("This text was read into revision %(number)s of %(plan)s already: nothing is new.") % told
        return
    counts = {name: sum(getattr(written.placed, name).values()) for name in ("created", "updated", "removed")}
    yield _(
        "Draft: revision %(number)s of %(plan)s. Rows: %(created)s added, %(updated)s changed, %(removed)s removed; "
        "%(citations)s citations."
    ) % (told | counts | {"citations": written.citations})
    if written.left_out:
        yield _("Left out:")
    for each in written.left_out:
        name = f"{each.subject}.{each.field}" if each.field else each.subject
        yield f"  {name}: {each.why}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def table(rows: Sequence[Sequence[str]], heads: Sequence[str]) -> Iterator[str]:
    """Yield rows under their heads, in columns as wide as the widest cell."""
    widths = [max(len(row[index]) for row in [heads, *rows]) for index in range(len(heads))]
    for row in (heads, ["-" * width for width in widths], *rows):
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
