"""What can be found by name or code: plans, countries, regions, sectors and organizations, on shelves in memory.

docs/decisions/0023 says why they stand there and not in the database.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models

from crp.common.recent import Recent
from crp.common.searching import Shelf
from funding.api.stamp import read_stamp
from funding.models import Organization, OrganizationIdentifier
from funding.selectors.aliases import ALIASES
from plans.models import Country, Plan, PlanIdentifier, Region
from sectors.models import Sector, Taxonomy

COUNTRY, PLAN, SECTOR, REGION, ORGANIZATION = "country", "plan", "sector", "region", "organization"
KINDS = (COUNTRY, PLAN, SECTOR, REGION, ORGANIZATION)
"""In the order in which what fits equally well is shown."""
NAME_IN_A_LANGUAGE = re.compile(r"(?:name|title|acronym)(?:_[a-z]{2})?")

_kept: Recent[Any] = Recent(most=8)


@dataclass(frozen=True, slots=True)
class Index:
    """All shelves as they were filled for one day (now where None)."""

    shelves: Mapping[str, Shelf]
    clusters: frozenset[int]
    """The sectors that are global clusters."""
    plans_by_country: Mapping[int, int]
    """How many published plans name a country."""
    plans_by_region: Mapping[int, int]
    """How many published plans name a country of a region or of what lies in it."""


def read_index(on: date | None = None) -> Index:
    """Return the index, filled anew where anything but money changed. Queries: 1; 12 where it is filled."""
    stamp = read_stamp()[0]
    lists, clusters = _kept.get(stamp, "lists", _fill_lists)
    shelf, by_country, by_region = _kept.get(stamp, on, lambda: _fill_plans(on))
    return Index(
        shelves={**lists, PLAN: shelf}, clusters=clusters, plans_by_country=by_country, plans_by_region=by_region
    )


def columns_with_names(model: type[models.Model]) -> list[str]:
    """Return the columns of a model that hold its name, in every language that it has one in."""
    return [field.name for field in model._meta.concrete_fields if NAME_IN_A_LANGUAGE.fullmatch(field.name)]


def _named(model: type[models.Model], *codes: str) -> Iterable[tuple[int, Sequence[Any], Sequence[str]]]:
    """Yield key, codes and names of every row, in the order of the model. Queries: 1."""
    names = columns_with_names(model)
    rows = model._default_manager.order_by(*(model._meta.ordering or ()), "pk").values_list("pk", *codes, *names)
    for pk, *values in rows.iterator(chunk_size=5_000):
        yield pk, values[: len(codes)], values[len(codes) :]


def _fill_lists() -> tuple[dict[str, Shelf], frozenset[int]]:
    """Return the shelves of what plans choose from, and which of the sectors are global clusters. Queries: 6."""
    countries, regions, organizations = Shelf(), Shelf(), Shelf()
    for pk, codes, names in _named(Country, "iso3", "iso2"):
        countries.put(pk, codes=codes, names=[*names, *ALIASES.get(codes[0], ())])
    for pk, codes, names in _named(Region, "code"):
        regions.put(pk, codes=codes, names=names)
    others = _by_owner(OrganizationIdentifier, "organization")
    for pk, codes, names in _named(Organization, "code"):
        identifiers = others.get(pk, ())
        organizations.put(pk, codes=[*codes, *identifiers], names=[*names, *identifiers])
    clusters = Sector.objects.filter(taxonomy__kind=Taxonomy.Kind.GLOBAL_CLUSTERS).values_list("pk", flat=True)
    shelves = {COUNTRY: countries, SECTOR: _fill_sectors(), REGION: regions, ORGANIZATION: organizations}
    return shelves, frozenset(clusters)


def _fill_sectors() -> Shelf:
    """Return the sectors, those of the global clusters first, then the newest list. Queries: 1.

    Their codes are words, of which each list has its own: one that is typed says no more than a name does.
    """
    shelf = Shelf()
    rank = models.Case(models.When(taxonomy__kind=Taxonomy.Kind.GLOBAL_CLUSTERS, then=0), default=1)
    rows = Sector.objects.order_by(
        rank, models.F("taxonomy__start_year").desc(nulls_last=True), "taxonomy__code", "order", "code"
    ).values_list("pk", "code", *columns_with_names(Sector))
    for pk, code, *names in rows:
        shelf.put(pk, codes=(), names=[code, *names])
    return shelf


def _by_owner(model: type[models.Model], owner: str) -> Mapping[int, Sequence[str]]:
    """Return the identifiers in other systems by the key of what they name. Queries: 1."""
    found: dict[int, list[str]] = defaultdict(list)
    for pk, value in model._default_manager.values_list(f"{owner}_id", "value").iterator(chunk_size=5_000):
        found[pk].append(value)
    return found


def _fill_plans(on: date | None) -> tuple[Shelf, Mapping[int, int], Mapping[int, int]]:
    """Return the plans in force on a day, the newest first, and how many name each country and region. Queries: 6."""
    shelf = Shelf()
    identifiers = _by_owner(PlanIdentifier, "plan")
    names_of = {pk: (*codes, *names, *ALIASES.get(codes[0], ())) for pk, codes, names in _named(Country, "iso3")}
    countries: dict[int, list[int]] = defaultdict(list)
    links = Plan.countries.through._default_manager.values_list("plan_id", "country_id")
    for plan, country in links.iterator(chunk_size=5_000):
        countries[plan].append(country)
    titles = columns_with_names(Plan)
    plans = Plan.objects.in_force(on).order_by("-start_year", "code").values_list("pk", "code", *titles)
    shown = set()
    for pk, code, *names in plans.iterator(chunk_size=5_000):
        shown.add(pk)
        related = [name for country in countries[pk] for name in names_of[country]]
        shelf.put(pk, codes=[code, *identifiers.get(pk, ())], names=names, related=related)
    own = {pk: countries[pk] for pk in shown}
    return shelf, Counter(country for found in own.values() for country in found), _by_region(own)


def _by_region(countries: Mapping[int, Sequence[int]]) -> Mapping[int, int]:
    """Return how many plans name a country of each region, through all that lies in it. Queries: 2."""
    parents = dict(Region.objects.values_list("pk", "parent_id"))
    region_of = dict(Country.objects.values_list("pk", "region_id"))
    counts: Counter[int] = Counter()
    for found in countries.values():
        regions: set[int] = set()
        for country in found:
            above = region_of[country]
            while above is not None:
                regions.add(above)
                above = parents[above]
        counts.update(regions)
    return counts
