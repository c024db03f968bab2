"""The funding of appeals in the shape of HDX HAPI: a row for each plan and country."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db.models import Q, QuerySet

from crp.exchange.appeals import APPEAL_TYPES, first_day, last_day
from crp.exchange.by_country import PlanInCountry, links_of, rows_of
from crp.exchange.hapi.parameters import COMMON, FURTHEST, PERIOD, Parameter, flag, text
from plans.models import Country, Plan

COLUMNS = (
    "resource_hdx_id", "appeal_code", "appeal_name", "appeal_type", "requirements_usd", "funding_usd", "funding_pct",
    "location_ref", "location_code", "location_name", "has_hrp", "in_gho", "reference_period_start",
    "reference_period_end",
)  # fmt: skip

PARAMETERS: Mapping[str, Parameter] = {
    "appeal_code": Parameter(text(60)),
    "appeal_type": Parameter(text(64)),
    "location_code": Parameter(text(128)),
    "location_name": Parameter(text(512)),
    "has_hrp": Parameter(flag),
    "in_gho": Parameter(flag),
    **PERIOD,
    **COMMON,
}
RESOURCE = "tag:crp,2025-01-01:plans/{code}"
"""What the identifiers of rows are made of (RFC 4151). It must never change: they would all change with it."""


def funding_rows(values: Mapping[str, Any], today: date) -> Iterator[dict[str, Any]]:
    """Yield the rows that parameters ask for. Queries: 8 at the most."""
    with_plan = countries_with_response_plan(today)
    links = _chosen(links_of(Plan.objects.in_force()), values, with_plan)
    first = min(values["offset"], FURTHEST)
    for row in rows_of(links[first : first + values["limit"]]):
        yield _row(row, has_plan=row.country.pk in with_plan)


def countries_with_response_plan(today: date) -> frozenset[int]:
    """Return the countries for which CRP has a humanitarian response plan that covers this year. Queries: 1."""
    plans = Plan.objects.in_force().covering(today.year, today.year).filter(kind=Plan.Kind.HNRP)
    links = Plan.countries.through.objects.filter(plan__in=plans.order_by().values("pk"))
    return frozenset(links.values_list("country_id", flat=True))


def location_ref(iso3: str) -> int:
    """Return a number for a country that is the same in every installation: its ISO3 letters, read in base 26."""
    number = 0
    for letter in iso3:
        number = number * 26 + ord(letter) - ord("A")
    return number


def resource_id(plan: Plan, hdx: str) -> str:
    """Return the identifier of the plan's resource on HDX; of a plan that is not there one that is only CRP's."""
    return hdx if 0 < len(hdx) <= 36 else str(uuid5(NAMESPACE_URL, RESOURCE.format(code=plan.code)))


def number(amount: Decimal | None) -> float | None:
    """Return an amount as HAPI writes it: a number. Exact: a double holds all 15 digits that an amount can have."""
    return None if amount is None else float(amount)


def _chosen(links: QuerySet[Any], values: Mapping[str, Any], with_plan: frozenset[int]) -> QuerySet[Any]:
    """Return the links that parameters ask for: codes match whole, names match a part; capitals don't count."""
    if (code := values["appeal_code"]) is not None:
        links = links.filter(appeal_code__iexact=code)
    if (kind := values["appeal_type"]) is not None:
        links = links.filter(
            plan__kind__in=[k for k, told in APPEAL_TYPES.items() if told.name.lower() == kind.lower()]
        )
    if (code := values["location_code"]) is not None:
        links = links.filter(country__iso3__iexact=code)
    if (name := values["location_name"]) is not None:
        # Here, because the databases differ in what they take for the same letter.
        known = Country.objects.values_list("pk", "name")
        links = links.filter(country__in=[pk for pk, full in known if name.casefold() in full.casefold()])
    if values["has_hrp"] is not None:
        links = links.filter(country__in=with_plan) if values["has_hrp"] else links.none()
    if values["in_gho"] is not None:
        links = links.none()
    if (day := values["start_date"]) is not None:
        links = links.filter(Q(plan__end_on__gte=day) | Q(plan__end_on__isnull=True, plan__end_year__gte=day.year))
    if (day := values["end_date"]) is not None:
        links = links.filter(
            Q(plan__start_on__lte=day) | Q(plan__start_on__isnull=True, plan__start_year__lte=day.year)
        )
    return links


def _row(row: PlanInCountry, *, has_plan: bool) -> dict[str, Any]:
    return {
        "resource_hdx_id": resource_id(row.plan, row.names.hdx),
        "appeal_code": row.appeal_code,
        "appeal_name": row.plan.title,
        "appeal_type": APPEAL_TYPES[row.plan.kind].name,
        "requirements_usd": number(row.requested_usd),
        "funding_usd": number(row.received_usd),
        "funding_pct": number(row.percent_funded),
        "location_ref": location_ref(row.country.iso3),
        "location_code": row.country.iso3,
        "location_name": row.country.name,
        "has_hrp": True if has_plan else None,
        "in_gho": None,
        "reference_period_start": datetime.combine(first_day(row.plan), time.min),
        "reference_period_end": datetime.combine(last_day(row.plan), time(23, 59, 59)),
    }
