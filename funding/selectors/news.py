"""What is published of a country or a sector, and what came before each revision: for feeds and for e-mails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from funding.models import Contribution, FundingRequest
from funding.selectors.revisions import Entry
from plans.models import Country, Revision
from sectors.models import Sector, Taxonomy


def revisions_in_country(country: Country) -> QuerySet[Revision]:
    """Return the public revisions of plans for a country, alone or with others."""
    return Revision.objects.public().filter(plan__countries=country)


def revisions_in_sector(sector: Sector) -> QuerySet[Revision]:
    """Return the public revisions that ask for money in a sector; in a global cluster with all that leads to it."""
    asked = FundingRequest.objects.filter(of_sector(sector) | of_sector(sector, "project__"), revision=OuterRef("pk"))
    return Revision.objects.public().filter(Exists(asked))


def given_in_country(given: QuerySet[Contribution], country: Country) -> QuerySet[Contribution]:
    """Return the contributions to plans for a country, and those for it outside any plan."""
    return given.filter(Q(plan__countries=country) | Q(country=country))


def given_in_sector(given: QuerySet[Contribution], sector: Sector) -> QuerySet[Contribution]:
    """Return the contributions whose donor named a sector; of a global cluster also those for what leads to it."""
    return given.filter(of_sector(sector))


def of_sector(sector: Sector, prefix: str = "") -> Q:
    """Return the condition that a row names a sector: the cluster itself, or what the crosswalk leads to it."""
    own = Q(**{f"{prefix}sector": sector})
    if sector.taxonomy.kind != Taxonomy.Kind.GLOBAL_CLUSTERS:
        return own
    return own | Q(**{f"{prefix}sector__crosswalk__global_cluster": sector})


def with_former(revisions: Sequence[Revision]) -> list[Entry]:
    """Return public revisions, each with the public one before it. Queries: 1."""
    former = _former(revisions)
    return [Entry(revision=revision, before=former.get(revision.pk)) for revision in revisions]


def _former(revisions: Iterable[Revision]) -> Mapping[int, Revision]:
    public = Revision.objects.public().filter(plan__in={revision.plan_id for revision in revisions})
    by_plan: dict[int, list[Revision]] = {}
    for revision in public.select_related("plan").order_by("number"):
        by_plan.setdefault(revision.plan_id, []).append(revision)
    found = {}
    for revision in revisions:
        earlier = [item for item in by_plan.get(revision.plan_id, ()) if item.number < revision.number]
        if earlier:
            found[revision.pk] = earlier[-1]
    return found
