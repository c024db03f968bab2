"""The head of the page: the plan, and the figures of the whole revision."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from crp.importing.documents import figures
from crp.importing.documents.document import Document
from crp.importing.documents.draft import (
    PLAN,
    REVISION,
    Basis,
    Confidence,
    Draft,
    Ref,
    Remark,
    Row,
    Span,
    Unit,
    Value,
)
from crp.importing.documents.names import Names, folded

from . import words
from .blocks import Block
from .tokens import MOST_PRINTED, Kind, Label, Token, printed
from .values import missing, value_of

TITLE_WITHIN = 12
"""Lines from the top among which the title stands."""
TITLE = re.compile(r"\b(?:response plan|resilience plan|flash appeal|crisis response)\b", re.IGNORECASE)
PLAN_WORDS = re.compile(r" (?:crisis response plan|flash appeal|response plan)\b")
NUMERIC_DAY = re.compile(r"\d\d?/\d\d?/\d{4}")
FIGURES = {
    "stated_requested_usd": Label.FUNDING,
    "people_in_need": Label.IN_NEED,
    "people_targeted": Label.PEOPLE,
    "entities_targeted": Label.ENTITIES,
}


def title_of(tokens: list[Token]) -> Token | None:
    """Return the line with the title: one near the top that speaks of a response plan."""
    texts = [
        token for token in tokens[:TITLE_WITHIN] if token.kind is Kind.TEXT and len(token.line.text) <= MOST_PRINTED
    ]
    plans = [token for token in texts if TITLE.search(token.line.text) and not token.line.text.endswith(".")]
    dated = [token for token in plans if figures.years(token.line.text)]
    return next(iter(dated or plans), None)


def read_plan(document: Document, tokens: list[Token], names: Names, draft: Draft) -> Row:
    """Put the plan itself into the draft: title, years, countries, address."""
    row = draft.add(Row(PLAN))
    title = title_of(tokens)
    address = next((token for token in tokens[:TITLE_WITHIN] if token.kind is Kind.ADDRESS), None)
    if title is None:
        span = Span.of(document.lines[0].number) if document.lines else None
        question = _("The page has no title that speaks of a response plan: what is the plan called?")
        row.values["title"] = Value(
            value=None, unit=Unit.TEXT, basis=Basis.MISSING, span=span, confidence=Confidence.LOW, question=question
        )
    else:
        row.values.update(_of_title(title, names, tokens))
        for token in tokens[: TITLE_WITHIN + 2]:
            if token.line.text == title.line.text:
                draft.read.add(token.line.number)
    if address is not None:
        row.values["url"] = Value(
            value=address.name, unit=Unit.TEXT, span=address.span, printed=printed(address.line, address.name)
        )
        _tell_view(address, row, draft)
    return row


def _of_title(title: Token, names: Names, tokens: list[Token]) -> dict[str, Value]:
    text, span, whole = title.line.text, title.span, printed(title.line, title.line.text)
    values = {"title": Value(value=text, unit=Unit.TEXT, span=span, printed=whole)}
    values["kind"] = _kind(title)
    values.update(_years(title))
    values["countries"] = _countries(title, names, any(token.kind is Kind.REGIONAL for token in tokens))
    return values


def _kind(title: Token) -> Value:
    """Return the kind of plan: all that are laid out so are Crisis Response Plans, unless they say otherwise."""
    name = folded(title.line.text)
    is_appeal = "flash appeal" in name
    is_named = is_appeal or "crisis response plan" in name
    return Value(
        value="flash_appeal" if is_appeal else "crp",
        unit=Unit.NAME,
        basis=Basis.STATED if is_named else Basis.INFERRED,
        span=title.span,
        printed=printed(title.line, title.line.text),
        note="" if is_named else _("The page is laid out as IOM's Crisis Response Plans are."),
    )


def _years(title: Token) -> dict[str, Value]:
    text, span = title.line.text, title.span
    period = figures.years(text)
    if period is None:
        question = _("The title names no year: which years is the plan for?")
        asked = Value(value=None, unit=Unit.YEAR, basis=Basis.MISSING, span=span, question=question)
        return {"start_year": asked, "end_year": asked}
    found = figures.YEARS.search(text)
    whole = printed(title.line, found[0] if found else text)
    return {
        name: Value(value=year, unit=Unit.YEAR, span=span, printed=whole)
        for name, year in zip(("start_year", "end_year"), period, strict=True)
    }


def _countries(title: Token, names: Names, is_regional: bool) -> Value:
    """Return the countries of the plan: those that the title names, unless it is for a region."""
    text = title.line.text
    place = PLAN_WORDS.split(folded(text))[0]
    found = [names.countries.get(place)] if place in names.countries else []
    if not found and " and " in place:
        found = [names.countries.get(part.strip()) for part in place.split(" and ")]
    refs = tuple(ref for ref in found if isinstance(ref, Ref))
    whole = printed(title.line, text)
    if refs and len(refs) == len(found) and not is_regional:
        return Value(value=refs, unit=Unit.NAME, span=title.span, printed=whole)
    question = (
        _("The plan is for a region, and the page does not list its countries: which are they?")
        if is_regional
        else _("“%(title)s” does not begin with the name of a country: which countries is the plan for?")
        % {"title": text}
    )
    return Value(
        value=None, unit=Unit.NAME, span=title.span, printed=whole, confidence=Confidence.LOW, question=question
    )


def _tell_view(address: Token, row: Row, draft: Draft) -> None:
    """Say which year the figures speak of, where the address names one of several."""
    view = words.YEAR_VIEW.search(address.name)
    if view is None:
        return
    if row.get("start_year") == row.get("end_year") == int(view[1]):
        return
    text = _("The address is that of the year %(year)s: the figures speak of that year, not of the whole plan.")
    draft.remarks.append(Remark(text % {"year": view[1]}, address.span))


def read_revision(document: Document, tokens: list[Token], blocks: list[Block], draft: Draft) -> Row:
    """Put the revision into the draft: dates, and the figures of the whole plan."""
    row = draft.add(Row(REVISION))
    for name, is_funding in (("document_on", False), ("funding_updated_on", True)):
        date = next((token for token in tokens if token.kind is Kind.DATE and token.flag is is_funding), None)
        if date is not None:
            row.values[name] = _day(date)
    for name, label in FIGURES.items():
        value = value_of(blocks[0].readings(label))
        if value is not None:
            row.values[name] = value
    row.values["reports_funding"] = _reports_funding(document, blocks)
    confirmed = value_of(blocks[0].readings(Label.CONFIRMED))
    if confirmed is not None and confirmed.value is not None:
        text = _("The page says that %(percent)s of the whole plan is confirmed. It is a percentage, and no amount.")
        draft.remarks.append(Remark(text % {"percent": confirmed.printed}, confirmed.span))
    return row


def _day(token: Token) -> Value:
    line = token.last or token.line
    if not token.name:
        return missing(token.span, Unit.DATE)
    day, whole = figures.day(token.name), printed(line, token.name)
    if day is None:
        return Value(
            value=None,
            unit=Unit.DATE,
            span=token.span,
            printed=whole,
            confidence=Confidence.LOW,
            question=_("“%(printed)s” is no date that can be read: which day is it?") % {"printed": token.name},
        )
    value = Value(value=day, unit=Unit.DATE, span=token.span, printed=whole)
    if NUMERIC_DAY.fullmatch(token.name) and day.day <= 12 and day.day != day.month:
        return value.asked(_("Day and month are told by their order alone: is it %(day)s?") % {"day": day.isoformat()})
    return value


def _reports_funding(document: Document, blocks: list[Block]) -> Value:
    """Return that no amount received stands on the page: a percentage that is confirmed is none."""
    last = max((line.number for line in document if line.text), default=1)
    confirmed = next((reading for block in blocks for reading in block.readings(Label.CONFIRMED)), None)
    note = _("Nowhere on the page does an amount received stand: not reported, which is not 0.")
    if confirmed is not None:
        note = _(
            "The page gives a percentage confirmed (line %(line)s) and nowhere an amount received: not reported, which"
            " is not 0."
        ) % {"line": confirmed.label_line.number}
    return Value(value=False, unit=Unit.FLAG, basis=Basis.INFERRED, span=Span(1, last), note=note)
