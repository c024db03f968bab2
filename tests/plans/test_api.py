"""Countries in the API."""

from __future__ import annotations

import pytest

from plans.models import Country
from tests.api import get, problem, results
from tests.conftest import MaliPlans
from tests.factories import make_country, make_plan


def test_mali(mali: MaliPlans) -> None:
    assert get("countries/MLI/") == {
        "iso3": "MLI",
        "iso2": "ML",
        "name": "Mali",
        "name_fr": "Mali",
        "name_es": "Malí",
        "name_ar": "مالي",
        "region": "002",
        "region_name": "Africa",
        "sub_region": "011",
        "sub_region_name": "Western Africa",
        "latitude": 17.35,
        "longitude": -3.53,
        "plans_count": 3,
        "updated_at": None,
    }


def test_a_country_without_a_region_has_null(mali: MaliPlans) -> None:
    Country.objects.create(iso3="QQQ", iso2="QQ", name="Nowhere")
    country = get("countries/QQQ/")
    assert {country[name] for name in ("region", "region_name", "sub_region", "name_fr", "latitude")} == {None}
    assert country["plans_count"] == 0


@pytest.mark.parametrize(
    ("query", "inside", "outside"),
    [
        ("region=002", "MLI", "FRA"),
        ("region=011", "MLI", "KEN"),
        ("region=202", "MLI", "EGY"),  # Sub-Saharan Africa, the level between
        ("region=011,150", "FRA", "KEN"),
        ("has_plans=true", "MLI", "FRA"),
        ("has_plans=false", "FRA", "MLI"),
        ("search=cote ivoire", "CIV", "MLI"),
        ("search=MLI", "MLI", "FRA"),
    ],
)
def test_a_filter_leaves_others_out(mali: MaliPlans, query: str, inside: str, outside: str) -> None:
    found = {row["iso3"] for row in results(f"countries/?limit=1000&{query}")}
    assert inside in found
    assert outside not in found


def test_a_country_counts_each_of_its_plans_once(mali: MaliPlans) -> None:
    shared = [Country.objects.get(iso3="MLI"), make_country(iso3="QQA"), make_country(iso3="QQB")]
    make_plan(countries=shared)
    assert get("countries/MLI/")["plans_count"] == 4
    assert get("countries/QQA/")["plans_count"] == 1
    assert [row["iso3"] for row in results("countries/?ordering=-plans_count&limit=1")] == ["MLI"]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("region=2", "region"),
        ("region=XXX", "region"),
        ("has_plans=some", "has_plans"),
        ("ordering=latitude", "ordering"),
    ],
)
def test_what_the_list_refuses(mali: MaliPlans, query: str, name: str) -> None:
    assert list(problem(f"countries/?{query}")) == [name]
