"""Labels of a Compendium page and the figures behind them: what both its totals and its projects are read with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from crp.importing.documents.document import Line
from crp.importing.documents.draft import Basis, Confidence, Span, Unit, Value
from crp.importing.documents.figures import Money, count, money, percent

LABEL = re.compile(
    r"(?:^|(?<=[\s|;,]))"
    r"(?P<label>(?:total|amount)\s+(?:requested|received|funded)|requested|received|percentage\s+funded)\b\s*(?P<colon>:?)",
    re.IGNORECASE,
)
AROUND = " |;,"
EDGES = "()[].,;:"
SPACED_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:, \d{3})+(?![\d.,]*\d)")
POINTED_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?![\d.,]*\d)(?!\s*%)")


@dataclass(frozen=True)
class Labelled:
    """A label and what stands behind it. ``text``: empty where nothing does; ``first``, ``last``: lines of the two."""

    label: str
    text: str
    printed: str
    first: int
    last: int

    @property
    def span(self) -> Span:
        """The lines of the label and of its figure."""
        return Span(self.first, self.last)


def parts_of(text: str) -> list[tuple[str, str, str]]:
    """Return label, figure and both together for each label of a line; nothing where it does not begin with one.

    A word such as ``received`` is a label before a colon, a figure or the end; within a sentence it is none.
    """
    found = [match for match in LABEL.finditer(text) if match["colon"] or _is_before_figure(text[match.end() :])]
    if not found or found[0].start() != 0:
        return []
    ends = [*(match.start() for match in found[1:]), len(text)]
    return [
        (
            " ".join(match["label"].lower().split()),
            text[match.end() : end].strip(AROUND),
            text[match.start() : end].strip(AROUND),
        )
        for match, end in zip(found, ends, strict=True)
    ]


def _is_before_figure(rest: str) -> bool:
    first = [word.rstrip(AROUND) for word in re.split(r"[|;]", rest, maxsplit=1)[0].split(maxsplit=2)[:2]]
    return not first or is_figure(first[0]) or (len(first) > 1 and is_figure(" ".join(first)))


def is_figure(text: str) -> bool:
    """Tell whether a text is an amount or a percentage and nothing else."""
    return money(text) is not None or percent(text) is not None


def labelled(lines: Sequence[Line], start: int) -> tuple[list[Labelled], int]:
    """Return what the labels say that begin on the line at an index, and the index behind the last line of theirs.

    A label with nothing behind it takes the next line with something on it, where that is a figure alone.
    """
    found: list[Labelled] = []
    line, after = lines[start], start + 1
    for label, behind, both in parts_of(line.text):
        text, printed, last = behind, both, line
        if not text:
            following = next_written(lines, after)
            if following is not None and is_figure(lines[following].text):
                last, after = lines[following], following + 1
                text = printed = last.text
        found.append(Labelled(label, text, quoted(last, printed), line.number, last.number))
    return found, after


def next_written(lines: Sequence[Line], start: int) -> int | None:
    """Return the index of the next line that is not empty. None: there is none."""
    return next((index for index in range(start, len(lines)) if lines[index].text), None)


def amount(found: Labelled) -> Value:
    """Return US dollars. A label with nothing behind it is missing; what is no amount in dollars is in question."""
    if not found.text:
        return Value(
            value=None,
            unit=Unit.USD,
            basis=Basis.MISSING,
            span=found.span,
            printed=found.printed,
            note=_("The label is printed with no amount behind it."),
        )
    read: Money | None = money(found.text)
    if read is not None and read.currency in (None, "USD"):
        return Value(value=read.amount, unit=Unit.USD, span=found.span, printed=found.printed)
    question = (
        _("“%(printed)s” is no amount that can be read. How much is it in US dollars?") % {"printed": found.printed}
        if read is None
        else _("“%(printed)s” is in %(currency)s. How much is it in US dollars?")
        % {"printed": found.printed, "currency": read.currency}
    )
    return _doubtful(found, Unit.USD, question)


def percentage(found: Labelled) -> Value:
    """Return a number of percent, as ``amount`` does of dollars."""
    read: Decimal | None = percent(found.text)
    if read is not None:
        return Value(value=read, unit=Unit.PERCENT, span=found.span, printed=found.printed)
    if found.text:
        question = _("“%(printed)s” is no percentage that can be read. What is it?") % {"printed": found.printed}
        return _doubtful(found, Unit.PERCENT, question)
    return Value(
        value=None,
        unit=Unit.PERCENT,
        basis=Basis.MISSING,
        span=found.span,
        printed=found.printed,
        note=_("The label is printed with no percentage behind it."),
    )


def number_of_staff(line: Line, text: str) -> Value:
    """Return how many people, from what stands behind a label."""
    span = Span.of(line.number)
    if not text:
        note = _("The label is printed with no number behind it.")
        printed = line.raw.strip()
        return Value(value=None, unit=Unit.STAFF, basis=Basis.MISSING, span=span, printed=printed, note=note)
    read = count(text)
    if read is None:
        question = _("“%(printed)s” is no number that can be read. How many are they?") % {"printed": text}
        printed = quoted(line, text)
        return Value(
            value=None, unit=Unit.STAFF, span=span, printed=printed, confidence=Confidence.LOW, question=question
        )
    return Value(value=read, unit=Unit.STAFF, span=span, printed=quoted(line, text))


def _doubtful(found: Labelled, unit: Unit, question: str) -> Value:
    return Value(
        value=None, unit=unit, span=found.span, printed=found.printed, confidence=Confidence.LOW, question=question
    )


def quoted(line: Line, text: str) -> str:
    """Return words of a line as they stand there; the whole line where damage keeps them from being found."""
    words = r"\s+".join(re.escape(word) for word in text.split())
    found = re.search(words, line.raw) if words else None
    return found[0] if found else line.raw.strip()


def prose(lines: Sequence[Line], text: str, *, mends_figures: bool = False) -> Value:
    """Return a text that was read of some lines. What is printed is given where it was not read as it stands.

    ``mends_figures``: ``6, 483`` is read as 6,483 and ``40.000`` as 40,000, with a question.
    """
    printed, note, question = "", "", ""
    damaged = [pair for line in lines for pair in _damage(line)]
    if damaged:
        printed = damaged[0][0]
        read = ", ".join(f"“{after}”" for _before, after in damaged)
        note = _("Damaged characters in the text; read as %(read)s.") % {"read": read}
    mended, figures = _with_plain_figures(text) if mends_figures else (text, [])
    if figures:
        before = ", ".join(f"“{before}”" for before, _after in figures)
        after = ", ".join(figure for _before, figure in figures)
        printed = printed or next((figures[0][0] for line in lines if figures[0][0] in line.raw), lines[0].raw.strip())
        question = _("The page prints %(before)s. Is it %(after)s?") % {"before": before, "after": after}
    return Value(
        value=mended,
        unit=Unit.TEXT,
        span=Span.of(*(line.number for line in lines)),
        printed=printed,
        note=note,
        confidence=Confidence.MEDIUM if question else Confidence.HIGH,
        question=question,
    )


def _with_plain_figures(text: str) -> tuple[str, list[tuple[str, str]]]:
    changed: list[tuple[str, str]] = []

    def plain(match: re.Match[str]) -> str:
        changed.append((match[0], re.sub(r"\D+", ",", match[0])))
        return changed[-1][1]

    return POINTED_THOUSANDS.sub(plain, SPACED_THOUSANDS.sub(plain, text)), changed


def _damage(line: Line) -> Iterator[tuple[str, str]]:
    if not line.is_damaged:
        return
    before, after = line.raw.split(), line.text.split()
    if len(before) != len(after):
        yield line.raw.strip(), line.text
        return
    for raw, read in zip(before, after, strict=True):
        if raw != read and raw.strip(EDGES) != read.strip(EDGES):
            yield raw.strip(EDGES), read.strip(EDGES)
