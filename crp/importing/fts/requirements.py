"""Files of requirements and funding: plans with what they ask for, and what they and their countries received."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from crp.importing.report import Outcome
from plans.models import Country, Plan

from .context import Context
from .plans import find_plans, make_plans, new_plan, update_plan
from .revisions import Asked, AskedLine, Breakdown, Held, ask, held_requirements, publish_first
from .rows import LineRefused, PlanRow, RequirementRow
from .totals import Scope, Total, totals_in_force, write_totals


@dataclass(frozen=True)
class PlanGroup:
    """All rows of one plan in a file."""

    plan: PlanRow
    rows: Sequence[RequirementRow]

    @property
    def line(self) -> int:
        return self.rows[0].line

    @property
    def countries(self) -> list[str]:
        return [row.iso3 for row in self.rows]


def group_rows(rows: Sequence[RequirementRow]) -> PlanGroup:
    """Return the plan that rows describe. Raises: LineRefused where they contradict each other."""
    first, by_country = rows[0], {rows[0].iso3: rows[0]}
    if first.plan is None:
        raise LineRefused(first.line, "id", "It is empty: a value was expected.")
    for row in rows[1:]:
        if row.plan != first.plan:
            raise LineRefused(
                row.line,
                "id",
                f"Plan {first.plan.fts_id} has another name, code, type, year or day on line {first.line}.",
            )
        former = by_country.setdefault(row.iso3, row)
        if (former.requirements, former.funding) != (row.requirements, row.funding):
            raise LineRefused(
                row.line,
                "countryCode",
                f"{row.iso3} of plan {first.plan.fts_id} has other amounts on line {former.line}.",
            )
    return PlanGroup(first.plan, list(by_country.values()))


def write_plans(context: Context, groups: Sequence[PlanGroup]) -> None:
    """Bring plans, requirements and official totals up to a batch of plans of a file."""
    plans = find_plans(group.plan.fts_id for group in groups)
    new = [group for group in groups if group.plan.fts_id not in plans]
    made = make_plans(context, [new_plan(group.plan, group.countries) for group in new])
    publish_first(context, [(made[group.plan.fts_id], _asked(context, group)) for group in new])
    held = held_requirements(plans.values(), Breakdown.COUNTRY)
    known = [group for group in groups if group.plan.fts_id in plans]
    for group in known:
        _bring_up(context, group, plans[group.plan.fts_id], held)
    totals = [total for group in new for total in _totals(context, group, made[group.plan.fts_id])]
    for group in known:
        totals += _totals_of_known(context, group, plans[group.plan.fts_id])
    write_totals(context, totals)


def _bring_up(context: Context, group: PlanGroup, plan: Plan, held: dict[int, Held]) -> None:
    before = plan.countries.all()
    current, only = held.get(plan.pk), before[0] if len(before) == 1 else None
    objection = current.objection(context) if current else ""
    changed = update_plan(context, plan, group.plan, group.countries, objection=objection, line=group.line)
    if current is None:
        context.report.add_problem(group.line, "id", f"{plan.code} has no published revision: its requirement stays.")
        context.report.count("plans", Outcome.SKIPPED)
        return
    elsewhere = _elsewhere(context, group, plan)
    changed |= ask(context, plan, current, _asked_with(context, group, current, elsewhere, only))
    context.report.count("plans", Outcome.UPDATED if changed else Outcome.UNCHANGED)


def _elsewhere(context: Context, group: PlanGroup, plan: Plan) -> set[str]:
    """Return the countries of a plan that the file does not speak of at all, such as a file of one country."""
    return {country.iso3 for country in plan.countries.all()} - set(group.countries) - context.file.countries


def _asked(context: Context, group: PlanGroup, others: Sequence[AskedLine] = ()) -> Asked:
    """Return what the rows of a plan ask for, and with them the lines of countries that the file leaves out."""
    own = [
        AskedLine(context.countries[row.iso3], row.requirements, row.line)
        for row in group.rows
        if row.requirements is not None
    ]
    parts = [*own, *others]
    return Asked(
        Breakdown.COUNTRY,
        parts if len(group.rows) + len(others) > 1 else [],
        total=sum((part.amount_usd for part in parts), Decimal(0)) if parts else None,
        states_total=True,
        total_lines=[part.line for part in own if part.line],
        reports_funding=any(row.funding is not None for row in group.rows),
    )


def _asked_with(context: Context, group: PlanGroup, held: Held, elsewhere: set[str], only: Country | None) -> Asked:
    """Return what a plan that CRP has asks for, with what CRP has for countries that the file leaves out."""
    amounts = dict(held.amounts)
    if not amounts and held.total is not None and elsewhere:
        if only is None:
            # A total that nothing divides: what the file's countries are of it can't be told.
            return Asked(Breakdown.COUNTRY, [])
        amounts = {only.pk: held.total}
    others = [context.countries[iso3] for iso3 in sorted(elsewhere)]
    return _asked(
        context, group, [AskedLine(other, amounts[other.pk], None) for other in others if other.pk in amounts]
    )


def _totals(context: Context, group: PlanGroup, plan: Plan) -> Iterator[Total]:
    known = [(row, row.funding) for row in group.rows if row.funding is not None]
    if known:
        total = sum((funding for _row, funding in known), Decimal(0))
        yield Total(total, Scope.TOTAL, known[0][0].line, plan.pk)
    if len(group.rows) > 1:
        for row, funding in known:
            yield _of_country(context, plan, row.iso3, funding, row.line)


def _of_country(context: Context, plan: Plan, iso3: str, funding: Decimal, line: int) -> Total:
    return Total(funding, Scope.COUNTRY, line, plan.pk, country_id=context.countries[iso3].pk)


def _totals_of_known(context: Context, group: PlanGroup, plan: Plan) -> Iterator[Total]:
    """Yield the totals of a plan that CRP had, with what it has for countries that the file leaves out.

    Queries: 1 for a plan of which the file has some countries only.
    """
    elsewhere = sorted(_elsewhere(context, group, plan))
    own = list(_totals(context, group, plan))
    if not elsewhere or not own:
        yield from own
        return
    held = totals_in_force([own[0]])
    others: list[Total] = []
    for iso3 in elsewhere:
        other = _of_country(context, plan, iso3, Decimal(0), 0)
        part = held.get(other.key)
        if part is None and len(elsewhere) == 1 and not any(key[2] == Scope.COUNTRY for key in held):
            part = held.get(own[0].key)  # its one country so far, whose total was the plan's
        if part is not None:
            others.append(replace(other, amount_usd=part.amount_usd, line=part.source_line or 0))
    countries = [
        _of_country(context, plan, row.iso3, row.funding, row.line) for row in group.rows if row.funding is not None
    ]
    total = sum((part.amount_usd for part in [*countries, *others]), Decimal(0))
    yield replace(own[0], amount_usd=total)
    yield from [*countries, *others]


def write_outside_plans(context: Context, rows: Sequence[RequirementRow]) -> None:
    """Bring the official totals of money outside any plan up to a batch of rows, one a country and year."""
    write_totals(
        context,
        [
            Total(
                row.funding,
                Scope.COUNTRY,
                row.line,
                year=row.year,
                country_id=context.countries[row.iso3].pk,
            )
            for row in rows
            if row.funding is not None
        ],
    )
