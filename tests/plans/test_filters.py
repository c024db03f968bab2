"""Which countries have plans, and which region a country lies in, at every level of M49."""

from __future__ import annotations

import pytest
from django.http import QueryDict

from plans.filters import CountryFilter
from plans.models import Country, Plan, Region, Revision
from tests.conftest import MaliPlans
from tests.factories import make_country, make_plan


def countries(query: str) -> set[str]:
    filters = CountryFilter(QueryDict(query), queryset=Country.objects.all())
    assert filters.problems() == {}
    return {country.iso3 for country in filters.qs}


@pytest.mark.parametrize(
    ("region", "outside"),
    [("002", "FRA"), ("202", "MAR"), ("011", "KEN")],  # Africa, Sub-Saharan Africa, Western Africa
)
def test_a_region_holds_its_countries_at_every_level(mali: MaliPlans, region: str, outside: str) -> None:
    found = countries(f"region={region}")
    assert {"MLI", "SEN"} <= found
    assert outside in countries("")
    assert outside not in found


def test_several_regions_are_added_up(mali: MaliPlans) -> None:
    assert countries("region=011,014") == countries("region=011") | countries("region=014")
    assert countries("region=011&region=014") == countries("region=011,014")
    assert {"MLI", "KEN"} <= countries("region=011,014")


def test_countries_with_a_published_plan(mali: MaliPlans) -> None:
    assert countries("has_plans=true") == {"MLI"}
    without = countries("has_plans=false")
    assert "MLI" not in without
    assert "FRA" in without
    assert countries("has_plans=") == without | {"MLI"}


def test_a_draft_is_no_plan_yet(mali: MaliPlans) -> None:
    country = make_country()
    plan = Plan.objects.create(code="DRAFT", kind="crp", title="Draft", start_year=2026, end_year=2026)
    plan.countries.add(country)
    Revision.objects.create(plan=plan)
    assert country.iso3 not in countries("has_plans=true")
    shared = make_country()
    make_plan(countries=[shared, make_country()])
    assert shared.iso3 in countries("has_plans=true")


@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ("region=999", "region", "“999” is not known."),
        ("region=002,XX", "region", "“XX” is not known."),
        ("region=Africa", "region", "“Africa” is not known."),
        ("has_plans=maybe", "has_plans", "Enter true or false."),
        ("has_plan=true", "has_plan", "Unknown parameter “has_plan”. Did you mean “has_plans”?"),
    ],
)
def test_what_can_not_be_used_is_named(mali: MaliPlans, query: str, name: str, sentence: str) -> None:
    filters = CountryFilter(QueryDict(query), queryset=Country.objects.all())
    assert filters.problems() == {name: [sentence]}


def test_every_region_of_the_list_finds_the_countries_below_it(mali: MaliPlans) -> None:
    """Walked up country by country: no level is out of the filter's reach."""
    for region in Region.objects.all():
        below = {
            country.iso3
            for country in Country.objects.select_related("region__parent__parent__parent")
            if region.code in ancestors(country.region)
        }
        assert countries(f"region={region.code}") == below, region


def ancestors(region: Region | None) -> set[str]:
    return set() if region is None else {region.code} | ancestors(region.parent)
