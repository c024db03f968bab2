"""Made-up plans and their money, the same for the same size: what the benchmarks measure on.

Skewed as real ones are: a few countries have most of the plans, a few plans and donors most of the money. Every
breakdown of a plan adds to its total. Rows come in the columns of :data:`COLUMNS`, in an order in which each finds
what it refers to.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, count
from typing import Any

from tests.benchmarks import sizes
from tests.benchmarks.sizes import Size

SEED = 20_260_415
BATCH = 250  # plans; their contributions are shuffled, as money arrives in no order of plans

COLUMNS: dict[str, tuple[str, ...]] = {
    "funding.Organization": ("id", "code", "name", "kind"),
    "plans.Plan": ("id", "code", "kind", "title", "start_year", "end_year"),
    "plans.Plan.countries": ("id", "plan_id", "country_id"),
    "plans.PlanIdentifier": ("id", "plan_id", "scheme", "value"),
    "plans.Revision": (
        "id",
        "plan_id",
        "number",
        "status",
        "taxonomy_id",
        "document_on",
        "funding_updated_on",
        "stated_requested_usd",
        "requested_usd",
        "reports_funding",
        "people_in_need",
        "people_targeted",
        "entities_targeted",
        "reason",
        "published_at",
        "superseded_at",
    ),
    "plans.Framework": ("id", "revision_id", "order", "code", "name"),
    "plans.Objective": ("id", "revision_id", "order", "number", "title", "strategic_objective_id", "people_targeted"),
    "plans.Outcome": ("id", "revision_id", "order", "objective_id", "code", "name", "share_percent"),
    "plans.ObjectiveTargetGroup": ("id", "revision_id", "order", "objective_id", "target_group_id"),
    "plans.Narrative": ("id", "revision_id", "order", "section", "body"),
    "plans.RiskIndicator": ("id", "revision_id", "order", "indicator", "value"),
    "plans.Modality": ("id", "revision_id", "order", "modality_id"),
    "plans.Priority": ("id", "revision_id", "order", "priority_id"),
    "plans.Presence": ("id", "revision_id", "order", "international_staff", "national_staff", "field_offices"),
    "plans.Office": ("id", "revision_id", "order", "kind", "place"),
    "plans.Citation": ("id", "revision_id", "subject", "field", "source_id", "first_line"),
    "funding.Project": ("id", "revision_id", "order", "code", "title", "framework_id", "sector_id", "description"),
    "funding.FundingRequest": (
        "id",
        "revision_id",
        "order",
        "breakdown",
        "framework_id",
        "objective_id",
        "sector_id",
        "project_id",
        "amount_usd",
        "is_priority",
    ),
    "funding.RelatedPlan": ("id", "revision_id", "order", "funding_request_id", "plan_family_id"),
    "funding.Contribution": (
        "id",
        "code",
        "plan_id",
        "donor_id",
        "status",
        "flow",
        "review",
        "amount_usd",
        "decision_on",
        "earmarking",
        "framework_code",
        "objective_number",
        "sector_id",
        "is_shared_across_sectors",
        "project_code",
    ),
    "funding.ReportedFunding": ("id", "plan_id", "scope", "amount_usd", "reported_on"),
}

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Reference:
    """Numbers of the rows that the fixtures have already, by what they are called."""

    countries: Mapping[str, int]
    taxonomy: int
    sectors: Sequence[int]
    strategic_objectives: Sequence[int]
    target_groups: Sequence[int]
    modalities: Sequence[int]
    priorities: Sequence[int]
    plan_families: Sequence[int]
    source: int
    highest_ids: Mapping[str, int]


@dataclass(frozen=True)
class _Project:
    code: str
    framework: str
    objective: int
    sector: int


@dataclass
class _Draw:
    """What chance decides, with the weights added up once."""

    size: Size
    reference: Reference
    chance: random.Random = field(default_factory=random.Random)

    def __post_init__(self) -> None:
        # Seeded by a text: the same numbers on every machine and Python.
        self.chance.seed(f"{SEED}-{self.size.name}")
        self.cumulated = {
            "country": list(accumulate(1 / (place + 1) ** 0.55 for place in range(len(sizes.COUNTRIES)))),
            "donor": list(accumulate(1 / (place + 1) ** 0.9 for place in range(sizes.DONORS))),
            "sector": list(accumulate(1 / (place + 1) ** 0.5 for place in range(len(self.reference.sectors)))),
        }

    def among(self, weights: Mapping[str, int], number: int) -> list[str]:
        return self.chance.choices(list(weights), weights=list(weights.values()), k=number)

    def places(self, what: str, number: int) -> list[int]:
        weights = self.cumulated[what]
        return self.chance.choices(range(len(weights)), cum_weights=weights, k=number)


def generate(size: Size, reference: Reference) -> Iterator[Rows]:
    """Yield the rows of every table, some plans at a time."""
    draw = _Draw(size, reference)
    numbers = {table: count(reference.highest_ids.get(table, 0) + 1) for table in COLUMNS}
    donors = [next(numbers["funding.Organization"]) for _ in range(sizes.DONORS)]
    kinds = draw.among({"government": 6, "private": 2, "un_agency": 1, "pooled_fund": 1}, len(donors))
    yield {
        "funding.Organization": [
            (pk, f"donor-{place:03}", f"Donor {place:03}", kind)
            for place, (pk, kind) in enumerate(zip(donors, kinds, strict=True), start=1)
        ]
    }
    left_projects, left_contributions = size.projects, size.contributions
    for first in range(0, size.plans, BATCH):
        plans = range(first, min(first + BATCH, size.plans))
        share = len(plans) / (size.plans - first)
        projects, contributions = round(left_projects * share), round(left_contributions * share)
        left_projects, left_contributions = left_projects - projects, left_contributions - contributions
        # Each plan has at least one project; some have many, and money runs to few of them.
        more = draw.chance.choices(
            plans, [draw.chance.gammavariate(2, 1) + 0.2 for _ in plans], k=projects - len(plans)
        )
        given = draw.chance.choices(
            plans,
            [0 if draw.chance.random() < 0.08 else draw.chance.lognormvariate(0, 1.1) for _ in plans],
            k=contributions,
        )
        counts = defaultdict(lambda: [1, 0])
        for plan in more:
            counts[plan][0] += 1
        for plan in given:
            counts[plan][1] += 1
        rows: Rows = {table: [] for table in COLUMNS}
        for plan in plans:
            _Plan(draw, numbers, rows, donors, plan).write(*counts[plan])
        _shuffle_contributions(draw, rows)
        yield rows


def _shuffle_contributions(draw: _Draw, rows: Rows) -> None:
    contributions = rows["funding.Contribution"]
    numbers = [row[0] for row in contributions]
    draw.chance.shuffle(contributions)
    rows["funding.Contribution"] = [(pk, *row[1:]) for pk, row in zip(numbers, contributions, strict=True)]


class _Plan:
    """Writes the rows of one plan."""

    def __init__(self, draw: _Draw, numbers: Mapping[str, Any], rows: Rows, donors: list[int], place: int) -> None:
        self.draw, self.numbers, self.rows, self.donors, self.place = draw, numbers, rows, donors, place
        chance = draw.chance
        self.kind = draw.among(sizes.KINDS, 1)[0]
        self.year = chance.randint(sizes.FIRST_YEAR, sizes.LAST_YEAR)
        self.countries = list(
            dict.fromkeys(draw.places("country", chance.randint(2, 5) if self.kind == "regional" else 1))
        )
        iso3 = sizes.COUNTRIES[self.countries[0]]
        self.code = f"{iso3}-{self.kind.upper().replace('_', '-')}-{self.year}-{place + 1:05}"
        self.states_nothing = chance.random() < 0.03
        self.is_draft = chance.random() < 0.01

    def add(self, table: str, *values: Any) -> int:
        """Add a row and return its number."""
        pk = next(self.numbers[table])
        self.rows[table].append((pk, *values))
        return pk

    def write(self, projects: int, contributions: int) -> None:
        chance, reference = self.draw.chance, self.draw.reference
        iso3 = sizes.COUNTRIES[self.countries[0]]
        title = f"{iso3} {self.kind.replace('_', ' ')} {self.year} ({self.place + 1})"
        last_year = self.year + (chance.random() < 0.2)
        self.plan = self.add("plans.Plan", self.code, self.kind, title, self.year, last_year)
        for country in self.countries:
            self.add("plans.Plan.countries", self.plan, reference.countries[sizes.COUNTRIES[country]])
        self.add("plans.PlanIdentifier", self.plan, "fts", str(900_000 + self.place))
        amounts = [max(10_000, int(chance.lognormvariate(13.4, 1.0)) // 100 * 100) for _ in range(projects)]
        total = None if self.states_nothing else f"{sum(amounts)}.00"
        self._write_revisions(total)
        self._write_words()
        made = self._write_parts([] if self.states_nothing else amounts)
        self._write_money(made, amounts, contributions)

    def _write_revisions(self, total: str | None) -> None:
        chance = self.draw.chance
        people = int(chance.lognormvariate(12.5, 1.3))
        day = f"{self.year}-{chance.randint(1, 6):02}-{chance.randint(1, 28):02}"
        stated = total if chance.random() < 0.7 else None
        said = (stated, total, chance.random() < 0.3, people * 2, people, chance.randint(3, 40), "Published")
        was_revised = chance.random() < 0.2
        if was_revised:
            self._write_revision(1, "superseded", day, said, f"{day} 10:00:00", f"{self.year}-09-01 10:00:00")
        if self.is_draft:
            self.revision = self._write_revision(1 + was_revised, "draft", day, (stated, None, *said[2:]), None, None)
        else:
            at = f"{self.year}-09-01 10:00:00" if was_revised else f"{day} 10:00:00"
            self.revision = self._write_revision(1 + was_revised, "published", day, said, at, None)

    def _write_revision(
        self, number: int, status: str, day: str, said: tuple, at: str | None, until: str | None
    ) -> int:
        start = (self.plan, number, status, self.draw.reference.taxonomy, day, day)
        return self.add("plans.Revision", *start, *said, at, until)

    def _write_words(self) -> None:
        reference, revision, chance = self.draw.reference, self.revision, self.draw.chance
        for section in ("vision", "context"):
            self.add("plans.Narrative", revision, 1, section, sizes.TEXT)
        self.add("plans.RiskIndicator", revision, 1, "inform_risk", f"{chance.uniform(2, 9):.1f}")
        self.add("plans.RiskIndicator", revision, 2, "inform_severity", f"{chance.uniform(1, 5):.1f}")
        for order, pk in enumerate(reference.modalities[:4], start=1):
            self.add("plans.Modality", revision, order, pk)
        for order, pk in enumerate(reference.priorities[:4], start=1):
            self.add("plans.Priority", revision, order, pk)
        self.add("plans.Presence", revision, 0, chance.randint(2, 40), chance.randint(20, 400), chance.randint(1, 9))
        self.add("plans.Office", revision, 1, "main", "Capital")
        for line, column in enumerate(("requested_usd", "people_in_need", "people_targeted"), start=3):
            self.add("plans.Citation", revision, "revision", column, reference.source, line)

    def _write_parts(self, amounts: list[int]) -> list[_Project]:
        """Write frameworks, objectives, projects and what is asked for each; return the projects."""
        chance, reference, revision = self.draw.chance, self.draw.reference, self.revision
        codes = chance.sample(list(sizes.FRAMEWORKS), chance.choice((1, 1, 2)))
        frameworks = {
            code: self.add("plans.Framework", revision, order, code, sizes.FRAMEWORKS[code])
            for order, code in enumerate(codes, start=1)
        }
        objectives = [self._write_objective(number) for number in (1, 2, 3)]
        asked: dict[tuple[str, Any], int] = defaultdict(int)
        made = []
        for order, (amount, place) in enumerate(zip(amounts, self.draw.places("sector", len(amounts)), strict=True), 1):
            project = _Project(
                code=f"{self.code}-{order:02}",
                framework=chance.choice(codes),
                objective=chance.choices((1, 2, 3), (50, 35, 15))[0],
                sector=reference.sectors[place],
            )
            made.append(project)
            pk = self.add(
                "funding.Project",
                revision,
                order,
                project.code,
                f"Support to affected people, no. {order}",
                frameworks[project.framework],
                project.sector,
                sizes.TEXT[:180],
            )
            asked["framework", frameworks[project.framework]] += amount
            asked["objective", objectives[project.objective - 1]] += amount
            asked["sector", project.sector] += amount
            asked["project", pk] += amount
        self._write_requests(asked)
        return made

    def _write_objective(self, number: int) -> int:
        chance, reference, revision = self.draw.chance, self.draw.reference, self.revision
        strategic = reference.strategic_objectives[number - 1]
        title = sizes.OBJECTIVES[number - 1]
        pk = self.add("plans.Objective", revision, number, number, title, strategic, chance.randint(5_000, 500_000))
        for letter, share in (("a", "60.00"), ("b", "40.00")):
            self.add("plans.Outcome", revision, number, pk, f"{number}{letter}", "Suffering is reduced", share)
        self.add("plans.ObjectiveTargetGroup", revision, number, pk, reference.target_groups[number])
        return pk

    def _write_requests(self, asked: Mapping[tuple[str, Any], int]) -> None:
        targets = ("framework", "objective", "sector", "project")
        chance, families = self.draw.chance, self.draw.reference.plan_families
        for order, ((breakdown, target), amount) in enumerate(asked.items(), start=1):
            columns = [target if name == breakdown else None for name in targets]
            is_priority = breakdown == "sector" and chance.random() < 0.3
            pk = self.add(
                "funding.FundingRequest", self.revision, order, breakdown, *columns, f"{amount}.00", is_priority
            )
            if breakdown == "sector" and chance.random() < 0.4:
                self.add("funding.RelatedPlan", self.revision, order, pk, families[0])

    def _write_money(self, projects: list[_Project], amounts: list[int], contributions: int) -> None:
        if not contributions:
            return
        draw, chance, rows, plan = self.draw, self.draw.chance, self.rows["funding.Contribution"], self.plan
        # Most plans are funded by a part, some above what they ask for.
        received = sum(amounts) * min(chance.betavariate(1.3, 1.9) * 1.15, 1.1 + chance.random())
        mean = received / contributions / 0.88
        targets = [self._target(project) for project in (chance.choices(projects, k=contributions) if projects else [])]
        targets = targets or [self._target(None)] * contributions
        columns = zip(
            targets,
            draw.places("donor", contributions),
            draw.among(sizes.STATUSES, contributions),
            draw.among(sizes.FLOWS, contributions),
            draw.among(sizes.REVIEWS, contributions),
            draw.among(sizes.EARMARKING, contributions),
            strict=True,
        )
        numbers, donors, year, uniform, lognormal = (
            self.numbers["funding.Contribution"],
            self.donors,
            self.year,
            chance.random,
            chance.lognormvariate,
        )
        for target, donor, status, flow, review, earmarking in columns:
            cents = max(10_000, int(mean * lognormal(-0.1, 0.5) * 108))
            if uniform() < 0.01:
                cents = -cents // 4  # a correction
            dollars = f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"
            day = int(uniform() * 336)
            decided = f"{year}-{day // 28 + 1:02}-{day % 28 + 1:02}"
            pk = next(numbers)
            given = (donors[donor], status, flow, review, dollars, decided, earmarking)
            rows.append((pk, f"B-{pk}", plan, *given, *target))
        if chance.random() < 0.03:
            total = f"{max(int(received), 1)}.00"
            self.add("funding.ReportedFunding", plan, "total", total, f"{self.year}-12-31")

    def _target(self, project: _Project | None) -> tuple[str, int | None, int | None, bool, str]:
        """Return what a contribution names: framework, objective, sector, shared or not, project."""
        depth = self.draw.chance.random()
        if project is None or depth < 0.13:
            return "", None, None, False, ""
        if depth < 0.16:
            return "", None, None, True, ""
        if depth < 0.28:
            return "", None, project.sector, False, ""
        if depth < 0.40:
            return "", project.objective, None, False, ""
        if depth < 0.45:
            return project.framework, None, None, False, ""
        return "", None, None, False, project.code
