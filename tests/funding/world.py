"""Random plans with everything that makes totals hard."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from funding.models import Contribution, FundingRequest, Project, ReportedFunding, StatusChange
from plans.models import Framework, Objective, Plan, Region, Revision, StrategicObjective
from sectors.models import Crosswalk, Sector, Taxonomy
from tests.factories import make_country, make_organization, make_sector, make_taxonomy

FIRST_DAY = date(2020, 1, 1)


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
