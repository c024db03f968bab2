"""The figures of one line while plans are added to it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from crp.common.figures import ZERO, Rollup, add_known

from .parts import Part


@dataclass
class Sums:
    """What a :class:`Rollup` over several plans is made of."""

    requested: Decimal | None = None
    requested_reporting: Decimal | None = None
    received: Decimal | None = None
    pledged: Decimal | None = None
    gaps: Decimal | None = None
    surpluses: Decimal | None = None
    plans: int = 0
    requesting: int = 0
    reporting: int = 0

    def add(self, part: Part, *, reported: bool) -> None:
        """Add what one plan has on this line."""
        self.merge(
            Sums(
                requested=part.requested,
                requested_reporting=part.requested if reported else None,
                received=part.received,
                pledged=part.pledged,
                gaps=_above(part.requested, part.received, part.requested),
                surpluses=_above(part.received, part.requested, part.requested),
                plans=1,
                requesting=int(part.requested is not None),
                reporting=int(reported),
            )
        )

    def add_figures(self, figures: Rollup) -> None:
        """Add a whole plan."""
        part = Part(figures.requested_usd, figures.received_usd, figures.pledged_usd)
        self.add(part, reported=figures.funding_reported)

    def merge(self, other: Sums) -> None:
        """Add the sums over other plans."""
        for name in ("requested", "requested_reporting", "received", "pledged", "gaps", "surpluses"):
            setattr(self, name, add_known((getattr(self, name), getattr(other, name))))
        self.plans += other.plans
        self.requesting += other.requesting
        self.reporting += other.reporting

    def rollup(self) -> Rollup:
        """Return the figures, which refuse to be wrong."""
        return Rollup(
            requested_usd=self.requested,
            requested_reporting_usd=self.requested_reporting,
            received_usd=self.received,
            pledged_usd=self.pledged,
            plans=self.plans,
            plans_requesting=self.requesting,
            plans_reporting=self.reporting,
            gaps_usd=self.gaps,
            surpluses_usd=self.surpluses,
        )


def _above(more: Decimal | None, less: Decimal | None, requested: Decimal | None) -> Decimal | None:
    """Return by how much one amount exceeds the other, at least 0. None: not known, or a rest below 0 is asked for."""
    if more is None or less is None or requested is None or requested < 0:
        return None
    return max(more - less, ZERO)
