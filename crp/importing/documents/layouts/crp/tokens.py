"""What a line of the page is, before anybody asks what it belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, StrEnum, auto

from crp.importing.documents import figures
from crp.importing.documents.document import Line
from crp.importing.documents.draft import Ref, Span

MOST_PRINTED = 200
"""Characters of a value as printed: as many as a citation keeps."""


class Label(StrEnum):
    """What a figure of the page is of."""

    FUNDING = "funding"
    IN_NEED = "in need"
    PEOPLE = "people"
    ENTITIES = "entities"
    INTERNATIONAL_STAFF = "international staff"
    NATIONAL_STAFF = "national staff"
    FIELD_OFFICES = "field offices"
    CONFIRMED = "confirmed"
    GAP = "gap"


class Kind(Enum):
    """What a line is."""

    ADDRESS = auto()
    DATE = auto()
    REGIONAL = auto()
    LABEL = auto()
    FIGURE = auto()
    PAIR = auto()
    RUN = auto()
    GROUPS_LABEL = auto()
    GROUPS = auto()
    DESCRIPTION = auto()
    OBJECTIVE = auto()
    SECTOR = auto()
    RELATED = auto()
    OUTCOMES = auto()
    SPLIT = auto()
    RISK = auto()
    WAYS = auto()
    SECTION = auto()
    PRESENCE = auto()
    AS_OF = auto()
    SILENT = auto()
    PLACEHOLDER = auto()
    TEXT = auto()


@dataclass(frozen=True)
class Figure:
    """A figure as printed. ``currency``: None where the page prints none; ``text``: words in a figure's place."""

    printed: str
    amount: Decimal | None = None
    currency: str | None = None
    count: int | None = None
    percent: Decimal | None = None
    is_rounded: bool = False
    text: str = ""

    def fits(self, label: Label) -> bool:
        """Tell whether such a figure can stand under a label: only money or a bare number is asked for."""
        if label in (Label.CONFIRMED, Label.GAP):
            return self.percent is not None
        if label is Label.FUNDING:
            return self.amount is not None
        if label in (Label.PEOPLE, Label.ENTITIES, Label.IN_NEED) and self.text:
            return True
        return self.count is not None


@dataclass(frozen=True)
class Named:
    """A name in a line, and its entry of a list. ``ref``: None where no list has it; ``line``: which of several."""

    printed: str
    ref: Ref | None
    line: Line | None = None


@dataclass(frozen=True)
class Reading:
    """A label with its figure. ``figure``: None where there is none, or where ``question`` says that it is not sure."""

    label: Label
    label_line: Line
    figure: Figure | None = None
    figure_line: Line | None = None
    question: str = ""

    @property
    def span(self) -> Span:
        """The lines of both."""
        lines = [self.label_line.number] + ([self.figure_line.number] if self.figure_line else [])
        return Span.of(*lines)


@dataclass(frozen=True)
class Token:
    """A line, or several that belong together, as read. Which of the fields are filled depends on ``kind``."""

    kind: Kind
    line: Line
    last: Line | None = None
    name: str = ""
    number: int | None = None
    flag: bool = False
    label: Label | None = None
    figure: Figure | None = None
    ref: Ref | None = None
    named: tuple[Named, ...] = ()
    readings: tuple[Reading, ...] = field(default=())

    @property
    def span(self) -> Span:
        """Its lines."""
        return Span.of(self.line.number, (self.last or self.line).number)

    def reading(self, label: Label) -> Reading | None:
        """Return what a run says under a label, the first where there are two."""
        return next((reading for reading in self.readings if reading.label is label), None)


def printed(line: Line, text: str) -> str:
    """Return a piece of a line as it stands there; the whole line where its spaces or characters hide the piece."""
    if text in line.raw:
        return text[:MOST_PRINTED]
    words = text.split()
    if 0 < len(words) <= 60:
        found = re.search(r"\s+".join(map(re.escape, words)), line.raw)
        if found:
            return found[0][:MOST_PRINTED]
    return line.raw.strip()[:MOST_PRINTED]


CURRENCIES = {"USD", "EUR", "GBP", "CHF", "JPY", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "CNY", "KRW", "XOF", "XAF"}
SCALED = re.compile(
    r"(?P<before>US\$|USD|\$|EUR|€)?\s?(?P<number>\d{1,4}(?:[.,]\d{1,3})?)\s?(?P<scale>million|billion|thousand|[MmKkBb]n?)"
    r"\s?(?P<after>USD|US\$|EUR|€)?"
)
SCALES = {"t": 1_000, "k": 1_000, "m": 1_000_000, "b": 1_000_000_000}


def figure_of(text: str) -> Figure | None:
    """Read a figure that is the whole text, the mark of a footnote left off. None: it is none."""
    text = text.rstrip("* ")
    if len(text) > 40 or not any(character.isdigit() for character in text):
        return None
    percent = figures.percent(text)
    if percent is not None:
        return Figure(text, percent=percent)
    money = figures.money(text)
    if money is not None:
        if money.currency is not None and money.currency not in CURRENCIES:
            return None
        count = figures.count(text) if money.currency is None else None
        return Figure(text, amount=money.amount, currency=money.currency, count=count)
    return _scaled(text)


def _scaled(text: str) -> Figure | None:
    found = SCALED.fullmatch(text)
    if found is None:
        return None
    number = Decimal(found["number"].replace(",", ".")) * SCALES[found["scale"][0].casefold()]
    unit = found["before"] or found["after"]
    currency = None if unit is None else "EUR" if unit in ("EUR", "€") else "USD"
    count = int(number) if currency is None and number == int(number) else None
    return Figure(text, amount=number, currency=currency, count=count, is_rounded=True)
