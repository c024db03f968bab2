"""Flows of FTS into contributions: each once, however many files and rows tell of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils import timezone

from crp.common.history import bulk_create, bulk_update
from crp.importing.report import Outcome
from funding.models import Contribution, StatusChange
from funding.services.duplicates import suspect
from funding.services.similar import pick_duplicates
from plans.models import Plan

from .clusters import SEVERAL, Clusters
from .context import OF_THE_SAME_RUN, Context
from .flow_rows import RATE_SOURCE, FlowRow
from .organizations import Named, find_organizations
from .plans import NewPlan, find_plans, make_plans
from .revisions import Asked, Breakdown, publish_first
from .rows import LineRefused, is_of_crp

SCHEME = "fts"
KIND = "contributions"
STEPS = list(Contribution.Status)
GIVEN = (
    "plan_id", "country_id", "donor_id", "recipient_id", "status", "flow", "amount_usd", "original_amount",
    "original_currency", "exchange_rate", "exchange_rate_source", "is_in_kind", "decision_on", "reported_on",
    "usage_year", "is_new_money", "sector_id", "is_shared_across_sectors", "grant_reference", "note",
)  # fmt: skip
"""The columns of a contribution that a flow gives; the others are the officers'."""
PLACE = ("plan_id", "country_id", "recipient_id", "flow", "usage_year", "sector_id", "is_shared_across_sectors")
COLUMNS = {
    "amount_usd": "amountUSD", "donor_id": "srcOrganization", "recipient_id": "destOrganization",
    "plan_id": "destPlanId", "country_id": "destLocations", "sector_id": "destGlobalClusters", "flow": "boundary",
    "original_amount": "originalAmount", "original_currency": "originalCurrency", "exchange_rate": "exchangeRate",
    "decision_on": "decisionDate", "reported_on": "firstReportedDate", "usage_year": "destUsageYearStart",
    "is_new_money": "flowType", "is_in_kind": "contributionType", "grant_reference": "refCode", "note": "description",
}  # fmt: skip
TOLD_SHORT = {"note", *(name for name in GIVEN if name.endswith("_id"))}
"""Columns whose values a report does not quote."""


@dataclass(frozen=True)
class FlowGroup:
    """One flow: one row a destination. ``repeated``: how many rows of the file say the same again."""

    fts_id: str
    rows: Sequence[FlowRow]
    repeated: int = 0


def group_flow_rows(rows: Sequence[FlowRow]) -> FlowGroup:
    """Return the flow that rows tell of. Raises: LineRefused where two differ and go to the same destination."""
    parts: dict[str, FlowRow] = {}
    for row in rows:
        former = parts.setdefault(row.destination, row)
        if row.amount_usd != former.amount_usd:
            raise LineRefused(
                row.line,
                "amountUSD",
                f"Flow {row.fts_id} is {row.amount_usd:,} here and {former.amount_usd:,} on line {former.line}, to the "
                "same place: neither is used.",
            )
        if _told(row) != _told(former):
            raise LineRefused(
                row.line,
                "id",
                f"Flow {row.fts_id} is told otherwise on line {former.line}, to the same place: neither is used.",
            )
    return FlowGroup(rows[0].fts_id, list(parts.values()), len(rows) - len(parts))


def _told(row: FlowRow) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if name != "line"}


class FlowWriter:
    """Writes batches of flows of one file."""

    def __init__(self, context: Context, clusters: Clusters) -> None:
        self._context = context
        self._clusters = clusters
        self.repeated = 0

    def write(self, groups: Sequence[FlowGroup]) -> set[tuple[int, str]]:
        """Add and update the contributions of a batch; return its plans of one country, with the boundaries seen.

        Queries: a number that does not depend on how many contributions there are.
        """
        rows = [row for group in groups for row in group.rows]
        named = [one for row in rows for one in (row.donor, row.recipient) if one]
        self._organizations = find_organizations(self._context, named)
        self._plans = self._plans_of(rows)
        self._held = self._on_record(groups)
        new: list[Contribution] = []
        changed: list[Contribution] = []
        steps: list[StatusChange] = []
        for group in groups:
            if group.fts_id in self._held and is_of_crp(group.fts_id):
                self._context.report.count(KIND, Outcome.UNCHANGED)  # what officers recorded is theirs to change
                continue
            for row, held, external_id in self._assign(group):
                if held is None:
                    made = self._new(row, external_id)
                    new.append(made)
                    steps.append(_step(made, row))
                elif self._is_changed(row, held):
                    step = self._update(row, held)
                    changed.append(held)
                    steps += [step] if step else []
        self._suspect([*new, *changed])
        self._save(new, changed, steps)
        repeated = sum(group.repeated for group in groups)
        self.repeated += repeated
        single = {fts_id: plan.pk for fts_id, plan in self._plans.items() if len(plan.countries.all()) == 1}
        return {(single[row.plan_id], row.flow.value) for row in rows if row.plan_id in single}

    def _plans_of(self, rows: Sequence[FlowRow]) -> dict[str, Plan]:
        """Return the plans that rows name; one that CRP does not have is made, with no requirement known."""
        plans = find_plans({row.plan_id for row in rows if row.plan_id})
        unknown: dict[str, list[FlowRow]] = {}
        for row in rows:
            if row.plan_id and row.plan_id not in plans:
                unknown.setdefault(row.plan_id, []).append(row)
        made = make_plans(self._context, [_plan_of(told) for told in unknown.values()])
        nothing = Asked(Breakdown.COUNTRY, [])
        publish_first(self._context, [(plan, nothing) for plan in made.values()])
        for plan in made.values():
            self._context.report.add_note(f"{plan.code}: made from its flows, what it asks for is not known.")
        return plans | made

    def _on_record(self, groups: Sequence[FlowGroup]) -> dict[str, Contribution]:
        wanted = {group.fts_id for group in groups} | {row.part_id for group in groups for row in group.rows}
        found = Contribution.objects.filter(external_scheme=SCHEME, external_id__in=wanted).select_related("source")
        held = {one.external_id: one for one in found}
        if own := {number for number in wanted if is_of_crp(number)}:
            held |= {one.code: one for one in Contribution.objects.filter(code__in=own)}
        return held

    def _assign(self, group: FlowGroup) -> Iterator[tuple[FlowRow, Contribution | None, str]]:
        """Yield each row with the contribution that it is, or with None and the identifier of a new one."""
        main = self._held.get(group.fts_id)
        left = []
        for row in group.rows:
            part = self._held.get(row.part_id)
            if part is not None:
                yield row, part, row.part_id
            elif main is not None and self._has_place(main, row):
                yield row, main, group.fts_id
                main = None
            else:
                left.append(row)
        for row in left:
            if main is not None and main.flow == row.flow and self._objection(main) != OF_THE_SAME_RUN:
                yield row, main, group.fts_id
                main = None
            elif len(group.rows) == 1 and group.fts_id not in self._held:
                yield row, None, group.fts_id
            else:
                yield row, None, row.part_id

    def _has_place(self, held: Contribution, row: FlowRow) -> bool:
        values = self._values(row)
        return all(getattr(held, name) == values[name] for name in PLACE)

    def _values(self, row: FlowRow) -> dict[str, Any]:
        """Return the columns of a contribution that a row gives."""
        plan = self._plans[row.plan_id] if row.plan_id else None
        country = row.countries[0] if plan is None and len(row.countries) == 1 else ""
        sector = self._clusters.named(row.clusters)[0] if len(row.clusters) == 1 else None
        is_told_shared = [name.casefold() for name in row.clusters] == [SEVERAL]
        is_unplaced = row.clusters and sector is None and not is_told_shared
        unplaced = f"Clusters: {', '.join(row.clusters)}" if is_unplaced else ""
        original = row.original
        return {
            "plan_id": plan.pk if plan else None,
            "country_id": self._context.countries[country].pk if country else None,
            "donor_id": self._organization(row.donor),
            "recipient_id": self._organization(row.recipient),
            "status": row.status.value,
            "flow": row.flow.value,
            "amount_usd": row.amount_usd,
            "original_amount": original.amount if original else None,
            "original_currency": original.currency if original else "",
            "exchange_rate": original.rate if original else None,
            "exchange_rate_source": RATE_SOURCE if original and original.rate else "",
            "is_in_kind": row.is_in_kind,
            "decision_on": row.decision_on,
            "reported_on": row.reported_on,
            "usage_year": row.usage_years[0],
            "is_new_money": row.is_new_money,
            "sector_id": sector.pk if sector else None,
            "is_shared_across_sectors": is_told_shared or len(row.clusters) > 1,
            "grant_reference": row.reference,
            "note": "\n".join(filter(None, [row.note, unplaced])),
        }

    def _organization(self, named: Named | None) -> int | None:
        return self._organizations[named.name].pk if named else None

    def _objection(self, held: Contribution) -> str:
        return self._context.objection(held.source.document_on if held.source else None, held.source_id)

    def _is_changed(self, row: FlowRow, held: Contribution) -> bool:
        """Return whether a newer file tells a contribution otherwise; count what stays as it is."""
        report, values = self._context.report, self._values(row)
        other = [name for name in GIVEN if getattr(held, name) != values[name]]
        if not other:
            report.count(KIND, Outcome.UNCHANGED)
            return False
        objection = self._objection(held)
        if not objection and STEPS.index(row.status) < STEPS.index(Contribution.Status(held.status)):
            objection = "a step back is for an officer to take"
            other = ["status"]
        if objection:
            name = "amount_usd" if "amount_usd" in other else other[0]
            column = COLUMNS.get(name, name)
            if name in TOLD_SHORT:
                report.add_problem(row.line, column, f"{held.code} has another value in CRP, {objection}.")
            else:
                self._context.differs(row.line, column, values[name], getattr(held, name), objection)
            report.count(KIND, Outcome.SKIPPED)
        return not objection

    def _new(self, row: FlowRow, external_id: str) -> Contribution:
        self._context.report.count(KIND, Outcome.CREATED)
        is_own = is_of_crp(row.fts_id)
        return Contribution(
            code=row.fts_id if is_own else "FTS-" + external_id.upper().replace("/", "-"),
            external_scheme="" if is_own else SCHEME,
            external_id="" if is_own else external_id,
            source=self._context.source,
            source_line=row.line,
            **self._values(row),
        )

    def _update(self, row: FlowRow, held: Contribution) -> StatusChange | None:
        """Give a contribution what a newer file says; return its next step, where that is one."""
        self._context.report.count(KIND, Outcome.UPDATED)
        step = _step(held, row) if row.status != held.status else None
        for name, value in self._values(row).items():
            setattr(held, name, value)
        held.source, held.source_line, held.updated_at = self._context.source, row.line, timezone.now()
        return step

    def _suspect(self, written: list[Contribution]) -> None:
        """Mark what may repeat money that officers recorded: it counts once they have decided. Queries: 1.

        Two flows of FTS are never the same money: it gives each a number of its own.
        """
        places = Q(plan__in={row.plan_id for row in written}) | Q(plan=None)
        others = Contribution.objects.filter(places, donor__in={row.donor_id for row in written})
        others = others.exclude(external_scheme=SCHEME).exclude(review=Contribution.Review.MERGED)
        by_place: dict[tuple[int | None, int | None], list[Contribution]] = defaultdict(list)
        for other in others if written else ():
            by_place[other.plan_id, other.country_id].append(other)
        for row in written:
            other = suspect(row, pick_duplicates(row, by_place[row.plan_id, row.country_id]))
            if other is not None:
                self._context.report.add_note(
                    f"{row.code} may be the same money as {other.code}: it does not count until an officer has decided."
                )

    def _save(self, new: list[Contribution], changed: list[Contribution], steps: list[StatusChange]) -> None:
        bulk_create(Contribution, new)
        columns = [name.removesuffix("_id") for name in GIVEN]
        bulk_update(Contribution, changed, [*columns, "review", "duplicate_of", "source", "source_line", "updated_at"])
        bulk_create(StatusChange, steps)


def _step(contribution: Contribution, row: FlowRow) -> StatusChange:
    return StatusChange(
        contribution=contribution,
        status=row.status,
        since_on=row.on,
        amount_usd=row.amount_usd,
        note="As OCHA FTS reports it.",
    )


def _plan_of(rows: Sequence[FlowRow]) -> NewPlan:
    """Return a plan from the flows that go to it: FTS has said no more of it."""
    first = rows[0]
    years = [year for row in rows for year in row.usage_years if year] or [row.on.year for row in rows]
    return NewPlan(
        fts_id=first.plan_id,
        title=first.plan_title,
        fts_code=first.plan_code,
        kind=Plan.Kind.OTHER,
        start_year=min(years),
        end_year=max(years),
        countries={iso3 for row in rows for iso3 in row.countries},
    )
