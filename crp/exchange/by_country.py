"""Plans told country by country, one row each: the shape in which OCHA publishes requirements and funding.

A plan of one country gives it all of its figures. One of several gives each what it says of it; what it does not divide
is in no row, because a whole amount in each of its rows would be counted as often as it has countries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from crp.common.money import percent_of, quantize_usd
from crp.exchange.appeals import FTS_CODE, Names, names_of
from funding.dimensions import COUNTRY
from funding.rollups import with_figures
from funding.rollups.parts import official_parts, requested_parts
from plans.models import Country, Plan, PlanIdentifier

LINKS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class PlanInCountry:
    """A plan in one of its countries.

    Units: US dollars. None: the plan states no amount for this country, or does not report its funding.
    """

    plan: Plan
    country: Country
    names: Names
    appeal_code: str
    """Its code in FTS, or else in CRP."""
    requested_usd: Decimal | None
    received_usd: Decimal | None

    @property
    def percent_funded(self) -> Decimal | None:
        """Received as a percentage of the requirement, half up to two decimals. None: one of the two is not known."""
        return percent_of(self.received_usd, self.requested_usd)


def links_of(plans: QuerySet[Plan]) -> QuerySet[Any]:
    """Return the countries of plans, one row each with ``appeal_code``, in the order of HAPI: by code, then country."""
    codes = PlanIdentifier.objects.filter(plan=OuterRef("plan"), scheme=FTS_CODE).order_by("value").values("value")
    links: Any = Plan.countries.through.objects.filter(plan__in=plans.order_by().values("pk"))
    coded = links.annotate(appeal_code=Coalesce(Subquery(codes[:1]), F("plan__code")))
    return coded.select_related("country").order_by("appeal_code", "country__iso3", "plan")


def rows_of(links: QuerySet[Any]) -> Iterator[PlanInCountry]:
    """Yield the figures behind :func:`links_of`. Queries: 1, and 5 for every 2,000 of them."""
    found = links.iterator(chunk_size=LINKS_AT_ONCE)
    while several := list(islice(found, LINKS_AT_ONCE)):
        yield from _rows(several)


def _rows(links: Sequence[Any]) -> Iterator[PlanInCountry]:
    numbers = {link.plan_id for link in links}
    chosen = Plan.objects.filter(pk__in=numbers)
    plans: dict[int, Any] = {plan.pk: plan for plan in with_figures(Plan.objects.in_force().filter(pk__in=numbers))}
    names = names_of(numbers)
    countries = Counter(Plan.countries.through.objects.filter(plan__in=numbers).values_list("plan_id", flat=True))
    asked = requested_parts(chosen, [COUNTRY], [None], None)
    official = official_parts(chosen, [COUNTRY], [None], None)
    for link in links:
        plan = plans.get(link.plan_id)
        if plan is None:  # withdrawn since the links were read
            continue
        key = (link.country_id,)
        if countries[plan.pk] == 1:
            requested, received = plan.requested_usd, plan.received_usd
        else:
            requested = asked.get(plan.pk, {}).get(key)
            received = official.get(plan.pk, {}).get(key) if plan.official_usd is not None else None
        yield PlanInCountry(
            plan=plan,
            country=link.country,
            names=names.get(plan.pk, Names()),
            appeal_code=link.appeal_code,
            requested_usd=None if requested is None else quantize_usd(requested),
            received_usd=None if received is None else quantize_usd(received),
        )
