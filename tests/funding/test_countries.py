"""Figures over many plans: those of a country by hand, and what a page does where there are many years or too much."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client

from funding.rollups import add_up
from funding.selectors.countries import CountryList, CountryPage
from plans.models import Plan
from tests.conftest import MaliPlans
from tests.factories import add_request, make_contribution, make_country, make_plan, make_reported_funding
from tests.funding.test_pages import count_queries, read

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_country_has_the_figures_of_the_list_of_countries(client: Client, mali: MaliPlans) -> None:
    """Its own plan asks for 1,000 and has 400; of a plan for two countries 250 are asked for and 100 given for it."""
    here, there = make_country(name="Here"), make_country(name="There")
    own = make_plan(countries=[here], requested_usd=1_000, contributions=0, start_year=2023)
    make_contribution(plan=own, amount_usd=400)
    both = make_plan(
        title="For both",
        countries=[here, there],
        requested_usd=900,
        objectives=0,
        sectors=0,
        projects=0,
        contributions=0,
    )
    add_request(both.revisions.get(), "country", here, Decimal(250))
    make_reported_funding(plan=both, amount_usd=500)
    make_reported_funding(plan=both, amount_usd=100, scope="country", country=here)
    for country, figures in ((here, (1_250, 500)), (there, (None, None))):
        page = CountryPage(country)
        assert (page.total.requested_usd, page.total.received_usd) == figures
        line = next((line for line in CountryList().lines if line.key.code == country.iso3), None)
        assert page.total == (line.figures if line else add_up([]))
    page = CountryPage(here)
    assert [(plan.plan.title, part.requested_usd) for plan, part in page.named_in_shared] == [("For both", 250)]
    assert [(item.year, item.figures.received_usd) for item in page.years if item.figures] == [(2023, 400), (2024, 100)]
    text = read(client, here.get_absolute_url())
    for words in ("What these plans name for this country is in the totals above", "1,250", "500"):
        assert words in text, words
    assert "in none of the totals above" in read(client, there.get_absolute_url())


def test_a_country_asks_as_often_for_12_plans_as_for_2(client: Client, empty_database: None) -> None:
    few, many, other = make_country(), make_country(), make_country()
    for country, number in ((few, 2), (many, 12)):
        for _ in range(number // 2):
            make_plan(countries=[country])
            make_plan(countries=[country, other])
    assert count_queries(client, many.get_absolute_url()) == count_queries(client, few.get_absolute_url())


def test_the_gap_of_many_plans_stands_also_where_one_has_too_much(client: Client, empty_database: None) -> None:
    for requested, received in ((1_000, 300), (500, 620)):
        make_contribution(plan=make_plan(requested_usd=requested, contributions=0), amount_usd=received)
    for path in ("/", "/gaps/"):
        text = " ".join(read(client, path).split())
        assert "Gap USD 700 over-funding elsewhere: 120" in text, path
        assert "Over-funded by" not in text
    only = Plan.objects.get(revisions__requested_usd=500)
    text = " ".join(read(client, only.get_absolute_url()).split())
    assert "Over-funded by USD 120" in text
    assert "Gap USD" not in text


def test_the_chart_of_years_has_the_newest_and_the_table_all(client: Client, empty_database: None) -> None:
    country = make_country()
    for year in range(2001, 2021):
        make_plan(countries=[country], start_year=year, contributions=0)
    for path in ("/", country.get_absolute_url()):
        page = client.get(path).content.decode()
        drawn = [int(year) for year in re.findall(r'column-year">(\d+)<', page)]
        assert drawn == list(range(2011, 2021))
        table = page.split('class="as-table"')[1].split("</table>")[0]
        assert [int(year) for year in re.findall(r'scope="row">(\d+)<', table)] == list(range(2001, 2021))
        assert "the table has them all" in page
