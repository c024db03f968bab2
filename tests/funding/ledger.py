"""A second way to every total: all rows read into lists and added up in loops that anyone can follow.

Nothing of ``funding.rollups`` or ``funding.dimensions`` is used here, so that what both agree on is no shared mistake.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from funding.models import Contribution, FundingRequest, Project
from plans.models import Framework, Objective, Plan, Region, Revision, StrategicObjective
from sectors.models import Crosswalk, Sector, Taxonomy
from tests.factories import make_country, make_organization, make_sector, make_taxonomy

FIRST_DAY = date(2020, 1, 1)


class World:
    """Random plans with everything that makes totals hard. ``seed`` makes it the same again."""

    def __init__(self, seed: int, plans: int = 12) -> None:
        self.chance = random.Random(seed)
        self.taxonomies = [make_taxonomy(sectors=4) for _ in range(2)]
        clusters = list(Sector.objects.filter(taxonomy__kind=Taxonomy.Kind.GLOBAL_CLUSTERS))
        Crosswalk.objects.update(global_cluster=clusters[0])
        for entry in Crosswalk.objects.all():
            entry.global_cluster = self.chance.choice(clusters[:3])
            entry.save()
        for taxonomy in self.taxonomies:
            make_sector(taxonomy=taxonomy)  # of no cluster
        regions = [Region.objects.create(code=f"80{n}", name=f"Continent {n}") for n in range(2)]
        self.countries = [make_country(region=self.chance.choice(regions)) for _ in range(5)]
        self.strategy = [StrategicObjective.objects.create(strategy="S", number=n, name=f"S{n}") for n in (1, 2)]
        self.donors = [*(make_organization() for _ in range(3)), None]
        for number in range(plans):
            self._plan(number)

    def amount(self, top: int = 10**9) -> Decimal:
        return Decimal(self.chance.choice([0, 1, self.chance.randint(0, top * 100)])) / 100

    def day(self) -> date:
        return FIRST_DAY + timedelta(days=self.chance.randint(0, 1_000))

    def _plan(self, number: int) -> None:
        chance = self.chance
        year = chance.randint(2020, 2023)
        plan = Plan.objects.create(
            code=f"P-{number}", kind=chance.choice(Plan.Kind.values), title=f"P{number}", start_year=year, end_year=year
        )
        plan.countries.set(chance.sample(self.countries, chance.choice([0, 1, 1, 1, 2, 3])))
        at = datetime.combine(self.day(), datetime.min.time(), UTC) + timedelta(hours=chance.randint(0, 23))
        for index in range(chance.choice([0, 1, 2, 3])):
            later = at + timedelta(days=chance.randint(1, 200), hours=chance.randint(0, 23))
            self._revision(plan, number=index + 1, status="superseded", published_at=at, superseded_at=later)
            at = later
        if chance.random() < 0.9:
            self._revision(plan, number=8, status="published", published_at=at)
        if chance.random() < 0.5:
            self._revision(plan, number=9, status="draft")
        for index in range(chance.choice([0, 1, 5, 12])):
            self._contribution(plan, f"{number}-{index}")

    def _revision(self, plan: Plan, *, status: str, **values: Any) -> None:
        chance = self.chance
        revision = Revision.objects.create(
            plan=plan, status=status, taxonomy=chance.choice(self.taxonomies), reports_funding=chance.random() < 0.5,
            **values,
        )  # fmt: skip
        sectors = list(revision.taxonomy.sectors.all())
        objectives = [
            Objective.objects.create(
                revision=revision, number=n, title=f"O{n}", strategic_objective=chance.choice([*self.strategy, None])
            )
            for n in range(1, chance.choice([1, 4]))
        ]
        frameworks = [Framework.objects.create(revision=revision, code=f"F{n}", name=f"F{n}") for n in range(2)]
        projects = [
            Project.objects.create(
                revision=revision, code=f"J{n}", title=f"J{n}", framework=chance.choice([*frameworks, None]),
                sector=chance.choice([*sectors, None]),
            )
            for n in range(chance.choice([0, 4]))
        ]  # fmt: skip
        targets = {"framework": frameworks, "objective": objectives, "sector": sectors, "project": projects}
        requests = FundingRequest.objects.bulk_create(
            FundingRequest(revision=revision, breakdown=name, amount_usd=self.amount(), **{name: target})
            for name, rows in targets.items()
            if chance.random() < 0.6
            for target in rows
            if chance.random() < 0.8
        )
        if status != "draft":  # publication fixes a total wherever there are lines, and it need not be their sum
            total = chance.choice([Decimal(0), self.amount(), self.amount(), None])
            revision.requested_usd = self.amount() if total is None and requests else total
            revision.save()

    def _contribution(self, plan: Plan, code: str) -> None:
        chance = self.chance
        shared = chance.random() < 0.2
        sectors = [None, None, *Sector.objects.filter(taxonomy__in=self.taxonomies)]
        Contribution.objects.create(
            code=f"C-{code}", plan=plan, donor=chance.choice(self.donors),
            status=chance.choice(["pledge", "commitment", "paid"]),
            amount_usd=self.amount() * chance.choice([1, 1, 1, -1]),
            decision_on=chance.choice([None, self.day(), self.day()]),
            framework_code=chance.choice(["", "F0", "F1", "F9"]),
            objective_number=chance.choice([None, 1, 2, 7]),
            project_code=chance.choice(["", "", "J0", "J1", "J9"]),
            sector=None if shared else chance.choice(sectors),
            is_shared_across_sectors=shared,
        )  # fmt: skip


class Tally:
    """The figures of one line, added to."""

    def __init__(self) -> None:
        self.requested: list[Decimal] = []
        self.reporting: list[Decimal] = []
        self.received: list[Decimal] = []
        self.pledged: list[Decimal] = []
        self.plans: set[int] = set()

    def told(self) -> tuple[Any, ...]:
        lists = (self.requested, self.reporting, self.received, self.pledged)
        return (*(sum(amounts) if amounts else None for amounts in lists), len(self.plans))


class Ledger:
    """All plans, added up by hand as of a day."""

    def __init__(self, on: date | None) -> None:
        self.on = on
        self.clusters = {entry.sector_id: entry.global_cluster for entry in Crosswalk.objects.all()}
        self.projects = {
            (row.revision_id, row.code): row for row in Project.objects.select_related("framework", "sector")
        }
        self.objectives = {
            (row.revision_id, row.number): row for row in Objective.objects.select_related("strategic_objective")
        }
        self.requests = list(
            FundingRequest.objects.select_related(
                "framework", "sector", "objective__strategic_objective", "project__framework", "project__sector"
            )
        )
        self.contributions = list(Contribution.objects.select_related("donor", "sector"))
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

    def lines(self, names: tuple[str, ...]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Return the figures of each line by the values of the dimensions."""
        found: dict[tuple[Any, ...], Tally] = defaultdict(Tally)
        for plan, revision in self.plans:
            money = self.money(plan)
            reported = revision.reports_funding or any(item.status != "pledge" for item in money)
            asked = self.asked(plan, revision, names)
            placed = [(tuple(self.given(plan, revision, item, name) for name in names), item) for item in money]
            nowhere = tuple(self.of_plan(plan, name) or "not_specified" for name in names)
            keys = {key for key, _amount in asked} | {key for key, _item in placed}
            if not keys and (reported or not self.splits_money(names)):
                keys = {nowhere}
            for key in keys:
                tally = found[key]
                tally.plans.add(plan.pk)
                amounts = [amount for place, amount in asked if place == key]
                tally.requested += amounts
                if reported:
                    tally.reporting += amounts
                    tally.received.append(Decimal(0))
                for place, item in placed:
                    if place != key:
                        continue
                    if item.status == "pledge":
                        tally.pledged.append(item.amount_usd)
                    elif reported:
                        tally.received.append(item.amount_usd)
        return {key: tally.told() for key, tally in found.items()}

    @staticmethod
    def splits_money(names: tuple[str, ...]) -> bool:
        return bool({"framework", "objective", "sector", "global_cluster", "donor"} & set(names))

    def asked(self, plan: Plan, revision: Revision, names: tuple[str, ...]) -> list[tuple[tuple[Any, ...], Decimal]]:
        """Return what the plan asks for, line by line, and what its total has beyond them."""
        total = revision.requested_usd
        if "donor" in names:
            return []
        if not self.splits_money(names):
            return [] if total is None else [(tuple(self.of_plan(plan, name) for name in names), total)]
        wanted = {
            "framework": ("framework", "project"),
            "objective": ("objective",),
            "sector": ("sector", "project"),
            "global_cluster": ("sector", "project"),
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

    def of_plan(self, plan: Plan, name: str) -> Any:
        """Return the value that all money of a plan has; None where it depends on the line."""
        if name == "year":
            return plan.start_year
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
        if name == "donor":
            return item.donor or "not_specified"
        if name == "framework":
            named = project.framework.code if project and project.framework else None
            return item.framework_code or named or "not_specified"
        if name == "objective":
            found = self.objectives.get((revision.pk, item.objective_number))
            return (found and found.strategic_objective) or "not_specified"
        if item.is_shared_across_sectors:
            return "shared"
        return self.place(item.sector or (project.sector if project else None), name)

    def place(self, sector: Sector | None, name: str) -> Any:
        if sector is None:
            return "not_specified"
        return sector if name == "sector" else self.clusters.get(sector.pk, "no_cluster")
