"""The files of flows: money that counts, one row a contribution."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q

from crp.exchange.appeals import FTS, FTS_CODE
from crp.exchange.fts_files.columns import FLOWS
from crp.exchange.fts_files.figures import amount
from crp.exchange.fts_files.plans import SHARED
from funding.models import Contribution, Organization, StatusChange
from plans.models import Country, Plan, PlanIdentifier
from sectors.models import Sector, Taxonomy

CONTRIBUTIONS_AT_ONCE = 1_000
CARRY_OVER, STANDARD = "Carryover", "Standard"
TYPES: Mapping[str, str] = {
    Organization.Kind.GOVERNMENT: "Government",
    Organization.Kind.UN_AGENCY: "UN agency",
    Organization.Kind.NGO: "NGO",
    Organization.Kind.POOLED_FUND: "Pooled Fund",
    Organization.Kind.PRIVATE: "Private organization/foundation",
    Organization.Kind.RED_CROSS: "Red Cross/Red Crescent",
    Organization.Kind.INTER_GOVERNMENTAL: "Inter-governmental",
    Organization.Kind.FINANCIAL: "Financial Institution",
    Organization.Kind.OTHER: "Other",
}
# What the import of FTS keeps as lines of the note, because CRP has no column for it.
KEPT_IN_NOTE: Mapping[str, str] = {
    "Emergency": "destEmergency",
    "Budget year": "budgetYear",
    "Kind of flow": "flowType",
    "Method": "method",
    "Keywords": "keywords",
    "Reference": "refCode",
    "Clusters": "destGlobalClusters",
    "Countries": "destLocations",
    "Went to": "destLocations",
    "Project": "destProject",
}
AMOUNT_IN_PART, WENT_TO_PLAN = "Original amount, in part", "Went to plan"
PLAN_OF_FTS = re.compile(r"(.*?)(?: ([A-Z]{4,}[0-9]{2,}))?(?: ([0-9]+))?")
"""Title, code and number of a plan, as the import writes them one after the other; FTS has not always a code."""


def flow_rows(country: Country | None, flow: Contribution.Flow) -> Iterator[Sequence[Any]]:
    """Yield what is on record and counts, or is pledged: for published plans, and outside any plan.

    What may repeat another contribution, or does, is left out. Queries: 1, and 3 for every 1,000 rows.
    """
    found = (
        Contribution.objects.filter(flow=flow, review__in=Contribution.COUNTED_REVIEWS)
        .filter(Q(plan__isnull=True) | Exists(Plan.objects.in_force().filter(pk=OuterRef("plan")).order_by()))
        .select_related(
            "plan", "country", "donor__country", "recipient", "sector__taxonomy", "sector__crosswalk__global_cluster"
        )
        .prefetch_related(
            "plan__countries",
            Prefetch("plan__identifiers", PlanIdentifier.objects.filter(scheme__in=(FTS, FTS_CODE))),
            Prefetch("status_changes", StatusChange.objects.order_by("pk")),
        )
        .order_by("pk")
    )
    if country is not None:
        plans = Plan.countries.through.objects.filter(country=country).values("plan")
        found = found.filter(Q(plan__in=plans) | Q(plan__isnull=True, country=country))
    for contribution in found.iterator(chunk_size=CONTRIBUTIONS_AT_ONCE):
        cells = {**_plan(contribution), **_money(contribution), **_parties(contribution)}
        if contribution.external_scheme == FTS:
            cells |= _from_note(contribution.note)
        yield [cells.get(column, "") for column in FLOWS]


def _plan(contribution: Contribution) -> dict[str, Any]:
    """Return what a contribution is for."""
    plan = contribution.plan
    year = contribution.usage_year or ""
    cells: dict[str, Any] = {
        "destGlobalClusters": _cluster(contribution),
        "destProjectCode": contribution.project_code,
        "destUsageYearStart": year,
        "destUsageYearEnd": year,
    }
    places = [] if plan is None else sorted(place.iso3 for place in plan.countries.all())
    if contribution.country is not None:
        places = [contribution.country.iso3]
    if contribution.flow == Contribution.Flow.OUTGOING:
        return {**cells, "srcLocations": ",".join(places)}
    cells["destLocations"] = ",".join(places)
    if plan is not None:
        names = {one.scheme: one.value for one in plan.identifiers.all()}
        cells["destPlan"] = plan.title
        cells["destPlanId"] = names.get(FTS, plan.code)
        cells["destPlanCode"] = names.get(FTS_CODE, "" if FTS in names else plan.code)
    return cells


def _money(contribution: Contribution) -> dict[str, Any]:
    """Return amounts, days and names of a contribution."""
    step = next((one for one in contribution.status_changes.all() if one.status == contribution.status), None)
    on = (
        (step and step.since_on)
        or contribution.decision_on
        or contribution.reported_on
        or contribution.created_at.date()
    )
    is_of_fts = contribution.external_scheme == FTS
    rate = contribution.exchange_rate
    return {
        "date": on.isoformat(),
        "description": contribution.note,
        "amountUSD": amount(contribution.amount_usd),
        "contributionType": "in kind" if contribution.is_in_kind else "financial",
        "flowType": CARRY_OVER if contribution.is_new_money is False else STANDARD,
        "method": "Traditional aid" if is_of_fts else "",
        "boundary": contribution.flow,
        "status": contribution.status,
        "firstReportedDate": contribution.reported_on or "",
        "decisionDate": contribution.decision_on or "",
        "originalAmount": amount(contribution.original_amount),
        "originalCurrency": contribution.original_currency,
        "exchangeRate": "" if rate is None else f"{rate.normalize():f}",
        "id": contribution.external_id.split("/")[0] if is_of_fts else contribution.code,
        "refCode": contribution.grant_reference,
        "createdAt": contribution.created_at.date().isoformat(),
        "updatedAt": contribution.updated_at.date().isoformat(),
    }


def _parties(contribution: Contribution) -> dict[str, Any]:
    """Return who gave, and who received."""
    cells: dict[str, Any] = {}
    for end, organization in (("src", contribution.donor), ("dest", contribution.recipient)):
        if organization is not None:
            cells[f"{end}Organization"] = organization.name
            cells[f"{end}OrganizationTypes"] = TYPES[organization.kind]
    donor = contribution.donor
    if contribution.flow != Contribution.Flow.OUTGOING and donor is not None and donor.country is not None:
        cells["srcLocations"] = donor.country.iso3
    return cells


def _cluster(contribution: Contribution) -> str:
    """Return the name of the global cluster that money is for; empty where it names none."""
    sector = contribution.sector
    if sector is None:
        return SHARED if contribution.is_shared_across_sectors else ""
    return _global(sector).name if _global(sector) else ""


def _global(sector: Sector) -> Any:
    if sector.taxonomy.kind == Taxonomy.Kind.GLOBAL_CLUSTERS:
        return sector
    link = getattr(sector, "crosswalk", None)
    return None if link is None else link.global_cluster


def _from_note(note: str) -> dict[str, str]:
    """Return the cells that the import of a flow of FTS keeps in its note, and the description without them."""
    cells: dict[str, str] = {}
    description = []
    for line in note.split("\n"):
        name, colon, value = line.partition(": ")
        column = KEPT_IN_NOTE.get(name) if colon else None
        if name == AMOUNT_IN_PART:
            cells["originalCurrency" if value.isalpha() else "originalAmount"] = value
        elif colon and name == WENT_TO_PLAN and (plan := PLAN_OF_FTS.fullmatch(value)):
            cells |= dict(zip(("destPlan", "destPlanCode", "destPlanId"), plan.groups(default=""), strict=True))
        elif column is None:
            description.append(line)
        else:
            cells[column] = value
    return {**cells, "description": "\n".join(description)}
