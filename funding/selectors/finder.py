"""The gap finder: where an amount would fit, ranked by a rule that the page tells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.core.paginator import Page
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from crp.common.amounts import write_typed
from crp.common.as_of import AS_OF, today
from crp.common.pages import BadParameterError, problem_of, read_page
from funding.models import Contribution
from funding.rollups.scenarios import Effect, Known, Summary, summarize
from funding.selectors.asks import Ask, asks_by, received_days, whole
from funding.selectors.finder_form import FinderForm, FinderQuery
from funding.selectors.gaps import state_of
from funding.selectors.portfolio import PlanLine, plan_lines, published_plans
from plans.models import Country, Plan

Earmarking = Contribution.Earmarking

KNOWN, PARTLY, SILENT, UNSPLIT = "known", "partly", "silent", "unsplit"
ORDER = (KNOWN, PARTLY, SILENT, UNSPLIT)
"""How much is known of what a match received: what is known best comes first."""
TITLES = {
    KNOWN: (_("Gap known"), _("What was received is reported for exactly this.")),
    PARTLY: (
        _("Gap known in part"),
        _("The plan has received money without saying for which of its lines; some of it may be for this one."),
    ),
    SILENT: (
        _("Received not reported"),
        _("The plan doesn’t say what it has received, so how large the gap is can’t be told: at most all it asks for."),
    ),
    UNSPLIT: (
        _("Plans that are not split by sector"),
        _("They don’t say how much they ask for in which sector. The figures are those of the whole plan."),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Match:
    """A plan or a line of one that the amount fits, with what it would change."""

    ask: Ask
    effect: Effect
    group: str
    position: int
    """Its place among the lines of its plan."""
    chosen_countries: int = 0
    """Of a plan for several countries: how many of them were asked for. 0: that says nothing."""

    @property
    def rank(self) -> tuple[Any, ...]:
        """What matches are ordered by; docs/methodology.md and the page tell it in words."""
        missing = self.effect.missing_usd or Decimal(0)
        leaves_some = missing < self.effect.put_usd
        return (
            ORDER.index(self.group),
            self.effect.known == Known.NOT,
            not self.ask.is_priority,
            leaves_some,
            Decimal(0) if leaves_some else missing,  # of a smaller gap the amount closes the larger share
            self.effect.percent_before or Decimal(0),
            -missing,
            self.ask.plan.code,
            self.position,
        )

    @property
    def put(self) -> str:
        """The amount on this line, as the what-if page reads it."""
        return f"{self.ask.target}:{write_typed(self.effect.put_usd)}"


@dataclass(frozen=True, kw_only=True)
class MatchGroup:
    """Matches of which as much is known, one page of them."""

    name: str
    matches: Sequence[tuple[int, Match]]
    """With the place of each in the whole list."""

    @property
    def title(self) -> Any:
        return TITLES[self.name][0]

    @property
    def meaning(self) -> Any:
        return TITLES[self.name][1]


class GapFinder:
    """What an address asks for, and the gaps that fit it. Queries: 60 at most, however many plans there are.

    Where the address can't be understood ``problems`` says why, by parameter, and nothing is listed.
    """

    PER_PAGE = 20

    def __init__(self, parameters: QueryDict, on: date | None = None) -> None:
        self.on = on
        self.state = state_of(parameters, on)
        self.query = FinderQuery(self.state)
        self.problems: dict[str, list[str]] = self.query.problems()
        self.form = FinderForm(self.query, self.state, on)
        if self.has_answer:
            self._read_page()

    @property
    def has_answer(self) -> bool:
        return self.query.is_asked and not self.problems

    def _read_page(self) -> None:
        try:
            self.page: Page = read_page(self.matches, self.state.get("page", ""), self.PER_PAGE)
        except BadParameterError as error:
            self.problems |= problem_of(error)

    @property
    def amount_usd(self) -> Decimal:
        return self.form.amount_usd

    # Which plans

    @cached_property
    def day(self) -> date:
        """The day on which plans are to run, where no year is asked for."""
        return self.on or today()

    @cached_property
    def in_places(self) -> Any:
        """Published plans of the places chosen, of any year."""
        plans = published_plans(self.on)
        if self.form.places is None:
            return plans
        links = Plan.countries.through.objects.filter(country__in=self.form.places)
        return plans.filter(pk__in=links.values("plan"))

    @cached_property
    def lines(self) -> list[PlanLine]:
        """The plans of these places that run on the day, or cover the year."""
        year = self.form.cleaned.get("year")
        plans = self.in_places.covering(year, year) if year else running(self.in_places, self.day)
        return plan_lines(plans.order_by("-start_year", "code"))

    # What of them

    @cached_property
    def _sector_asks(self) -> dict[str, list[Ask]]:
        """Their lines by sector, and by cluster where a plan has no other: never two ways to tell one plan's money."""
        found = _asked_for(asks_by("sector", self.lines, self.on))
        rest = [line for line in self.lines if line.plan.code not in found]
        return found | _asked_for(asks_by("cluster", rest, self.on))

    @cached_property
    def _finest_asks(self) -> dict[str, list[Ask]]:
        return self._sector_asks | _asked_for(asks_by("project", self.lines, self.on))

    @cached_property
    def _country_asks(self) -> dict[str, list[Ask]]:
        """Of plans for several countries, not all of which were chosen, the lines of those that were."""
        places = self.form.places
        if places is None:
            return {}
        beyond = [line for line in self.lines if len(line.countries) > len(self._chosen(line))]
        named = set(Country.objects.filter(pk__in=places).values_list("iso3", flat=True)) if beyond else set()
        found = _asked_for(asks_by("country", beyond, self.on))
        return {
            code: [ask for ask in asks if ask.code in named]
            for code, asks in found.items()
            if any(ask.code in named for ask in asks)
        }

    def _chosen(self, line: PlanLine) -> list[Country]:
        places = self.form.places
        return [country for country in line.countries if places is None or country.pk in places]

    @property
    def is_by_line(self) -> bool:
        """Whether lines of plans are matched, and not plans as wholes."""
        earmarking = self.form.earmarking
        return earmarking in {Earmarking.EARMARKED, Earmarking.TIGHTLY} or (
            earmarking == Earmarking.SOFTLY and self.form.has_sectors
        )

    @cached_property
    def _candidates(self) -> list[tuple[Ask, bool]]:
        """Everything that could take the amount, each with whether its plan is split as asked."""
        lines_of = self._finest_asks if self.form.earmarking == Earmarking.TIGHTLY else self._sector_asks
        found: list[tuple[Ask, bool]] = []
        for line in self.lines:
            split = lines_of.get(line.plan.code, []) if self.is_by_line or self.form.has_sectors else []
            fitting = [ask for ask in split if self._fits(ask)]
            if self.is_by_line and split:
                found += [(ask, True) for ask in fitting]
            elif fitting or not split:
                needs_split = self.is_by_line or self.form.has_sectors
                found += [(ask, bool(split) or not needs_split) for ask in self._wholes(line)]
        return found

    def _fits(self, ask: Ask) -> bool:
        return not self.form.has_sectors or (ask.sector is not None and ask.sector.pk in self.form.sectors)

    def _wholes(self, line: PlanLine) -> list[Ask]:
        return self._country_asks.get(line.plan.code, [whole(line)])

    @cached_property
    def _measured(self) -> list[Match]:
        """Those that state an amount, whether or not any of it is missing."""
        positions: dict[str, int] = {}
        found = []
        for ask, is_split in self._candidates:
            position = positions[ask.plan.code] = positions.get(ask.plan.code, 0) + 1
            effect = ask.effect_of(self.amount_usd)
            if effect.asked_usd is not None:
                found.append(
                    Match(
                        ask=ask,
                        effect=effect,
                        group=_group_of(effect) if is_split else UNSPLIT,
                        position=position,
                        chosen_countries=0 if ask.kind == "country" else self._chosen_of_several(ask),
                    )
                )
        return found

    def _chosen_of_several(self, ask: Ask) -> int:
        chosen, every = len(self._chosen(ask.line)), len(ask.line.countries)
        return chosen if every > chosen else 0

    @cached_property
    def matches(self) -> list[Match]:
        """What the amount fits, the best first."""
        return sorted((match for match in self._measured if match.effect.missing_usd), key=lambda match: match.rank)

    # What the page tells

    @property
    def groups(self) -> list[MatchGroup]:
        """The matches of this page."""
        first = self.page.start_index()
        numbered = list(enumerate(self.page.object_list, start=first))
        return [
            MatchGroup(name=name, matches=found)
            for name in ORDER
            if (found := [(number, match) for number, match in numbered if match.group == name])
        ]

    @cached_property
    def received_on(self) -> dict[int, date]:
        """The day that the money received of each plan on this page speaks of. Queries: 1."""
        return received_days({match.ask.plan.pk: match.ask.line for match in self.page.object_list}.values(), self.on)

    @cached_property
    def summary(self) -> Summary:
        """The matches together, without plans that are not split: theirs is all that these ask for, for anything."""
        return summarize(match.effect for match in self.matches if match.group != UNSPLIT)

    @property
    def unsplit(self) -> int:
        """How many matches are plans that are not split by sector."""
        return sum(match.group == UNSPLIT for match in self.matches)

    @property
    def closed(self) -> int:
        """How many fit and miss nothing."""
        return len(self._measured) - len(self.matches)

    @property
    def unstated(self) -> int:
        """How many fit and state no amount."""
        return len(self._candidates) - len(self._measured)

    @property
    def pages(self) -> list[int | str]:
        return list(self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1))

    @cached_property
    def other_years(self) -> list[int]:
        """Where nothing is found: the newest years in which these places have a plan. Queries: 1."""
        periods = self.in_places.order_by().values_list("start_year", "end_year").distinct()
        years = {year for first, last in periods for year in range(first, last + 1)}
        return sorted(years - {self.form.cleaned.get("year")}, reverse=True)[:6]

    def query_for(self, **values: str) -> str:
        """Return the end of the address that asks the same with other values."""
        state = self.state.copy()
        state.pop("page", None)
        state.pop(AS_OF, None)
        for name, value in values.items():
            state[name] = value
        return f"?{state.urlencode()}"

    @property
    def ways_out(self) -> list[tuple[int, str]]:
        """The same asked of other years."""
        return [(year, self.query_for(year=str(year))) for year in self.other_years]


def running(plans: Any, day: date) -> Any:
    """Return the plans that run on a day: between their days where they say some, else within their years."""
    return plans.covering(day.year, day.year).filter(
        Q(start_on__isnull=True) | Q(start_on__lte=day), Q(end_on__isnull=True) | Q(end_on__gte=day)
    )


def _group_of(effect: Effect) -> str:
    return {Known.EXACTLY: KNOWN, Known.NOT: SILENT}.get(effect.known, PARTLY)


def _asked_for(asks: dict[str, list[Ask]]) -> dict[str, list[Ask]]:
    """Return the lines that ask for something; a line may as well have been given to without asking."""

    def stated(found: Iterable[Ask]) -> list[Ask]:
        return [ask for ask in found if ask.figures.requested_usd is not None]

    return {code: lines for code, found in asks.items() if (lines := stated(found))}
