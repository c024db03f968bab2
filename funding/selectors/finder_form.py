"""What the gap finder is asked: an amount, places, sectors, how the money is earmarked, and when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from crp.common.amounts import TypedAmountField
from crp.common.as_of import AS_OF
from crp.common.filters import ModelValuesField, ValuesField, ValuesWidget, YearField
from crp.common.parameters import refuse_unknown
from funding.dimensions import sector_code
from funding.models import Contribution, FundingRequest
from funding.selectors.filter_form import Choice, Option
from plans.filters import in_regions
from plans.groups import COUNTRY_GROUPS, GROUPS_BY_CODE, CountryGroup
from plans.models import Country, Plan, Region
from plans.querysets import in_force
from sectors.filters import ClustersField, SectorsField
from sectors.models import Sector

Earmarking = Contribution.Earmarking
DEFAULT_EARMARKING = Earmarking.SOFTLY
MEANINGS = {
    Earmarking.UNEARMARKED: _("no conditions: matched with whole plans"),
    Earmarking.SOFTLY: _("for a region or a theme: matched with whole plans, or with the sectors you choose"),
    Earmarking.EARMARKED: _("for a country’s operation or one of its aims: matched with the sectors of plans"),
    Earmarking.TIGHTLY: _("for a project: matched with projects, or with the sectors of plans that have none"),
}
"""What each degree is matched with. Source of the degrees: The Grand Bargain, 2016, annex on earmarking."""


class OneEarmarkingField(ValuesField):
    """One degree of earmarking; none is the softest that names a sector."""

    def clean(self, value: Any) -> str:
        return next(iter(super().clean(value)), DEFAULT_EARMARKING.value)


class FinderQuery(forms.Form):
    """What an address asks the gap finder."""

    amount = TypedAmountField()
    global_cluster = ClustersField(required=False)
    sector = SectorsField(required=False)
    group = ValuesField(choices=[(group.code, group.label) for group in COUNTRY_GROUPS], required=False)
    region = ModelValuesField(queryset=Region.objects.all(), to_field_name="code", required=False)
    country = ModelValuesField(
        queryset=Country.objects.all(), to_field_name="iso3", required=False, widget=ValuesWidget(upper=True)
    )
    earmarking = OneEarmarkingField(choices=Earmarking.choices, required=False)
    year = YearField(required=False)

    OTHERS: ClassVar = (AS_OF, "page")

    @property
    def is_asked(self) -> bool:
        """Whether the address asks anything."""
        return any(name not in self.OTHERS for name in self.data)

    def problems(self) -> dict[str, list[str]]:
        """Return the sentences for each parameter that can't be used; empty where all is well."""
        if not self.is_asked:
            return {}
        unknown = refuse_unknown(self.data.keys(), (*self.fields, *self.OTHERS))
        return unknown | {name: [str(text) for text in texts] for name, texts in self.errors.items()}


class FinderForm:
    """What the form of the gap finder shows. Queries: 5, however many plans there are."""

    def __init__(self, query: FinderQuery, state: QueryDict, on: date | None) -> None:
        self.query = query
        self.state = state
        self.on = on
        self.cleaned: Mapping[str, Any] = getattr(query, "cleaned_data", {}) if query.is_asked else {}

    @property
    def values(self) -> dict[str, str]:
        """The fields with one value, as entered."""
        return {name: self.state.get(name, "") for name in ("amount", "year")}

    @property
    def amount_usd(self) -> Decimal:
        return self.cleaned["amount"]

    @property
    def earmarking(self) -> str:
        return self.cleaned.get("earmarking", DEFAULT_EARMARKING.value)

    @property
    def earmarking_label(self) -> str:
        return str(Earmarking(self.earmarking).label)

    @property
    def degrees(self) -> list[tuple[Option, Any]]:
        """The degrees of earmarking, each with what it is matched with."""
        return [
            (Option(value=degree.value, label=str(degree.label), is_chosen=degree.value == self.earmarking), meaning)
            for degree, meaning in MEANINGS.items()
        ]

    @property
    def groups(self) -> list[CountryGroup]:
        return [GROUPS_BY_CODE[code] for code in self.cleaned.get("group") or ()]

    @cached_property
    def places(self) -> frozenset[int] | None:
        """The countries chosen, by country, region or group. None: everywhere. Queries: 1."""
        countries, regions = (self.cleaned.get(name) or [] for name in ("country", "region"))
        if not (countries or regions or self.groups):
            return None
        codes = [code for group in self.groups for code in group.countries]
        chosen = Q(pk__in=[country.pk for country in countries]) | Q(iso3__in=codes)
        if regions:
            chosen |= in_regions(regions)
        return frozenset(Country.objects.filter(chosen).values_list("pk", flat=True))

    @property
    def has_sectors(self) -> bool:
        return bool(self.cleaned.get("global_cluster") or self.cleaned.get("sector"))

    @cached_property
    def sectors(self) -> frozenset[int]:
        """The clusters and sectors chosen, and the sectors that the crosswalk leads to those clusters. Queries: 1."""
        clusters = [cluster.pk for cluster in self.cleaned.get("global_cluster") or ()]
        chosen = [sector.pk for sector in self.cleaned.get("sector") or ()]
        led_to = Sector.objects.filter(crosswalk__global_cluster__in=clusters).values_list("pk", flat=True)
        return frozenset((*clusters, *chosen, *led_to))

    @cached_property
    def choices(self) -> dict[str, Choice]:
        titles = {
            "global_cluster": _("Global cluster"),
            "group": _("Group of countries"),
            "region": _("Region"),
            "country": _("Country"),
            "sector": _("Sector, as plans name it"),
        }
        options: dict[str, Iterable[Option]] = {
            "global_cluster": self._clusters(),
            "group": self._groups(),
            "region": self._regions(),
            "country": self._countries(),
            "sector": self._sectors(),
        }
        return {name: Choice(name=name, title=titles[name], options=list(found)) for name, found in options.items()}

    @property
    def asked(self) -> list[str]:
        """What was chosen, in words."""
        return [option.label for choice in self.choices.values() for option in choice.chosen]

    def _given(self, name: str) -> set[str]:
        return {part.strip().upper() for value in self.state.getlist(name) for part in value.split(",")}

    def _groups(self) -> list[Option]:
        chosen = self._given("group")
        return [
            Option(value=group.code, label=str(group.label), is_chosen=group.code.upper() in chosen)
            for group in COUNTRY_GROUPS
        ]

    @cached_property
    def _countries_with_plans(self) -> list[Country]:
        links = Plan.countries.through.objects.filter(plan__in=Plan.objects.in_force(self.on)).values("country")
        chosen = [country.pk for country in self.cleaned.get("country") or ()]
        wanted = Q(pk__in=links) | Q(pk__in=chosen)
        return list(Country.objects.filter(wanted).select_related("region__parent__parent"))

    def _countries(self) -> list[Option]:
        chosen = self._given("country")
        options = [
            Option(value=country.iso3, label=country.label, is_chosen=country.iso3 in chosen)
            for country in self._countries_with_plans
        ]
        return sorted(options, key=lambda option: option.label)

    def _regions(self) -> list[Option]:
        chosen = self._given("region")
        paths: dict[int, tuple[tuple[str, ...], Region]] = {}
        for country in self._countries_with_plans:
            region = country.region
            path: list[Region] = []
            while region is not None:
                path.insert(0, region)
                region = region.parent if region.parent_id else None
            for depth, part in enumerate(path, start=1):
                paths[part.pk] = (tuple(item.label for item in path[:depth]), part)
        return [
            Option(value=region.code, label=region.label, depth=len(names) - 1, is_chosen=region.code in chosen)
            for names, region in sorted(paths.values(), key=lambda item: item[0])
        ]

    @cached_property
    def _sectors_asked_for(self) -> Sequence[Sector]:
        """The sectors and clusters that published plans ask for money in."""
        requests = FundingRequest.objects.filter(in_force(self.on, "revision__"))
        direct = requests.filter(sector__isnull=False).values("sector")
        of_projects = requests.filter(project__sector__isnull=False).values("project__sector")
        found = Sector.objects.filter(Q(pk__in=direct) | Q(pk__in=of_projects))
        return list(
            found.select_related("taxonomy", "crosswalk__global_cluster__taxonomy").order_by(
                "-taxonomy__start_year", "taxonomy__code", "order", "code"
            )
        )

    def _clusters(self) -> list[Option]:
        chosen = {cluster.pk for cluster in self.cleaned.get("global_cluster") or ()}
        found = {cluster for sector in self._sectors_asked_for if (cluster := cluster_of(sector)) is not None}
        found |= set(self.cleaned.get("global_cluster") or ())
        options = [Option(value=item.code, label=item.label, is_chosen=item.pk in chosen) for item in found]
        return sorted(options, key=lambda option: option.label)

    def _sectors(self) -> list[Option]:
        chosen = {sector.pk for sector in self.cleaned.get("sector") or ()}
        return [
            Option(
                value=sector_code(sector),
                label=sector.label,
                group=sector.taxonomy.label,
                is_chosen=sector.pk in chosen,
            )
            for sector in self._sectors_asked_for
            if sector.taxonomy.kind != "global_clusters"
        ]


def cluster_of(sector: Sector) -> Sector | None:
    """Return the cluster that a sector is compared under; a cluster is its own. None: it has none.

    Queries: none for sectors read with their taxonomy and crosswalk.
    """
    if sector.taxonomy.kind == "global_clusters":
        return sector
    crosswalk = getattr(sector, "crosswalk", None)
    return crosswalk.global_cluster if crosswalk else None
