"""The areas of work: what each asks for, and the one that has lost its heading."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from crp.importing.documents.draft import Basis, Confidence, Draft, Ref, Remark, Row, Span, Unit, Value
from crp.importing.documents.names import Names, folded

from .blocks import Block, Part
from .rows import Rows
from .shares import read_split
from .tokens import Kind, Token, printed
from .values import value_of

PROTECTION_CENTRED = "Protection-centred cross-cutting priority"
CLUES = (
    "protection outcomes",
    "protection principles",
    "do no harm",
    "meaningful access",
    "safety and dignity",
    "participation and empowerment",
    "accountability",
)
FEWEST_CLUES = 3


@dataclass(frozen=True)
class Area:
    """An area of work, and all blocks of the page with its name."""

    key: tuple[str, ...]
    ref: Ref | None
    blocks: list[Block]

    @property
    def name(self) -> str:
        """Its name as the page gives it."""
        return self.blocks[0].headings[0].name or self.blocks[0].headings[0].line.text

    @property
    def subject(self) -> str:
        """The name of its request."""
        return ":".join(["fundingrequest", *self.key])


def read_taxonomy(blocks: Sequence[Block], names: Names, plan: Row, revision: Row) -> str:
    """Put the list of sectors into the revision. Returns its code; empty: there is none.

    It is the list in use in the years of the plan that knows most of the names; of two the newer.
    """
    headings = [heading for block in blocks if block.part is Part.SECTOR for heading in block.headings]
    known = [heading for heading in headings if heading.kind is Kind.SECTOR]
    if not known:
        return ""
    first, last = plan.get("start_year"), plan.get("end_year")
    in_use = [
        code
        for code, years in names.taxonomies.items()
        if not isinstance(first, int)
        or not isinstance(last, int)
        or any(years.holds(year) for year in range(first, min(last, first + 20) + 1))
    ]
    matches = {code: sum(names.sector(heading.name, code) is not None for heading in known) for code in in_use}
    best = max(in_use, key=lambda code: matches[code], default="")
    if not best or not matches[best]:
        revision.values["taxonomy"] = Value(
            value=None,
            unit=Unit.NAME,
            confidence=Confidence.LOW,
            question=_("No list of sectors that was in use in the years of the plan has its areas: which list is it?"),
        )
        return ""
    note = _("In use in the years of the plan; it has %(count)s of the %(all)s areas that the page names.")
    revision.values["taxonomy"] = Value(
        value=Ref("taxonomy", (best,), best),
        unit=Unit.NAME,
        basis=Basis.INFERRED,
        note=note % {"count": matches[best], "all": len(headings)},
    )
    return best


def read_sectors(blocks: Sequence[Block], taxonomy: str, names: Names, rows: Rows) -> list[tuple[Block, Value]]:
    """Put the areas into the draft. Returns the blocks without a heading, with what they were taken for."""
    areas = _areas(blocks, taxonomy, names)
    some_marked = any(heading.flag for area in areas for block in area.blocks for heading in block.headings)
    order = 0
    for area in areas:
        order += _read_area(area, order + 1, names, rows, some_marked=some_marked)
    found = []
    for block in blocks:
        if block.part is not Part.HEADLESS:
            continue
        value = _read_headless(block, taxonomy, names, rows, some_marked=some_marked)
        if value is not None:
            found.append((block, value))
    requests = {id(block): rows.get(area.subject) for area in areas for block in area.blocks}
    for block in blocks:
        request = requests.get(id(block))
        if request is not None and block.of(Kind.SPLIT):
            read_split(block, request, names, rows)
    return found


def _areas(blocks: Sequence[Block], taxonomy: str, names: Names) -> list[Area]:
    found: dict[tuple[str, ...], Area] = {}
    for block in blocks:
        if block.part is not Part.SECTOR:
            continue
        heading = block.headings[0]
        name = heading.name or heading.line.text
        ref = names.sector(name, taxonomy) if taxonomy else None
        key = ("sector", "?", folded(name)) if ref is None else ("sector", *map(str, ref.key))
        found.setdefault(key, Area(key, ref, [])).blocks.append(block)
    return list(found.values())


def _read_area(area: Area, order: int, names: Names, rows: Rows, *, some_marked: bool) -> bool:
    """Put an area into the draft. Returns whether it was: one without an amount is only told."""
    heading = area.blocks[0].headings[0]
    for block in area.blocks:
        rows.draft.read.update(number for one in block.headings for number in (one.span.first, one.span.last))
    value = _amount(area)
    if value is None or value.span is None:
        text = _("The area “%(name)s” is named on line %(line)s, without an amount.")
        rows.draft.remarks.append(Remark(text % {"name": area.name, "line": heading.line.number}, heading.span))
        return False
    row = Row("fundingrequest", area.key, order=order)
    row.values["breakdown"] = Value(value="sector", unit=Unit.NAME)
    row.values["sector"] = Value(
        value=area.ref,
        unit=Unit.NAME,
        span=Span.of(heading.line.number),
        printed=printed(heading.line, area.name),
        confidence=Confidence.LOW if area.ref is None else Confidence.HIGH,
        question="" if area.ref else _strange(area, names),
    )
    row.values["amount_usd"] = value
    _mark(row, [one for block in area.blocks for one in block.headings], some_marked=some_marked)
    rows.add(row, heading.span)
    for block in area.blocks:
        _related(block, row, rows)
        _cover(block, rows.draft)
    return True


def _strange(area: Area, names: Names) -> str:
    others = [code for code in names.taxonomies if names.sector(area.name, code) is not None]
    if others:
        text = _("The list of sectors of this plan does not have “%(name)s” (%(others)s does): which area is it?")
        return text % {"name": area.name, "others": ", ".join(others)}
    return _("No list of sectors has “%(name)s”: which area is it?") % {"name": area.name}


def _amount(area: Area) -> Value | None:
    """Return what an area asks for. Printed under several headings, it is in question whether they add up."""
    values = [value for block in area.blocks if (value := value_of(block.funding)) is not None]
    filled = [value for value in values if value.basis is not Basis.MISSING]
    if len(filled) < 2:
        return next(iter(filled or values), None)
    question = _("The area stands on the page more than once, with %(amounts)s: what does it ask for in all?") % {
        "amounts": "; ".join(f"{value.printed} ({value.span})" for value in filled)
    }
    first = filled[0]
    return Value(
        value=None,
        unit=Unit.USD,
        span=first.span,
        printed=first.printed,
        confidence=Confidence.LOW,
        question=question,
    )


def _mark(row: Row, headings: Sequence[Token], *, some_marked: bool) -> None:
    marked = next((heading for heading in headings if heading.flag), None)
    if marked is not None:
        line = marked.last or marked.line
        text = line.text.rpartition(" ")[2]
        row.values["is_priority"] = Value(
            value=True, unit=Unit.FLAG, span=Span.of(line.number), printed=printed(line, text)
        )
    elif some_marked:
        note = _("Other areas of the page are marked as priorities, this one is not.")
        row.values["is_priority"] = Value(value=False, unit=Unit.FLAG, basis=Basis.INFERRED, note=note)


def _related(block: Block, request: Row, rows: Rows) -> None:
    """Read the inter-agency plans that stand beside an area."""
    order = 0
    for token in block.of(Kind.RELATED):
        for named in token.named:
            span = Span.of((named.line or token.line).number)
            order += 1
            code = str(named.ref.key[0]) if named.ref is not None else f"?:{folded(named.printed)}"
            row = Row("relatedplan", (*request.key, code), order=order)
            row.parents["funding_request"] = request.subject
            question = "" if named.ref else _("“%(name)s” is in no list of inter-agency plans: what does it mean?")
            row.values["plan_family"] = Value(
                value=named.ref,
                unit=Unit.NAME,
                span=span,
                printed=named.printed,
                confidence=Confidence.LOW if question else Confidence.HIGH,
                question=question and question % {"name": named.printed},
            )
            rows.add(row, span)


def _cover(block: Block, draft: Draft) -> None:
    """Count figures, labels and related plans of a block as read."""
    for token in block.of(Kind.RELATED, Kind.RUN):
        draft.read.update(range(token.span.first, token.span.last + 1))


def _read_headless(block: Block, taxonomy: str, names: Names, rows: Rows, *, some_marked: bool) -> Value | None:
    """Put an area whose heading is lost into the draft. Returns what it was taken for; None: it has no amount."""
    value = value_of(block.funding)
    if value is None or value.span is None or value.basis is Basis.MISSING:
        first = block.tokens[0]
        text = _("Line %(line)s belongs to no heading, and no amount stands there.") % {"line": first.line.number}
        rows.draft.remarks.append(Remark(text, first.span))
        return None
    ref = names.sector(PROTECTION_CENTRED, taxonomy) if taxonomy and _speaks_of_protection(block) else None
    if ref is not None and rows.get(":".join(["fundingrequest", "sector", *map(str, ref.key)])):
        ref = None
    line = block.tokens[0].line.number
    key = ("sector", "?", f"line {line}") if ref is None else ("sector", *map(str, ref.key))
    row = Row("fundingrequest", key, order=0)
    sector = _taken_for(block, ref)
    row.values = {"breakdown": Value(value="sector", unit=Unit.NAME), "sector": sector, "amount_usd": value}
    _mark(row, [], some_marked=some_marked)
    if rows.add(row, value.span) is None:
        return None
    _cover(block, rows.draft)
    _related(block, row, rows)
    read_split(block, row, names, rows)
    return sector


def _speaks_of_protection(block: Block) -> bool:
    text = " ".join(token.line.text for token in block.of(Kind.TEXT)).casefold()
    return sum(clue in text for clue in CLUES) >= FEWEST_CLUES


def _taken_for(block: Block, ref: Ref | None) -> Value:
    last = max(token.span.last for token in block.tokens if token.kind is not Kind.SILENT)
    span = Span(block.tokens[0].line.number, last)
    if ref is None:
        question = _("The heading over these lines is lost: which area is it?")
        return Value(
            value=None,
            unit=Unit.NAME,
            basis=Basis.INFERRED,
            span=span,
            confidence=Confidence.LOW,
            note=_("The heading is lost in the text."),
            question=question,
        )
    question = _("The heading is lost; the text resembles “%(name)s”: is it that?") % {"name": ref.label}
    return Value(
        value=ref,
        unit=Unit.NAME,
        basis=Basis.INFERRED,
        span=span,
        confidence=Confidence.LOW,
        note=_("The heading is lost in the text, which speaks of what IOM describes under this name."),
        question=question,
    )
