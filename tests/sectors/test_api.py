"""Taxonomies and sectors in the API. What each filter keeps stands in test_filters.py."""

from __future__ import annotations

import pytest

from sectors.models import Sector
from tests.api import every, get, problem, results
from tests.conftest import MaliPlans


def test_taxonomies_newest_first(mali: MaliPlans) -> None:
    found = results("taxonomies/")
    years = [row["start_year"] for row in found if row["start_year"]]
    assert years == sorted(years, reverse=True)
    assert [row["start_year"] for row in found][len(years) :] == [None] * (len(found) - len(years))
    iom = get("taxonomies/IOM-2025/")
    assert (iom["kind"], iom["start_year"], iom["end_year"], iom["sectors_count"]) == ("sectors", 2025, 2026, 18)
    assert iom in found


def test_a_taxonomy_counts_its_own_sectors(mali: MaliPlans) -> None:
    sectors = list(every("sectors/?limit=50"))
    assert len(sectors) == Sector.objects.count()
    for taxonomy in results("taxonomies/"):
        own = [row for row in sectors if row["taxonomy"] == taxonomy["code"]]
        assert taxonomy["sectors_count"] == len(own) == get(f"sectors/?taxonomy={taxonomy['code']}")["count"]


def test_sectors_meet_under_their_global_cluster(mali: MaliPlans) -> None:
    sectors = {row["sector"]: row for row in every("sectors/?limit=1000")}
    assert sectors["IOM-2025/SHELTER"]["global_cluster"] == "SHL"
    assert sectors["COMPENDIUM-2017/SHELTER_NFI"]["global_cluster"] == "SHL"
    assert sectors["IOM-2025/SHELTER"]["name_fr"] == "Abris et établissements humains"
    without = sectors["IOM-2025/POLICY"]
    assert (without["global_cluster"], without["global_cluster_confidence"]) == (None, None)
    assert all(row["sector"] == f"{row['taxonomy']}/{row['code']}" for row in sectors.values())


def test_sectors_stand_in_the_order_of_their_list(mali: MaliPlans) -> None:
    codes = [row["code"] for row in results("sectors/?taxonomy=IOM-2025")]
    assert codes == list(
        Sector.objects.filter(taxonomy__code="IOM-2025").order_by("order", "code").values_list("code", flat=True)
    )
    assert [row["name"] for row in results("sectors/?taxonomy=IOM-2025&ordering=-name")] == sorted(
        (row["name"] for row in results("sectors/?taxonomy=IOM-2025")), reverse=True
    )


@pytest.mark.parametrize(
    ("query", "inside", "outside"),
    [
        ("taxonomy=iom-2025", "IOM-2025/WASH", "COMPENDIUM-2017/WASH"),
        ("global_cluster=shl", "IOM-2025/SHELTER", "IOM-2025/WASH"),
        ("kind=global_clusters", "IASC-GC/SHL", "IOM-2025/SHELTER"),
        ("is_cross_cutting=true", "IOM-2025/PROTECTION_CENTRED", "IOM-2025/WASH"),
        ("search=etablissements", "IOM-2025/SHELTER", "IOM-2025/WASH"),
    ],
)
def test_a_filter_leaves_others_out(mali: MaliPlans, query: str, inside: str, outside: str) -> None:
    found = {row["sector"] for row in results(f"sectors/?limit=1000&{query}")}
    assert inside in found
    assert outside not in found


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("sectors/?taxonomy=IOM-1999", "taxonomy"),
        ("sectors/?global_cluster=WASH", "global_cluster"),
        ("sectors/?kind=clusters", "kind"),
        ("sectors/?is_cross_cutting=perhaps", "is_cross_cutting"),
        ("sectors/?ordering=order,foo", "ordering"),
        ("taxonomies/?kind=IOM", "kind"),
        ("taxonomies/?country=MLI", "country"),
    ],
)
def test_what_a_list_refuses(mali: MaliPlans, address: str, name: str) -> None:
    assert list(problem(address)) == [name]
