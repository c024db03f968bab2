"""How many plans each choice of the gap explorer would show.

A filter is counted among the plans that pass all the others, as if nothing were chosen in it: what stands beside an
option is what ticking it alone would show.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from django.db.models import BigIntegerField, Count, QuerySet
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from funding.filters import PlanFilter
from funding.models import FundingRequest
from plans.models import Framework, Plan, Region

SECTOR = Coalesce("sector", "project__sector", output_field=BigIntegerField())
CLUSTER = Coalesce(
    "sector__crosswalk__global_cluster",
    "project__sector__crosswalk__global_cluster",
    "sector",  # what leads to no cluster: those that are one themselves are asked for by their number
    output_field=BigIntegerField(),
)


class Facets:
    """The counts of every filter with a list. Queries: 1 for each list that is asked for, 2 for regions."""

    def __init__(self, filters: PlanFilter) -> None:
        self.filters = filters

    @cached_property
    def country(self) -> Mapping[int, int]:
        """By number of the country."""
        return _counted(self._links("country").values_list("country").annotate(number=Count("plan")))

    @cached_property
    def region(self) -> Mapping[int, int]:
        """By number of the region: a plan counts once in each region that holds one of its countries."""
        parents = dict(Region.objects.values_list("pk", "parent"))
        regions: dict[int, set[int]] = defaultdict(set)
        for plan, region in self._links("region").values_list("plan", "country__region").distinct():
            while region is not None:
                regions[plan].add(region)
                region = parents[region]  # noqa: PLW2901 (the way up)
        return Counter(region for found in regions.values() for region in found)

    @cached_property
    def kind(self) -> Mapping[str, int]:
        """By kind of plan."""
        plans = Plan.objects.filter(pk__in=self._plans("kind").values("pk")).order_by()
        return _counted(plans.values_list("kind").annotate(number=Count("pk")))

    @cached_property
    def reported(self) -> Mapping[bool, int]:
        """By whether the plan reports what it received."""
        return _counted(self._plans("reported").values_list("funding_reported").annotate(number=Count("pk")))

    @cached_property
    def framework(self) -> Mapping[str, int]:
        """By code of the framework."""
        rows = Framework.objects.filter(revision__in=self._plans("framework").values("current__pk")).order_by()
        return _counted(rows.values_list("code").annotate(number=Count("revision", distinct=True)))

    @cached_property
    def sector(self) -> Mapping[int, int]:
        """By number of the sector."""
        return self._asking("sector", SECTOR)

    @cached_property
    def global_cluster(self) -> Mapping[int, int]:
        """By number of the global cluster."""
        return self._asking("global_cluster", CLUSTER)

    def _plans(self, name: str) -> Any:  # the columns of its figures are not in the model
        return self.filters.all_but(name).order_by()

    def _links(self, name: str) -> QuerySet[Any]:
        return Plan.countries.through.objects.filter(plan__in=self._plans(name).values("pk")).order_by()

    def _asking(self, name: str, key: Combinable) -> Mapping[int, int]:
        rows = FundingRequest.objects.filter(revision__in=self._plans(name).values("current__pk"))
        keyed = rows.annotate(key=key).filter(key__isnull=False).order_by().values_list("key")
        return _counted(keyed.annotate(number=Count("revision", distinct=True)))


def _counted(pairs: Iterable[tuple[Any, int]]) -> dict[Any, int]:
    return dict(pairs)
