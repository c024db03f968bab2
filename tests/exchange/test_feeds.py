"""Feeds of published revisions: the same in Atom and JSON, identifiers that last, nothing sent twice."""

from __future__ import annotations

import json
from html import unescape
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crp.exchange import feeds
from plans.models import Plan, Revision
from tests.conftest import MaliPlans
from tests.factories import make_plan
from tests.funding.revised import REASON, SECRET, draft_secretly, revise_again, revise_mali

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MALI = "/plans/MLI-CRP-2025-2026"
ATOM = "{http://www.w3.org/2005/Atom}"
SENTENCE = "Funding required goes from USD 32,353,500 to USD 32,853,500 (+500,000, +1.55 %)."


@pytest.fixture
def plan(mali: MaliPlans) -> Plan:
    """Return the plan of 2025-2026 with two published revisions and a draft."""
    revise_mali(mali.crp_2025_2026)
    draft_secretly(mali.crp_2025_2026)
    return mali.crp_2025_2026


def atom(client: Client, address: str) -> ET.Element:
    answer: Any = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(answer.content)  # noqa: S314 (our own)


def json_feed(client: Client, address: str) -> dict[str, Any]:
    answer: Any = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/feed+json; charset=utf-8"
    return json.loads(answer.content)


def test_a_revision_in_atom(client: Client, plan: Plan) -> None:
    feed = atom(client, f"{MALI}/revisions.atom")
    assert feed.findtext(f"{ATOM}id") == "tag:testserver,2025-01-01:plans/MLI-CRP-2025-2026/revisions"
    assert feed.findtext(f"{ATOM}updated") == "2025-08-01T12:00:00+00:00"
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == f"http://testserver{MALI}/revisions.atom"
    assert links["alternate"] == f"http://testserver{MALI}/revisions/"
    second, first = feed.findall(f"{ATOM}entry")
    assert second.findtext(f"{ATOM}id") == "tag:testserver,2025-01-01:plans/MLI-CRP-2025-2026/revisions/2"
    assert second.findtext(f"{ATOM}title") == "Mali Crisis Response Plan 2025 - 2026: revision 2"
    assert second.findtext(f"{ATOM}summary") == f"{SENTENCE} {REASON}"
    links = {link.get("rel"): link.get("href") for link in second.findall(f"{ATOM}link")}
    assert links == {
        "alternate": f"http://testserver{MALI}/diff/?from=1&to=2",
        "related": f"http://testserver{MALI}/",
    }
    assert (first.findtext(f"{ATOM}summary") or "").startswith("It asks for USD 32,353,500. First revision")


def test_json_says_the_same(client: Client, plan: Plan) -> None:
    feed = json_feed(client, "/feeds/revisions.json")
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == "http://testserver/feeds/revisions.json"
    assert feed["items"][0]["_crp"] == {"plan_url": f"http://testserver{MALI}/"}
    entries = atom(client, "/feeds/revisions.atom").findall(f"{ATOM}entry")
    assert len(entries) == 4  # three plans, one of them twice; the newest first
    assert feed["items"][0]["url"] == f"http://testserver{MALI}/diff/?from=1&to=2"
    for item, entry in zip(feed["items"], entries, strict=True):
        assert item["id"] == entry.findtext(f"{ATOM}id")
        assert item["title"] == entry.findtext(f"{ATOM}title")
        assert item["content_text"] == unescape(entry.findtext(f"{ATOM}summary") or "")
        assert item["date_published"] == entry.findtext(f"{ATOM}published")
    assert [item["id"] for item in json_feed(client, f"/fr{MALI}/revisions.json")["items"]] == [
        item["id"] for item in json_feed(client, f"{MALI}/revisions.json")["items"]
    ]


def test_french(client: Client, plan: Plan) -> None:
    feed = json_feed(client, f"/fr{MALI}/revisions.json")
    assert feed["language"] == "fr"
    assert feed["items"][0]["url"] == f"http://testserver/fr{MALI}/diff/?from=1&to=2"
    assert "32 853 500" in feed["items"][0]["content_text"].replace("\N{NARROW NO-BREAK SPACE}", " ")


def test_a_country_and_a_sector_have_feeds_of_their_own(client: Client, plan: Plan) -> None:
    foreign = make_plan(contributions=0, title="Elsewhere")
    country = json_feed(client, "/countries/mli/revisions.json")
    assert country["title"] == "Revisions: Mali"
    assert country["home_page_url"] == "http://testserver/countries/MLI/"
    assert country["items"][0]["url"] == f"http://testserver{MALI}/diff/?from=1&to=2"
    assert len(country["items"]) == 4
    sector = json_feed(client, "/sectors/IOM-2025/shelter/revisions.json")
    assert sector["title"] == "Revisions: Shelter and settlements"
    assert [item["url"].rpartition("/plans/")[2] for item in sector["items"]] == [
        "MLI-CRP-2025-2026/diff/?from=1&to=2",
        "MLI-CRP-2025-2026/revisions/1/",
    ]
    cluster = json_feed(client, "/sectors/IASC-GC/SHL/revisions.json")
    assert {item["id"] for item in sector["items"]} < {item["id"] for item in cluster["items"]}
    feed = atom(client, "/countries/MLI/revisions.atom")
    assert len(feed.findall(f"{ATOM}entry")) == 4
    assert len(json_feed(client, f"/plans/{foreign.code}/revisions.json")["items"]) == 1
    for nothing in (
        "/countries/XXX/revisions.atom",
        "/countries/M%00I/revisions.json",
        "/sectors/IOM-2025/NO/revisions.atom",
    ):
        assert client.get(nothing).status_code == 404


@pytest.mark.parametrize("address", ["/feeds/revisions.atom", f"{MALI}/revisions.json"])
def test_what_is_known_already_is_not_sent_again(client: Client, plan: Plan, address: str) -> None:
    answer: Any = client.get(address)
    assert answer["Last-Modified"] == "Fri, 01 Aug 2025 12:00:00 GMT"
    for name, value in (("if-none-match", answer["ETag"]), ("if-modified-since", answer["Last-Modified"])):
        again: Any = client.get(address, headers={name: value})
        assert (again.status_code, again.content) == (304, b"")
        assert again["ETag"] == answer["ETag"]
    Revision.objects.filter(plan=plan, status="draft").delete()
    revise_again(plan)
    assert client.get(address, headers={"if-none-match": answer["ETag"]}).status_code == 200
    assert client.get(address, headers={"if-modified-since": answer["Last-Modified"]}).status_code == 200


def test_a_draft_and_a_plan_that_is_not_there(client: Client, plan: Plan) -> None:
    for address in ("/feeds/revisions.atom", "/feeds/revisions.json", f"{MALI}/revisions.atom"):
        assert SECRET not in client.get(address).content.decode()
    hidden = Plan.objects.create(code="NEVER", kind="crp", title="Never", start_year=2026, end_year=2026)
    Revision.objects.create(plan=hidden)
    for code in ("NEVER", "NOPE", "M%00I"):
        assert client.get(f"/plans/{code}/revisions.atom").status_code == 404


def test_words_that_are_no_markup(client: Client) -> None:
    """A reason that a person pasted may hold signs of HTML, and control characters that XML has no place for."""
    plan = make_plan(contributions=0, revision={"reason": "Needs < means & \x0b more."}, title="A & B")
    (item,) = json_feed(client, f"/plans/{plan.code}/revisions.json")["items"]
    assert item["content_text"].endswith("Needs < means & more.")
    (entry,) = atom(client, f"/plans/{plan.code}/revisions.atom").findall(f"{ATOM}entry")
    assert entry.findtext(f"{ATOM}title") == "A & B: published"
    assert (entry.findtext(f"{ATOM}summary") or "").endswith("Needs &lt; means &amp; more.")  # HTML, as its type says


def test_the_newest_fifty_with_two_queries(client: Client, monkeypatch: pytest.MonkeyPatch, plan: Plan) -> None:
    monkeypatch.setattr(feeds, "NEWEST", 2)
    with CaptureQueriesContext(connection) as captured:
        feed = json_feed(client, "/feeds/revisions.json")
    assert len(captured) == 2
    assert [item["date_published"][:10] for item in feed["items"]] == ["2025-08-01", "2025-04-17"]


def test_a_site_without_a_plan_has_a_feed(client: Client, empty_database: None) -> None:
    assert json_feed(client, "/feeds/revisions.json")["items"] == []
    assert atom(client, "/feeds/revisions.atom").findall(f"{ATOM}entry") == []


@pytest.mark.parametrize(
    ("page", "feed"),
    [("/", "/feeds/revisions"), (f"{MALI}/", f"{MALI}/revisions"), (f"{MALI}/revisions/", f"{MALI}/revisions")],
)
def test_a_page_leads_readers_to_its_feed(client: Client, mali: MaliPlans, page: str, feed: str) -> None:
    html = client.get(page).content.decode()
    for ending, kind in (("atom", "atom+xml"), ("json", "feed+json")):
        assert f'<link rel="alternate" type="application/{kind}"' in html
        assert f'href="{feed}.{ending}"' in html
