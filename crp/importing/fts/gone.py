"""What CRP has from FTS and a file that should have it lacks: listed, never deleted."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from crp.importing.staging import Staging
from funding.models import Contribution, ReportedFunding
from plans.models import PlanIdentifier

from .context import Context
from .plans import SCHEME

MOST_NAMED = 10
AT_ONCE = 2_000


def list_gone_plans(context: Context, staging: Staging) -> None:
    """Note the plans, and the money outside plans, of the file's countries and years that it does not list."""
    covered = context.file.years
    identifiers = PlanIdentifier.objects.filter(scheme=SCHEME, plan__countries__iso3__in=covered)
    told = identifiers.values_list(
        "value", "plan__code", "plan__countries__iso3", "plan__totals_year", "plan__start_year"
    ).distinct()
    plans = {
        value: code
        for value, code, iso3, totals_year, start_year in told
        if covers(covered, iso3, totals_year or start_year)
    }
    _note(context, "Plans", (plans[key] for key in sorted(staging.missing(list(plans)))))
    outside = ReportedFunding.objects.in_force().filter(plan__isnull=True, country__iso3__in=covered)
    keys = {
        outside_key(iso3, str(year)): f"{iso3} {year}"
        for iso3, year in outside.values_list("country__iso3", "year")
        if covers(covered, iso3, year)
    }
    _note(context, "Money outside plans", (keys[key] for key in sorted(staging.missing(list(keys)))))


def covers(covered: dict[str, tuple[int, int]], iso3: str, year: int) -> bool:
    """Return whether a file speaks of a country in a year."""
    return iso3 in covered and covered[iso3][0] <= year <= covered[iso3][1]


def outside_key(iso3: str, year: str) -> str:
    """Return the key of money for a country and year outside any plan."""
    return f"{iso3} {year}"


def list_gone_flows(context: Context, staging: Staging, seen: Iterable[tuple[int, str]]) -> None:
    """Note the flows that CRP has and the file lacks, for plans of one country whose flows of that boundary it lists.

    ``seen``: the plans and boundaries of the file. A plan of several countries has its flows in several files.
    """
    condition = Q(pk__in=[])
    for plan_id, flow in seen:
        condition |= Q(plan_id=plan_id, flow=flow)
    held = Contribution.objects.filter(condition, external_scheme=SCHEME).order_by("pk")
    chunk: dict[str, str] = {}
    gone: list[str] = []
    for external_id, code in held.values_list("external_id", "code").iterator(AT_ONCE):
        chunk[code] = external_id.split("/")[0]
        if len(chunk) == AT_ONCE:
            gone += _missing(staging, chunk)
            chunk = {}
    _note(context, "Contributions", gone + _missing(staging, chunk))


def _missing(staging: Staging, ids: dict[str, str]) -> list[str]:
    absent = staging.missing(sorted(set(ids.values())))
    return [code for code, flow_id in ids.items() if flow_id in absent]


def _note(context: Context, what: str, names: Iterable[str]) -> None:
    listed = sorted(names)
    if listed:
        more = f" and {len(listed) - MOST_NAMED:,} more" if len(listed) > MOST_NAMED else ""
        context.report.add_note(
            f"{what} in CRP that the file does not have, {len(listed):,}: {', '.join(listed[:MOST_NAMED])}{more}. "
            "They stay as they are."
        )
