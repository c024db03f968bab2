"""Lists of taxonomies and sectors: what each filter keeps, what it leaves out, what it refuses."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict

from sectors.filters import SectorFilter, TaxonomyFilter, find_sectors
from sectors.models import Sector, Taxonomy
from tests.conftest import MaliPlans


def codes(query: str) -> set[str]:
    filters = SectorFilter(QueryDict(query), queryset=Sector.objects.select_related("taxonomy"))
    assert filters.problems() == {}
    return {f"{sector.taxonomy.code}/{sector.code}" for sector in filters.qs}


def problems(query: str) -> dict[str, list[str]]:
    return SectorFilter(QueryDict(query), queryset=Sector.objects.all()).problems()


@pytest.mark.parametrize(
    ("query", "inside", "outside"),
    [
        ("taxonomy=IOM-2025", "IOM-2025/SHELTER", "COMPENDIUM-2017/SHELTER_NFI"),
        ("kind=global_clusters", "IASC-GC/SHL", "IOM-2025/SHELTER"),
        ("kind=sectors", "IOM-2025/SHELTER", "IASC-GC/SHL"),
        ("global_cluster=SHL", "COMPENDIUM-2017/SHELTER_NFI", "COMPENDIUM-2017/WASH"),
        ("global_cluster=SHL", "IOM-2025/SHELTER", "IASC-GC/SHL"),
        ("global_cluster=shl", "IOM-2025/SHELTER", "IOM-2025/WASH"),
        ("global_cluster=IASC-GC/SHL", "IOM-2025/SHELTER", "IOM-2025/WASH"),
        ("is_cross_cutting=true", "IOM-2025/PROTECTION_CENTRED", "IOM-2025/PROTECTION"),
        ("is_cross_cutting=false", "IOM-2025/PROTECTION", "IOM-2025/PROTECTION_CENTRED"),
        ("taxonomy=IOM-2025&global_cluster=WSH", "IOM-2025/WASH", "COMPENDIUM-2017/WASH"),
    ],
)
def test_what_a_filter_keeps_and_leaves_out(mali: MaliPlans, query: str, inside: str, outside: str) -> None:
    assert inside in codes("") and outside in codes("")  # noqa: PT018
    found = codes(query)
    assert inside in found
    assert outside not in found


def test_several_values_are_added_up(mali: MaliPlans) -> None:
    assert codes("global_cluster=SHL,WSH") == codes("global_cluster=SHL") | codes("global_cluster=WSH")
    assert codes("global_cluster=SHL&global_cluster=WSH") == codes("global_cluster=SHL,WSH")
    assert codes("taxonomy=IOM-2025,IOM-2021") == codes("taxonomy=IOM-2025") | codes("taxonomy=IOM-2021")


@pytest.mark.parametrize(
    ("query", "name", "quoted"),
    [
        ("taxonomy=IOM-1999", "taxonomy", "IOM-1999"),
        ("global_cluster=SHL,NOPE", "global_cluster", "NOPE"),
        ("global_cluster=%00", "global_cluster", ""),
        ("kind=clusters", "kind", "clusters"),
        ("is_cross_cutting=perhaps", "is_cross_cutting", ""),
        ("taxnomy=IOM-2025", "taxnomy", "taxonomy"),
    ],
)
def test_what_a_filter_refuses(mali: MaliPlans, query: str, name: str, quoted: str) -> None:
    found = problems(query)
    assert list(found) == [name]
    assert quoted in found[name][0]


def test_a_taxonomy_filter_by_kind(mali: MaliPlans) -> None:
    filters = TaxonomyFilter(QueryDict("kind=global_clusters"), queryset=Taxonomy.objects.all())
    assert [taxonomy.code for taxonomy in filters.qs] == ["IASC-GC"]


def test_a_code_without_a_taxonomy_is_looked_for_in_all(mali: MaliPlans) -> None:
    found = {sector.taxonomy.code for sector in find_sectors(["WASH"])}
    assert {"IOM-2025", "IOM-2021", "COMPENDIUM-2017", "MLI-HRP-2017"} <= found
    assert [sector.taxonomy.code for sector in find_sectors(["iom-2025/wash"])] == ["IOM-2025"]


@pytest.mark.parametrize("code", ["NOPE", "IOM-2025/NOPE", "NOPE/WASH", "IASC-GC/WASH", "/", "WASH/"])
def test_a_sector_that_is_not_there_is_named(mali: MaliPlans, code: str) -> None:
    with pytest.raises(ValidationError, match=f"“{code}”"):
        find_sectors(["WASH", code])


def test_looking_for_sectors_takes_one_query(mali: MaliPlans, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        find_sectors(["WASH", "SHELTER", "IOM-2025/HEALTH"])
