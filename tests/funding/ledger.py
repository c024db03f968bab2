"""A second way to every total: all rows read into lists and added up in loops that anyone can follow.

Nothing of ``funding.rollups`` or ``funding.dimensions`` is used here, so that what both agree on is no shared mistake.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from funding.models import Contribution, FundingRequest, Project, ReportedFunding, StatusChange
from plans.models import Framework, Objective, Plan, Region, Revision, StrategicObjective
from sectors.models import Crosswalk, Sector, Taxonomy
from tests.factories import make_country, make_organization, make_sector, make_taxonomy

FIRST_DAY = date(2020, 1, 1)
GIVEN_ONLY = ("donor", "status", "earmarking", "decision_year")


class World:
    """Random plans with everything that makes totals hard. ``seed`` makes it the same again."""

    def __init__(self, seed: int, plans: int = 12) -> None:
        self.chance = random.Random(seed)
        self.now = datetime(2030, 1, 1, tzinfo=UTC)
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
            code=f"P-{number}", kind=chance.choice(Plan.Kind.values), title=f"P{number}", start_year=year,
            end_year=year + 1, totals_year=chance.choice([None, None, year, year + 1]),
        )  # fmt: skip
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
        if chance.random() < 0.4:
            self._official(plan)

    def _official(self, plan: Plan) -> None:
        """Give a plan official totals, some of them superseded, with lines or without."""
        chance = self.chance
        sectors = list(Sector.objects.filter(taxonomy__in=self.taxonomies))
        clusters = list(Sector.objects.filter(taxonomy__kind=Taxonomy.Kind.GLOBAL_CLUSTERS))
        parts: list[dict[str, Any]] = [{"scope": "total"}] if chance.random() < 0.9 else []
        if chance.random() < 0.5:
            parts += [{"scope": "sector", "sector": sector} for sector in chance.sample([*sectors, None], 2)]
            parts.append({"scope": "sector", "is_shared_across_sectors": True})
        if chance.random() < 0.3:
            parts += [{"scope": "global_cluster", "sector": sector} for sector in chance.sample(clusters, 2)]
        if chance.random() < 0.5:
            parts += [{"scope": "country", "country": country} for country in plan.countries.all()[:2]]
        for part in parts:
            first, second = sorted([self.day(), self.day()])
            amount = self.amount() * chance.choice([1, 1, 1, -1])
            if chance.random() < 0.4 and first < second:
                ReportedFunding.objects.create(
                    plan=plan, amount_usd=self.amount(), reported_on=first, superseded_on=second, **part
                )
            ReportedFunding.objects.create(plan=plan, amount_usd=amount, reported_on=second, **part)

    def change_something(self) -> None:
        """Change, move, publish and delete at random, a row at a time and many at once."""
        chance = self.chance
        self.now += timedelta(days=1)
        given = Contribution.objects.all()
        for item in chance.sample(list(given), len(given) // 3):
            item.amount_usd = self.amount() or Decimal(5)
            item.status = chance.choice(Contribution.Status.values)
            item.flow = chance.choice(Contribution.Flow.values)
            item.sector = None
            item.project_code = chance.choice(["", "J0", "J1"])
            item.plan = chance.choice(list(Plan.objects.all()))
            item.save()
        given.filter(pk__in=chance.sample([item.pk for item in given], len(given) // 4)).delete()
        given.filter(status="pledge").update(review="merged")
        Contribution.objects.bulk_create(
            Contribution(
                code=f"B-{chance.random()}", plan=chance.choice([*Plan.objects.all(), None]), status="paid",
                amount_usd=self.amount() + 1, objective_number=chance.choice([None, 1]), project_code="J0",
            )
            for _number in range(20)
        )  # fmt: skip
        for row in chance.sample(list(ReportedFunding.objects.filter(superseded_on=None)), 2):
            row.superseded_on = row.reported_on
            row.save()
        every = list(ReportedFunding.objects.values_list("pk", flat=True))
        ReportedFunding.objects.filter(pk__in=chance.sample(every, 2)).delete()
        for plan in chance.sample(list(Plan.objects.all()), 3):
            Revision.objects.filter(plan=plan, status="published").update(status="superseded", superseded_at=self.now)
            Revision.objects.filter(plan=plan, status="draft").update(
                status="published", published_at=self.now, requested_usd=self.amount()
            )
            plan.countries.set(chance.sample(self.countries, 2))
        revisions = Revision.objects.filter(status="published")
        FundingRequest.objects.filter(revision__in=revisions, breakdown="project").update(amount_usd=self.amount())
        Project.objects.filter(revision__in=revisions, code="J0").update(sector=None)
        FundingRequest.objects.filter(revision__in=revisions, breakdown="sector", amount_usd__lt=100_000_000).delete()

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
        clusters = list(Sector.objects.filter(taxonomy__kind=Taxonomy.Kind.GLOBAL_CLUSTERS)[:3])
        targets: dict[str, Any] = {
            "framework": frameworks, "objective": objectives, "sector": sectors, "project": projects,
            "country": list(plan.countries.all()), "global_cluster": clusters,
        }  # fmt: skip
        columns = {name: name for name in targets} | {"global_cluster": "sector"}
        requests = FundingRequest.objects.bulk_create(
            FundingRequest(revision=revision, breakdown=name, amount_usd=self.amount(), **{columns[name]: target})
            for name, rows in targets.items()
            if chance.random() < (0.3 if name in {"country", "global_cluster"} else 0.6)
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
        item = Contribution.objects.create(
            code=f"C-{code}", plan=plan, donor=chance.choice(self.donors),
            status=chance.choice(["pledge", "commitment", "paid"]),
            amount_usd=(self.amount() or Decimal("0.01")) * chance.choice([1, 1, 1, -1]),
            flow=chance.choice(["incoming"] * 4 + ["internal", "outgoing"]),
            review=chance.choice(["clear"] * 5 + ["kept", "suspected", "merged"]),
            earmarking=chance.choice(["", *Contribution.Earmarking.values]),
            decision_on=chance.choice([None, self.day(), self.day()]),
            framework_code=chance.choice(["", "F0", "F1", "F9"]),
            objective_number=chance.choice([None, 1, 2, 7]),
            project_code=chance.choice(["", "", "J0", "J1", "J9"]),
            sector=None if shared else chance.choice(sectors),
            is_shared_across_sectors=shared,
        )  # fmt: skip
        statuses = Contribution.Status.values
        for status in chance.choice([[], statuses[: statuses.index(item.status) + 1]]):
            StatusChange.objects.create(
                contribution=item, status=status, since_on=chance.choice([None, self.day(), self.day()]),
                amount_usd=item.amount_usd if status == item.status else self.amount() + 1,
            )  # fmt: skip


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
            received: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
            pledged: dict[tuple[Any, ...], list[Decimal]] = defaultdict(list)
            for item in money:
                key = nowhere if by_place else tuple(self.given(plan, revision, item, name) for name in names)
                if (amount := self.promised(item)) is not None:
                    pledged[key].append(amount)
                if (amount := self.counted(item)) is not None:
                    received[key].append(amount)
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
        if name == "donor":
            return item.donor or "not_specified"
        if name == "status":
            return self.step(item)[0]
        if name == "earmarking":
            return item.earmarking or "not_specified"
        if name == "decision_year":
            return item.decision_on.year if item.decision_on else "not_specified"
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
        if name == "sector" or sector.taxonomy.kind == Taxonomy.Kind.GLOBAL_CLUSTERS:
            return sector
        return self.clusters.get(sector.pk, "no_cluster")
