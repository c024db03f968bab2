"""What a search finds, by kind and the best first: for the page of the search and for the list under its box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from django.core.paginator import Page
from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crp.common.as_of import AS_OF, address_on
from crp.common.numbers import write_number
from crp.common.pages import BadParameterError, problem_of, read_page
from crp.common.parameters import refuse_unknown
from crp.common.searching import Rank, Wanted, comparable
from funding.selectors.gaps import state_of
from funding.selectors.portfolio import PlanLine, scale_of
from funding.selectors.search_hits import Hit, Key, Shown
from funding.selectors.search_index import COUNTRY, KINDS, ORGANIZATION, PLAN, REGION, SECTOR, Index, read_index
from plans.models import Country

TITLES = {
    COUNTRY: gettext_lazy("Countries"),
    PLAN: gettext_lazy("Plans"),
    SECTOR: gettext_lazy("Sectors"),
    REGION: gettext_lazy("Regions"),
    ORGANIZATION: gettext_lazy("Donors and organizations"),
}
PARAMETERS = ("q", "type", "page", AS_OF)
LONGEST = 200  # letters
MOST_SUGGESTED, MOST_OF_A_KIND = 8, 4


@dataclass(frozen=True, kw_only=True)
class Group:
    """What was found of one kind, or as much of it as is shown."""

    kind: str
    number: int
    hits: Sequence[Hit]
    more: str = ""
    """The address that shows all; empty: all are shown."""

    @property
    def title(self) -> str:
        return str(TITLES[self.kind])

    @property
    def plan_lines(self) -> list[PlanLine]:
        return [hit.plan_line for hit in self.hits if hit.plan_line]

    @property
    def scale(self) -> Decimal:
        return scale_of(self.plan_lines)


@dataclass(kw_only=True)
class Found:
    """The keys of everything that fits, by kind and the best first. Queries: those of the index."""

    wanted: Wanted
    on: date | None = None
    by_kind: dict[str, list[tuple[Rank, int]]] = field(init=False)
    index: Index = field(init=False)

    def __post_init__(self) -> None:
        self.index = read_index(self.on)
        self.by_kind = {kind: self.index.shelves[kind].find(self.wanted) for kind in KINDS}
        plans = self.index.plans_by_country
        self.by_kind[COUNTRY].sort(key=lambda item: (item[0], not plans.get(item[1])))

    @property
    def number(self) -> int:
        return sum(len(found) for found in self.by_kind.values())

    @property
    def exact(self) -> Key | None:
        """The one thing of which it is the code, or else the name. None: there is none, or there are several."""
        for rank in (Rank.CODE, Rank.NAME):
            same = [(kind, key) for kind, found in self.by_kind.items() for at, key in found if at == rank]
            if same:
                return same[0] if len(same) == 1 or self._is_cluster_of(same) else None
        return None

    def _is_cluster_of(self, same: Sequence[Key]) -> bool:
        """Return whether these are sectors of many lists by one name, of which the first is the global cluster."""
        return {kind for kind, _key in same} == {SECTOR} and same[0][1] in self.index.clusters

    def best(self) -> list[Key]:
        """Return what is suggested: the best of all kinds, no kind more than half of them while others fit too."""
        ranked = sorted(
            ((rank, place, at, kind, key) for place, kind in enumerate(KINDS) for at, (rank, key) in self._first(kind)),
        )
        chosen = [item for item in ranked if item[2] < MOST_OF_A_KIND][:MOST_SUGGESTED]
        rest = [item for item in ranked if item[2] >= MOST_OF_A_KIND][: MOST_SUGGESTED - len(chosen)]
        return [(kind, key) for _rank, _place, _at, kind, key in sorted([*chosen, *rest])]

    def _first(self, kind: str) -> Sequence[tuple[int, tuple[Rank, int]]]:
        return list(enumerate(self.by_kind[kind][:MOST_SUGGESTED]))


def read_wanted(text: str) -> Wanted:
    """Return what is looked for. Raises: BadParameterError where it is too long to be a name."""
    if len(text) > LONGEST:
        raise BadParameterError(
            "q",
            _("This is too long to look for: %(given)s characters, and %(most)s at most. A name or a code is enough.")
            % {"given": write_number(len(text)), "most": LONGEST},
        )
    return Wanted(comparable(text))


class Search:
    """What the address of the search page asks for, and what that finds; ``on``: on which past day.

    Where the address can't be understood ``problems`` says why, by parameter, and nothing is listed.
    Queries: 1, 12 more where the index is filled, and 8 at most for what is shown.
    """

    SHOWN: Mapping[str, int] = {PLAN: 8}
    SHOWN_OF_OTHERS = 5
    PER_PAGE = 25

    def __init__(self, parameters: QueryDict, on: date | None = None) -> None:
        self.on = on
        self.state = state_of(parameters, on)
        self.problems = refuse_unknown(self.state.keys(), PARAMETERS)
        self.text = self.state.get("q", "").strip()
        self.kind = self.state.get("type", "")
        try:
            self.wanted = read_wanted(self.text)
            self._check_kind()
            if not self.problems:
                self.page: Page | None = self._read_page()
        except BadParameterError as error:
            self.problems |= problem_of(error)
            self.text = self.text if len(self.text) <= LONGEST else ""

    def _check_kind(self) -> None:
        if self.kind and self.kind not in KINDS:
            shown = self.kind if len(self.kind) <= 60 else f"{self.kind[:60]}…"
            raise BadParameterError(
                "type",
                _("“%(value)s” is no kind of thing to look for. Choose from: %(kinds)s.")
                % {"value": shown, "kinds": ", ".join(KINDS)},
            )

    def _read_page(self) -> Page | None:
        """Return the page asked for of one kind. None: all kinds are shown, each with its first."""
        number = self.state.get("page", "")
        if self.kind and self.wanted.text:
            return read_page(self.found.by_kind[self.kind], number, self.PER_PAGE)
        if number:
            raise BadParameterError("page", _("Only the list of one kind has pages: say which with “type”."))
        return None

    @cached_property
    def found(self) -> Found:
        return Found(wanted=self.wanted, on=self.on)

    @cached_property
    def number(self) -> int:
        """How many things were found, of all kinds."""
        return self.found.number if self.wanted.text else 0

    @cached_property
    def counts(self) -> list[dict[str, Any]]:
        """The kinds of which something was found, each with how many and its address."""
        return [
            {
                "title": TITLES[kind],
                "number": len(found),
                "address": self.address(type=kind),
                "is_shown": kind == self.kind,
            }
            for kind, found in self.found.by_kind.items()
            if found
        ]

    def address(self, **more: str) -> str:
        """Return the address of this search with further parameters, of the same day."""
        return address_on(f"{reverse('search')}?{urlencode({'q': self.text, **more})}", self.on)

    @cached_property
    def groups(self) -> list[Group]:
        """What is shown: the first of each kind, or one page of one kind. The kind that fits best comes first."""
        if not self.number:
            return []
        kinds = [self.kind] if self.kind else [kind for kind in KINDS if self.found.by_kind[kind]]
        kinds.sort(key=lambda kind: min((rank for rank, _key in self.found.by_kind[kind]), default=Rank.RELATED))
        keys = {kind: [(kind, key) for _rank, key in self._first(kind)] for kind in kinds}
        shown = Shown(self.found.index, self.on).hits([key for found in keys.values() for key in found])
        groups = []
        for kind in kinds:
            number = len(self.found.by_kind[kind])
            hits = [hit for hit in shown if hit.kind == kind]
            more = "" if self.kind or number <= len(keys[kind]) else self.address(type=kind)
            groups.append(Group(kind=kind, number=number, hits=hits, more=more))
        return groups

    def _first(self, kind: str) -> Sequence[tuple[Rank, int]]:
        if self.page is not None:
            return list(self.page.object_list)
        return self.found.by_kind[kind][: self.SHOWN.get(kind, self.SHOWN_OF_OTHERS)]

    @cached_property
    def exact(self) -> Hit | None:
        """The one thing that has this code or name, to be led to."""
        key = self.found.exact if self.wanted.text and not self.kind else None
        return next(iter(Shown(self.found.index, self.on).hits([key])), None) if key else None

    @property
    def pages(self) -> list[int | str]:
        assert self.page is not None, "only a list of one kind has pages"  # noqa: S101
        return list(self.page.paginator.get_elided_page_range(self.page.number, on_each_side=1, on_ends=1))

    @cached_property
    def meant(self) -> list[dict[str, str]]:
        """Where nothing is found: countries with a name that is written nearly so."""
        names = {comparable(country.label): country.label for country in Country.objects.all()}
        near = get_close_matches(self.wanted.text, names, n=3, cutoff=0.7)
        return [{"label": names[name], "address": self._address_of(names[name])} for name in near]

    def _address_of(self, text: str) -> str:
        return address_on(f"{reverse('search')}?{urlencode({'q': text})}", self.on)


def suggest(text: str, on: date | None = None) -> dict[str, Any]:
    """Return what the box suggests while somebody types: eight things at most, and how many were found in all.

    Raises: BadParameterError where the text is too long to be a name. Queries: 9 at most, 12 more where the index is
    filled.
    """
    wanted = read_wanted(text)
    if not wanted.text:
        return {"said": "", "results": []}
    found = Found(wanted=wanted, on=on)
    hits = Shown(found.index, on).hits(found.best())
    results = [{"label": hit.label, "type": hit.kind_name, "detail": hit.detail, "url": hit.address} for hit in hits]
    number = len(hits)
    said = ngettext("%(shown)s suggestion of %(number)s found.", "%(shown)s suggestions of %(number)s found.", number)
    numbers = {"shown": number, "number": write_number(found.number)}
    return {"said": said % numbers if hits else _("Nothing found."), "results": results}
