"""A second way to every total: all rows read into lists and added up in loops that anyone can follow.

Nothing of ``funding.rollups`` or ``funding.dimensions`` is used here, so that what both agree on is no shared mistake.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from funding.models import Contribution, FundingRequest, Project, ReportedFunding
from plans.models import Objective, Plan, Revision
from sectors.models import Crosswalk, Sector, Taxonomy

GIVEN_ONLY = ("donor", "status", "earmarking", "decision_year")


class Tally:
    """The figures of one line, added to."""

    def __init__(self) -> None:
        self.requested: list[Decimal] = []
        self.reporting: list[Decimal] = []
        self.received: list[Decimal] = []
        self.pledged: list[Decimal] = []
        self.gaps: list[Decimal] = []
        self.surpluses: list[Decimal] = []
        self.plans: set[int] = set()

    def add(self, plan: Plan, asked: list[Decimal], received: Decimal | None, pledged: list[Decimal]) -> None:
        self.plans.add(plan.pk)
        self.requested += asked
        self.pledged += pledged
        if received is None:
            return
        self.reporting += asked
        self.received.append(received)
        if asked and sum(asked) >= 0:
            self.gaps.append(max(sum(asked) - received, Decimal(0)))
            self.surpluses.append(max(received - sum(asked), Decimal(0)))

    def told(self) -> tuple[Any, ...]:
        lists = (self.requested, self.reporting, self.received, self.pledged, self.gaps, self.surpluses)
        return (*(sum(amounts) if amounts else None for amounts in lists), len(self.plans))


class Ledger:
    """All plans, added up by hand as of a day."""

    def __init__(self, on: date | None) -> None:
        self.on = on
        self.clusters = {entry.sector_id: entry.global_cluster for entry in Crosswalk.objects.all()}
        self.projects = {
            (row.revision_id, row.code): row for row in Project.objects.select_related("framework", "sector__taxonomy")
        }
        self.objectives = {
            (row.revision_id, row.number): row for row in Objective.objects.select_related("strategic_objective")
        }
        self.requests = list(
            FundingRequest.objects.select_related(
                "framework",
                "sector__taxonomy",
                "objective__strategic_objective",
                "project__framework",
                "project__sector__taxonomy",
                "country__top_region",
            )
        )
        self.contributions = list(
            Contribution.objects.select_related("donor", "sector__taxonomy").prefetch_related("status_changes")
        )
        self.official = [
            row
            for row in ReportedFunding.objects.select_related("country__top_region", "sector__taxonomy")
            if (row.superseded_on is None if on is None else row.reported_on <= on)
            and (on is None or row.superseded_on is None or row.superseded_on > on)
        ]
        plans = Plan.objects.prefetch_related("countries__top_region", "revisions")
        self.plans = [(plan, revision) for plan in plans if (revision := self.in_force(plan)) is not None]

    def in_force(self, plan: Plan) -> Revision | None:
        for revision in plan.revisions.all():
            if self.on is None:
                if revision.status == "published":
                    return revision
                continue
            if revision.published_at is None or revision.published_at.date() > self.on:
                continue
            if revision.superseded_at is None or revision.superseded_at.date() > self.on:
                return revision
        return None

    def money(self, plan: Plan) -> list[Contribution]:
        of_plan = (item for item in self.contributions if item.plan_id == plan.pk)
        return [item for item in of_plan if self.on is None or item.decision_on is None or item.decision_on <= self.on]

    def step(self, item: Contribution) -> tuple[str, Decimal]:
        """Return the status and the amount that a contribution had on the day."""
        steps = [] if self.on is None else sorted(item.status_changes.all(), key=lambda step: step.pk)
        taken = [step for step in steps if step.since_on is None or step.since_on <= self.on]
        held = taken[-1] if taken else steps[0] if steps else item
        return held.status, held.amount_usd

    def counted(self, item: Contribution) -> Decimal | None:
        """Return what a contribution adds to money received."""
        status, amount = self.step(item)
        if status == "pledge" or item.flow == "internal" or item.review in {"suspected", "merged"}:
            return None
        return -amount if item.flow == "outgoing" else amount

    def promised(self, item: Contribution) -> Decimal | None:
        status, amount = self.step(item)
        counts = status == "pledge" and item.flow == "incoming" and item.review in {"clear", "kept"}
        return amount if counts else None

    def total_of(self, plan: Plan) -> Decimal | None:
        """Return the official total of a plan."""
        amounts = [row.amount_usd for row in self.official if row.plan_id == plan.pk and row.scope == "total"]
        return amounts[-1] if amounts else None

    def lines(self, names: tuple[str, ...]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Return the figures of each line by the values of the dimensions."""
        found: dict[tuple[Any, ...], Tally] = defaultdict(Tally)
        for plan, revision in self.plans:
            money = self.money(plan)
            amounts = [amount for item in money if (amount := self.counted(item)) is not None]
            official = self.total_of(plan)
            reported = revision.reports_funding or bool(amounts) or official is not None
            whole = official if official is not None else sum(amounts, Decimal(0))
            asked = self.asked(plan, revision, names)
            nowhere = tuple(self.of_plan(plan, name) or "not_specified" for name in names)
            place = next((name for name in names if name in {"country", "region"}), "")
            by_place = bool(place) and not self.splits_money(names) and not {"country", "region"} <= set(names)
            received, pledged = self.on_record(plan, revision, money, () if by_place else names, nowhere)
            if not self.splits_money(names) and not by_place:
                received = defaultdict(list, {nowhere: [whole]} if reported else {})
            elif official is not None:
                told = self.official_lines(plan, names, by_place=by_place)
                if told or by_place:
                    received = told
                rest = official - sum((sum(part) for part in received.values()), Decimal(0))
                if rest:
                    beyond = tuple(self.of_plan(plan, name) or "official_only" for name in names)
                    received[nowhere if by_place else beyond].append(rest)
            keys = dict.fromkeys([*(key for key, _amount in asked), *received, *pledged])
            if not keys and (reported or not (self.splits_money(names) or by_place)):
                keys = {nowhere: None}
            for key in keys:
                found[key].add(
                    plan,
                    [amount for place_of, amount in asked if place_of == key],
                    sum(received.get(key, []), Decimal(0)) if reported else None,
                    pledged.get(key, []),
                )
        return {key: tally.told() for key, tally in found.items()}

    def on_record(
        self, plan: Plan, revision: Revision, money: list[Contribution], names: tuple[str, ...], nowhere: Any
    ) -> tuple[dict[Any, list[Decimal]], dict[Any, list[Decimal]]]:
        """Return what contributions give to each line, and what they promise; without names all stands in one."""
        received: dict[Any, list[Decimal]] = defaultdict(list)
        pledged: dict[Any, list[Decimal]] = defaultdict(list)
        for item in money:
            key = tuple(self.given(plan, revision, item, name) for name in names) or nowhere
            if (amount := self.promised(item)) is not None:
                pledged[key].append(amount)
            if (amount := self.counted(item)) is not None:
                received[key].append(amount)
        return received, pledged

    def official_lines(self, plan: Plan, names: tuple[str, ...], *, by_place: bool) -> dict[Any, list[Decimal]]:
        """Return what official totals say of the parts of a plan, where one dimension alone splits its money."""
        inside = [name for name in names if self.splits_money((name,))]
        found: dict[Any, list[Decimal]] = defaultdict(list)
        scopes = {"sector": ("sector",), "global_cluster": ("global_cluster", "sector")}
        wanted = ("country",) if by_place else scopes.get(inside[0], ()) if len(inside) == 1 else ()
        rows = [row for row in self.official if row.plan_id == plan.pk]
        there = next((scope for scope in wanted if any(row.scope == scope for row in rows)), None)
        for row in rows:
            if row.scope != there:
                continue
            key = tuple(self.of_official(plan, row, name, by_place=by_place) for name in names)
            found[key].append(row.amount_usd)
        return found

    def of_official(self, plan: Plan, row: ReportedFunding, name: str, *, by_place: bool) -> Any:
        if by_place and name in {"country", "region"}:
            return row.country if name == "country" else row.country.top_region
        if self.of_plan(plan, name):
            return self.of_plan(plan, name)
        return "shared" if row.is_shared_across_sectors else self.place(row.sector, name)

    @staticmethod
    def splits_money(names: tuple[str, ...]) -> bool:
        return bool({"framework", "objective", "sector", "global_cluster", *GIVEN_ONLY} & set(names))

    def asked(self, plan: Plan, revision: Revision, names: tuple[str, ...]) -> list[tuple[tuple[Any, ...], Decimal]]:
        """Return what the plan asks for, line by line, and what its total has beyond them."""
        total = revision.requested_usd
        if set(GIVEN_ONLY) & set(names):
            return []
        places = {"country", "region"} & set(names)
        if len(places) == 1 and not self.splits_money(names):
            return self.asked_by_place(plan, revision, names)
        if not self.splits_money(names):
            return [] if total is None else [(tuple(self.of_plan(plan, name) for name in names), total)]
        wanted = {
            "framework": ("framework", "project"),
            "objective": ("objective",),
            "sector": ("sector", "project"),
            "global_cluster": ("global_cluster", "sector", "project"),
        }
        inside = [wanted[name] for name in names if name in wanted]
        order = ("project",) if len(inside) == 2 else inside[0]
        requests = [request for request in self.requests if request.revision_id == revision.pk]
        there = {request.breakdown for request in requests}
        chosen = next((name for name in order if name in there), None)
        lines = [
            (tuple(self.of_plan(plan, name) or self.of_request(request, name) for name in names), request.amount_usd)
            for request in requests
            if request.breakdown == chosen
        ]
        if total is not None:
            rest = total - sum(amount for _key, amount in lines)
            if rest or not lines:
                lines.append((tuple(self.of_plan(plan, name) or "not_specified" for name in names), rest))
        return lines

    def asked_by_place(self, plan: Plan, revision: Revision, names: tuple[str, ...]) -> list[Any]:
        """Return what is asked for by country, and the rest for all countries of the plan."""
        total = revision.requested_usd
        lines = []
        for request in self.requests:
            if request.revision_id == revision.pk and request.breakdown == "country":
                value = {"country": request.country, "region": request.country.top_region}
                lines.append((tuple(value.get(name) or self.of_plan(plan, name) for name in names), request.amount_usd))
        if total is not None:
            rest = total - sum(amount for _key, amount in lines)
            if rest or not lines:
                lines.append((tuple(self.of_plan(plan, name) for name in names), rest))
        return lines

    def of_plan(self, plan: Plan, name: str) -> Any:
        """Return the value that all money of a plan has; None where it depends on the line."""
        if name == "year":
            return plan.start_year if plan.totals_year is None else plan.totals_year
        if name == "kind":
            return plan.kind
        if name in {"country", "region"}:
            places = {country if name == "country" else country.top_region for country in plan.countries.all()}
            if len(places) > 1:
                return "several_countries" if name == "country" else "several_regions"
            return places.pop() if places else "not_specified"
        return None

    def of_request(self, request: FundingRequest, name: str) -> Any:
        part = request.project or request
        if name == "framework":
            return part.framework.code if part.framework else "not_specified"
        if name == "objective":
            return (request.objective and request.objective.strategic_objective) or "not_specified"
        return self.place(part.sector, name)

    def given(self, plan: Plan, revision: Revision, item: Contribution, name: str) -> Any:
        if self.of_plan(plan, name):
            return self.of_plan(plan, name)
        project = self.projects.get((revision.pk, item.project_code))
        objective = self.objectives.get((revision.pk, item.objective_number))
        framework = project.framework.code if project and project.framework else None
        values = {
            "donor": item.donor,
            "status": self.step(item)[0],
            "earmarking": item.earmarking,
            "decision_year": item.decision_on and item.decision_on.year,
            "framework": item.framework_code or framework,
            "objective": objective and objective.strategic_objective,
        }
        if name in values:
            return values[name] or "not_specified"
        if item.is_shared_across_sectors:
            return "shared"
        return self.place(item.sector or (project.sector if project else None), name)

    def place(self, sector: Sector | None, name: str) -> Any:
        if sector is None:
            return "not_specified"
        if name == "sector" or sector.taxonomy.kind == Taxonomy.Kind.GLOBAL_CLUSTERS:
            return sector
        return self.clusters.get(sector.pk, "no_cluster")
