"""What other people's shapes call a plan: number and code of FTS, the words of FTS for its kind, the days it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from plans.models import Plan, PlanIdentifier

Kind = Plan.Kind

FTS, FTS_CODE, HDX = "fts", "fts-code", "hdx"


@dataclass(frozen=True, slots=True)
class AppealType:
    """How FTS names a kind of plan. ``fts_id`` empty: FTS has no such type, the words are those of CRP."""

    name: str
    fts_id: str = ""


APPEAL_TYPES: Mapping[str, AppealType] = {
    Kind.CRP: AppealType("Crisis Response Plan"),
    Kind.COMPENDIUM: AppealType("Humanitarian Compendium"),
    Kind.FLASH_APPEAL: AppealType("Flash appeal", "5"),
    Kind.HNRP: AppealType("Humanitarian response plan", "4"),
    Kind.RRP: AppealType("Refugee response plan"),
    Kind.REGIONAL: AppealType("Regional response plan", "111"),
    Kind.CONSOLIDATED: AppealType("Consolidated appeals process", "110"),
    Kind.OTHER: AppealType("Other", "6"),
}

OWN_KINDS = (Kind.CRP, Kind.COMPENDIUM)
"""Plans of IOM itself; the others are of several agencies, or not known to be IOM's alone."""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a plan in other systems; empty where it has none there."""

    fts_id: str = ""
    fts_code: str = ""
    hdx: str = ""


def names_of(plans: Iterable[int]) -> dict[int, Names]:
    """Return the names of plans in other systems, by primary key. Queries: 1."""
    found: dict[int, dict[str, str]] = {}
    identifiers = PlanIdentifier.objects.filter(plan__in=list(plans), scheme__in=(FTS, FTS_CODE, HDX))
    for plan, scheme, value in identifiers.order_by("-value").values_list("plan_id", "scheme", "value"):
        found.setdefault(plan, {})[scheme] = value
    return {
        plan: Names(names.get(FTS, ""), names.get(FTS_CODE, ""), names.get(HDX, "")) for plan, names in found.items()
    }


def first_day(plan: Plan) -> date:
    """Return the day that a plan starts on; of one that says its years only, the first day of the first."""
    return plan.start_on or date(plan.start_year, 1, 1)


def last_day(plan: Plan) -> date:
    """Return the day that a plan ends on; of one that says its years only, the last day of the last."""
    return plan.end_on or date(plan.end_year, 12, 31)
