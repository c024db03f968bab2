"""What the page of a plan is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from crp.common.figures import Line, Rollup
from funding.dimensions import Residual
from funding.models import FundingRequest, Project, RequestShare
from funding.selectors.citations import Cited
from plans.models import Framework, Narrative, Objective, ObjectiveTargetGroup, Outcome, PlanFamily, RiskIndicator
from sectors.models import Sector

SCALES: dict[str, int] = {RiskIndicator.Indicator.INFORM_RISK: 10, RiskIndicator.Indicator.INFORM_SEVERITY: 5}
"""Where the scale of an index ends; both begin at 0. Source: INFORM, Joint Research Centre."""


@dataclass(frozen=True, kw_only=True)
class IndicatorPart:
    """An index of risk with the end of its scale, where it has one."""

    row: RiskIndicator
    top: int | None


@dataclass(frozen=True, kw_only=True)
class ObjectivePart:
    """An objective with its money, its outcomes and its text."""

    objective: Objective
    figures: Rollup | None
    share: Decimal | None
    """Percent of what the plan asks for."""
    request: FundingRequest | None
    outcomes: Sequence[Outcome]
    target_groups: Sequence[ObjectiveTargetGroup]
    narratives: Sequence[Narrative]


@dataclass(frozen=True, kw_only=True)
class SectorPart:
    """A sector, or a named rest, with its money and what the plan says of it."""

    line: Line
    share: Decimal | None
    request: FundingRequest | None = None
    related: Sequence[PlanFamily] = ()
    shares: Sequence[RequestShare] = ()
    inferred: Cited | None = None

    @property
    def figures(self) -> Rollup:
        return self.line.figures

    @property
    def sector(self) -> Sector | None:
        return self.line.key.subject


@dataclass(frozen=True, kw_only=True)
class SectorGroup:
    """Sectors that a reader takes in together, with their subtotal."""

    title: str
    parts: Sequence[SectorPart]
    total: Rollup
    share: Decimal | None


@dataclass(frozen=True, kw_only=True)
class ProjectPart:
    """A project with its money."""

    project: Project
    figures: Rollup
    request: FundingRequest | None
    inferred: Cited | None


@dataclass(frozen=True, kw_only=True)
class ProjectGroup:
    """The projects of one framework."""

    framework: Framework | None
    line: Line | None
    projects: Sequence[ProjectPart]


@dataclass(frozen=True, kw_only=True)
class BreakdownPart:
    """One way to open the total, with its lines."""

    name: str
    title: str
    column: str
    lines: Sequence[Line]
    total: Rollup
    scale: Decimal
    splits_requirement: bool
    is_official_split: bool = False
    """Whether its money received is split by the source of the official total, not by the contributions on record."""

    @property
    def asking(self) -> int:
        """How many lines ask for money."""
        return sum(line.figures.requested_usd is not None for line in self.lines)

    @property
    def has_pledges(self) -> bool:
        return self.total.pledged_usd is not None

    @property
    def is_sample(self) -> bool:
        """Whether the official total has money of which nobody knows which line it is of."""
        return any(line.key.residual == Residual.OFFICIAL_ONLY for line in self.lines)


@dataclass(frozen=True)
class Section:
    """A part of the page, in its list of contents; ``parts``: those inside it."""

    anchor: str
    title: str
    parts: Sequence[Section] = ()
