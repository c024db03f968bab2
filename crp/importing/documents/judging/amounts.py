"""Amounts that look mistyped, told twice, or told under a label that is not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TypeAlias

from django.utils.translation import gettext as _

from crp.importing.documents.draft import Confidence, Ref
from crp.importing.documents.names import folded
from funding.checks.values import told
from funding.rollups import TOTAL_FROM

from .reading import Breakdown, Line, Reading, count_of, figure, usd_of

Candidate: TypeAlias = tuple[Decimal, bool]

THOUSAND = 1000
OUTSIDE = 10
"""How many times an amount must be beyond the largest or smallest of its siblings to look mistyped."""
ALIKE = 100
"""How many times the smallest of its siblings the largest may be, for them to tell what is usual."""
FEWEST_SIBLINGS = 2


def lost_commas(reading: Reading) -> None:
    """Ask about an amount that would be like its siblings with three digits more or fewer.

    Nothing where the lines add to the total of the plan as they are.
    """
    total = usd_of(reading.revision, "stated_requested_usd")
    for breakdown in TOTAL_FROM:
        lines = [line for line in reading.lines(breakdown) if line.usd]
        if len(lines) <= FEWEST_SIBLINGS or (total is not None and reading.sum_of(breakdown) == total):
            continue
        amounts = sorted(line.usd for line in lines if line.usd is not None)
        together = sum(amounts)
        for line in lines:
            if line.usd is None:
                continue
            smallest = amounts[1] if line.usd == amounts[0] else amounts[0]
            largest = amounts[-2] if line.usd == amounts[-1] else amounts[-1]
            rest = None if total is None else total - (together - line.usd)
            _ask_about(reading, line, _candidates(line.usd, smallest, largest), rest)


def _ask_about(reading: Reading, line: Line, candidates: list[Candidate], rest: Decimal | None) -> None:
    """Ask whether an amount is another. ``rest``: what the other lines leave of the total."""
    fitting = next((meant for meant, _is_likely in candidates if meant == rest), None)
    likely = next((meant for meant, is_likely in candidates if is_likely), None)
    meant = likely if fitting is None else fitting
    if meant is None or line.value is None:
        return
    question = (
        _(
            "%(label)s: is %(amount)s right? With %(meant)s the lines would add to the total of the plan. Was a comma "
            "lost or doubled?"
        )
        if fitting is not None
        else _(
            "%(label)s: %(amount)s is far from the amounts beside it. Was a comma lost or doubled, and is it %(meant)s?"
        )
    )
    told_in = {"label": line.label, "amount": figure(line.value), "meant": told(meant)}
    reading.ask(line.row, "amount_usd", question % told_in, Confidence.LOW)


def _candidates(amount: Decimal, smallest: Decimal, largest: Decimal) -> list[Candidate]:
    """Return what may be meant by an amount, and whether the smallest and largest of its siblings make that likely."""
    is_outside = amount < smallest / OUTSIDE or amount > largest * OUTSIDE
    return [
        (meant, is_outside and largest <= smallest * ALIKE and smallest / 2 <= meant <= largest * 2)
        for meant in (amount * THOUSAND, amount / THOUSAND)
    ]


def sectors_twice(reading: Reading) -> None:
    """Ask about a sector that two lines name."""
    seen: dict[object, Line] = {}
    for line in reading.lines(Breakdown.SECTOR):
        sector = line.row.values.get("sector")
        if sector is None:
            continue
        name = (sector.value.kind, sector.value.key) if isinstance(sector.value, Ref) else folded(sector.printed)
        if not name:
            continue
        first = seen.setdefault(name, line)
        if first is line:
            continue
        told_in = {"label": first.label, "amounts": " / ".join(_amounts(first, line))}
        question = _("%(label)s has two lines: %(amounts)s. Is one of them another sector, or are they to be added?")
        reading.ask(line.row, "sector", question % told_in)


def _amounts(*lines: Line) -> Iterator[str]:
    for line in lines:
        if line.value is not None:
            yield figure(line.value)


def figures_of_two_labels(reading: Reading) -> None:
    """Ask, at both, about a number of people that is also the amount asked for: one stands under the other's label."""
    pairs = [(reading.revision, reading.revision, "stated_requested_usd")]
    for objective in reading.rows("objective"):
        request = reading.line(Breakdown.OBJECTIVE, *objective.key)
        if request is not None:
            pairs.append((objective, request.row, "amount_usd"))
    for row, asked, field in pairs:
        for counted in ("people_in_need", "people_targeted", "entities_targeted"):
            count, amount = count_of(row, counted), usd_of(asked, field)
            if not count or count != amount:
                continue
            question = _(
                "The same figure stands for people or entities, %(count)s, and for money, %(amount)s. Is each right?"
            )
            told_in = {"count": figure(row.values[counted]), "amount": figure(asked.values[field])}
            reading.ask(row, counted, question % told_in, Confidence.LOW)
            reading.ask(asked, field, question % told_in, Confidence.LOW)
