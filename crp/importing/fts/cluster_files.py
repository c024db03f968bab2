"""Files by cluster: what plans ask for and have received, by their own clusters or by global cluster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from crp.importing.report import Outcome
from plans.models import Plan

from .clusters import Clusters, Target
from .context import Context
from .plans import find_plans
from .revisions import Asked, AskedLine, Breakdown, Held, ask, held_requirements
from .rows import ClusterRow, LineRefused
from .totals import Scope, Total, write_totals


@dataclass
class Sum:
    """What the rows of one target add to, over the countries of the plan; None where no row states an amount."""

    target: Target
    line: int
    requirements: Decimal | None = None
    funding: Decimal | None = None


@dataclass(frozen=True)
class ClusterGroup:
    """All rows of one plan in a file by cluster."""

    fts_id: str
    rows: Sequence[ClusterRow] = field(default=())

    @property
    def line(self) -> int:
        return self.rows[0].line


def group_cluster_rows(rows: Sequence[ClusterRow]) -> ClusterGroup:
    """Return the plan that rows are of. Raises: LineRefused where two give a cluster two amounts in one country."""
    once: dict[tuple[str, str, str], ClusterRow] = {}
    for row in rows:
        former = once.setdefault((row.iso3, row.cluster_code, row.cluster.casefold()), row)
        if (former.requirements, former.funding) != (row.requirements, row.funding):
            raise LineRefused(
                row.line,
                "clusterCode",
                f"“{row.cluster}” of plan {row.fts_id} in {row.iso3} has other amounts on line {former.line}.",
            )
    return ClusterGroup(rows[0].fts_id, list(once.values()))


def write_clusters(context: Context, clusters: Clusters, groups: Sequence[ClusterGroup], *, is_global: bool) -> None:
    """Bring the lines and official totals by cluster up to a batch of plans of a file."""
    breakdown = Breakdown.GLOBAL_CLUSTER if is_global else Breakdown.SECTOR
    plans = find_plans(group.fts_id for group in groups)
    held = held_requirements(plans.values(), breakdown)
    if not is_global:
        clusters.fetch(row.cluster_code for group in groups for row in group.rows)
    totals: list[Total] = []
    for group in groups:
        plan = plans.get(group.fts_id)
        why = _why_not(context, group, plan, held)
        if plan is None or why:
            context.report.add_problem(group.line, "id", why)
            context.report.count("plans", Outcome.SKIPPED)
            continue
        try:
            sums = _sums(clusters, group, is_global=is_global)
        except LineRefused as refused:
            context.report.add_problem(refused.line, refused.column, f"{refused.message} The plan is left as it is.")
            context.report.count("plans", Outcome.SKIPPED)
            continue
        asked = Asked(breakdown, _parts(context, plan, sums), taxonomy=None if is_global else clusters.plan_taxonomy)
        changed = bool(asked.parts) and ask(context, plan, held[plan.pk], asked)
        context.report.count("plans", Outcome.UPDATED if changed else Outcome.UNCHANGED)
        scope = Scope.GLOBAL_CLUSTER if is_global else Scope.SECTOR
        totals += [
            Total(
                one.funding,
                scope,
                one.line,
                plan.pk,
                sector_id=one.target.sector.pk if one.target.sector else None,
                is_shared=one.target.is_shared,
            )
            for one in sums
            if one.funding is not None
        ]
    write_totals(context, totals)


def _why_not(context: Context, group: ClusterGroup, plan: Plan | None, held: dict[int, Held]) -> str:
    """Return why the rows of a plan can't be used; empty where they can."""
    if plan is None:
        return f"CRP has no plan {group.fts_id} of FTS: import its requirements first."
    if plan.pk not in held:
        return f"{plan.code} has no published revision."
    absent = {country.iso3 for country in plan.countries.all()} - {row.iso3 for row in group.rows}
    elsewhere = sorted(absent - context.file.countries)
    if elsewhere:
        return (
            f"The file has the clusters of {plan.code} without those of {', '.join(elsewhere)}: its lines would be too "
            "small."
        )
    return ""


def _sums(clusters: Clusters, group: ClusterGroup, *, is_global: bool) -> list[Sum]:
    """Return one sum a target, in the order of the file. Raises: LineRefused."""
    sums: dict[tuple[int | None, bool], Sum] = {}
    for row in group.rows:
        try:
            target = clusters.target(row.cluster_code, row.cluster, is_global=is_global)
        except ValueError as error:
            raise LineRefused(row.line, "clusterCode", str(error)) from None
        key = target.sector.pk if target.sector else None, target.is_shared
        one = sums.setdefault(key, Sum(target, row.line))
        one.requirements = _plus(one.requirements, row.requirements)
        one.funding = _plus(one.funding, row.funding)
    return list(sums.values())


def _plus(first: Decimal | None, second: Decimal | None) -> Decimal | None:
    return first if second is None else (first or Decimal(0)) + second


def _parts(context: Context, plan: Plan, sums: Sequence[Sum]) -> list[AskedLine]:
    """Return what is asked for by cluster; what names none is no line and shows as the rest of the plan's total."""
    parts = []
    for one in sums:
        if one.requirements is None:
            continue
        if one.target.sector is not None:
            parts.append(AskedLine(one.target.sector, one.requirements, one.line))
        elif one.requirements:
            context.report.add_note(
                f"{plan.code}: {one.requirements:,} of its requirement names no cluster (line {one.line})."
            )
    return parts
