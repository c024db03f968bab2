"""What activities are made of, read for many plans at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db.models import Max, OuterRef, Subquery

from crp.exchange.appeals import Names, names_of
from funding.dimensions import COUNTRY, GLOBAL_CLUSTER, SECTOR
from funding.models import (
    Contribution,
    Organization,
    OrganizationIdentifier,
    RelatedPlan,
    ReportedFunding,
    StatusChange,
)
from funding.rollups import with_figures
from funding.rollups.parts import requested_parts
from plans.models import Citation, Country, Narrative, Objective, Plan, Region, Revision, Source
from sectors.models import Sector

CONTRIBUTIONS_AT_ONCE = 1_000
IATI = "iati"
TOLD = (Narrative.Section.VISION, Narrative.Section.CONTEXT, Narrative.Section.NEEDS)

Parts = Mapping[Any, Decimal]


@dataclass
class PlanData:
    """One plan with all that its activity tells, but for its contributions."""

    plan: Any
    names: Names
    countries: list[Country]
    first_requested_usd: Decimal | None = None
    """What the first of its revisions that states an amount asked for."""
    by_country: Parts = field(default_factory=dict)
    by_sector: Parts = field(default_factory=dict)
    by_cluster: Parts = field(default_factory=dict)
    narratives: list[Narrative] = field(default_factory=list)
    objectives: list[Objective] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    related: list[tuple[Plan, Names, str]] = field(default_factory=list)
    """Inter-agency plans that it names, and how much of it is asked for there too."""
    donors: list[Organization] = field(default_factory=list)
    official: ReportedFunding | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Lists:
    """What all activities choose from."""

    sectors: Mapping[int, Sector]
    regions: Mapping[int, Region]
    iati_of: Mapping[int, str]
    """Identifier in IATI of each organization that has one."""

    @classmethod
    def read(cls) -> Lists:
        """Return them as they are now. As large as the lists are. Queries: 3."""
        identifiers = OrganizationIdentifier.objects.filter(scheme=IATI).order_by("-value")
        return cls(
            sectors=Sector.objects.select_related("taxonomy").in_bulk(),
            regions=Region.objects.in_bulk(),
            iati_of=dict(identifiers.values_list("organization_id", "value")),
        )


def read_plans(numbers: Collection[int]) -> list[PlanData]:
    """Return plans in force, by code. Queries: 19, whatever their number."""
    plans = with_figures(Plan.objects.in_force().filter(pk__in=numbers)).order_by("code")
    names = names_of(numbers)
    found = {
        plan.pk: PlanData(plan, names.get(plan.pk, Names()), sorted(plan.countries.all(), key=lambda one: one.iso3))
        for plan in plans.prefetch_related("countries")
    }
    _add_parts(found)
    _add_texts(found)
    _add_money(found)
    return list(found.values())


def _add_parts(found: Mapping[int, PlanData]) -> None:
    chosen = Plan.objects.filter(pk__in=found)
    by_country = requested_parts(chosen, [COUNTRY], [None], None)
    by_sector = requested_parts(chosen, [SECTOR], [None], None)
    regroup = GLOBAL_CLUSTER.regroup
    by_cluster = requested_parts(chosen, [GLOBAL_CLUSTER], [regroup() if regroup else None], None)
    for number, data in found.items():
        data.by_country = _by_value(by_country.get(number, {}))
        data.by_sector = _by_value(by_sector.get(number, {}))
        data.by_cluster = _by_value(by_cluster.get(number, {}))
    first = Revision.objects.public().filter(plan__in=found, requested_usd__isnull=False).order_by("-number")
    for number, requested in first.values_list("plan_id", "requested_usd"):
        found[number].first_requested_usd = requested


def _by_value(parts: Mapping[Any, Decimal]) -> dict[Any, Decimal]:
    return {codes[0]: amount for codes, amount in parts.items() if amount}


def _add_texts(found: Mapping[int, PlanData]) -> None:
    revisions = {data.plan.current.pk: data for data in found.values()}
    for narrative in Narrative.objects.filter(revision__in=revisions, section__in=TOLD).order_by("revision", "order"):
        revisions[narrative.revision_id].narratives.append(narrative)
    for objective in Objective.objects.filter(revision__in=revisions).order_by("revision", "number"):
        revisions[objective.revision_id].objectives.append(objective)
    cited = Citation.objects.filter(revision__in=revisions).order_by().values_list("revision", "source").distinct()
    of_revision: dict[int, set[int]] = defaultdict(set)
    for revision, source in cited:
        of_revision[revision].add(source)
    sources = Source.objects.exclude(url="").in_bulk({source for several in of_revision.values() for source in several})
    for revision, several in of_revision.items():
        revisions[revision].sources = sorted(
            (sources[one] for one in several if one in sources), key=lambda one: one.code
        )
    _add_related(revisions)


def _add_related(revisions: Mapping[int, PlanData]) -> None:
    rows = RelatedPlan.objects.filter(revision__in=revisions, related_plan__in=Plan.objects.in_force().values("pk"))
    links = list(rows.select_related("related_plan").order_by("related_plan__code", "overlap"))
    names = names_of({link.related_plan_id for link in links if link.related_plan_id})
    for link in links:
        if link.related_plan is not None and link.overlap != RelatedPlan.Overlap.OUTSIDE:
            known = names.get(link.related_plan.pk, Names())
            revisions[link.revision_id].related.append((link.related_plan, known, link.overlap))


def _add_money(found: Mapping[int, PlanData]) -> None:
    for official in ReportedFunding.objects.in_force().filter(plan__in=found, scope=ReportedFunding.Scope.TOTAL):
        if official.plan_id is not None:
            found[official.plan_id].official = official
    counted = Contribution.objects.filter(plan__in=found, counted_usd__gt=0, donor__isnull=False, flow="incoming")
    pairs = sorted(counted.order_by().values_list("plan_id", "donor_id").distinct())
    donors = Organization.objects.in_bulk({donor for _plan, donor in pairs})
    for number, donor in pairs:
        found[number].donors.append(donors[donor])
    touched = dict(
        Contribution.objects.filter(plan__in=found).order_by().values_list("plan_id").annotate(last=Max("updated_at"))
    )
    reported = dict(
        ReportedFunding.objects.filter(plan__in=found)
        .order_by()
        .values_list("plan_id")
        .annotate(last=Max("created_at"))
    )
    for number, data in found.items():
        times = (data.plan.current.published_at, touched.get(number), reported.get(number))
        data.updated_at = max(time for time in times if time is not None)


def contributions_of(numbers: Collection[int]) -> Iterator[tuple[int, Iterator[Contribution]]]:
    """Yield what counts or is pledged, plan by plan in the order of their codes, read as it is written. Queries: 1."""
    rows = (
        Contribution.objects.filter(plan__in=numbers, flow__in=("incoming", "outgoing"))
        .filter(review__in=Contribution.COUNTED_REVIEWS)
        .select_related("donor", "recipient")
        .order_by("plan__code", "pk")
    )
    since = StatusChange.objects.filter(contribution=OuterRef("pk"), status=OuterRef("status")).order_by("pk")
    dated = rows.annotate(since_on=Subquery(since.values("since_on")[:1]))
    found = groupby(dated.iterator(chunk_size=CONTRIBUTIONS_AT_ONCE), key=lambda one: one.plan_id)
    for number, several in found:
        if number is not None:
            yield number, several
