"""What was found, as readers see it: each thing with what tells it from others of its name, and its figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language_bidi, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from crp.common.as_of import address_on
from crp.common.figures import Rollup
from crp.common.numbers import write_number, write_percent
from funding.models import Contribution, Organization
from funding.rollups.ledger import sums_by_donor, to_published_plans
from funding.selectors.portfolio import PlanLine, plan_lines, published_plans
from funding.selectors.search_index import COUNTRY, ORGANIZATION, PLAN, REGION, SECTOR, Index
from plans.models import Country, Region
from sectors.models import Sector

KIND_NAMES = {
    COUNTRY: gettext_lazy("Country"),
    PLAN: gettext_lazy("Plan"),
    SECTOR: gettext_lazy("Sector"),
    REGION: gettext_lazy("Region"),
    ORGANIZATION: gettext_lazy("Organization"),
}
ISOLATE, END_ISOLATE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
Key = tuple[str, int]
"""The kind of a thing and its primary key."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """One thing that was found."""

    kind: str
    label: str
    address: str
    notes: Sequence[str] = ()
    """What tells it from others of the same name, and its figures in words."""
    plan_line: PlanLine | None = None
    """Of a plan: with its figures."""

    @property
    def kind_name(self) -> str:
        return str(KIND_NAMES[self.kind])

    @property
    def detail(self) -> str:
        """The notes in one line; where it runs from the right, each keeps its own direction."""
        if get_language_bidi():
            return " · ".join(f"{ISOLATE}{note}{END_ISOLATE}" for note in self.notes)
        return " · ".join(self.notes)


class Shown:
    """What is found as readers see it. Queries: 1 a kind, for plans 2, for organizations 2."""

    def __init__(self, index: Index, on: date | None) -> None:
        self.index, self.on = index, on

    def hits(self, keys: Sequence[Key]) -> list[Hit]:
        """Return the things with these keys, in this order; one that went away meanwhile is left out."""
        makers = {
            COUNTRY: self._countries,
            PLAN: self._plans,
            SECTOR: self._sectors,
            REGION: self._regions,
            ORGANIZATION: self._organizations,
        }
        found: dict[Key, Hit] = {}
        for kind, make in makers.items():
            wanted = [key for own, key in keys if own == kind]
            if wanted:
                found |= {(kind, key): hit for key, hit in make(wanted).items()}
        return [found[key] for key in keys if key in found]

    def _address(self, thing: Any) -> str:
        return address_on(thing.get_absolute_url(), self.on)

    def _countries(self, keys: Sequence[int]) -> dict[int, Hit]:
        found = Country.objects.select_related("region").in_bulk(keys)
        return {
            key: Hit(
                kind=COUNTRY,
                label=country.label,
                address=self._address(country),
                notes=[
                    country.iso3,
                    *([country.region.label] if country.region else []),
                    count_plans(self.index.plans_by_country.get(key, 0)),
                ],
            )
            for key, country in found.items()
        }

    def _plans(self, keys: Sequence[int]) -> dict[int, Hit]:
        lines = plan_lines(published_plans(self.on).filter(pk__in=keys))
        return {
            line.plan.pk: Hit(
                kind=PLAN,
                label=line.plan.title,
                address=self._address(line.plan),
                notes=[line.plan.period, *tell_figures(line.figures)],
                plan_line=line,
            )
            for line in lines
        }

    def _sectors(self, keys: Sequence[int]) -> dict[int, Hit]:
        found = Sector.objects.select_related("taxonomy").in_bulk(keys)
        return {
            key: Hit(kind=SECTOR, label=item.label, address=self._address(item), notes=[item.taxonomy.label])
            for key, item in found.items()
        }

    def _regions(self, keys: Sequence[int]) -> dict[int, Hit]:
        gaps = reverse("gaps")
        return {
            key: Hit(
                kind=REGION,
                label=region.label,
                address=address_on(f"{gaps}?{urlencode({'region': region.code})}", self.on),
                notes=[count_plans(self.index.plans_by_region.get(key, 0))],
            )
            for key, region in Region.objects.in_bulk(keys).items()
        }

    def _organizations(self, keys: Sequence[int]) -> dict[int, Hit]:
        given = Contribution.objects.as_known(self.on).filter(donor__in=keys)
        sums = sums_by_donor(to_published_plans(given, self.on), self.on)
        found = Organization.objects.select_related("country").in_bulk(keys)
        return {
            key: Hit(
                kind=ORGANIZATION,
                label=item.label,
                address=address_on(reverse("donor", args=[item.code]), self.on),
                notes=_notes_of(item, sums.get(key)),
            )
            for key, item in found.items()
        }


def _notes_of(organization: Organization, given: Rollup | None) -> list[str]:
    notes = [str(organization.get_kind_display())]
    if organization.country:
        notes.append(organization.country.label)
    if given is not None and given.received_usd:
        notes.append(_("gave USD %(amount)s to published plans") % {"amount": write_number(given.received_usd)})
    return notes


def count_plans(number: int) -> str:
    """Return how many plans there are, in words."""
    if not number:
        return _("no published plan")
    return ngettext("%(number)s plan", "%(number)s plans", number) % {"number": write_number(number)}


def tell_figures(figures: Rollup) -> list[str]:
    """Return what a plan asks for and how much of it has arrived, in words."""
    if figures.requested_usd is None:
        return [_("no amount stated")]
    told = [_("USD %(amount)s requested") % {"amount": write_number(figures.requested_usd)}]
    if figures.percent_funded is None:
        return [*told, _("funding not reported")]
    return [*told, _("%(percent)s funded") % {"percent": write_percent(figures.percent_funded)}]
