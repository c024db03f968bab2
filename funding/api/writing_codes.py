"""The rows that the codes of entries stand for, looked up once for all entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q, QuerySet

from crp.accounts.models import User
from crp.common.api.parameters import short
from funding.dimensions import sector_code
from funding.models import Contribution, Organization
from plans.models import Country, Plan, Source
from plans.querysets import seen_plans
from sectors.models import Sector

GROUP = 500
NOUNS = {
    "plan": "plan",
    "country": "country",
    "donor": "organization",
    "recipient": "organization",
    "parent": "contribution",
    "sector": "sector",
    "source": "source",
}


def seen_contributions(user: User) -> QuerySet[Contribution]:
    """Return the contributions that somebody may look at, as the admin lists them: drafts of their countries too."""
    reach = user.reach("funding.view_contribution")
    return Contribution.objects.filter(Q() if reach.everywhere else Q(plan=None) | seen_plans(reach, "plan__"))


class Codes:
    """What the codes of entries stand for. Queries: 1 for each kind of code and 500 of them."""

    def __init__(self, entries: Sequence[Mapping[str, Any]], user: User) -> None:
        plans = Plan.objects.filter(seen_plans(user.reach("funding.view_contribution")))
        organizations = _find(Organization.objects.all(), "code", _named(entries, "donor", "recipient"))
        self._found: dict[str, Mapping[str, Any]] = {
            "plan": _find(plans, "code", _named(entries, "plan")),
            "country": _find(Country.objects.all(), "iso3", _named(entries, "country")),
            "donor": organizations,
            "recipient": organizations,
            "parent": _find(seen_contributions(user).select_related("plan"), "code", _named(entries, "parent")),
            "sector": _find_sectors(_named(entries, "sector")),
            "source": _find(Source.objects.all(), "code", _named(entries, "source")),
        }

    def put_into(self, values: dict[str, Any]) -> dict[str, list[str]]:
        """Put rows in the place of codes, and return what is wrong with those that there is none for."""
        problems = {}
        for name, found in self._found.items():
            code = values.get(name)
            if code is None:
                continue
            if code in found:
                values[name] = found[code]
            else:
                problems[name] = [_tell_unknown(name, code, found)]
        return problems


def _named(entries: Iterable[Mapping[str, Any]], *names: str) -> set[str]:
    return {entry[name] for entry in entries for name in names if entry.get(name) is not None}


def _spellings(codes: Iterable[str]) -> Iterator[list[str]]:
    """Yield codes, with what they may have been meant to be, in lists that fit one statement."""
    every = sorted({spelling for code in codes for spelling in (code, code.upper(), code.lower()) if len(code) <= 200})
    for start in range(0, len(every), GROUP):
        yield every[start : start + GROUP]


def _find(rows: QuerySet, column: str, codes: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in _spellings(codes):
        found.update({getattr(row, column): row for row in rows.filter(**{f"{column}__in": part})})
    return found


def _find_sectors(codes: set[str]) -> dict[str, Any]:
    parts = [code.partition("/") for code in codes]
    found = {}
    for taxonomies in _spellings(taxonomy for taxonomy, _slash, _code in parts):
        for sectors in _spellings(code for _taxonomy, _slash, code in parts):
            rows = Sector.objects.filter(taxonomy__code__in=taxonomies, code__in=sectors).select_related("taxonomy")
            found.update({sector_code(row): row for row in rows})
    return found


def _tell_unknown(name: str, code: str, found: Mapping[str, Any]) -> str:
    if name == "sector" and "/" not in code:
        return f"“{short(code)}” can't be used: expected TAXONOMY/CODE, such as IOM-2025/WASH."
    sentence = f"No {NOUNS[name]} has the code “{short(code)}”."
    meant = next((known for known in (code.upper(), code.lower()) if known in found), None)
    return f"{sentence} Did you mean “{meant}”?" if meant else sentence
