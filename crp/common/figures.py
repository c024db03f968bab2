"""The values that rollups return: immutable, and refusing to be wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from crp.common.money import percent_of, quantize_usd

ZERO = Decimal("0.00")


class FigureError(ArithmeticError):
    """Figures contradict each other: a defect in CRP, never something to show."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rollup:
    """What was requested and received, over one plan, a part of it, or many plans.

    All amounts are US dollars with two decimals. A plan that does not report its funding adds to what is requested
    and to nothing else: its money received is unknown, which is not zero. The percentage is therefore that of
    ``requested_reporting_usd``, the part of the requirement whose funding is known, and so is the gap. The gap of
    several plans is the sum of their gaps: money above one plan's requirement does not fill the gap of another, and
    money of a plan that states no requirement fills none.
    """

    requested_usd: Decimal | None
    """None: no plan here states a requirement."""
    requested_reporting_usd: Decimal | None
    """Of that, what is asked by plans that report their funding. None: no such plan states a requirement."""
    received_usd: Decimal | None
    """Commitments and payments, less corrections. None: no plan here reports its funding."""
    pledged_usd: Decimal | None
    """Announced and not counted as received. None: no pledge is on record."""
    plans: int = 1
    plans_requesting: int = 0
    plans_reporting: int = 0
    gaps_usd: Decimal | None = None
    """Over several plans: the sum of their gaps. What one plan has too much does not help another."""
    surpluses_usd: Decimal | None = None
    """Over several plans: the sum of what each received above its requirement."""

    def __post_init__(self) -> None:
        if (self.gaps_usd or ZERO) < 0 or (self.surpluses_usd or ZERO) < 0:
            raise FigureError(f"Gaps and surpluses of single plans are never below 0: {self}")
        if not 0 <= self.plans_requesting <= self.plans or not 0 <= self.plans_reporting <= self.plans:
            raise FigureError(f"More plans request or report than there are: {self}")
        if (self.received_usd is None) != (self.plans_reporting == 0):
            raise FigureError(f"Received must be known exactly where a plan reports: {self}")
        if (self.requested_usd is None) != (self.plans_requesting == 0):
            raise FigureError(f"Requested must be known exactly where a plan requests: {self}")
        if self.requested_reporting_usd is not None and (self.requested_usd is None or not self.plans_reporting):
            raise FigureError(f"Requested by reporting plans without such plans: {self}")

    @property
    def funding_reported(self) -> bool:
        """Whether at least one plan here reports what it received."""
        return self.plans_reporting > 0

    @property
    def _measured_usd(self) -> Decimal | None:
        # Lines that add to more than their total leave a rest below 0: what was received can't be measured by that.
        asked = self.requested_reporting_usd
        return None if asked is None or asked < 0 else asked

    @property
    def gap_usd(self) -> Decimal | None:
        """What is missing, never below 0; over several plans the sum of theirs.

        None: requirement or funding is not reported.
        """
        if self.gaps_usd is not None:
            return self.gaps_usd
        if self._measured_usd is None or self.received_usd is None:
            return None
        return max(self._measured_usd - self.received_usd, ZERO)

    @property
    def over_funded_usd(self) -> Decimal | None:
        """What was received above the requirement, 0 where nothing was; over several plans the sum of theirs.

        None: one of the two is not reported.
        """
        if self.surpluses_usd is not None:
            return self.surpluses_usd
        if self._measured_usd is None or self.received_usd is None:
            return None
        return max(self.received_usd - self._measured_usd, ZERO)

    @property
    def percent_funded(self) -> Decimal | None:
        """Received as a percentage of the requirement of the plans that report, half up to 2 decimals, may pass 100.

        Over several plans, of those that state one: money for the others would count as if it covered these. None:
        not reported, or the requirement is 0.
        """
        received = None if self.received_usd is None else self.received_usd - self.received_unasked_usd
        return percent_of(received, self._measured_usd)

    @property
    def received_unasked_usd(self) -> Decimal:
        """Of what was received over several plans, the part of those that state no requirement.

        It is part of no gap, no over-funding and no percentage. 0 over one plan.
        """
        if self.gaps_usd is None or self.received_usd is None:
            return ZERO
        filled = (self.requested_reporting_usd or ZERO) - self.gaps_usd
        return max(self.received_usd - (self.surpluses_usd or ZERO) - filled, ZERO)


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """One value of a dimension: a country, a year, a sector... or a named residual."""

    code: str | int | None
    name: str
    residual: str = ""
    """Empty for a real value; otherwise which kind of rest this is (``not_specified``, ``shared``...)."""
    subject: Any = field(default=None, compare=False)
    """The object behind the value, where there is one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """The figures of one value of each dimension."""

    keys: tuple[Key, ...]
    figures: Rollup

    @property
    def is_residual(self) -> bool:
        """Whether the line is a named rest and not a real value."""
        return any(key.residual for key in self.keys)

    @property
    def key(self) -> Key:
        """The key of the first dimension: the only one in most breakdowns."""
        return self.keys[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Breakdown:
    """A total, opened into its lines. Lines and named residuals add to the total, or it can't be made."""

    by: tuple[str, ...]
    total: Rollup
    lines: tuple[Line, ...]
    measures: tuple[str, ...] = ("requested_usd", "received_usd", "pledged_usd")
    """What the lines split; a breakdown by donor has no requirement to split."""

    def __post_init__(self) -> None:
        for measure in self.measures:
            parts = add_known(getattr(line.figures, measure) for line in self.lines)
            if parts != getattr(self.total, measure):
                raise FigureError(f"By {self.by}: lines give {measure} {parts}, total {getattr(self.total, measure)}")

    @property
    def rows(self) -> tuple[Line, ...]:
        """The lines that stand for a real value."""
        return tuple(line for line in self.lines if not line.is_residual)

    @property
    def residuals(self) -> tuple[Line, ...]:
        """The named rests."""
        return tuple(line for line in self.lines if line.is_residual)

    def largest_first(self) -> Sequence[Line]:
        """Return the lines by requirement, then by money received; residuals last."""
        return sorted(
            self.lines,
            key=lambda line: (
                line.is_residual,
                -(line.figures.requested_usd or 0),
                -(line.figures.received_usd or 0),
            ),
        )


def add_known(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum of the amounts that are known, in dollars and cents. None: none of them is."""
    known = [amount for amount in amounts if amount is not None]
    return quantize_usd(sum(known, ZERO)) if known else None
