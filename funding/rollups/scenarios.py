"""What an amount would change: of a plan, of one of its lines, of several plans together. Nothing here is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from crp.common.figures import ZERO, Line, Rollup, add_known
from crp.common.money import percent_of, quantize_usd
from funding.dimensions import Residual

from .plans import add_up

UNPLACED = {
    Residual.NOT_SPECIFIED.value,
    Residual.SHARED.value,
    Residual.OFFICIAL_ONLY.value,
    Residual.SEVERAL_COUNTRIES.value,
}
"""Rests of what a plan received that may be for any of its lines."""


class Known(StrEnum):
    """How much is known of what a line received."""

    EXACTLY = "exactly"
    AT_LEAST = "at_least"
    """Some of what its plan received names no line, and may be for this one."""
    AT_MOST = "at_most"
    """The plan's total is less than its lines: some of what they received is taken off without a line."""
    NOT = "not"
    """Its plan does not report what it received."""


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What an amount would change for a plan or one of its lines, in US dollars with two decimals."""

    requested_usd: Decimal | None
    received_usd: Decimal | None
    """None: not reported."""
    put_usd: Decimal
    unplaced_usd: Decimal = ZERO
    """What the plan received beyond all of its lines: for a line of it, it may be any part of that."""
    plan_requested_usd: Decimal | None = None
    people_targeted: int | None = None
    """Of the whole plan, as ``plan_requested_usd`` is: the two give its average cost for each person."""

    @property
    def known(self) -> Known:
        """How much is known of what was received."""
        if self.received_usd is None:
            return Known.NOT
        if not self.unplaced_usd:
            return Known.EXACTLY
        return Known.AT_LEAST if self.unplaced_usd > 0 else Known.AT_MOST

    @property
    def asked_usd(self) -> Decimal | None:
        """What coverage can be measured by. None: no amount above 0 is asked for."""
        return self.requested_usd if self.requested_usd is not None and self.requested_usd > 0 else None

    @property
    def before_usd(self) -> Decimal:
        """What is known to be received, 0 where nothing is reported: a lower bound, never shown as a figure then."""
        return ZERO if self.received_usd is None else self.received_usd

    @property
    def after_usd(self) -> Decimal:
        """What is known to be received, and the amount. Where nothing is reported: at least this."""
        return self.before_usd + self.put_usd

    @property
    def missing_usd(self) -> Decimal | None:
        """The gap, never below 0; where funding is not reported all that is asked for, the most that can be missing.

        None: no amount is asked for.
        """
        return None if self.asked_usd is None else max(self.asked_usd - self.before_usd, ZERO)

    @property
    def still_missing_usd(self) -> Decimal | None:
        """The same with the amount put in."""
        return None if self.asked_usd is None else max(self.asked_usd - self.after_usd, ZERO)

    @property
    def over_before_usd(self) -> Decimal | None:
        """What was received above what is asked for. None: one of the two is not known."""
        if self.asked_usd is None or self.received_usd is None:
            return None
        return max(self.received_usd - self.asked_usd, ZERO)

    @property
    def over_after_usd(self) -> Decimal:
        """What would be received above what is asked for; where funding is not reported at least this."""
        return ZERO if self.asked_usd is None else max(self.after_usd - self.asked_usd, ZERO)

    @property
    def used_usd(self) -> Decimal | None:
        """The part of the amount that what is missing can take. None: no amount is asked for."""
        return None if self.missing_usd is None else min(self.put_usd, self.missing_usd)

    @property
    def left_usd(self) -> Decimal:
        """The part of the amount that it cannot take."""
        return ZERO if self.used_usd is None else self.put_usd - self.used_usd

    @property
    def percent_before(self) -> Decimal | None:
        """Percent funded. None: not reported, or nothing is asked for."""
        return percent_of(self.received_usd, self.asked_usd)

    @property
    def percent_after(self) -> Decimal | None:
        """Percent funded with the amount; where funding is not reported at least this. None: nothing is asked for."""
        return percent_of(self.after_usd, self.asked_usd)

    @property
    def percent_put(self) -> Decimal | None:
        """The amount as a share of what is asked for."""
        return percent_of(self.put_usd, self.asked_usd)

    @property
    def percent_closed(self) -> Decimal | None:
        """The share of what is missing that the amount closes. None: nothing is missing, or nothing asked for."""
        return percent_of(self.used_usd, self.missing_usd)

    @property
    def cost_per_person_usd(self) -> Decimal | None:
        """What the plan asks for on average for each person it targets. None: one of the two is not stated."""
        return cost_per_person(self.plan_requested_usd, self.people_targeted)

    @property
    def people(self) -> int | None:
        """How many people the used part would reach at that average: an estimate. None: the average is not known."""
        if self.cost_per_person_usd is None or self.used_usd is None or not self.plan_requested_usd:
            return None
        share = self.used_usd * (self.people_targeted or 0) / self.plan_requested_usd
        return int(share.to_integral_value(rounding=ROUND_HALF_UP))

    @property
    def parts(self) -> list[tuple[str, Decimal]]:
        """What a bar is made of, in order: received, the amount, what stays missing, and what is too much."""
        asked = self.asked_usd or ZERO
        received = min(max(self.before_usd, ZERO), asked)
        over = max(self.before_usd - asked, ZERO)
        put = min(self.put_usd, asked - received)
        rest = asked - received - put
        parts = [
            ("received", received),
            ("over", over),
            ("put", put),
            ("put-over", self.put_usd - put),
            ("unknown" if self.known == Known.NOT else "missing", rest),
        ]
        return [(kind, amount) for kind, amount in parts if amount > 0]

    @property
    def length_usd(self) -> Decimal:
        """How long its bar is."""
        return sum((amount for _kind, amount in self.parts), ZERO)


@dataclass(frozen=True, kw_only=True)
class Together:
    """Amounts put on several plans, together."""

    put_usd: Decimal
    put_silent_usd: Decimal
    """The part put on plans that do not report what they received: it is in no figure of ``after``."""
    silent: int
    """How many plans that are."""
    before: Rollup
    after: Rollup
    """The same plans with the amounts received, where they report at all."""

    @property
    def used_usd(self) -> Decimal:
        """By how much the gaps of the plans that report get smaller: what one has too much fills no other's."""
        return (self.before.gap_usd or ZERO) - (self.after.gap_usd or ZERO)

    @property
    def over_usd(self) -> Decimal:
        """By how much their over-funding grows."""
        return (self.after.over_funded_usd or ZERO) - (self.before.over_funded_usd or ZERO)

    @property
    def parts(self) -> list[tuple[str, Decimal]]:
        """What a bar of the plans that report is made of, in order; empty where none states an amount."""
        asked = self.before.requested_reporting_usd
        if asked is None or self.before.gap_usd is None or self.after.gap_usd is None:
            return []
        parts = [
            ("received", asked - self.before.gap_usd),
            ("over", self.before.over_funded_usd or ZERO),
            ("put", self.used_usd),
            ("put-over", self.over_usd),
            ("missing", self.after.gap_usd),
        ]
        return [(kind, amount) for kind, amount in parts if amount > 0]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Lines that were found, together."""

    lines: int
    lines_known: int
    """Of how many of them the money received is known exactly."""
    requested_usd: Decimal | None
    gap_usd: Decimal | None
    """The sum of the gaps of those. None: there is none."""


def put_on(figures: Rollup, amount_usd: Decimal) -> Rollup:
    """Return the figures of one plan with an amount received; where it does not report they stay as they are.

    What it received without saying so is unknown, and stays so with more money.
    """
    if figures.received_usd is None:
        return figures
    return Rollup(
        requested_usd=figures.requested_usd,
        requested_reporting_usd=figures.requested_reporting_usd,
        received_usd=figures.received_usd + amount_usd,
        pledged_usd=figures.pledged_usd,
        plans_requesting=figures.plans_requesting,
        plans_reporting=figures.plans_reporting,
    )


def put_together(amounts: Iterable[tuple[Rollup, Decimal]]) -> Together:
    """Return what amounts would change over plans: each comes once, with its figures and all that is put on it."""
    pairs = list(amounts)
    silent = [amount for figures, amount in pairs if not figures.funding_reported]
    return Together(
        put_usd=add_amounts(amount for _figures, amount in pairs),
        put_silent_usd=add_amounts(silent),
        silent=len(silent),
        before=add_up(figures for figures, _amount in pairs),
        after=add_up(put_on(figures, amount) for figures, amount in pairs),
    )


def add_amounts(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum of amounts; 0 where there is none."""
    return add_known(amounts) or ZERO


def unplaced_by_plan(lines: Iterable[Line]) -> Mapping[str | int | None, Decimal]:
    """Return, by the code of the plan, what was received in rests that may be for any line.

    ``lines`` come from a breakdown by plan and one dimension more. Plans without such a rest are left out.
    """
    found: dict[str | int | None, Decimal] = {}
    for line in lines:
        plan, key = line.keys
        if key.residual in UNPLACED and line.figures.received_usd:
            found[plan.code] = add_amounts((found.get(plan.code, ZERO), line.figures.received_usd))
    return {code: amount for code, amount in found.items() if amount}


def summarize(effects: Iterable[Effect]) -> Summary:
    """Return what lines ask for together, and what is missing of those whose money received is known exactly."""
    found = list(effects)
    exact = [effect for effect in found if effect.known == Known.EXACTLY]
    return Summary(
        lines=len(found),
        lines_known=len(exact),
        requested_usd=add_known(effect.requested_usd for effect in found),
        gap_usd=add_known(effect.missing_usd for effect in exact),
    )


def cost_per_person(requested_usd: Decimal | None, people_targeted: int | None) -> Decimal | None:
    """Return what a plan asks for on average for each person it targets, to the cent.

    None: one of the two is not stated, or is 0.
    """
    return quantize_usd(requested_usd / people_targeted) if requested_usd and people_targeted else None
