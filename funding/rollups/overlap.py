"""How much of what a plan asks for is asked for in another plan too, so that the two are never simply added."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from crp.common.figures import ZERO, FigureError
from crp.common.money import quantize_usd
from funding.models import RelatedPlan

Kind = RelatedPlan.Overlap
HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class Span:
    """An amount that is known exactly, or only to lie between two."""

    low_usd: Decimal
    high_usd: Decimal

    def __post_init__(self) -> None:
        if self.low_usd > self.high_usd:
            raise FigureError(f"A span that ends before it starts: {self}")

    @property
    def is_exact(self) -> bool:
        return self.low_usd == self.high_usd

    def plus(self, amount_usd: Decimal) -> Span:
        """Return the span moved up by an amount that is known."""
        return Span(self.low_usd + amount_usd, self.high_usd + amount_usd)


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlap:
    """What a plan asks for, split by whether another plan asks for it too. The parts add to the whole."""

    requested_usd: Decimal
    inside_usd: Decimal
    """Stated to be asked for in the other plan too."""
    outside_usd: Decimal
    """Stated not to be: complementary, outside, or what a line has beyond the part that lies inside."""
    unnamed_usd: Decimal
    """Of lines that don't name the other plan at all, beside others that do: outside as well."""
    not_stated_usd: Decimal
    """Of lines that name it and don't say how much of them it asks for, and what is asked for in no line."""

    def __post_init__(self) -> None:
        parts = (self.inside_usd, self.outside_usd, self.unnamed_usd, self.not_stated_usd)
        if any(part < 0 for part in parts) or sum(parts, ZERO) != self.requested_usd:
            raise FigureError(f"The parts don't add to what is asked for: {self}")

    @property
    def inside(self) -> Span:
        """What lies inside the other plan: at least what is stated, at most all that could."""
        return Span(self.inside_usd, self.inside_usd + self.not_stated_usd)

    @property
    def outside(self) -> Span:
        """What the plan asks for beyond the other one."""
        least = self.outside_usd + self.unnamed_usd
        return Span(least, least + self.not_stated_usd)

    def together_with(self, other_usd: Decimal) -> Span:
        """Return what both plans ask for, counted once: the other plan's total, and this one's part outside it."""
        return self.outside.plus(other_usd)


class NamedLine(NamedTuple):
    """A line of a plan, and what it says of the other plan."""

    amount_usd: Decimal
    overlap: str | None
    """One of ``RelatedPlan.Overlap``. None: the line does not name the other plan."""
    inside_usd: Decimal | None = None
    inside_percent: Decimal | None = None


def inside_of(line: NamedLine) -> Decimal | None:
    """Return how much of a line lies inside the other plan. None: not stated, or stated as more than the line is."""
    if line.overlap == Kind.IDENTICAL:
        return line.amount_usd
    if line.overlap in {None, Kind.COMPLEMENTARY, Kind.OUTSIDE}:
        return ZERO
    if line.overlap == Kind.PARTLY and line.inside_usd is not None:
        return line.inside_usd if line.inside_usd <= line.amount_usd else None
    if line.overlap == Kind.PARTLY and line.inside_percent is not None:
        return quantize_usd(line.amount_usd * line.inside_percent / HUNDRED)
    return None


def overlap_of(lines: Iterable[NamedLine], requested_usd: Decimal | None) -> Overlap:
    """Return how the lines of one breakdown split over inside and outside.

    ``requested_usd`` is the total of the plan: what it has beyond its lines is not stated. Lines that add to more than
    the total are taken as they are.
    """
    inside = outside = unnamed = not_stated = whole = ZERO
    for line in lines:
        whole += line.amount_usd
        part = inside_of(line)
        if line.overlap is None:
            unnamed += line.amount_usd
        elif part is None:
            not_stated += line.amount_usd
        else:
            inside += part
            outside += line.amount_usd - part
    rest = max((requested_usd or ZERO) - whole, ZERO)
    return Overlap(
        requested_usd=whole + rest,
        inside_usd=inside,
        outside_usd=outside,
        unnamed_usd=unnamed,
        not_stated_usd=not_stated + rest,
    )
