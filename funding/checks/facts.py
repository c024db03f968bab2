"""What the rules look at, read once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple, TypeVar

from django.utils import timezone

from crp.common.figures import ZERO
from crp.common.money import quantize_usd
from funding.models import FundingRequest, Project, RelatedPlan, ReportedFunding, RequestShare
from funding.rollups import requested_of
from funding.rollups.ledger import NOW, columns_of
from plans.models import Framework, Objective, Office, Outcome, Presence, Revision, RevisionRow
from plans.tree import rows_of

Row = TypeVar("Row", bound=RevisionRow)


class OnRecord(NamedTuple):
    """A contribution, as far as the rules ask for it: a plan may have thousands."""

    code: str
    status: str
    flow: str
    review: str
    amount_usd: Decimal
    counted_usd: Decimal | None
    pledged_usd: Decimal | None
    original_currency: str
    exchange_rate: Decimal | None
    decision_on: date | None
    reported_on: date | None
    usage_year: int | None
    framework_code: str
    objective_number: int | None
    project_code: str


class Facts:
    """What the rules look at, read once; ``on`` is the day they look.

    ``as_of``: a past day, by whose end the money was decided, and on which the official totals held. None: all of them.
    ``rows``: what :func:`~plans.tree.rows_of` gives, where that has been read already.
    Queries: those of the rows, and one for the money and the official total each.
    """

    def __init__(
        self,
        revision: Revision,
        on: date | None = None,
        as_of: date | None = None,
        rows: Iterable[RevisionRow] | None = None,
    ) -> None:
        self.revision = revision
        self.as_of = as_of
        self.on = on or as_of or timezone.localdate()
        self._given = rows

    @cached_property
    def rows(self) -> list[RevisionRow]:
        """All rows of the revision. Requests and projects have each other and their framework without a query."""
        rows = list(rows_of(self.revision) if self._given is None else self._given)
        frameworks = {row.pk: row for row in rows if isinstance(row, Framework)}
        projects = {row.pk: row for row in rows if isinstance(row, Project)}
        for project in projects.values():
            if project.framework_id is not None:
                project.framework = frameworks[project.framework_id]
        for row in rows:
            if isinstance(row, FundingRequest) and row.project_id is not None:
                row.project = projects[row.project_id]
        return rows

    def _of(self, model: type[Row]) -> list[Row]:
        return [row for row in self.rows if isinstance(row, model)]

    @cached_property
    def requested(self) -> Decimal | None:
        return requested_of(self.revision)

    @cached_property
    def requests(self) -> list[FundingRequest]:
        return self._of(FundingRequest)

    @cached_property
    def sums(self) -> dict[str, Decimal]:
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for request in self.requests:
            sums[request.breakdown] += request.amount_usd
        return dict(sums)

    @cached_property
    def contributions(self) -> list[OnRecord]:
        then = dict(zip(NOW, columns_of(self.as_of), strict=True))
        columns = [then.get(name, name) for name in OnRecord._fields]
        return [OnRecord(*row) for row in self.revision.plan.contributions.as_known(self.as_of).values_list(*columns)]

    @cached_property
    def related_plans(self) -> list[RelatedPlan]:
        return self._of(RelatedPlan)

    @cached_property
    def request_shares(self) -> list[RequestShare]:
        return self._of(RequestShare)

    @property
    def presence(self) -> Presence | None:
        return next(iter(self._of(Presence)), None)

    @property
    def offices(self) -> list[Office]:
        return self._of(Office)

    @cached_property
    def official(self) -> ReportedFunding | None:
        """The official total of money received that is in force; where there is one, it is what was received."""
        totals = self.revision.plan.reported_funding.in_force(self.as_of)
        return totals.filter(scope=ReportedFunding.Scope.TOTAL).first()

    @property
    def reports_funding(self) -> bool:
        """Whether the money received is known: stated by the document, reported officially, or on record.

        A pledge does not make it so.
        """
        return (
            self.revision.reports_funding
            or self.official is not None
            or any(item.counted_usd is not None for item in self.contributions)
        )

    @property
    def received_usd(self) -> Decimal:
        """What the plan received: the official total, or else what the contributions on record add to."""
        return self.received() if self.official is None else self.official.amount_usd

    @cached_property
    def projects(self) -> dict[str, Project]:
        return {project.code: project for project in self._of(Project)}

    @cached_property
    def frameworks(self) -> list[Framework]:
        return self._of(Framework)

    @cached_property
    def objectives(self) -> list[Objective]:
        return self._of(Objective)

    @cached_property
    def outcomes(self) -> list[Outcome]:
        return self._of(Outcome)

    def received(self, belongs: Callable[[OnRecord], bool] = lambda contribution: True) -> Decimal:
        """Return what the contributions on record give to the part of the plan that ``belongs`` picks."""
        counted = (item.counted_usd for item in self.contributions if item.counted_usd is not None and belongs(item))
        return quantize_usd(sum(counted, ZERO))
