"""In which sectors IOM asks for money in which country, in the shape of HAPI's operational presence (3W).

A sector line of a plan says that IOM is there to work in that sector, not that it does so in every place or on every
day: the rows are of the whole country and of the plan's whole period. Left out, because they would say more than the
plan does: plans that have not begun, plans of several agencies, plans of several countries (whose lines name no
country), and sectors that belong to no global cluster, which HAPI's list of sectors can't name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, NamedTuple

from django.db.models import Count

from crp.exchange.appeals import OWN_KINDS, Names, first_day, last_day, names_of
from crp.exchange.hapi.funding import countries_with_response_plan, location_ref, resource_id
from crp.exchange.hapi.parameters import COMMON, PERIOD, Parameter, flag, one_of, text, whole
from funding.dimensions import SECTOR, Residual
from funding.rollups.parts import requested_parts
from plans.models import Country, Plan
from sectors.models import Crosswalk, Sector, Taxonomy

COLUMNS = (
    "resource_hdx_id", "location_ref", "location_code", "location_name", "has_hrp", "in_gho", "admin1_code",
    "admin1_name", "admin2_code", "admin2_name", "admin_level", "org_acronym", "org_name", "org_type_code",
    "org_type_description", "sector_code", "sector_name", "reference_period_start", "reference_period_end",
)  # fmt: skip
WITHIN_COUNTRIES: Mapping[str, Parameter] = {
    "admin1_ref": Parameter(whole()),
    "admin1_code": Parameter(text(128)),
    "admin1_name": Parameter(text(512)),
    "provider_admin1_name": Parameter(text(512)),
    "admin2_ref": Parameter(whole()),
    "admin2_code": Parameter(text(128)),
    "admin2_name": Parameter(text(512)),
    "provider_admin2_name": Parameter(text(512)),
}
"""What HAPI finds places within a country by. Rows are of whole countries, so that none of these finds any."""
PARAMETERS: Mapping[str, Parameter] = {
    "location_ref": Parameter(whole()),
    "location_code": Parameter(text(128)),
    "location_name": Parameter(text(512)),
    "has_hrp": Parameter(flag),
    "in_gho": Parameter(flag),
    **WITHIN_COUNTRIES,
    "admin_level": Parameter(one_of("0", "1", "2")),
    "org_acronym": Parameter(text(32)),
    "org_name": Parameter(text(512)),
    "sector_code": Parameter(text(32)),
    "sector_name": Parameter(text(512)),
    **PERIOD,
    **COMMON,
}
ACRONYM, NAME = "IOM", "International Organization for Migration"
ORGANIZATION_TYPE = ("447", "United Nations")


class _Presence(NamedTuple):
    plan: Plan
    country: Country
    cluster: Sector


def presence_rows(values: Mapping[str, Any], today: date) -> Iterator[dict[str, Any]]:
    """Yield the rows that parameters ask for. Queries: 6."""
    with_plan = countries_with_response_plan(today)
    found = [presence for presence in _all(today) if _is_asked_for(presence, values, with_plan)]
    page = found[values["offset"] :][: values["limit"]]
    names = names_of({presence.plan.pk for presence in page})
    for presence in page:
        plan, country = presence.plan, presence.country
        yield {
            "resource_hdx_id": resource_id(plan, names.get(plan.pk, Names()).hdx),
            "location_ref": location_ref(country.iso3),
            "location_code": country.iso3,
            "location_name": country.name,
            "has_hrp": True if country.pk in with_plan else None,
            "in_gho": None,
            "admin1_code": None,
            "admin1_name": None,
            "admin2_code": None,
            "admin2_name": None,
            "admin_level": 0,
            "org_acronym": ACRONYM,
            "org_name": NAME,
            "org_type_code": ORGANIZATION_TYPE[0],
            "org_type_description": ORGANIZATION_TYPE[1],
            "sector_code": presence.cluster.code,
            "sector_name": presence.cluster.name,
            "reference_period_start": datetime.combine(first_day(plan), time.min),
            "reference_period_end": datetime.combine(last_day(plan), time(23, 59, 59)),
        }


def _all(today: date) -> Sequence[_Presence]:
    """Return every presence of plans that have begun, by country, day and cluster. Queries: 5."""
    plans = Plan.objects.in_force().filter(kind__in=OWN_KINDS)
    single = plans.annotate(number=Count("countries")).filter(number=1).prefetch_related("countries")
    by_number = {plan.pk: plan for plan in single if first_day(plan) <= today}
    asked = requested_parts(Plan.objects.filter(pk__in=by_number), [SECTOR], [None], None)
    clusters = _clusters()
    found = {
        (plan_id, clusters[codes[0]].pk): _Presence(plan, plan.countries.all()[0], clusters[codes[0]])
        for plan_id, lines in asked.items()
        if (plan := by_number.get(plan_id)) is not None
        for codes, amount in lines.items()
        if amount and not isinstance(codes[0], Residual) and codes[0] in clusters
    }
    return sorted(
        found.values(),
        key=lambda one: (one.country.iso3, first_day(one.plan), one.plan.code, one.cluster.code),
    )


def _clusters() -> dict[int, Sector]:
    """Return the global cluster of each sector that has one, by primary key. Queries: 2."""
    found = {link.sector_id: link.global_cluster for link in Crosswalk.objects.select_related("global_cluster")}
    return found | Sector.objects.filter(taxonomy__kind=Taxonomy.Kind.GLOBAL_CLUSTERS).in_bulk()


def _is_asked_for(presence: _Presence, values: Mapping[str, Any], with_plan: frozenset[int]) -> bool:
    """Return whether a presence is what parameters ask for: codes match whole, names match a part."""
    exact = {
        "location_code": presence.country.iso3,
        "admin_level": "0",
        "org_acronym": ACRONYM,
        "sector_code": presence.cluster.code,
    }
    part = {"location_name": presence.country.name, "org_name": NAME, "sector_name": presence.cluster.name}
    return (
        all(values[name] is None or values[name].casefold() == held.casefold() for name, held in exact.items())
        and all(values[name] is None or values[name].casefold() in held.casefold() for name, held in part.items())
        and (values["has_hrp"] is None or (values["has_hrp"] and presence.country.pk in with_plan))
        and values["in_gho"] is None
        and all(values[name] is None for name in WITHIN_COUNTRIES)
        and values["location_ref"] in {None, location_ref(presence.country.iso3)}
        and (values["start_date"] is None or values["start_date"] <= last_day(presence.plan))
        and (values["end_date"] is None or first_day(presence.plan) <= values["end_date"])
    )
