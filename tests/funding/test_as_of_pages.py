"""Pages as of a past day: they say so, tell the figures of that day, and lead on to the same day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils.html import strip_tags
from django.utils.translation import override

from funding.models import RelatedPlan
from plans.models import CountryProfile, PlanFamily
from tests.factories import make_contribution, make_plans
from tests.funding.past import JUNE, OFFICIAL, REVISED, Figures, Past, make_past

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.once,
    pytest.mark.world(make=make_past),
    pytest.mark.usefixtures("world"),
]

WITH_A_PAST = {
    "home", "gaps", "countries", "country", "sectors", "sector", "donors", "donor", "plan", "plan-funding",
    "plan-checks", "plans-list", "plans-detail", "plans-rollup", "plans-checks", "projects-list",
    "contributions-list", "organizations-rollup", "search", "gap-finder", "what-if", "compare", "chart", "plan-chart",
    "gaps-download", "gaps-brief", "countries-download", "sectors-download", "donors-download", "donor-download",
    "plan-download", "plan-brief", "plan-funding-download", "gap-finder-download", "compare-download",
}  # fmt: skip


@pytest.fixture
def past(world: Past) -> Past:
    return world


def page(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def words(html: str) -> str:
    """Return what a reader sees, spaces made alike."""
    return " ".join(unescape(strip_tags(re.sub(r"(?s)<svg.*?</svg>|<head>.*?</head>", "", html))).split())


def links(html: str) -> list[str]:
    return [unescape(found) for found in re.findall(r'<a [^>]*?href="([^"]+)"', html)]


def pages_of(past: Past) -> list[str]:
    sector = past.revised.revisions.first().taxonomy.sectors.first()
    cluster = sector.crosswalk.global_cluster
    return [
        "/", "/gaps/", "/gaps/?gap_min=100&country=mli".replace("mli", past.country.iso3), "/countries/",
        past.country.get_absolute_url(), "/sectors/", sector.get_absolute_url(), cluster.get_absolute_url(), "/donors/",
        "/donors/steady/", "/donors/steady/?part=pledged", "/plans/PAST-1/", "/plans/PAST-1/funding/",
        "/plans/PAST-1/funding/?donor=steady", "/plans/PAST-1/checks/", "/plans/PAST-2/", "/plans/PAST-2/funding/",
        "/gaps/finder/", "/gaps/finder/?amount=5&earmarking=earmarked&year=2024", "/what-if/", "/what-if/?plan=PAST-1",
        "/compare/?plan=PAST-1&plan=PAST-2",
        "/search/?q=plan",
    ]  # fmt: skip


def on_day(address: str, day: Any = JUNE) -> str:
    return f"{address}{'&' if '?' in address else '?'}as_of={day}"


@pytest.mark.parametrize(("code", "of_days"), [("PAST-1", REVISED), ("PAST-2", OFFICIAL)])
def test_a_plan_shows_the_figures_of_the_day(
    client: Client, past: Past, code: str, of_days: dict[date, Figures]
) -> None:
    for day, figures in list(of_days.items())[-3:-1]:
        for address in (f"/plans/{code}/", f"/plans/{code}/funding/"):
            shown = words(page(client, on_day(address, day)))
            told = re.search(r"Requested USD ([\d,]+).*?Received USD ([\d,]+|Not reported)", shown)
            assert told
            assert told[1] == f"{figures.requested:,}"
            assert told[2] == ("Not reported" if figures.received is None else f"{figures.received:,}"), (address, day)
            if figures.percent is not None:
                assert f"Gap USD {figures.gap:,}" in shown
                assert f"Funded {figures.percent:.2f} %" in shown
            assert ("Pledged USD 200" in shown) == (figures.pledged is not None)
        listed = words(page(client, on_day(f"/gaps/?plan={code}", day)))
        assert f"Requested USD {figures.requested:,}" in listed


def test_the_page_says_that_it_shows_the_past(client: Client, past: Past) -> None:
    html = page(client, on_day("/plans/PAST-1/funding/?donor=steady"))
    banner = "You see this plan as it was known on 30 June 2024, revision 1. See it as it is today"
    assert banner in words(html)
    assert '<a href="/plans/PAST-1/funding/?donor=steady">See it as it is today</a>' in html
    assert '<meta name="robots" content="noindex">' in html
    assert '<link rel="canonical" href="http://testserver/plans/PAST-1/funding/?donor=steady">' in html
    assert "as it was known on 30 June 2024, printed on" in words(html)
    html = page(client, on_day("/gaps/"))
    assert "You see this page as it was known on 30 June 2024." in words(html)
    assert '<a href="/gaps/">See it as it is today</a>' in html
    french = words(page(client, on_day("/fr/plans/PAST-1/")))
    assert "30 juin 2024" in french


def test_what_stands_on_the_page_is_of_the_day(client: Client, past: Past) -> None:
    then, now = (words(page(client, address)) for address in (on_day("/plans/PAST-1/"), "/plans/PAST-1/"))
    assert ("Objective 1" in then, "Reworded objective" in then) == (True, False)
    assert ("Reworded objective" in now, "Refugee plan" in now) == (True, True)
    assert "Refugee plan" not in then
    assert "20,000" in then
    assert "ago)" not in then  # how old its document is today says nothing of that day
    others = then.rpartition("Trend and other plans")[2]
    assert "15.00 %" in others  # and not the 35 of now
    before = words(page(client, on_day("/plans/PAST-1/", "2024-05-09")))
    assert "The official one" not in before
    ledger = words(page(client, on_day("/plans/PAST-1/funding/")))
    assert "Steady DonorMOVED The plan as a whole Pledge 1 Apr 2024 not stated 200 " in ledger
    assert "LATE" not in ledger
    assert "Commitment on" not in ledger
    assert "250" not in ledger
    official = words(page(client, on_day("/plans/PAST-2/funding/")))
    assert "official total of 31 May 2024" in official
    donors = words(page(client, on_day("/donors/")))
    assert ("Steady Donor" in donors, "Later Donor" in donors) == (True, False)
    home = words(page(client, on_day("/")))
    assert "2 plans are published; together they ask for USD 3,000." in home
    assert "13.33 %" in home
    assert "1 plan is published and asks for USD 1,000." in words(page(client, on_day("/", "2024-04-01")))
    assert "No plan is published yet." in words(page(client, on_day("/", "2024-01-23")))


def test_every_link_and_form_keeps_the_day(client: Client, past: Past) -> None:
    CountryProfile.objects.create(country=past.country)
    request = past.revised.revisions.get(number=1).funding_requests.filter(breakdown="sector").first()
    RelatedPlan.objects.create(
        revision=request.revision, funding_request=request, related_plan=past.official,
        plan_family=PlanFamily.objects.create(code="HNRP", name="Response plan"), overlap="identical",
    )  # fmt: skip
    met: dict[str, set[str]] = {}
    for address in [*pages_of(past), "/fr/plans/PAST-1/"]:
        html = page(client, on_day(address))
        today = re.search(r'(?s)<div class="past".*?href="([^"]+)"', html)
        assert today
        for link in links(html):
            parts = urlsplit(link)
            path = parts.path or urlsplit(address).path
            if link.startswith(("#", "http")) or link == unescape(today[1]):
                continue
            with override("en"):
                name = resolve(re.sub(r"^/(?:fr|es|ar)(?=/)", "", path)).url_name
            if name in WITH_A_PAST:
                assert parse_qs(parts.query).get("as_of") == [str(JUNE)], (address, link)
                met.setdefault(str(name), set()).add(f"{path}?{parts.query}")
        for form in re.findall(r"(?s)<form .*?</form>", html):
            assert re.search(rf'name="as_of"[^>]*value="{JUNE}"', form), (address, form[:200])
    assert met.keys() == WITH_A_PAST
    for several in met.values():  # and the first of each kind is there
        address = min(several)
        assert client.get(address).status_code == 200, address


def test_a_page_of_now_speaks_of_no_day(client: Client, past: Past) -> None:
    for address in pages_of(past):
        html = page(client, address)
        assert not [link for link in links(html) if "as_of" in link]
        assert 'class="past"' not in html
        assert "noindex" not in html or address.startswith("/search/")


def test_the_form_for_a_day_knows_the_first_and_the_last(client: Client, past: Past) -> None:
    with time_machine.travel(datetime(2024, 12, 24, 12, tzinfo=UTC), tick=False):
        html = page(client, "/plans/PAST-1/")
        assert 'name="as_of" required min="2024-01-24" max="2024-12-24">' in html
        html = page(client, on_day("/plans/PAST-1/"))
        assert 'name="as_of" required min="2024-01-24" max="2024-12-24" value="2024-06-30">' in html
        assert 'name="as_of" max="2024-12-24">' in page(client, "/gaps/")
        for address in ("/gaps/", "/plans/PAST-1/funding/"):
            today = page(client, on_day(address, "2024-12-24"))
            assert 'class="past"' not in today
            assert "Requested USD 1,500" in words(today) or "Requested USD 3,500" in words(today)


def test_before_its_first_publication_a_plan_is_404_with_the_day(client: Client, past: Past) -> None:
    for name in ("", "funding/", "checks/"):
        html = page(client, f"/plans/PAST-2/{name}?as_of=2024-05-09", 404)
        assert "“The official one” was first published on 10 May 2024" in words(html)
        assert f'href="/plans/PAST-2/{name}?as_of=2024-05-10"' in html
        assert f'href="/plans/PAST-2/{name}"' in html
        assert 'class="past"' not in html
        assert page(client, f"/plans/PAST-2/{name}?as_of=2024-05-10")
    assert "10 mai 2024" in words(page(client, "/fr/plans/PAST-2/?as_of=2024-05-09", 404))
    assert "No published plan has the code" in page(client, "/plans/NO-SUCH/?as_of=2024-05-09", 404)
    past.official.revisions.update(status="draft", published_at=None, requested_usd=None)
    html = page(client, "/plans/PAST-2/?as_of=2024-05-09", 404)
    assert "The official one" not in html


def test_a_code_in_small_letters_leads_to_the_same_day(client: Client, past: Past) -> None:
    small = ["/plans/past-1/funding/", past.country.get_absolute_url().lower(), "/donors/STEADY/"]
    for address in small:
        assert client.get(on_day(address))["Location"].endswith(f"/?as_of={JUNE}")
        assert "as_of" not in client.get(address)["Location"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("as_of=yesterday", "“yesterday” can’t be used: expected a day as 2025-04-17."),
        ("as_of=2024-02-30", "“2024-02-30” is no day of the calendar."),
        ("as_of=9999-12-31", "9999-12-31 lies ahead: what will hold then can’t be known yet."),
        ("as_of=2024-06-30&as_of=2024-06-29", "One day at a time can be shown; several are given."),
        ("as_of=%3Cscript%3E", "“<script>” can’t be used"),
        ("as_of=2024-06-30%00", "can’t be used"),
    ],
)
def test_a_day_that_cant_be_used_is_400(client: Client, past: Past, query: str, sentence: str) -> None:
    for address in ("/", "/plans/PAST-1/checks/", "/donors/steady/"):
        html = page(client, f"{address}?{query}", 400)
        assert sentence in words(html).replace("\0", "")
        assert "as_of" in words(html)
        assert "<script>" not in html
    assert page(client, "/plans/PAST-1/?as_of=")  # what a form sends whose field is empty


def test_a_day_takes_as_many_queries_for_many_plans_as_for_one(client: Client, past: Past) -> None:
    def count(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            page(client, address)
        return len(queries)

    pages = ("/", "/gaps/?gap_min=1", past.country.get_absolute_url(), "/plans/PAST-1/", "/plans/PAST-1/funding/")
    addresses = [on_day(address) for address in pages]
    before = [count(address) for address in addresses]
    for plan in make_plans(3, countries=[past.country]):
        make_contribution(plan=plan, amount_usd=1, decision_on=JUNE)
        make_contribution(plan=past.revised, amount_usd=1, decision_on=JUNE)
    assert [count(address) - number for address, number in zip(addresses, before, strict=True)] == [0] * len(addresses)
