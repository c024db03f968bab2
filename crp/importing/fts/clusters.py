"""The sectors that FTS names: the clusters of each plan, and the global clusters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from crp.common.models import Confidence
from crp.importing.report import Outcome, Report
from sectors.models import Crosswalk, Sector, Taxonomy

GLOBAL_TAXONOMY = "IASC-GC"
PLAN_TAXONOMY = "FTS-CLUSTERS"
MORE_GLOBAL_TAXONOMY = "FTS-GLOBAL"
PUBLISHER = "OCHA Financial Tracking Service"
SEVERAL = "multiple clusters/sectors (shared)"
NOT_SPECIFIED = "not specified"

# What each taxonomy is, for the day on which the first file needs it.
TAXONOMIES = {
    PLAN_TAXONOMY: {
        "name": "Clusters of plans in OCHA FTS",
        "name_fr": "Clusters des plans dans le FTS de l’OCHA",
        "kind": Taxonomy.Kind.SECTORS,
        "completeness": "The clusters of the plans whose files were imported, each under the number that FTS gives it. "
        "Every plan has clusters of its own: the same name may stand here many times.",
    },
    MORE_GLOBAL_TAXONOMY: {
        "name": "Further global clusters in OCHA FTS",
        "name_fr": "Autres clusters mondiaux dans le FTS de l’OCHA",
        "kind": Taxonomy.Kind.GLOBAL_CLUSTERS,
        "completeness": "Entries that FTS lists among the global clusters and that the list IASC-GC does not have.",
    },
}


def global_clusters() -> dict[str, Sector]:
    """Return the global clusters by their names in small letters. Queries: 1."""
    found = Sector.objects.filter(taxonomy__code__in=(GLOBAL_TAXONOMY, MORE_GLOBAL_TAXONOMY)).order_by(
        "-taxonomy__code"
    )
    return {sector.name.casefold(): sector for sector in found.select_related("taxonomy")}


def count_global(clusters: Iterable[tuple[str, str]]) -> int:
    """Return how many of the clusters, each with number and name, are global clusters. Queries: 1."""
    known = {name: sector.fts_id for name, sector in global_clusters().items()}
    return sum(
        name.casefold() in known and known[name.casefold()] in {None, int(code) if code.isdecimal() else 0}
        for code, name in clusters
    )


@dataclass(frozen=True)
class Target:
    """What a row of a cluster file is about: a sector, or none, or several."""

    sector: Sector | None
    is_shared: bool = False


class Clusters:
    """Finds sectors by what FTS calls them, and makes those that are not there."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._of_plans: dict[str, Sector] = {}

    @cached_property
    def _by_name(self) -> dict[str, Sector]:
        return global_clusters()

    @cached_property
    def _by_fts_id(self) -> dict[str, Sector]:
        return {str(sector.fts_id): sector for sector in self._by_name.values() if sector.fts_id is not None}

    @cached_property
    def _by_code(self) -> dict[str, Sector]:
        """Those that FTS has no number for, under what CRP writes in place of one."""
        return {f"{one.taxonomy.code}/{one.code}": one for one in self._by_name.values() if one.fts_id is None}

    @cached_property
    def plan_taxonomy(self) -> Taxonomy:
        """The list that the clusters of plans are kept in."""
        return self._taxonomy(PLAN_TAXONOMY)

    def named(self, names: Iterable[str]) -> list[Sector | None]:
        """Return the global cluster of each name, None where CRP has none of that name."""
        return [self._by_name.get(name.casefold()) for name in names]

    def fetch(self, codes: Iterable[str]) -> None:
        """Look up the clusters of plans that a batch of rows names. Queries: 1."""
        found = Sector.objects.filter(taxonomy=self.plan_taxonomy, code__in=set(codes)).select_related("taxonomy")
        self._of_plans = {sector.code: sector for sector in found}

    def target(self, code: str, name: str, *, is_global: bool) -> Target:
        """Return what a row is about. Raises: ValueError where number and name contradict each other."""
        if not code:
            if name.casefold() in {SEVERAL, NOT_SPECIFIED}:
                return Target(None, is_shared=name.casefold() == SEVERAL)
            raise ValueError(f"“{name}” has no number: only “Not specified” and “Multiple clusters…” have none.")
        if is_global and code in self._by_code:
            return Target(self._by_code[code])
        if not code.isdecimal() or not code.isascii() or len(code) > 9:
            raise ValueError(f"“{code}” is no number of FTS: digits were expected.")
        return Target(self._global(code, name) if is_global else self._of_plan(code, name))

    def _global(self, code: str, name: str) -> Sector:
        found = self._by_fts_id.get(code)
        if found is None:
            found = self._by_name.get(name.casefold())
            if found is not None and found.fts_id is not None:
                raise ValueError(f"“{name}” has the number {found.fts_id} in CRP, and {code} here.")
        if found is None:
            found = self._make(self._taxonomy(MORE_GLOBAL_TAXONOMY), code, name, fts_id=int(code))
            self._by_fts_id[code] = self._by_name[name.casefold()] = found
        return found

    def _of_plan(self, code: str, name: str) -> Sector:
        if code not in self._of_plans:
            made = self._of_plans[code] = self._make(self.plan_taxonomy, code, name)
            cluster = self._by_name.get(name.casefold())
            if cluster is not None:
                Crosswalk.objects.create(
                    sector=made,
                    global_cluster=cluster,
                    confidence=Confidence.INFERRED,
                    confidence_note="It has the name of the global cluster.",
                )
        return self._of_plans[code]

    def _make(self, taxonomy: Taxonomy, code: str, name: str, fts_id: int | None = None) -> Sector:
        self._report.count("sectors", Outcome.CREATED)
        note = "Read in a file of OCHA FTS."
        return Sector.objects.create(taxonomy=taxonomy, code=code, name=name, fts_id=fts_id, confidence_note=note)

    def _taxonomy(self, code: str) -> Taxonomy:
        made, is_new = Taxonomy.objects.get_or_create(code=code, defaults={**TAXONOMIES[code], "publisher": PUBLISHER})
        if is_new:
            self._report.count("taxonomies", Outcome.CREATED)
        return made
