"""Shares in percent: do they add to 100, and which amounts are they of?"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crp.common.money import quantize_usd
from crp.importing.documents.draft import Basis, Confidence, Row, Unit, Value
from crp.importing.documents.splits import FEWEST_PARTS, MOST_PARTS, common_unit, fit
from funding.checks.values import told

from .reading import Breakdown, Line, Reading, place, usd_of
from .totals import sums

WHOLE = Decimal(100)
FEWEST_OTHERS = 3
"""Other lines that it takes to say that amounts of the plan are round."""


def _shares_of(rows: list[Row]) -> list[Decimal] | None:
    """Return the shares of some rows. None: one of them is not known."""
    shares = [row.get("share_percent") for row in rows]
    known = [share for share in shares if isinstance(share, Decimal)]
    return known if known and len(known) == len(shares) else None


def _may_be_rounding(shares: list[Decimal]) -> bool:
    """Tell whether shares rounded to whole percent may miss 100 by as much."""
    return abs(sum(shares) - WHOLE) <= Decimal(len(shares)) / 2


def outcome_shares(reading: Reading) -> None:
    """Ask, at the first of them, about shares of an objective's outcomes that do not add to 100 percent."""
    for objective in reading.rows("objective"):
        rows = reading.rows_of("outcome", objective)
        shares = _shares_of(rows)
        if shares is None or sum(shares) == WHOLE:
            continue
        question = (
            _(
                "The outcome shares of objective %(number)s (%(lines)s) add to %(sum)s %%, not to 100 %%, as rounding "
                "may explain. Which share takes the difference?"
            )
            if _may_be_rounding(shares)
            else _(
                "The outcome shares of objective %(number)s (%(lines)s) add to %(sum)s %%, not to 100 %%. Which is "
                "wrong?"
            )
        ) % {
            "number": objective.key[0],
            "lines": place(*(row.values["share_percent"] for row in rows)),
            "sum": told(sum(shares)),
        }
        reading.ask(rows[0], "share_percent", question)


@dataclass(frozen=True)
class Split:
    """A line that is split over objectives in percent. ``amounts``: of the objectives, in the order of the shares."""

    line: Line
    rows: list[Row]
    shares: list[Decimal]
    totals: list[Decimal] | None

    @property
    def percents(self) -> str:
        """The shares as they are told: ``42 / 18 / 40 %``."""
        return _("%(shares)s %%") % {"shares": " / ".join(told(share) for share in self.shares)}

    @property
    def values(self) -> list[Value]:
        """The shares with where they stand."""
        return [row.values["share_percent"] for row in self.rows]


def splits(reading: Reading) -> list[Split]:
    """Return the lines that are split over objectives, with what each objective asks for."""
    by_request: dict[str, list[Row]] = {}
    for row in reading.rows("requestshare"):
        by_request.setdefault(row.parents.get("funding_request", ""), []).append(row)
    found = []
    for subject, rows in by_request.items():
        request, shares = reading.row(subject), _shares_of(rows)
        if request is None or shares is None:
            continue
        objectives = [reading.line(Breakdown.OBJECTIVE, row.key[-1]) for row in rows]
        amounts = [None if objective is None else objective.usd for objective in objectives]
        known = [amount for amount in amounts if amount is not None]
        line = Line(request, usd_of(request, "amount_usd"))
        found.append(Split(line, rows, shares, known if len(known) == len(amounts) else None))
    return found


def request_shares(reading: Reading) -> None:
    """Ask, at the first of them, about shares of a line that do not add to 100 percent; remark where rounding may."""
    for split in splits(reading):
        total = sum(split.shares)
        if total == WHOLE:
            continue
        told_in = {"label": split.line.label, "lines": place(*split.values), "sum": told(total)}
        if _may_be_rounding(split.shares):
            text = _("%(label)s: the shares by objective (%(lines)s) add to %(sum)s %%, as rounding may explain.")
            reading.remark(text % told_in, *split.values)
        else:
            question = _(
                "%(label)s: the shares by objective (%(lines)s) add to %(sum)s %%, not to 100 %%. Which is wrong?"
            )
            reading.ask(split.rows[0], "share_percent", question % told_in)


def share_amounts(reading: Reading) -> None:
    """Add the amounts behind rounded shares where only one way fits; remark why there is none otherwise."""
    found = [
        split
        for split in splits(reading)
        if all(row.get("amount_usd") is None for row in split.rows) and FEWEST_PARTS <= len(split.shares) <= MOST_PARTS
    ]
    if len(found) > 1:
        values = [value for split in found for value in split.values]
        text = _(
            "%(number)s lines are split by objective in percent (%(lines)s). Which amounts fit one depends on the "
            "others: none is derived."
        )
        reading.remark(text % {"number": told(len(found)), "lines": place(*values)}, *values)
        return
    for split in found:
        reason = _why_not(reading, split)
        if reason:
            told_in = {"label": split.line.label, "percents": split.percents, "lines": place(*split.values)}
            text = _("%(label)s: the shares %(percents)s (%(lines)s) stay without amounts. %(reason)s")
            reading.remark(text % {**told_in, "reason": reason}, *split.values)


def _why_not(reading: Reading, split: Split) -> str:
    """Add the amounts of a split where only one way fits, or return the reason why not."""
    by = sums(reading)
    objectives, sectors = by.get(Breakdown.OBJECTIVE), by.get(Breakdown.SECTOR)
    if not split.line.usd or split.totals is None or objectives is None or objectives != sectors:
        return _("The objectives and the sectors do not add to the same amount, so that no amount can be derived.")
    others = [line.usd for line in reading.lines(Breakdown.SECTOR) if line.row is not split.line.row and line.usd]
    unit = common_unit(others)
    if unit is None or len(others) < FEWEST_OTHERS:
        return _("Too few other lines tell which amounts are usual in this plan.")
    fits = fit(split.line.usd, split.shares, split.totals, unit)
    told_in = {"number": len(others), "unit": told(unit), "ways": told(fits.ways), "line": told(split.line.usd)}
    if fits.ways == 0:
        return (
            _(
                "No amounts within the rounding add to %(line)s and leave multiples of %(unit)s for the %(number)s "
                "other lines."
            )
            % told_in
        )
    if fits.ways > 1:
        return (
            ngettext(
                "%(ways)s way fits %(line)s and leaves multiples of %(unit)s for the %(number)s other lines.",
                "%(ways)s ways fit %(line)s and leave multiples of %(unit)s for the %(number)s other lines.",
                fits.ways,
            )
            % told_in
        )
    for row, share, amount, total in zip(split.rows, split.shares, fits.amounts_usd, split.totals, strict=True):
        exact = quantize_usd(split.line.usd * share / 100)
        row.values["amount_usd"] = _inferred(row, share, amount, total, {**told_in, "exact": exact})
    return ""


def _inferred(row: Row, share: Decimal, amount: Decimal, total: Decimal, told_in: dict[str, Any]) -> Value:
    """Return the amount behind a rounded share, with the reasoning and the question."""
    exact = told_in["exact"]
    note = (
        _(
            "%(share)s %% of %(line)s. It leaves %(rest)s of the objective’s %(total)s, a multiple of %(unit)s as the "
            "%(number)s other lines are."
        )
        if exact == amount
        else _(
            "%(share)s %% is rounded: it would give %(exact)s. %(amount)s leaves %(rest)s of the objective’s "
            "%(total)s, a multiple of %(unit)s as the %(number)s other lines are. No other amounts within the rounding "
            "do that and add to %(line)s."
        )
    )
    said = {
        **told_in,
        "share": told(share),
        "exact": told(exact),
        "amount": told(amount),
        "rest": told(total - amount),
        "total": told(total),
    }
    printed, former = row.values["share_percent"], row.values.get("amount_usd")
    return Value(
        value=amount,
        unit=Unit.USD,
        basis=Basis.INFERRED,
        span=printed.span if former is None or former.span is None else former.span,
        note=note % said,
        confidence=Confidence.MEDIUM,
        question=_("The page prints %(share)s %% and no amount. Is it %(amount)s?") % said,
    )
