"""What ``expand=`` can tell with the rows of a list: the entries of other lists that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db.models import Q

from crp.common.api.chosen import Expansion
from funding.api import fast, rows
from funding.api.parts import SectorPartSerializer
from funding.api.plan_expansions import PARTS
from funding.api.rows import Rows
from funding.api.sector_lines import load_sectors_of_plans
from funding.api.serializers import PlanSerializer
from funding.rollups import with_figures
from funding.updated import updated_at
from plans.api.serializers import CountrySerializer
from plans.api.sources import DocumentSerializer
from plans.api.views import countries_listed
from plans.models import Plan, Source
from sectors.api.serializers import SectorSerializer
from sectors.api.views import sectors_listed

Codes = Sequence[Any]
Found = Mapping[Any, Any]
Load = Callable[[Codes, date | None], Found]


def load_plans(codes: Codes, on: date | None) -> Found:
    """Return rows of plans/ by code. Queries: 2; 3 on a past day."""
    plans: Any = with_figures(Plan.objects.in_force(on).filter(code__in=codes), on)
    if on is None:
        prepared = fast.prepare(plans, fast.country_codes())
        return {} if prepared is None else {row["code"]: fast.with_times(row) for row in prepared.rows()}
    plans = plans.annotate(updated_at=updated_at()).prefetch_related("countries")
    serializer = PlanSerializer()
    return {plan.code: serializer.to_representation(plan) for plan in plans}


def load_countries(codes: Codes, on: date | None) -> Found:
    """Return rows of countries/ by code. Queries: 1."""
    serializer = CountrySerializer()
    found = map(serializer.to_representation, countries_listed().filter(iso3__in=codes))
    return {row["iso3"]: row for row in found}


def load_sectors(codes: Codes, on: date | None) -> Found:
    """Return rows of sectors/, each by TAXONOMY/CODE. Queries: 1."""
    serializer = SectorSerializer()
    own = {code.rpartition("/")[2] for code in codes}
    found = map(serializer.to_representation, sectors_listed().filter(code__in=own))
    return {row["sector"]: row for row in found}


def load_documents(codes: Codes, on: date | None) -> Found:
    """Return documents by code. Queries: 1."""
    serializer = DocumentSerializer()
    return {source.code: serializer.to_representation(source) for source in Source.objects.filter(code__in=codes)}


def _one_of(listed: Rows, lookup: str, column: str) -> Load:
    """Return what gets entries of a list by the code in one of its columns."""

    def load(codes: Codes, on: date | None) -> Found:
        return {row[column]: row for row in listed.told(on, Q(**{f"{lookup}__in": codes}))}

    return load


def _one_of_plan(listed: Rows, lookup: str) -> Load:
    """Return what gets rows of plans by the code of the plan and the row's own within it."""

    def load(codes: Codes, on: date | None) -> Found:
        plans, own = {plan for plan, _code in codes}, {code for _plan, code in codes}
        # More than is asked for where plans have codes in common, and one query all the same.
        wanted = Q(**{"revision__plan__code__in": plans, f"{lookup}__in": own})
        return {(row["plan"], row[lookup]): row for row in listed.told(on, wanted)}

    return load


def _those_of(listed: Rows, *order: str) -> Load:
    """Return what gets the rows of plans by the code of the plan."""

    def load(codes: Codes, on: date | None) -> Found:
        return _grouped(listed.told(on, Q(revision__plan__code__in=codes), *order, "pk"), "plan")

    return load


def _grouped(found: Iterable[dict[str, Any]], column: str) -> Found:
    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in found:
        groups.setdefault(row[column], []).append(row)
    return groups


PLAN = Expansion(column="plan", load=load_plans, serializer=PlanSerializer, words="the row of plans/, or null")
SECTOR = Expansion(
    column="sector", load=load_sectors, serializer=SectorSerializer, words="the row of sectors/, or null"
)
COUNTRY = Expansion(
    column="country", load=load_countries, serializer=CountrySerializer, words="the row of countries/, or null"
)
COUNTRIES = Expansion(
    column="countries", load=load_countries, serializer=CountrySerializer, words="rows of countries/", many=True
)
SOURCE = Expansion(column="source", load=load_documents, serializer=DocumentSerializer, words="the document, or null")


def _organization(column: str) -> Expansion:
    return Expansion(
        column=column,
        load=_one_of(rows.ORGANIZATIONS, "code", "code"),
        serializer=rows.ORGANIZATIONS.serializer,
        words="the row of organizations/, or null",
    )


def _of_plan(listed: Rows, name: str, *order: str) -> Expansion:
    """Return what tells with a plan its rows of a list."""
    load = _those_of(listed, *order)
    return Expansion(column="code", load=load, serializer=listed.serializer, words=f"rows of {name}/", many=True)


def _within_plan(listed: Rows, column: str, name: str, lookup: str) -> Expansion:
    """Return what tells a row of the same plan that a row names."""
    words = f"the row of {name}/, or null"
    load = _one_of_plan(listed, lookup)
    return Expansion(column=column, within="plan", load=load, serializer=listed.serializer, words=words)


OBJECTIVE = _within_plan(rows.OBJECTIVES, "objective", "objectives", "number")
PROJECT = _within_plan(rows.PROJECTS, "project", "projects", "code")
SECTORS = Expansion(
    column="code",
    load=load_sectors_of_plans,
    serializer=SectorPartSerializer,
    words="its sectors with their figures, as plans/{code}/ has them",
    many=True,
)

OF_PLANS = {
    "countries": COUNTRIES,
    "objectives": _of_plan(rows.OBJECTIVES, "objectives", "number"),
    "outcomes": _of_plan(rows.OUTCOMES, "outcomes", "code"),
    "sectors": SECTORS,
    "projects": _of_plan(rows.PROJECTS, "projects", "order", "code"),
    "funding_requests": _of_plan(rows.FUNDING_REQUESTS, "funding-requests", "breakdown", "order"),
    **PARTS,
}
OF_CONTRIBUTIONS = {
    "plan": PLAN,
    "country": COUNTRY,
    "donor": _organization("donor"),
    "recipient": _organization("recipient"),
    "objective": OBJECTIVE,
    "sector": SECTOR,
    "project": PROJECT,
    "source": SOURCE,
}
OF_REPORTED_FUNDING = {"plan": PLAN, "country": COUNTRY, "sector": SECTOR, "source": SOURCE}
OF_PLAN_ROWS = {"plan": PLAN}
OF_OUTCOMES = {"plan": PLAN, "objective": OBJECTIVE}
OF_SECTORAL_ROWS = {"plan": PLAN, "sector": SECTOR}
OF_FUNDING_REQUESTS = {"plan": PLAN, "objective": OBJECTIVE, "sector": SECTOR, "country": COUNTRY, "project": PROJECT}
OF_ORGANIZATIONS = {"country": COUNTRY}
