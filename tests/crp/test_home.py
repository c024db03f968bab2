"""The home page: the portfolio in one look, of the plans that run where they can be told, and of all where not."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape

import pytest
import time_machine
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from funding.selectors.portfolio import Portfolio
from plans.models import Plan
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_country, make_plan
from tests.funding.test_pages import read

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TODAY = datetime(2026, 5, 4, 12, tzinfo=UTC)


@pytest.fixture
def four(empty_database: None) -> dict[str, Plan]:
    """Have plans of 2026 that miss 900, 400 (and say it) and do not tell, and one of 2020 that misses 5,000."""
    plans = {}
    for name, year, requested, received in (
        ("large", 2026, 1_000, 100), ("poor", 2026, 420, 20), ("silent", 2026, 700, None), ("old", 2020, 5_001, 1),
    ):  # fmt: skip
        plans[name] = make_plan(
            code=name.upper(), title=f"The {name} one", countries=[make_country(name=f"{name}land")], start_year=year,
            end_year=year, requested_usd=requested, contributions=0, reports_funding=received is not None,
        )  # fmt: skip
        if received is not None:
            make_contribution(plan=plans[name], amount_usd=received)
    return plans


@pytest.fixture
def on_that_day(four: dict[str, Plan]) -> None:
    with time_machine.travel(TODAY, tick=False):
        yield


def codes(lines: list) -> list[str]:
    return [line.plan.code for line in lines]


@pytest.mark.usefixtures("on_that_day")
def test_map_and_lists_are_of_the_plans_that_run() -> None:
    portfolio = Portfolio()
    assert (portfolio.total.plans, portfolio.running_total.plans) == (4, 3)
    assert (portfolio.total.gap_usd, portfolio.running_total.gap_usd) == (6_300, 1_300)
    assert not portfolio.is_of_all_years
    assert codes(portfolio.largest_gaps) == ["LARGE", "POOR"]
    assert portfolio.least_funded == []  # the same two plans
    places = {point.label: point.amount_usd for point in portfolio.places}
    assert places == {"largeland": 900, "poorland": 400, "silentland": None}


@pytest.mark.usefixtures("on_that_day")
def test_the_least_funded_come_by_percentage() -> None:
    country = make_country(name="Manyland")
    for number in range(6):
        plan = make_plan(
            code=f"MORE-{number}", countries=[country], start_year=2026, end_year=2026, contributions=0,
            requested_usd=10_000 + number, reports_funding=True,
        )  # fmt: skip
        make_contribution(plan=plan, amount_usd=5_000)
    portfolio = Portfolio()
    assert codes(portfolio.least_funded)[:2] == ["POOR", "LARGE"]  # 4.76 % and 10 %
    assert codes(portfolio.largest_gaps) == ["MORE-5", "MORE-4", "MORE-3", "MORE-2", "MORE-1"]


@pytest.mark.usefixtures("on_that_day")
def test_the_page_says_of_which_plans_it_speaks(client: Client) -> None:
    text = read(client, "/")
    assert "Where money is missing in 2026" in text
    assert "3 plans are for 2026: requested USD 2,120." in text
    assert "2 of them report what they received: they are 8.45\N{NO-BREAK SPACE}% funded and miss USD 1,300." in text
    assert "As of 4 May 2026." in text
    assert "4 plans are published; together they ask for USD 7,121." in text
    html = client.get("/").content.decode()
    assert 'href="/charts/map.svg?year=2026"' in html
    assert 'href="/gaps/?year=2026"' in html
    assert client.get("/gaps/?year=2026&ordering=percent_funded").status_code == 200


@pytest.mark.usefixtures("on_that_day")
def test_a_past_day_has_its_own_running_year(client: Client) -> None:
    Plan.objects.get(code="OLD").revisions.update(published_at=datetime(2020, 2, 1, tzinfo=UTC))
    portfolio = Portfolio(datetime(2020, 6, 1, tzinfo=UTC).date())
    assert (portfolio.total.plans, portfolio.running_total.plans) == (1, 1)
    html = client.get("/?as_of=2020-06-01").content.decode()
    assert 'href="/charts/years.svg?as_of=2020-06-01"' in html
    assert 'href="/countries/' in html
    assert not re.findall(r'href="/countries/[A-Z]{3}/"', html)  # each keeps the day


def test_where_no_running_plan_reports_the_plans_of_all_years_are_shown(client: Client, mali: MaliPlans) -> None:
    with time_machine.travel(TODAY, tick=False):
        portfolio = Portfolio()
        assert portfolio.is_of_all_years
        assert codes(portfolio.largest_gaps) == ["MLI-COMPENDIUM-2017"]
        assert codes(portfolio.unreported) == ["MLI-CRP-2025-2026", "MLI-CRP-2021"]
        text = read(client, "/")
    assert "1 plan is for 2026: requested USD 32,353,500." in text
    assert "What arrived is not reported, so the map shows the plans of all years." in text
    assert "Funding not reported" in text
    assert "Mali: gap of USD 37,247,450 (1 of 3 plans report)" in client.get("/").content.decode()


def test_an_empty_portfolio_has_no_map(client: Client, empty_database: None) -> None:
    html = client.get("/").content.decode()
    assert 'class="world"' not in html
    assert "No plan is published yet." in html


@pytest.mark.parametrize("path", ["/countries/", "/sectors/"])
def test_lists_have_their_charts_and_the_same_in_words(client: Client, mali: MaliPlans, path: str) -> None:
    html = client.get(path).content.decode()
    assert html.count("<h1") == 1
    if path == "/countries/":
        assert "Mali: gap of USD 37,247,450 (1 of 3 plans report)" in html
        assert 'href="/charts/map.csv"' in html
    else:
        assert 'class="plain smalls"' in html
        assert 'href="/charts/clusters-by-year.png"' in html
        table = html.split('class="multiples"')[1].split("</table>")[0]
        assert "9,780,000" not in table  # of two years, never added
        assert ("3,580,000" in table, "6,200,000" in table) == (True, True)


def test_embed_code_and_preview_escape_what_a_plan_is_called(client: Client, mali: MaliPlans) -> None:
    plan = mali.crp_2021
    plan.title = 'A "quoted" <b>title</b>'
    request = RequestFactory().get("/", headers={"host": "testserver"})
    code = render_to_string("includes/embed_code.html", {"plan": plan}, request=request)
    copied = unescape(re.search(r"<textarea[^>]*>(.*)</textarea>", code)[1])  # as a reader copies it
    assert copied.startswith('<iframe src="http://testserver/embed/plans/MLI-CRP-2021/" ')
    assert 'title="A &quot;quoted&quot; &lt;b&gt;title&lt;/b&gt;" width' in copied
    context = {"og_title": plan.title, "og_description": "", "og_image": "/og.png", "og_path": "/"}
    tags = render_to_string("includes/open_graph.html", context, request=request)
    assert 'content="A &quot;quoted&quot; &lt;b&gt;title&lt;/b&gt;"' in tags
    assert 'content="http://testserver/og.png"' in tags
