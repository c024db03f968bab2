"""Staff and offices, and the ways of working that the page lists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from crp.importing.documents.document import Document, Line
from crp.importing.documents.draft import Basis, Confidence, Ref, Row, Span, Unit, Value
from crp.importing.documents.names import Names, folded

from .blocks import Block
from .lines import month_of, named_in
from .rows import Rows
from .tokens import MOST_PRINTED, Kind, Label, Named, Token, printed
from .values import value_of

STAFF = {
    "international_staff": Label.INTERNATIONAL_STAFF,
    "national_staff": Label.NATIONAL_STAFF,
    "field_offices": Label.FIELD_OFFICES,
}
_PLACE = r"[A-ZÀ-Þ][\w’'-]{1,30}(?: [A-ZÀ-Þ][\w’'-]{1,30}){0,3}"
PLACES = re.compile(rf" in (?:the (?:cities|towns|regions) of )?({_PLACE}(?:,? and {_PLACE}|, {_PLACE}){{0,40}})")
PLACE = re.compile(_PLACE)
MAIN_OFFICE = re.compile(rf"main office\b[^.;]{{0,80}}?(?: in|,) ({_PLACE})", re.UNICODE)
FIELD_OFFICES = re.compile(r"(?:field|sub)[- ]?offices?\b([^.;]{0,300})")
JOINED = re.compile(r",? and |, ")
NO_PLACE = {"IOM", "The", "In", "And", "UN"}
SAME_PRIORITY = ({"disaster risk", "climate change"},)
"""Names that could be one where nothing stands between them."""


def read_presence(tokens: list[Token], blocks: list[Block], rows: Rows) -> None:
    """Put staff and the number of offices into the draft, and the month that they speak of."""
    row = Row("presence")
    for name, label in STAFF.items():
        value = value_of([reading for block in blocks for reading in block.readings(label)])
        if value is not None:
            row.values[name] = value
    as_of = next((token for token in tokens if token.kind is Kind.AS_OF), None)
    for token in tokens:
        if token.kind in (Kind.AS_OF, Kind.PRESENCE):
            rows.draft.read.update(range(token.span.first, token.span.last + 1))
    if not row.values:
        return
    if as_of is not None:
        row.values["as_of_month"] = Value(
            value=month_of(as_of.name),
            unit=Unit.DATE,
            span=as_of.span,
            printed=printed(as_of.line, as_of.name),
        )
    first = next(iter(row.values.values()))
    rows.add(row, first.span or Span(1, 1))


def read_offices(tokens: list[Token], rows: Rows) -> None:
    """Put the places of IOM's offices into the draft, where a sentence names them."""
    order = 0
    for token in tokens:
        text = token.line.text
        if token.kind is not Kind.TEXT or "IOM" not in text or "office" not in text:
            continue
        for kind, place in offices_in(text):
            if f"office:{place}" in rows.by_subject:
                continue
            order += 1
            row = Row("office", (place,), order=order)
            row.values["kind"] = Value(value=kind, unit=Unit.NAME)
            row.values["place"] = Value(
                value=place, unit=Unit.NAME, span=token.span, printed=printed(token.line, place)
            )
            rows.add(row, token.span)


def offices_in(text: str) -> Iterator[tuple[str, str]]:
    """Yield kind and place of each office that a text names."""
    main = MAIN_OFFICE.search(text)
    if main and main[1] not in NO_PLACE:
        yield "main", main[1]
    for offices in FIELD_OFFICES.finditer(text):
        places = PLACES.search(offices[1])
        if places:
            for place in JOINED.split(places[1]):
                if place not in NO_PLACE and PLACE.fullmatch(place):
                    yield "field", place


def read_ways(token: Token, document: Document, names: Names, rows: Rows) -> None:
    """Put key operating modalities or cross-cutting priorities into the draft."""
    kind = token.name
    known = names.modalities if kind == "modality" else names.priorities
    rows.draft.read.add(token.line.number)
    order = 0
    for number in range(token.line.number + 1, token.span.last + 1):
        line = document.line(number)
        if not line.text:
            continue
        named = named_in(line, known)
        for position, one in enumerate(named):
            order += 1
            following = named[position + 1] if position + 1 < len(named) else None
            before = named[position - 1] if position else None
            run = _run_together(line, before, one) or _run_together(line, one, following)
            row = _way(kind, one, line, run, order)
            rows.add(row, Span.of(number))


def _run_together(line: Line, first: Named | None, second: Named | None) -> str:
    """Return two names that could be one as they stand in the line. Empty: they are two, or something parts them."""
    if first is None or second is None:
        return ""
    if {folded(first.printed), folded(second.printed)} not in SAME_PRIORITY:
        return ""
    together = f"{first.printed} {second.printed}"
    found = re.search(r"\s+".join(map(re.escape, together.split())), line.raw)
    return found[0] if found else ""


def _way(kind: str, named: Named, line: Line, run: str, order: int) -> Row:
    ref: Ref | None = named.ref
    code = str(ref.key[0]) if ref is not None else f"?:{folded(named.printed)}"
    row = Row(kind, (code,), order=order)
    span = Span.of(line.number)
    if ref is None:
        question = _("“%(name)s” is in no list: what does it mean?") % {"name": named.printed}
        row.values[kind] = Value(
            value=None,
            unit=Unit.NAME,
            span=span,
            printed=named.printed[:MOST_PRINTED],
            confidence=Confidence.LOW,
            question=question,
        )
    elif run:
        note = _("“%(run)s” stands in one run: taken for two names, since the list has the two and none that is both.")
        row.values[kind] = Value(
            value=ref, unit=Unit.NAME, basis=Basis.INFERRED, span=span, printed=run, note=note % {"run": run}
        )
    else:
        row.values[kind] = Value(value=ref, unit=Unit.NAME, span=span, printed=named.printed)
    return row
