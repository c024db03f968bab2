"""The lists whose names a document uses, and which entry a name is of.

A name is compared without regard to capitals, accents, punctuation and the form of spaces: nothing is guessed from a
name that is only alike. Names are those of the lists in every language, and the short names of objectives.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plans.models import (
    Country,
    CrossCuttingPriority,
    OperatingModality,
    PlanFamily,
    StrategicObjective,
    StrategicOutcome,
    TargetGroup,
)
from sectors.models import Sector, Taxonomy

from .draft import Ref

NOT_WORDS = re.compile(r"[^\w]+")


def folded(name: str) -> str:
    """Return a name as it is compared: ``Türkiye (Republic of)`` is ``turkiye republic of``."""
    decomposed = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    letters = "".join(character for character in decomposed if not unicodedata.combining(character))
    return NOT_WORDS.sub(" ", letters).strip()


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

    def sector(self, name: str, taxonomy: str) -> Ref | None:
        """Return the sector of that name in one list. None: the list has none of that name."""
        return self.sectors.get(taxonomy, {}).get(folded(name))

    def is_sector(self, name: str) -> bool:
        """Tell whether any list has a sector of that name."""
        wanted = folded(name)
        return any(wanted in sectors for sectors in self.sectors.values())


def load_names() -> Names:
    """Return the lists as the database has them. Queries: nine."""
    taxonomies = Taxonomy.objects.filter(kind=Taxonomy.Kind.SECTORS).order_by("-start_year", "code")
    sectors: dict[str, dict[str, Ref]] = {row.code: {} for row in taxonomies}
    for sector in Sector.objects.filter(taxonomy__in=taxonomies).select_related("taxonomy").order_by("order", "code"):
        ref = Ref("sector", sector.natural_key(), sector.name)
        for name in _names_of(sector):
            sectors[sector.taxonomy.code].setdefault(name, ref)
    return Names(
        countries=_by_name("country", Country.objects.all()),
        taxonomies={row.code: Years(row.start_year, row.end_year) for row in taxonomies},
        sectors=sectors,
        objectives=_by_name("strategicobjective", StrategicObjective.objects.order_by("-strategy", "number")),
        outcomes=_by_name("strategicoutcome", StrategicOutcome.objects.all()),
        target_groups=_by_name("targetgroup", TargetGroup.objects.all()),
        modalities=_by_name("operatingmodality", OperatingModality.objects.all()),
        priorities=_by_name("crosscuttingpriority", CrossCuttingPriority.objects.all()),
        families={
            folded(name): Ref("planfamily", family.natural_key(), family.name)
            for family in PlanFamily.objects.all()
            for name in (family.name, family.code)
        },
    )


def _by_name(
    kind: str, entries: Iterable[Country | StrategicObjective | TargetGroup | StrategicOutcome]
) -> dict[str, Ref]:
    found: dict[str, Ref] = {}
    for entry in entries:
        ref = Ref(kind, entry.natural_key(), entry.name)
        for name in _names_of(entry):
            found.setdefault(name, ref)
    return found


def _names_of(entry: Country | StrategicObjective | TargetGroup | StrategicOutcome | Sector) -> list[str]:
    columns = ("name", "name_fr", "name_es", "name_ar", "short_name")
    names = (str(getattr(entry, column, None) or "") for column in columns)
    return [folded(name) for name in names if name]
