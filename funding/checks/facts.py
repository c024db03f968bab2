"""What the rules look at, read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from functools import cached_property

from crp.common.figures import ZERO
from crp.common.money import quantize_usd
from funding.models import Contribution, FundingRequest, Project
from funding.rollups import requested_of
from plans.models import Framework, Objective, Outcome, Revision


class Facts:
    """What the rules look at, read once. Queries: one for each property used."""

    def __init__(self, revision: Revision) -> None:
        self.revision = revision

    @cached_property
    def requested(self) -> Decimal | None:
        return requested_of(self.revision)

    @cached_property
    def requests(self) -> list[FundingRequest]:
        return list(
            self.revision.funding_requests.select_related("framework", "objective", "sector", "project__framework")
        )

    @cached_property
    def sums(self) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for request in self.requests:
            sums[request.breakdown] += request.amount_usd
        return dict(sums)

    @cached_property
    def contributions(self) -> list[Contribution]:
        return list(self.revision.plan.contributions.all())

    @property
    def reports_funding(self) -> bool:
        """Whether the money received is known: stated by the document, or on record. A pledge does not make it so."""
        return self.revision.reports_funding or any(item.is_counted for item in self.contributions)

    @cached_property
    def projects(self) -> dict[str, Project]:
        return {project.code: project for project in self.revision.projects.select_related("framework")}

    @cached_property
    def frameworks(self) -> list[Framework]:
        return list(self.revision.frameworks.all())

    @cached_property
    def objectives(self) -> list[Objective]:
        return list(self.revision.objectives.all())

    @cached_property
    def outcomes(self) -> list[Outcome]:
        return list(self.revision.outcomes.all())

    def received(self, belongs: Callable[[Contribution], bool] = lambda contribution: True) -> Decimal:
        """Return what was received by the part of the plan that ``belongs`` picks."""
        counted = (item.amount_usd for item in self.contributions if item.is_counted and belongs(item))
        return quantize_usd(sum(counted, ZERO))
