"""What the ledger holds of what many rows name, read once for all of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from crp.common.money import SumUSD
from funding.models import Contribution
from plans.models import Plan

from .judging import PlanFacts
from .similar import Pool

GROUP = 500


class OnRecord:
    """Codes, identifiers and money passed on that rows may run into, and what they may repeat, rows before included.

    For a caller who records many in a transaction of its own and holds the locks of their plans. Queries: 3 for each
    500 rows, those of :class:`PlanFacts` for each plan, and 1 for each plan or country for duplicates.
    """

    def __init__(self, rows: Sequence[Contribution]) -> None:
        self._codes: set[str] = set()
        self._identifiers: dict[tuple[str, str], Contribution] = {}
        self._passed_on: dict[int, Decimal] = {}
        self._facts: dict[int, PlanFacts] = {}
        self._pools: dict[tuple[int | None, int | None], Pool] = {}
        for part in in_groups(row.code for row in rows if row.code):
            self._codes.update(Contribution.objects.filter(code__in=part).values_list("code", flat=True))
        for part in in_groups(row.external_id for row in rows if row.external_id):
            for other in Contribution.objects.filter(external_id__in=part):
                self._identifiers[other.external_scheme, other.external_id] = other
        for part in in_groups({row.parent_id for row in rows if row.parent_id}):
            counted = Contribution.objects.filter(parent__in=part, review__in=Contribution.COUNTED_REVIEWS)
            sums = counted.order_by().values_list("parent").annotate(total=SumUSD("amount_usd"))
            self._passed_on.update({parent: Decimal(total) for parent, total in sums if parent is not None})

    def facts(self, plan: Plan) -> PlanFacts:
        """Return what contributions to a plan are held against."""
        return self._facts.setdefault(plan.pk, PlanFacts(plan))

    def pool(self, row: Contribution) -> Pool:
        """Return the contributions that a row may repeat: of the same plan, or of the same country outside any."""
        place = (row.plan_id, row.country_id)
        if place not in self._pools:
            self._pools[place] = Pool(*place)
        return self._pools[place]

    def has_code(self, code: str) -> bool:
        """Return whether a contribution has a code."""
        return code in self._codes

    def with_identifier(self, scheme: str, number: str) -> Contribution | None:
        """Return the contribution with an identifier of another system."""
        return self._identifiers.get((scheme, number))

    def passed_on(self, parent: int) -> Decimal:
        """Return how much of a contribution has been passed on, rows before included."""
        return self._passed_on.get(parent, Decimal(0))

    def add(self, row: Contribution) -> None:
        """Take in a row that was judged and is going to be saved; it has its primary key."""
        if row.parent_id and row.review in Contribution.COUNTED_REVIEWS:
            self._passed_on[row.parent_id] = self.passed_on(row.parent_id) + row.amount_usd
        self.pool(row).add(row)


def in_groups(values: Iterable) -> Iterator[list]:
    """Yield distinct values in lists that fit one statement."""
    distinct = list(dict.fromkeys(values))
    for start in range(0, len(distinct), GROUP):
        yield distinct[start : start + GROUP]
