"""The text of the page: passages under their headings, and those whose headings are lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.utils.translation import gettext as _

from crp.importing.documents.document import Line
from crp.importing.documents.draft import Basis, Confidence, Draft, Ref, Row, Span, Unit, Value

from . import words
from .blocks import Block, Part, is_heading
from .passages import Paragraph, sections_of
from .rows import Rows
from .tokens import Kind, Token, printed

MOST_HEADING = 200
SILENT = (Kind.SILENT, Kind.GROUPS_LABEL)
UNHEADED = (Part.PLAN, Part.LOOSE)


@dataclass
class Passage:
    """Paragraphs that belong together. ``section``: empty while it has to be told by what the text speaks of.

    ``after``: the kinds of line above it that are no text, the nearest last; ``is_first``: it stands right below them.
    ``is_lost``: its section was told by what it speaks of.
    """

    block: Block
    section: str = ""
    heading: Token | None = None
    paragraphs: list[list[Line]] = field(default_factory=list)
    after: tuple[Kind, ...] = ()
    is_first: bool = False
    is_lost: bool = False

    @property
    def span(self) -> Span:
        """Its lines, without the heading."""
        return Span(self.paragraphs[0][0].number, self.paragraphs[-1][-1].number)

    @property
    def body(self) -> str:
        """Its text: an empty line between paragraphs, lists as Markdown."""
        return "\n\n".join("\n".join(_marked(line.text) for line in paragraph) for paragraph in self.paragraphs)


def _marked(text: str) -> str:
    return words.BULLET.sub("- ", text, count=1) if words.BULLET.match(text) else text


def read_narratives(
    blocks: Sequence[Block],
    objectives: Mapping[int, str],
    taken_for: Mapping[int, Value],
    rows: Rows,
) -> None:
    """Put the passages into the draft, numbered in the order of the page.

    ``objectives``: the subject of the objective that a block is of, by the identity of the block; ``taken_for``: what a
    block without a heading was taken for.
    """
    passages = [passage for block in blocks for passage in passages_of(block, rows.draft)]
    for order, passage in enumerate(parted(passages), start=1):
        row = Row("narrative", (passage.section or section_for(passage, objectives), str(order)), order=order)
        subject = objectives.get(id(passage.block))
        if row.key[0] == "objective" and subject is not None:
            row.parents["objective"] = subject
        row.values["section"] = _section(passage, row.key[0])
        heading = _heading(passage, taken_for.get(id(passage.block)))
        if heading is not None:
            row.values["heading"] = heading
        row.values["body"] = Value(value=passage.body, unit=Unit.TEXT, span=passage.span)
        rows.add(row, passage.span)


def section_for(passage: Passage, objectives: Mapping[int, str]) -> str:
    """Return the section of a passage by the block that it stands in."""
    if passage.block.part is Part.OBJECTIVE and id(passage.block) in objectives:
        return "objective"
    return "sector" if passage.block.part in (Part.SECTOR, Part.HEADLESS) else "other"


def passages_of(block: Block, draft: Draft) -> Iterator[Passage]:
    """Yield the passages of a block. Short lines that are no part of one are left: nothing says what they are."""
    reader = _Reader(block, draft)
    for position, token in enumerate(block.tokens):
        following = block.tokens[position + 1] if position + 1 < len(block.tokens) else None
        reader.take(token, following)
    yield from (passage for passage in reader.passages if passage.paragraphs)


class _Reader:
    """The passages of a block so far."""

    def __init__(self, block: Block, draft: Draft) -> None:
        self.block = block
        self.draft = draft
        self.after: tuple[Kind, ...] = ()
        self.passages = [Passage(block, heading=_first_heading(block))]

    def take(self, token: Token, following: Token | None) -> None:
        """Take a token: text goes on with the passage, most of the others end it."""
        if token.kind is Kind.TEXT:
            self._text(token, following)
        elif token.kind in (Kind.SECTION, Kind.DESCRIPTION):
            self.draft.read.add(token.line.number)
            self.passages.append(Passage(self.block, token.name, token, after=self.after))
        elif token.kind not in SILENT:
            self.after = (*self.after[-3:], token.kind)
            if self.passages[-1].paragraphs:
                self.passages.append(Passage(self.block, heading=_first_heading(self.block), after=self.after))
            elif self.block.part in UNHEADED:
                self.passages[-1] = Passage(self.block, after=self.after)

    def _text(self, token: Token, following: Token | None) -> None:
        line, passage = token.line, self.passages[-1]
        last = passage.paragraphs[-1][-1] if passage.paragraphs else None
        if line.number in self.draft.read:
            return
        if last is not None and line.number == last.number + 1 and not _ends_list(last, line):
            passage.paragraphs[-1].append(line)
        elif is_prose(line):
            passage.paragraphs.append([line])
        elif following is not None and following.kind is Kind.TEXT and is_heading(token) and is_prose(following.line):
            if self.block.part in UNHEADED:
                self.passages.append(Passage(self.block, heading=token, after=self.after))
            else:
                passage.paragraphs.append([line])


def _first_heading(block: Block) -> Token | None:
    """Return the heading of a block whose text needs one of its own."""
    if block.part in UNHEADED or not block.headings:
        return None
    return next((heading for heading in reversed(block.headings) if heading.name), block.headings[-1])


def _ends_list(last: Line, line: Line) -> bool:
    """Tell whether a paragraph begins right below a list or another paragraph, without an empty line."""
    return is_prose(line) and is_prose(last) and not words.BULLET.match(line.text) and last.text.endswith((".", ":"))


def is_prose(line: Line) -> bool:
    """Tell whether a line is running text, and no label, heading or word of a menu."""
    text = line.text
    if words.BULLET.match(text):
        return len(text) >= 20
    return len(text) >= 50 and len(text.split()) >= 8


def parted(passages: Sequence[Passage]) -> list[Passage]:
    """Return the passages, those of the head that have lost their headings parted by what their paragraphs speak of."""
    risks = [token.line.number for one in passages[:1] for token in one.block.of(Kind.RISK)]
    units = [unit for passage in passages if _is_lost(passage) for unit in _units(passage)]
    sections = sections_of(
        [
            Paragraph(
                unit.body,
                after=unit.after[-1] if unit.after else None,
                is_first=unit.is_first,
                before_risk=bool(risks) and unit.span.last < risks[0],
            )
            for unit in units
        ]
    )
    found = [passage for passage in passages if not _is_lost(passage)]
    for unit, section in zip(units, sections, strict=True):
        last = found[-1] if found else None
        unit.section, unit.is_lost = section, True
        if last is not None and last.is_lost and last.section == section and not unit.is_first:
            last.paragraphs.extend(unit.paragraphs)
        else:
            found.append(unit)
    return sorted(found, key=lambda passage: passage.span.first)


def _is_lost(passage: Passage) -> bool:
    return passage.block.part is Part.PLAN and not passage.section


def _units(passage: Passage) -> Iterator[Passage]:
    """Yield what is of one section for sure: a paragraph, or all that stands under a heading."""
    if passage.heading is not None:
        passage.is_first = True
        yield passage
        return
    for position, paragraph in enumerate(passage.paragraphs):
        yield Passage(passage.block, paragraphs=[paragraph], after=passage.after, is_first=not position)


def _section(passage: Passage, section: str) -> Value:
    """Return the section: read off a heading or the block, or else inferred, which is a question."""
    if not passage.is_lost and section != "other":
        return Value(value=section, unit=Unit.NAME)
    if passage.heading is not None:
        note = _("No list has this heading; told by what the passage speaks of and where it stands on such pages.")
    else:
        note = _(
            "The heading is lost in the text; told by what the passage speaks of and where it stands on such pages."
        )
    return Value(
        value=section,
        unit=Unit.NAME,
        basis=Basis.INFERRED,
        span=passage.span,
        confidence=Confidence.LOW if section == "other" else Confidence.MEDIUM,
        note=note,
        question=_("Which section of the plan is this passage?"),
    )


def _heading(passage: Passage, taken_for: Value | None) -> Value | None:
    """Return the heading as printed. None: there is none, or nothing says what it was."""
    token = passage.heading
    if token is not None:
        line = token.last if token.kind is Kind.OBJECTIVE and token.last else token.line
        text = token.name if token.name and token.kind is not Kind.SECTION else line.text
        return Value(value=text[:MOST_HEADING], unit=Unit.TEXT, span=Span.of(line.number), printed=printed(line, text))
    if taken_for is None or not isinstance(taken_for.value, Ref):
        return None
    return replace(taken_for, value=taken_for.value.label, unit=Unit.TEXT, span=passage.span)
