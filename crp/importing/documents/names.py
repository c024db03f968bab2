"""The lists whose names a document uses, and which entry a name is of.

A name is compared without regard to capitals, accents, punctuation and the form of spaces: nothing is guessed from a
name that is only alike. Names are those of the lists in every language, and the short names of objectives.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from plans.models import (
    Country,
    CrossCuttingPriority,
    OperatingModality,
    Plan,
    PlanFamily,
    StrategicObjective,
    StrategicOutcome,
    TargetGroup,
)
from sectors.models import Sector, Taxonomy

from .draft import Ref

Entry: TypeAlias = (
    Country | StrategicObjective | StrategicOutcome | TargetGroup | OperatingModality | CrossCuttingPriority
)

NOT_WORDS = re.compile(r"[^\w]+")


def folded(name: str) -> str:
    """Return a name as it is compared: ``Türkiye (Republic of)`` is ``turkiye republic of``."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    if not decomposed.isascii():
        decomposed = "".join(character for character in decomposed if not unicodedata.combining(character))
    return NOT_WORDS.sub(" ", decomposed).strip()


@dataclass(frozen=True)
class Years:
    """The years that a list of sectors was in use, the last one included. None: open at that end."""

    first: int | None
    last: int | None

    def holds(self, year: int) -> bool:
        """Tell whether the list was in use in a year."""
        return (self.first is None or self.first <= year) and (self.last is None or year <= self.last)


@dataclass(frozen=True)
class Names:
    """The entries of each list by their folded names."""

    countries: Mapping[str, Ref]
    taxonomies: Mapping[str, Years]
    """Lists of sectors by their codes, the newest first; those of global clusters are left out."""
    sectors: Mapping[str, Mapping[str, Ref]]
    """By the code of the list."""
    objectives: Mapping[str, Ref]
    """Of every strategy. Where two strategies share a name, of the newest."""
    outcomes: Mapping[str, Ref]
    target_groups: Mapping[str, Ref]
    modalities: Mapping[str, Ref]
    priorities: Mapping[str, Ref]
    families: Mapping[str, Ref]
    """Plan families by code and name."""
    by_code: Mapping[str, Mapping[tuple[str, ...], Ref]] = field(default_factory=dict)
    """Entries of every list by their natural keys, as texts; with sectors of all lists, and plans."""

    def sector(self, name: str, taxonomy: str) -> Ref | None:
        """Return the sector of that name in one list. None: the list has none of that name."""
        return self.sectors.get(taxonomy, {}).get(folded(name))

    def is_sector(self, name: str) -> bool:
        """Tell whether any list has a sector of that name."""
        wanted = folded(name)
        return any(wanted in sectors for sectors in self.sectors.values())

    def entry(self, kind: str, key: tuple[str, ...]) -> Ref | None:
        """Return the entry of a list by its key, such as ``("IOM-2025", "SHELTER")``. None: the list has none."""
        return self.by_code.get(kind, {}).get(key)


def load_names() -> Names:
    """Return the lists as the database has them. Queries: ten."""
    by_code: dict[str, dict[tuple[str, ...], Ref]] = defaultdict(dict)
    taxonomies = list(Taxonomy.objects.filter(kind=Taxonomy.Kind.SECTORS).order_by("-start_year", "code"))
    sectors: dict[str, dict[str, Ref]] = {row.code: {} for row in taxonomies}
    for sector in Sector.objects.select_related("taxonomy").order_by("order", "code"):
        ref = _ref("sector", sector, by_code)
        for name in _names_of(sector) if sector.taxonomy.code in sectors else ():
            sectors[sector.taxonomy.code].setdefault(name, ref)
    for taxonomy in taxonomies:
        _ref("taxonomy", taxonomy, by_code)
    for code, title in Plan.objects.values_list("code", "title"):
        by_code["plan"][(code,)] = Ref("plan", (code,), title)
    return Names(
        countries=_by_name("country", Country.objects.all(), by_code),
        taxonomies={row.code: Years(row.start_year, row.end_year) for row in taxonomies},
        sectors=sectors,
        objectives=_by_name("strategicobjective", StrategicObjective.objects.order_by("-strategy", "number"), by_code),
        outcomes=_by_name("strategicoutcome", StrategicOutcome.objects.all(), by_code),
        target_groups=_by_name("targetgroup", TargetGroup.objects.all(), by_code),
        modalities=_by_name("operatingmodality", OperatingModality.objects.all(), by_code),
        priorities=_by_name("crosscuttingpriority", CrossCuttingPriority.objects.all(), by_code),
        families={
            folded(name): _ref("planfamily", family, by_code)
            for family in PlanFamily.objects.all()
            for name in (family.name, family.code)
        },
        by_code=by_code,
    )


def _ref(
    kind: str, entry: Entry | Sector | Taxonomy | PlanFamily, by_code: dict[str, dict[tuple[str, ...], Ref]]
) -> Ref:
    """Return an entry, and take it down by its key."""
    ref = Ref(kind, entry.natural_key(), entry.name)
    by_code[kind][tuple(str(part) for part in ref.key)] = ref
    return ref


def _by_name(kind: str, entries: Iterable[Entry], by_code: dict[str, dict[tuple[str, ...], Ref]]) -> dict[str, Ref]:
    found: dict[str, Ref] = {}
    for entry in entries:
        ref = _ref(kind, entry, by_code)
        for name in _names_of(entry):
            found.setdefault(name, ref)
    return found


def _names_of(entry: Entry | Sector) -> list[str]:
    columns = ("name", "name_fr", "name_es", "name_ar", "short_name")
    names = (str(getattr(entry, column, None) or "") for column in columns)
    return [folded(name) for name in names if name]
