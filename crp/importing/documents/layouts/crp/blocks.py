"""What belongs together on a page: its head, each objective, each sector, a block that has lost its heading."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from crp.importing.documents.names import folded

from .tokens import Kind, Label, Reading, Token

PRESENCE_LABELS = (Label.INTERNATIONAL_STAFF, Label.NATIONAL_STAFF, Label.FIELD_OFFICES)
MOST_HEADING_WORDS = 14
PROSE = (Kind.TEXT, Kind.PLACEHOLDER)


class Part(Enum):
    """What a block of the page is about."""

    PLAN = auto()
    OBJECTIVE = auto()
    SECTOR = auto()
    HEADLESS = auto()
    LOOSE = auto()
    """What follows the end of a block and has no heading."""


@dataclass
class Block:
    """Lines under one heading. ``headings``: that of an objective can be printed twice."""

    part: Part
    headings: list[Token] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)

    @property
    def funding(self) -> list[Reading]:
        """What stands under "Funding required", each time that it is printed."""
        return self.readings(Label.FUNDING)

    def readings(self, label: Label) -> list[Reading]:
        """Return what stands under a label, each time that it is printed."""
        return [reading for token in self.tokens for reading in token.readings if reading.label is label]

    def of(self, *kinds: Kind) -> list[Token]:
        """Return its tokens of some kinds."""
        return [token for token in self.tokens if token.kind in kinds]


def blocks_of(tokens: Sequence[Token]) -> list[Block]:
    """Return the blocks of a page, in its order. The first is its head."""
    builder = _Builder()
    for position, token in enumerate(tokens):
        builder.take(token, tokens[position + 1] if position + 1 < len(tokens) else None)
    return builder.blocks


class _Builder:
    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.block = self._open(Part.PLAN)
        self.funding: Reading | None = None
        """The first amount of the block with a figure, or else its first label."""
        self.has_prose = False

    def _open(self, part: Part, *headings: Token) -> Block:
        self.block = Block(part, list(headings))
        self.blocks.append(self.block)
        self.funding, self.has_prose = None, False
        return self.block

    def take(self, token: Token, following: Token | None) -> None:
        """Put a token into the block that it belongs to."""
        if token.kind is Kind.OBJECTIVE:
            self._objective(token)
        elif token.kind is Kind.SECTOR:
            self._open(Part.SECTOR, token)
        elif token.kind is Kind.PRESENCE or (token.kind is Kind.SECTION and self.block.part is not Part.PLAN):
            self._open(Part.LOOSE).tokens.append(token)
        elif self._is_unknown_sector(token, following):
            self._open(Part.SECTOR, token)
        elif token.kind is Kind.RUN:
            self._run(token)
        elif token.kind in (Kind.RELATED, Kind.SPLIT) and self.block.part is Part.LOOSE:
            self._open(Part.HEADLESS).tokens.append(token)
        else:
            self.block.tokens.append(token)
            self.has_prose = self.has_prose or token.kind in PROSE
        if token.kind in (Kind.OUTCOMES, Kind.SPLIT):
            self._open(Part.LOOSE)

    def _objective(self, token: Token) -> None:
        """Take a heading: the second line of one that is printed twice belongs to the first."""
        block = self.block
        if block.part is Part.OBJECTIVE and not block.tokens and _same(block.headings, token):
            block.headings.append(token)
        else:
            self._open(Part.OBJECTIVE, token)

    def _is_unknown_sector(self, token: Token, following: Token | None) -> bool:
        """Tell whether a line is the name of a sector that no list has: an amount stands right below it."""
        if token.kind is not Kind.TEXT or following is None or following.kind is not Kind.RUN:
            return False
        amount = following.reading(Label.FUNDING)
        if amount is None or len(following.readings) != 1 or not is_heading(token):
            return False
        return self.funding is not None or self.block.part is Part.LOOSE

    def _run(self, token: Token) -> None:
        amount = token.reading(Label.FUNDING)
        if amount is None:
            self.block.tokens.append(token)
            return
        if self.block.part is Part.LOOSE:
            self._open(Part.HEADLESS)
        elif self._is_of_another(amount):
            self._reopen()
        self.block.tokens.append(token)
        if self.funding is None or self.funding.figure is None:
            self.funding = amount

    def _is_of_another(self, amount: Reading) -> bool:
        """Tell whether an amount after text is not that of the block, which has one already."""
        if self.funding is None or not self.has_prose:
            return False
        mine, other = self.funding.figure, amount.figure
        if mine is not None and other is not None:
            return (mine.amount, mine.currency) != (other.amount, other.currency)
        return other is not None

    def _reopen(self) -> None:
        """Begin the block of an amount whose heading is lost, or is a line of the text above it that no list has."""
        text: list[Token] = []
        while self.block.tokens and self.block.tokens[-1].kind in (*PROSE, Kind.SILENT):
            text.append(self.block.tokens.pop())
        text.reverse()
        if self.block.part is not Part.PLAN and len(text) > 1 and is_heading(text[0]):
            self._open(Part.SECTOR, text[0]).tokens.extend(text[1:])
            return
        self.block.tokens.extend(text)
        self._open(Part.HEADLESS)


def is_heading(token: Token) -> bool:
    """Tell whether a line looks like a heading: a few words, no sentence."""
    text = token.line.text
    words = text.split()
    return (
        token.kind is Kind.TEXT
        and len(text) <= 120
        and 1 <= len(words) <= MOST_HEADING_WORDS
        and text[0].isupper()
        and not text.endswith((".", ",", ";", ":", "?", "!", "]", "}"))
    )


def _same(headings: Iterable[Token], token: Token) -> bool:
    """Tell whether a heading names the same objective as those above it."""
    names = {folded(heading.name) for heading in headings if heading.name}
    numbers = {heading.number for heading in headings if heading.number is not None}
    has_same_name = not token.name or not names or folded(token.name) in names
    return has_same_name and (token.number is None or not numbers or token.number in numbers)
