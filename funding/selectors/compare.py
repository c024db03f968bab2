"""Two to four plans side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _

from crp.common.as_of import AS_OF
from crp.common.charts import largest
from crp.common.figures import Breakdown, Key, Line, Rollup
from crp.common.money import percent_of
from crp.common.parameters import refuse_unknown
from funding.dimensions import PORTFOLIO, Residual
from funding.models import FundingRequest, RelatedPlan
from funding.rollups import break_down
from funding.rollups.scenarios import cost_per_person
from funding.selectors.asks import asks_by, official_days
from funding.selectors.finder_form import cluster_of
from funding.selectors.plan_choice import NamedPlans, PlanSearch
from funding.selectors.portfolio import PLAN, PlanLine, YearColumn, plan_lines, published_plans, year_columns
from plans.models import Country, Objective, Plan
from plans.querysets import in_force
from sectors.models import Sector

FEWEST, MOST = 2, 4
LETTERS = "ABCD"
FIND, REPLACE, PLAN_PARAMETER = "find", "replace", "plan"
MOST_COUNTRIES = 4
RESTS_LAST = ("", *(rest.value for rest in Residual if rest != Residual.NOT_SPECIFIED), Residual.NOT_SPECIFIED.value)


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One of the plans, with the letter that its column goes by."""

    letter: str
    line: PlanLine
    official_on: date | None
    """The day of the official total that is its money received. None: it has none."""

    @property
    def plan(self) -> Plan:
        return self.line.plan

    @property
    def figures(self) -> Rollup:
        return self.line.figures

    @property
    def cost_per_person_usd(self) -> Decimal | None:
        return cost_per_person(self.figures.requested_usd, self.line.revision.people_targeted)

    @property
    def percent_targeted(self) -> Decimal | None:
        """The people targeted as a percentage of those in need. None: one of the two is not stated."""
        people = (self.line.revision.people_targeted, self.line.revision.people_in_need)
        targeted, need = (None if number is None else Decimal(number) for number in people)
        return percent_of(targeted, need)


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one plan has on a row."""

    compared: Compared
    figures: Rollup | None
    own: Sequence[tuple[str, Decimal | None]] = ()
    """The lines of the plan behind it, under the names that it gives them."""
    people_targeted: int | None = None
    entities_targeted: int | None = None
    is_rest: bool = False

    @property
    def is_unsplit(self) -> bool:
        """Whether all that the plan asks for stands here, because it is not split in this way."""
        asked = self.figures.requested_usd if self.figures else None
        return self.is_rest and bool(asked) and asked == self.compared.figures.requested_usd

    @property
    def share(self) -> Decimal | None:
        """Percent of all that the plan asks for."""
        return percent_of(self.figures.requested_usd, self.compared.figures.requested_usd) if self.figures else None


@dataclass(frozen=True, kw_only=True)
class CompareRow:
    """One cluster, or objective, or rest, with a cell for each plan."""

    key: Key
    cells: Sequence[Cell]

    @property
    def place(self) -> tuple[int, Decimal]:
        """Where it stands: rests last, then the row with the largest amount of one plan first."""
        amounts = [cell.figures.requested_usd or Decimal(0) for cell in self.cells if cell.figures]
        return RESTS_LAST.index(self.key.residual), -max(amounts, default=Decimal(0))


@dataclass(frozen=True, kw_only=True)
class Trend:
    """A country with what its published plans ask for, year by year."""

    country: Country
    years: Sequence[YearColumn]


class Comparison:
    """The plans that an address names, side by side, on a past day where ``on`` names one.

    Where it can't be understood ``problems`` says why, by parameter. Queries: 70 at most.
    """

    def __init__(self, parameters: QueryDict, on: date | None = None) -> None:
        self.on = on
        self.parameters = parameters
        self.problems: dict[str, list[str]] = refuse_unknown(parameters.keys(), (PLAN_PARAMETER, FIND, REPLACE, AS_OF))
        named = [part.strip() for value in parameters.getlist(PLAN_PARAMETER) for part in value.split(",")]
        self.named = NamedPlans([code for code in named if code][: MOST * 10], on)
        sentences = [*self.named.absent.values(), *filter(None, [self._count_problem()])]
        if sentences:
            self.problems[PLAN_PARAMETER] = sentences
        self.replaced = parameters.get(REPLACE, "").strip().upper()
        if self.replaced and self.replaced not in self.codes:
            self.problems[REPLACE] = [_("The plan to replace is none of those compared.")]

    def _count_problem(self) -> str:
        number = len(self.named.codes)
        if number == 1:
            return _("One plan is named: choose at least one more to compare it with.")
        if number > MOST:
            return _("At most %(most)s plans fit beside each other; %(number)s are named. Tick those to keep.") % {
                "most": MOST,
                "number": number,
            }
        return ""

    @property
    def codes(self) -> list[str]:
        """The codes of the plans named that are published."""
        return list(self.named.lines)

    @property
    def needs_one_more(self) -> bool:
        """Whether nothing is wrong but that one plan alone is named."""
        return len(self.codes) == len(self.named.codes) == 1 and list(self.problems) == [PLAN_PARAMETER]

    @property
    def has_answer(self) -> bool:
        return not self.problems and len(self.codes) >= FEWEST

    # Choosing

    @cached_property
    def search(self) -> PlanSearch:
        return PlanSearch(self.parameters.get(FIND, ""), self.on, without=self.codes)

    @property
    def has_room(self) -> bool:
        """Whether one more plan can be added, or one replaced."""
        return bool(self.replaced) or len(self.codes) < MOST

    def _address(self, codes: Iterable[str], **more: str) -> str:
        state = QueryDict(mutable=True)
        state.setlist(PLAN_PARAMETER, list(codes))
        for name, value in more.items():
            state[name] = value
        if self.on is not None:
            state[AS_OF] = self.on.isoformat()
        return f"?{state.urlencode()}"

    def with_plan(self, code: str) -> str:
        """Return the end of the address with one plan more, or in place of the one to replace."""
        if self.replaced in self.codes:
            return self._address(code if other == self.replaced else other for other in self.codes)
        return self._address([*self.codes, code])

    @property
    def chosen(self) -> list[tuple[PlanLine, str, str]]:
        """The plans named, each with the address without it and the one that asks what to put in its place."""
        return [
            (
                line,
                self._address(other for other in self.codes if other != code),
                self._address(self.codes, replace=code),
            )
            for code, line in self.named.lines.items()
        ]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the search for a plan carries along."""
        kept = [(PLAN_PARAMETER, code) for code in self.codes]
        return [*kept, (REPLACE, self.replaced)] if self.replaced in self.codes else kept

    @property
    def found(self) -> list[tuple[PlanLine, str]]:
        """What the search found, each with the address that takes it in."""
        return [(line, self.with_plan(line.plan.code)) for line in self.search.lines]

    @cached_property
    def suggested(self) -> list[tuple[PlanLine, str]]:
        """Other plans of the same countries, the newest first. Queries: 2."""
        countries = {country.pk for line in self.named.lines.values() for country in line.countries}
        links = Plan.countries.through.objects.filter(country__in=countries).values("plan")
        others = published_plans(self.on).filter(pk__in=links).exclude(code__in=self.codes)
        return [
            (line, self.with_plan(line.plan.code))
            for line in plan_lines(others.order_by("-end_year", "-start_year", "code")[:6])
        ]

    # Beside each other

    @cached_property
    def plans(self) -> list[Compared]:
        lines = list(self.named.lines.values())
        official = official_days([line.plan.pk for line in lines], self.on)
        return [
            Compared(letter=letter, line=line, official_on=official.get(line.plan.pk))
            for letter, line in zip(LETTERS, lines, strict=False)
        ]

    @property
    def scale(self) -> Decimal:
        """On which the bars of all of them fit."""
        return largest(compared.figures for compared in self.plans)

    @property
    def has_pledges(self) -> bool:
        return any(compared.figures.pledged_usd is not None for compared in self.plans)

    @property
    def has_surplus(self) -> bool:
        return any(compared.figures.over_funded_usd for compared in self.plans)

    @cached_property
    def _pks(self) -> list[int]:
        return [compared.plan.pk for compared in self.plans]

    def _opened(self, by: str) -> Breakdown:
        plans = published_plans(self.on).filter(pk__in=self._pks).prefetch_related(None)
        return break_down(plans, [PLAN.name, by], self.on, among={PLAN.name: PLAN, by: PORTFOLIO[by]})

    def _rows(self, by: str, own: Mapping[tuple[str, Any], Mapping[str, Any]]) -> list[CompareRow]:
        """Return a row for each value, with what the plans themselves say of it."""
        found: dict[Any, tuple[Key, dict[str, Line]]] = {}
        for line in self._opened(by).lines:
            plan, key = line.keys
            found.setdefault(key.residual or key.code, (key, {}))[1][str(plan.code)] = line
        rows = [
            CompareRow(
                key=key,
                cells=[
                    Cell(
                        compared=compared,
                        figures=lines[code].figures if (code := compared.plan.code) in lines else None,
                        is_rest=key.residual == Residual.NOT_SPECIFIED,
                        **own.get((code, value), {}),
                    )
                    for compared in self.plans
                ],
            )
            for value, (key, lines) in found.items()
        ]
        return sorted(rows, key=lambda row: row.place)

    @cached_property
    def clusters(self) -> list[CompareRow]:
        """What they ask for by global cluster; under each the lines of the plans under their own names."""
        own: dict[tuple[str, Any], dict[str, Any]] = {}
        lines = [compared.line for compared in self.plans if compared.plan.pk not in self._by_cluster]
        for code, asks in asks_by("sector", lines, self.on).items():
            for ask in asks:
                cluster = self._cluster_of.get(ask.sector.pk) if ask.sector else None
                value = cluster or Residual.NO_CLUSTER.value
                own.setdefault((code, value), {"own": []})["own"].append((ask.name, ask.figures.requested_usd))
        return self._rows("global_cluster", own)

    @cached_property
    def _by_cluster(self) -> set[int]:
        """The plans that state their requirement by cluster: it is not made of their sectors. Queries: 1."""
        rows = FundingRequest.objects.filter(in_force(self.on, "revision__"), revision__plan__in=self._pks)
        stated = rows.filter(breakdown=FundingRequest.Breakdown.GLOBAL_CLUSTER)
        return set(stated.order_by().values_list("revision__plan", flat=True))

    @cached_property
    def _cluster_of(self) -> dict[int, str]:
        """The code of the cluster of each sector. Queries: 1."""
        sectors = Sector.objects.select_related("taxonomy", "crosswalk__global_cluster__taxonomy")
        return {sector.pk: cluster.code for sector in sectors if (cluster := cluster_of(sector)) is not None}

    @cached_property
    def objectives(self) -> list[CompareRow]:
        """What they ask for by strategic objective; empty where none of them has objectives."""
        rows = Objective.objects.filter(in_force(self.on, "revision__"), revision__plan__in=self._pks)
        found = list(rows.select_related("strategic_objective", "revision__plan").order_by("number"))
        asked = {
            (ask.plan.code, ask.code): (ask.name, ask.figures.requested_usd)
            for asks in asks_by("objective", [compared.line for compared in self.plans], self.on).values()
            for ask in asks
        }
        if not found:
            return []
        own: dict[tuple[str, Any], dict[str, Any]] = {}
        for row in found:
            strategic = row.strategic_objective
            value = f"{strategic.strategy}/{strategic.number}" if strategic else Residual.NOT_SPECIFIED.value
            code = row.revision.plan.code
            cell = own.setdefault((code, value), {"own": []})
            cell["own"].append(asked.get((code, str(row.number)), (row.title, None)))
            if len(cell["own"]) == 1:  # people of two objectives may be the same people: then neither number is shown
                cell |= {"people_targeted": row.people_targeted, "entities_targeted": row.entities_targeted}
            else:
                cell |= {"people_targeted": None, "entities_targeted": None}
        return self._rows("objective", own)

    # Over the years

    @cached_property
    def _countries(self) -> dict[str, Country]:
        """The countries of plans for few of them, whose years can be followed."""
        return {
            country.iso3: country
            for compared in self.plans
            if len(compared.line.countries) <= MOST_COUNTRIES
            for country in compared.line.countries
        }

    @property
    def wide(self) -> list[Compared]:
        """The plans for too many countries to follow each."""
        return [compared for compared in self.plans if len(compared.line.countries) > MOST_COUNTRIES]

    @cached_property
    def trends(self) -> list[Trend]:
        """The years of each of their countries, of all of its published plans. Queries: 13."""
        if not self._countries:
            return []
        links = Plan.countries.through.objects.filter(country__iso3__in=self._countries).values("plan")
        plans = published_plans(self.on).filter(pk__in=links).prefetch_related(None)
        by_country: dict[str, list[Line]] = {}
        for line in break_down(plans, ["country", "year"], self.on).lines:
            country, year = line.keys
            if country.code in self._countries:
                by_country.setdefault(str(country.code), []).append(Line(keys=(year,), figures=line.figures))
        return [
            Trend(country=country, years=year_columns(by_country[iso3]))
            for iso3, country in self._countries.items()
            if iso3 in by_country
        ]

    @property
    def year_scale(self) -> Decimal:
        """One scale for the years of all countries."""
        return largest(column.figures for trend in self.trends for column in trend.years if column.figures)

    @cached_property
    def overlaps(self) -> list[tuple[Compared, Compared]]:
        """The pairs of which the first names the second: part of its money may be asked for in both. Queries: 1."""
        by_pk = {compared.plan.pk: compared for compared in self.plans}
        rows = RelatedPlan.objects.filter(
            Q(related_plan__in=self._pks), in_force(self.on, "revision__"), revision__plan__in=self._pks
        )
        pairs = rows.order_by().values_list("revision__plan", "related_plan").distinct()
        return [(by_pk[naming], by_pk[named]) for naming, named in sorted(pairs)]
