"""The total of the plan against what its lines add to, and the total where the page leaves it blank."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crp.importing.documents.draft import REVISION, Basis, Confidence, Ref, Unit, Value
from funding.checks.values import told
from funding.rollups import TOTAL_FROM

from .reading import MOST_NAMED, Breakdown, Reading, figure, place, span_of, usd_of

ONE_AT_A_TIME = {Breakdown.OBJECTIVE, Breakdown.SECTOR}
"""Breakdowns of which one line alone is the beginning of a page, and says nothing of the total."""


def title_of(breakdown: str) -> str:
    """Return what the sum of a breakdown is called."""
    titles = {
        Breakdown.FRAMEWORK: _("Sum of frameworks"),
        Breakdown.OBJECTIVE: _("Sum of objectives"),
        Breakdown.SECTOR: _("Sum of sectors"),
        Breakdown.GLOBAL_CLUSTER: _("Sum of global clusters"),
        Breakdown.COUNTRY: _("Sum of countries"),
        Breakdown.PROJECT: _("Sum of projects"),
    }
    return titles[Breakdown(breakdown)]


def sums(reading: Reading) -> dict[str, Decimal]:
    """Return what each breakdown adds to, the widest first; those with an amount that is not known are left out."""
    found = {breakdown: reading.sum_of(breakdown) for breakdown in TOTAL_FROM}
    return {breakdown: total for breakdown, total in found.items() if total is not None}


def total_of_plan(reading: Reading) -> None:
    """Give the total of the plan: as stated, or computed where the page leaves it blank and its lines agree."""
    stated = reading.revision.values.get("stated_requested_usd")
    given = "requested_usd" in reading.revision.values
    if stated is not None and stated.value is not None:
        if not given:
            reading.revision.values["requested_usd"] = Value(
                value=stated.value,
                unit=Unit.USD,
                span=stated.span,
                printed=stated.printed,
                note=_("The stated total, fixed on publication."),
            )
        return
    if stated is not None and stated.basis is not Basis.MISSING:
        return
    found = {
        breakdown: total
        for breakdown, total in sums(reading).items()
        if breakdown not in ONE_AT_A_TIME or len(reading.lines(breakdown)) > 1
    }
    if not found:
        return
    if len(set(found.values())) > 1:
        _ask_which(reading, found)
    elif not given and reading.draft.row(REVISION) is not None:
        reading.revision.values["requested_usd"] = _computed(reading, list(found))


def _ask_which(reading: Reading, found: dict[str, Decimal]) -> None:
    said = "; ".join(f"{title_of(breakdown)}: {told(total)}" for breakdown, total in found.items())
    sentence = _("The page gives no total of its own, and its breakdowns disagree. %(sums)s.") % {"sums": said}
    reading.remark(sentence, *(line.value for breakdown in found for line in reading.lines(breakdown)))
    question = _("%(finding)s What is the total?") % {"finding": sentence}
    reading.ask(reading.revision, "stated_requested_usd", question)
    reading.ask(reading.revision, "requested_usd", question)


def _computed(reading: Reading, breakdowns: list[str]) -> Value:
    """Return the sum that all breakdowns give, read from the widest."""
    lines = reading.lines(breakdowns[0])
    values = [line.value for line in lines if line.value is not None]
    total = reading.sum_of(breakdowns[0])
    if len(values) <= MOST_NAMED:
        said = " + ".join(figure(value) for value in values)
        note = _("%(title)s: %(parts)s = %(sum)s, since the page gives no total of its own.")
    else:
        said = place(*values)
        note = _("%(title)s (%(parts)s): %(sum)s, since the page gives no total of its own.")
    told_in = {"title": title_of(breakdowns[0]), "parts": said, "sum": told(total or 0)}
    alone = len(breakdowns) == 1
    return Value(
        value=total,
        unit=Unit.USD,
        basis=Basis.COMPUTED,
        span=span_of(values),
        note=note % told_in,
        confidence=Confidence.MEDIUM if alone else Confidence.HIGH,
        question=_("Only these lines tell the total, %(sum)s. Are they all that the plan asks for?") % told_in
        if alone
        else "",
    )


def breakdowns_against_total(reading: Reading) -> None:
    """Ask about the total where the lines of a breakdown add to another sum."""
    stated = reading.revision.values.get("stated_requested_usd")
    total = usd_of(reading.revision, "stated_requested_usd")
    if stated is None or total is None:
        return
    for breakdown, found in sums(reading).items():
        if found == total:
            continue
        lines = reading.lines(breakdown)
        values = [line.value for line in lines]
        told_in = {
            "title": title_of(breakdown),
            "lines": place(*values),
            "found": told(found),
            "total": figure(stated),
            "difference": told(abs(total - found)),
        }
        if found < total and breakdown in ONE_AT_A_TIME and len(lines) == 1:
            sentence = _(
                "Only %(line)s was read, with %(amount)s: %(difference)s of the plan’s total stands under no line."
            ) % {**told_in, "line": lines[0].label, "amount": "–" if values[0] is None else figure(values[0])}
            reading.remark(_with_missing(sentence, breakdown, reading), stated, *values)
            continue
        sentence = (
            _("%(title)s (%(lines)s): %(found)s. Total of the plan: %(total)s. %(difference)s stands under no line.")
            if found < total
            else _("%(title)s (%(lines)s): %(found)s. Total of the plan: %(total)s. The lines are %(difference)s more.")
        ) % told_in
        asked = _("Is the total right, or is a line lost?") if found < total else _("Is the total or a line wrong?")
        sentence = _with_missing(sentence, breakdown, reading) if found < total else sentence
        reading.remark(sentence, stated, *values)
        reading.ask(reading.revision, "stated_requested_usd", f"{sentence} {asked}")


def _with_missing(sentence: str, breakdown: str, reading: Reading) -> str:
    """Return a sentence with the objectives behind it that the strategy has and the page has not."""
    numbers = _missing_objectives(reading) if breakdown == Breakdown.OBJECTIVE else []
    if not numbers:
        return sentence
    missing = ngettext(
        "Objective %(numbers)s of the strategy is not on the page.",
        "Objectives %(numbers)s of the strategy are not on the page.",
        len(numbers),
    )
    return f"{sentence} {missing % {'numbers': ', '.join(map(str, numbers))}}"


def _missing_objectives(reading: Reading) -> list[int]:
    """Return the numbers of the objectives that the list has and the page has not, of the one strategy it follows."""
    listed = [row.get("strategic_objective") for row in reading.rows("objective")]
    read = {ref.key for ref in listed if isinstance(ref, Ref)}
    strategies = {key[0] for key in read}
    if len(strategies) != 1:
        return []
    every = {ref.key for ref in reading.names.objectives.values() if ref.key[0] in strategies}
    return sorted(int(number) for _strategy, number in every - read)
