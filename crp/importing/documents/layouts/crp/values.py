"""A figure under its label as a value of a draft."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from crp.importing.documents.draft import Basis, Confidence, Plain, Span, Unit, Value

from .tokens import Figure, Label, Reading

MOST_USD = 10**13
MOST = {Unit.PEOPLE: 10**11, Unit.ENTITIES: 2 * 10**9, Unit.STAFF: 2 * 10**9, Unit.OFFICES: 32_000}
"""What a column can hold, and more than can be meant."""


def unknown(reading: Reading, unit: Unit, question: str) -> Value:
    """Return a value that only a person can fill in. What is printed is kept."""
    return Value(
        value=None,
        unit=unit,
        span=reading.span,
        printed=reading.figure.printed if reading.figure else "",
        confidence=Confidence.LOW,
        question=question,
    )


def missing(span: Span, unit: Unit) -> Value:
    """Return that a label stands there without a value."""
    return Value(value=None, unit=unit, basis=Basis.MISSING, span=span)


def amount(reading: Reading) -> Value:
    """Return an amount in US dollars. Another currency is kept as printed, with a question."""
    figure = reading.figure
    if reading.question:
        return unknown(reading, Unit.USD, reading.question)
    if figure is None:
        return missing(reading.span, Unit.USD)
    if figure.amount is None:
        return unknown(reading, Unit.USD, _not_a_number(figure))
    if figure.currency not in (None, "USD"):
        question = _("The amount is in %(currency)s: how many US dollars is it?") % {"currency": figure.currency}
        return unknown(reading, Unit.USD, question)
    if figure.amount >= MOST_USD:
        return unknown(reading, Unit.USD, _("The figure is too large to be meant: what is right?"))
    return _stated(reading, figure, figure.amount, Unit.USD)


def number(reading: Reading, unit: Unit) -> Value:
    """Return a number of people, entities, staff or offices."""
    figure = reading.figure
    if reading.question:
        return unknown(reading, unit, reading.question)
    if figure is None:
        return missing(reading.span, unit)
    if figure.count is None:
        return unknown(reading, unit, _not_a_number(figure))
    if figure.count > MOST[unit]:
        return unknown(reading, unit, _("The figure is too large to be meant: what is right?"))
    return _stated(reading, figure, figure.count, unit)


def percent(reading: Reading) -> Value:
    """Return a percentage as printed."""
    figure = reading.figure
    if reading.question:
        return unknown(reading, Unit.PERCENT, reading.question)
    if figure is None:
        return missing(reading.span, Unit.PERCENT)
    if figure.percent is None:
        return unknown(reading, Unit.PERCENT, _not_a_number(figure))
    return _stated(reading, figure, figure.percent, Unit.PERCENT)


READERS = {
    Label.FUNDING: amount,
    Label.CONFIRMED: percent,
    Label.GAP: percent,
    Label.IN_NEED: lambda reading: number(reading, Unit.PEOPLE),
    Label.PEOPLE: lambda reading: number(reading, Unit.PEOPLE),
    Label.ENTITIES: lambda reading: number(reading, Unit.ENTITIES),
    Label.INTERNATIONAL_STAFF: lambda reading: number(reading, Unit.STAFF),
    Label.NATIONAL_STAFF: lambda reading: number(reading, Unit.STAFF),
    Label.FIELD_OFFICES: lambda reading: number(reading, Unit.OFFICES),
}


def value_of(readings: Sequence[Reading]) -> Value | None:
    """Return what the page says under one label: the first figure, in question where it is printed again differently.

    None: the label is not there. A label without a figure yields to the same label with one.
    """
    if not readings:
        return None
    values = [READERS[reading.label](reading) for reading in readings]
    filled = [value for value in values if value.basis is not Basis.MISSING]
    if not filled:
        return values[0]
    first = filled[0]
    for other in filled[1:]:
        if (other.value, other.printed if other.value is None else "") != (
            first.value,
            first.printed if first.value is None else "",
        ):
            question = _("Line %(line)s prints “%(printed)s” for the same: which is right?")
            return first.asked(question % {"line": other.span, "printed": other.printed or other.question})
    return first


def _stated(reading: Reading, figure: Figure, value: Plain, unit: Unit) -> Value:
    stated = Value(value=value, unit=unit, span=reading.span, printed=figure.printed)
    if figure.is_rounded:
        return stated.asked(_("The page prints a rounded figure: is the exact one known?"))
    return stated


def _not_a_number(figure: Figure) -> str:
    return _("“%(printed)s” stands where a number is expected: is the number known?") % {"printed": figure.printed}
