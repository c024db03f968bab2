"""The form of the gap explorer: what can be chosen, what is chosen, and how each choice is taken away again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Q, TextChoices
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.numbers import write_number, write_percent
from crp.common.text import fold
from funding.dimensions import sector_code
from funding.filters import PlanFilter, framework_choices
from funding.models import FundingRequest
from funding.selectors.facets import Facets
from plans.models import Country, Plan, Region
from plans.querysets import in_force
from sectors.models import Sector, Taxonomy

TITLES = {
    "search": gettext_lazy("Search"),
    "country": gettext_lazy("Country"),
    "region": gettext_lazy("Region"),
    "kind": gettext_lazy("Kind of plan"),
    "framework": gettext_lazy("Framework"),
    "global_cluster": gettext_lazy("Global cluster"),
    "sector": gettext_lazy("Sector"),
    "year_min": gettext_lazy("From year"),
    "year_max": gettext_lazy("To year"),
    "percent_funded_min": gettext_lazy("Funded at least"),
    "percent_funded_max": gettext_lazy("Funded at most"),
    "gap_min": gettext_lazy("Gap at least"),
    "people_targeted_min": gettext_lazy("People targeted at least"),
    "people_targeted_max": gettext_lazy("People targeted at most"),
    "reported": gettext_lazy("Funding reported"),
    "plan": gettext_lazy("Plan"),
    "year": gettext_lazy("Year"),
    "requested_min": gettext_lazy("Requested at least"),
    "requested_max": gettext_lazy("Requested at most"),
    "updated_since": gettext_lazy("Updated since"),
}
LISTS = ("country", "region", "global_cluster", "sector", "framework", "kind")
"""Parameters with several values, each a list of boxes to tick."""
ENTERED = (
    "year_min",
    "year_max",
    "percent_funded_min",
    "percent_funded_max",
    "gap_min",
    "people_targeted_min",
    "people_targeted_max",
    "reported",
    "search",
)
"""Parameters with one value, each a field of its own."""
FURTHER = ("plan", "year", "requested_min", "requested_max", "updated_since")
"""Parameters that have no field here: an address may carry them, and the form keeps them."""
OF_THE_LIST = ("ordering", "group", "columns", "view")
"""Parameters that say how the list is shown, and not what is in it."""


class Reported(TextChoices):
    """What a plan says of the money it received."""

    YES = "true", gettext_lazy("Reported")
    NO = "false", gettext_lazy("Not reported")


@dataclass(frozen=True, kw_only=True)
class Option:
    """A value that can be chosen."""

    value: str
    label: str
    group: str = ""
    depth: int = 0
    is_chosen: bool = False
    plans: int | None = None
    """How many plans it would show, given the other filters. None: not counted."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A parameter with a list of values to choose from."""

    name: str
    title: Any
    options: Sequence[Option]

    @property
    def chosen(self) -> list[Option]:
        return [option for option in self.options if option.is_chosen]


@dataclass(frozen=True, kw_only=True)
class ActiveFilter:
    """A value of the address that narrows the list."""

    name: str
    title: str
    label: str
    remaining: Sequence[str]
    """What stays of the parameter when this value is taken away."""
    state: QueryDict

    @property
    def state_without(self) -> QueryDict:
        """The parameters with this value taken away, and the first page asked for."""
        rest = self.state.copy()
        for name in ("page", "open"):
            rest.pop(name, None)
        if self.remaining:
            rest.setlist(self.name, list(self.remaining))
        else:
            rest.pop(self.name, None)
        return rest

    @property
    def query_without(self) -> str:
        """The same as the end of an address."""
        rest = self.state_without.urlencode()
        return f"?{rest}" if rest else ""


class FilterForm:
    """What the form shows, of a past day where ``on`` names one. Queries: 18 at most, however many plans there are.

    An option that would show no plan is left out unless it is chosen. Where the address can't be understood nothing is
    counted, and every option is there.
    """

    def __init__(
        self, filters: PlanFilter, state: QueryDict, problems: Mapping[str, Sequence[str]], on: date | None = None
    ) -> None:
        self.on = on
        self.state = state
        self.problems = problems
        self.facets = None if problems else Facets(filters)
        self._cleaned: Mapping[str, Any] = getattr(filters.form, "cleaned_data", {})

    @property
    def values(self) -> dict[str, str]:
        """The fields with one value, as entered."""
        return {name: self.state.get(name, "") for name in ENTERED}

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What the form carries along: parameters without a field, and the order."""
        names = (*FURTHER, *OF_THE_LIST)
        return [(name, value) for name in names for value in self.state.getlist(name)]

    @property
    def reported(self) -> bool | None:
        """Whether only plans that report are asked for, or only the others. None: all."""
        return self._cleaned.get("reported")

    @property
    def narrows_within(self) -> bool:
        """Whether a filter looks inside plans, whose amounts stay those of the whole plan."""
        return any(name in self.state for name in ("sector", "global_cluster", "framework"))

    @cached_property
    def sectors_chosen(self) -> list[Sector]:
        """The sectors and clusters chosen that published plans name, each with a page of its own."""
        named = {sector.pk for sector in self._sectors_with_requests} | {cluster.pk for cluster in self._used_clusters}
        chosen = (*(self._cleaned.get("global_cluster") or ()), *(self._cleaned.get("sector") or ()))
        return [sector for sector in chosen if sector.pk in named]

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter beyond search, country and cluster is set: the form opens its second part then."""
        shown = {"search", "country", "global_cluster", "reported", "page", "open", *OF_THE_LIST}
        return any(name not in shown for name in self.state)

    @cached_property
    def choices(self) -> dict[str, Choice]:
        found = {
            "country": self._countries(),
            "region": self._regions(),
            "global_cluster": self._clusters(),
            "sector": self._sectors(),
            "framework": self._fixed("framework", framework_choices(self.on)),
            "kind": self._fixed("kind", Plan.Kind.choices),
        }
        return {
            name: Choice(name=name, title=TITLES[name], options=[option for option in options if _is_worth(option)])
            for name, options in found.items()
        }

    @property
    def reported_options(self) -> list[Option]:
        """What can be asked of the report of money received; both answers, also where no plan gives one."""
        values = {"true": True, "false": False}
        return [
            Option(value=value, label=str(label), is_chosen=self.reported is values[value], plans=plans)
            for value, label in Reported.choices
            for plans in [self._plans("reported", values[value])]
        ]

    def _plans(self, name: str, value: Any) -> int | None:
        """Return how many plans a value of a filter would show."""
        return None if self.facets is None else getattr(self.facets, name).get(value, 0)

    def _chosen(self, name: str) -> set[str]:
        """Return the values given for a parameter, in capitals: objects by the code the form knows them by."""
        return {part.strip().upper() for value in self.state.getlist(name) for part in value.split(",")}

    def _fixed(self, name: str, pairs: Iterable[tuple[str, Any]]) -> list[Option]:
        chosen = self._chosen(name)
        return [
            Option(value=value, label=str(label), is_chosen=value.upper() in chosen, plans=self._plans(name, value))
            for value, label in pairs
        ]

    @cached_property
    def _countries_with_plans(self) -> list[Country]:
        links = Plan.countries.through.objects.filter(plan__in=Plan.objects.in_force(self.on)).values("country")
        # PostgreSQL refuses a zero byte, and no code has one.
        codes = [code for code in self._chosen("country") if code.isalpha()]
        return list(
            Country.objects.filter(Q(pk__in=links) | Q(iso3__in=codes)).select_related("region__parent__parent")
        )

    def _countries(self) -> list[Option]:
        chosen = self._chosen("country")
        options = [
            Option(
                value=country.iso3,
                label=country.label,
                is_chosen=country.iso3 in chosen,
                plans=self._plans("country", country.pk),
            )
            for country in self._countries_with_plans
        ]
        # The list is long: what is chosen must be found to be taken away.
        return sorted(options, key=lambda option: (not option.is_chosen, fold(option.label)))

    def _regions(self) -> list[Option]:
        """Return the regions that hold these countries, each below the one it is part of."""
        regions: dict[int, tuple[tuple[str, ...], Region]] = {}
        for country in self._countries_with_plans:
            path = list(reversed(_ancestry(country.region)))
            for depth, region in enumerate(path):
                regions[region.pk] = (tuple(part.label for part in path[: depth + 1]), region)
        chosen = self._chosen("region")
        return [
            Option(
                value=region.code,
                label=region.label,
                depth=len(names) - 1,
                is_chosen=region.code in chosen,
                plans=self._plans("region", region.pk),
            )
            for names, region in sorted(regions.values(), key=lambda item: item[0])
        ]

    @cached_property
    def _sectors_with_requests(self) -> list[Sector]:
        requests = FundingRequest.objects.filter(in_force(self.on, "revision__"))
        asked = Q(pk__in=requests.filter(sector__isnull=False).values("sector")) | Q(
            pk__in=requests.filter(project__sector__isnull=False).values("project__sector")
        )
        return list(
            Sector.objects.filter(asked)
            .select_related("taxonomy", "crosswalk__global_cluster")
            .order_by("-taxonomy__start_year", "taxonomy__code", "order", "code")
        )

    @cached_property
    def _used_clusters(self) -> set[Sector]:
        """The clusters that sectors with a request lead to, and those that plans ask for by their own name."""
        named = {sector for sector in self._sectors_with_requests if _is_cluster(sector)}
        crosswalks = [getattr(sector, "crosswalk", None) for sector in self._sectors_with_requests]
        return named | {item.global_cluster for item in crosswalks if item}

    def _clusters(self) -> list[Option]:
        wanted = {sector.pk for sector in self._cleaned.get("global_cluster") or ()}
        options = [
            Option(
                value=cluster.code,
                label=cluster.label,
                is_chosen=cluster.pk in wanted,
                plans=self._plans("global_cluster", cluster.pk),
            )
            for cluster in self._used_clusters
        ]
        return sorted(options, key=lambda option: fold(option.label))

    def _sectors(self) -> list[Option]:
        wanted = {sector.pk for sector in self._cleaned.get("sector") or ()}
        return [
            Option(
                value=sector_code(sector),
                label=sector.label,
                group=sector.taxonomy.label,
                is_chosen=sector.pk in wanted,
                plans=self._plans("sector", sector.pk),
            )
            for sector in self._sectors_with_requests
            if not _is_cluster(sector)
        ]

    @cached_property
    def active(self) -> list[ActiveFilter]:
        """Everything that narrows the list, in the order of the form."""
        return [
            active
            for name in TITLES
            if name in self.state
            for active in (self._active_of_list(name) if name in LISTS else self._active_of_field(name))
        ]

    def _active_of_list(self, name: str) -> Iterable[ActiveFilter]:
        values = [part.strip() for value in self.state.getlist(name) for part in value.split(",") if part.strip()]
        labels = {option.value.upper(): option.label for option in self.choices[name].options}
        for position, value in enumerate(values):
            yield ActiveFilter(
                name=name,
                title=str(TITLES[name]),
                label=labels.get(value.upper(), value),
                remaining=[*values[:position], *values[position + 1 :]],
                state=self.state,
            )

    def _active_of_field(self, name: str) -> Iterable[ActiveFilter]:
        label = self._label(name, self._cleaned.get(name), ", ".join(self.state.getlist(name)))
        yield ActiveFilter(name=name, title=str(TITLES[name]), label=label, remaining=(), state=self.state)

    def _label(self, name: str, value: Any, raw: str) -> str:
        if name == "search":
            return _("“%(text)s”") % {"text": raw}
        if name == "reported" and isinstance(value, bool):
            return str((Reported.YES if value else Reported.NO).label)
        if isinstance(value, Decimal) and name.startswith("percent"):
            return write_percent(value, None)
        if isinstance(value, Decimal) and not name.startswith("year"):
            return write_number(value)
        return raw


def _is_worth(option: Option) -> bool:
    return option.is_chosen or option.plans != 0


def _is_cluster(sector: Sector) -> bool:
    return sector.taxonomy.kind == Taxonomy.Kind.GLOBAL_CLUSTERS


def _ancestry(region: Region | None) -> list[Region]:
    """Return a region and all that hold it, the smallest first."""
    path = []
    while region is not None:
        path.append(region)
        region = region.parent if region.parent_id else None
    return path
