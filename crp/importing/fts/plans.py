"""Plans by the number that FTS gives them: finding them, making them, keeping their title and days."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from crp.common.history import bulk_create
from crp.importing.report import Outcome
from plans.models import Country, Plan, PlanIdentifier

from .context import Context
from .rows import PlanRow, is_of_crp

SCHEME, CODE_SCHEME = "fts", "fts-code"
MOST_CODE = 60

# Words for the kinds of plans, those of CRP and then those of FTS; the first that stands in the name of a type decides.
KINDS = {
    "crisis response plan": Plan.Kind.CRP,
    "compendium": Plan.Kind.COMPENDIUM,
    "refugee": Plan.Kind.RRP,
    "regional": Plan.Kind.REGIONAL,
    "needs and response plan": Plan.Kind.HNRP,
    "humanitarian response plan": Plan.Kind.HNRP,
    "strategic response plan": Plan.Kind.HNRP,
    "flash appeal": Plan.Kind.FLASH_APPEAL,
    "consolidated": Plan.Kind.CONSOLIDATED,
}


@dataclass(frozen=True)
class NewPlan:
    """What a plan is made of that CRP does not have yet."""

    fts_id: str
    title: str
    fts_code: str
    kind: str
    start_year: int
    end_year: int
    start_on: date | None = None
    end_on: date | None = None
    totals_year: int | None = None
    countries: Collection[str] = field(default=())


def kind_of_type(type_name: str) -> str:
    """Return the kind of a plan from the name of its type in FTS."""
    name = type_name.strip().casefold()
    if name == "cap":  # consolidated appeals process, in files of earlier years
        return Plan.Kind.CONSOLIDATED
    return next((kind for words, kind in KINDS.items() if words in name), Plan.Kind.OTHER)


def new_plan(row: PlanRow, countries: Collection[str]) -> NewPlan:
    """Return the plan that a row of requirements and funding describes."""
    return NewPlan(
        fts_id=row.fts_id,
        title=row.name,
        fts_code=row.code,
        kind=kind_of_type(row.type_name),
        start_year=row.start_on.year,
        end_year=row.end_on.year,
        start_on=row.start_on,
        end_on=row.end_on,
        totals_year=None if row.year == row.start_on.year else row.year,
        countries=countries,
    )


def code_of(fts_code: str, fts_id: str) -> str:
    """Return the code in CRP for a code of FTS: its capitals and digits, or its number where it has none."""
    code = re.sub(r"[^A-Z0-9]+", "-", fts_code.upper()).strip("-")[:MOST_CODE]
    return code or f"FTS-{fts_id}"


def codes_for(fts_code: str, fts_id: str) -> tuple[str, ...]:
    """Return the codes that an import gives a plan: the first one that is free."""
    code = code_of(fts_code, fts_id)
    return code, f"{code[: MOST_CODE - len(fts_id) - 1]}-{fts_id}", f"FTS-{fts_id}"


def find_plans(fts_ids: Iterable[str]) -> dict[str, Plan]:
    """Return the plans of these numbers, each with its revision in force and its countries.

    Queries: 3, and 1 more where codes of CRP stand in place of numbers.
    """
    wanted = set(fts_ids)
    identifiers = dict(PlanIdentifier.objects.filter(scheme=SCHEME, value__in=wanted).values_list("value", "plan_id"))
    if own := {number for number in wanted if is_of_crp(number)}:
        identifiers |= dict(Plan.objects.filter(code__in=own).values_list("code", "pk"))
    plans = Plan.objects.with_current().prefetch_related("countries").in_bulk(set(identifiers.values()))
    return {value: plans[plan_id] for value, plan_id in identifiers.items()}


def make_plans(context: Context, described: Sequence[NewPlan]) -> dict[str, Plan]:
    """Make plans, without a revision, and return them by the number of FTS. Queries: 4."""
    if not described:
        return {}
    wanted = {code for one in described for code in codes_for(one.fts_code, one.fts_id)}
    taken = set(Plan.objects.filter(code__in=wanted).values_list("code", flat=True))
    plans: dict[str, Plan] = {}
    for one in described:
        code = next(code for code in codes_for(one.fts_code, one.fts_id) if code not in taken)
        taken.add(code)
        plans[one.fts_id] = Plan(
            code=code,
            kind=one.kind,
            title=one.title,
            start_year=one.start_year,
            end_year=one.end_year,
            start_on=one.start_on,
            end_on=one.end_on,
            totals_year=one.totals_year,
        )
    places = (
        (plans[one.fts_id], context.countries[iso3].pk) for one in described for iso3 in sorted(set(one.countries))
    )
    bulk_create(Plan, plans.values(), links={"countries": places})
    bulk_create(
        PlanIdentifier,
        (
            PlanIdentifier(plan=plans[one.fts_id], scheme=scheme, value=value)
            for one in described
            if not is_of_crp(one.fts_id)
            for scheme, value in ((SCHEME, one.fts_id), (CODE_SCHEME, one.fts_code))
            if value and (scheme == SCHEME or _is_free(value, described))
        ),
    )
    context.report.count("plans", Outcome.CREATED, len(plans))
    return plans


def _is_free(fts_code: str, described: Sequence[NewPlan]) -> bool:
    """Return whether a code of FTS names one plan only: an identifier that names two names none."""
    alike = [one for one in described if one.fts_code == fts_code]
    return len(alike) == 1 and not PlanIdentifier.objects.filter(scheme=CODE_SCHEME, value=fts_code).exists()


def update_plan(
    context: Context, plan: Plan, row: PlanRow, countries: Collection[str], *, objection: str, line: int
) -> bool:
    """Bring title, kind and days of a plan up to those of a newer file; return whether anything changed.

    A plan that CRP had before its first import keeps its own: the code tells, since an import gives its own codes. So
    does one that FTS does not have.
    """
    if is_of_crp(row.fts_id):
        return False
    described = new_plan(row, countries)
    found = {
        name: getattr(described, name)
        for name in ("title", "kind", "start_year", "end_year", "start_on", "end_on", "totals_year")
    }
    other = {name: value for name, value in found.items() if getattr(plan, name) != value}
    missing = sorted(set(countries) - {country.iso3 for country in plan.countries.all()})
    if not other and not missing:
        return False
    if plan.code not in codes_for(row.code, row.fts_id):
        return False
    if objection:
        for name, value in other.items():
            context.differs(line, name, value, getattr(plan, name), objection)
        return False
    for name, value in other.items():
        setattr(plan, name, value)
    if other:
        context.report.add_note(f"{plan.code}: {', '.join(sorted(other))} changed with the file.")
        plan.save(update_fields=sorted(other))
    plan.countries.add(*(_country(context, iso3) for iso3 in missing))
    return True


def _country(context: Context, iso3: str) -> Country:
    return context.countries[iso3]
