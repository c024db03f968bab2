"""What a validator of feeds looks at: RFC 4287 and JSON Feed 1.1, for every feed there is."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from crp.exchange import views
from plans.models import Plan, Revision
from tests.conftest import MaliPlans
from tests.exchange.test_feeds import ATOM, atom, json_feed
from tests.factories import make_plan
from tests.funding.revised import revise_mali

pytestmark = [pytest.mark.django_db, pytest.mark.once]

FEEDS = ("/feeds/", "/plans/MLI-CRP-2025-2026/", "/countries/MLI/", "/sectors/IOM-2025/SHELTER/")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
TAG = re.compile(r"tag:[a-z0-9.-]+,\d{4}(-\d\d(-\d\d)?)?:[A-Za-z0-9._~%!$&'()*+,;=:@/-]+")


@pytest.fixture
def plan(mali: MaliPlans) -> Plan:
    revise_mali(mali.crp_2025_2026)
    return mali.crp_2025_2026


@pytest.mark.parametrize("language", ["", "/ar"])
@pytest.mark.parametrize("feed", FEEDS)
def test_atom_is_valid(client: Client, plan: Plan, feed: str, language: str) -> None:
    found = atom(client, f"{language}{feed}revisions.atom")
    assert found.tag == f"{ATOM}feed"
    for parent in [found, *found.findall(f"{ATOM}entry")]:
        assert TAG.fullmatch(parent.findtext(f"{ATOM}id") or "")
        assert (parent.findtext(f"{ATOM}title") or "").strip()
        assert TIME.fullmatch(parent.findtext(f"{ATOM}updated") or "")
        assert len(parent.findall(f"{ATOM}id")) == len(parent.findall(f"{ATOM}updated")) == 1
        links = [(link.get("rel"), link.get("type"), link.get("hreflang")) for link in parent.findall(f"{ATOM}link")]
        assert len(links) == len(set(links))
        assert all(urlsplit(link.get("href") or "").netloc for link in parent.findall(f"{ATOM}link"))
        assert "alternate" in [rel for rel, _type, _language in links]
    assert (found.findtext(f"{ATOM}author/{ATOM}name") or "").strip()
    (own,) = [link.get("href") for link in found.findall(f"{ATOM}link") if link.get("rel") == "self"]
    assert own == f"http://testserver{language}{feed}revisions.atom"
    identifiers = [entry.findtext(f"{ATOM}id") for entry in found.findall(f"{ATOM}entry")]
    assert len(identifiers) == len(set(identifiers)) > 0
    times = [datetime.fromisoformat(entry.findtext(f"{ATOM}updated") or "") for entry in found.findall(f"{ATOM}entry")]
    assert times == sorted(times, reverse=True)
    assert datetime.fromisoformat(found.findtext(f"{ATOM}updated") or "") == times[0]


@pytest.mark.parametrize("language", ["", "/ar"])
@pytest.mark.parametrize("feed", FEEDS)
def test_json_is_valid(client: Client, plan: Plan, feed: str, language: str) -> None:
    found = json_feed(client, f"{language}{feed}revisions.json")
    known = {"version", "title", "home_page_url", "feed_url", "description", "language", "items"}
    assert set(found) == known
    assert found["feed_url"] == f"http://testserver{language}{feed}revisions.json"
    assert found["language"] == (language.strip("/") or "en")
    identifiers = [item["id"] for item in found["items"]]
    assert len(identifiers) == len(set(identifiers)) > 0
    for item in found["items"]:
        assert isinstance(item["id"], str)
        assert item["content_text"].strip()
        assert all(TIME.fullmatch(item[name]) for name in ("date_published", "date_modified"))
        assert urlsplit(item["url"]).netloc
        assert [name for name in item if name.startswith("_")] == ["_crp"]


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        ("/", "/feeds/"),
        ("/plans/MLI-CRP-2025-2026/", "/plans/MLI-CRP-2025-2026/"),
        ("/fr/countries/MLI/", "/fr/countries/MLI/"),
        ("/sectors/IOM-2025/SHELTER/", "/sectors/IOM-2025/SHELTER/"),
    ],
)
def test_readers_of_feeds_find_it_from_its_page(client: Client, plan: Plan, page: str, feed: str) -> None:
    text = client.get(page).content.decode()
    for kind, name in (("atom+xml", "atom"), ("feed+json", "json")):
        link = re.search(
            rf'<link rel="alternate" type="application/{re.escape(kind)}" title="[^"]+" href="([^"]+)">', text
        )
        assert link
        assert link[1] == f"{feed}revisions.{name}"
        assert client.get(link[1]).status_code == 200


@pytest.mark.parametrize("address", ["/feeds/revisions.atom", "/feeds/revisions.json"])
def test_a_second_that_is_not_over_is_not_told(
    client: Client, plan: Plan, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2031, 1, 1, 12, 0, 0, 300_000, tzinfo=UTC)
    made = make_plan(contributions=0)
    Revision.objects.filter(plan=made).update(published_at=at)
    monkeypatch.setattr(views, "clock", lambda: at.timestamp() + 0.4)
    assert "Last-Modified" not in client.get(address).headers
    early = {"if-modified-since": "Wed, 01 Jan 2031 12:00:01 GMT"}
    assert client.get(address, headers=early).status_code == 200
    monkeypatch.setattr(views, "clock", (at + timedelta(seconds=2)).timestamp)
    assert client.get(address)["Last-Modified"] == early["if-modified-since"]
    assert client.get(address, headers=early).status_code == 304


def test_a_feed_is_for_every_site_and_the_head_is_the_same(client: Client, plan: Plan) -> None:
    got: Any = client.get("/feeds/revisions.atom", headers={"origin": "https://reader.example"})
    head: Any = client.head("/feeds/revisions.atom", headers={"origin": "https://reader.example"})
    assert got["Access-Control-Allow-Origin"] == "*"
    assert (head.content, head.headers) == (b"", got.headers)
    assert got["Cache-Control"] == "public, max-age=0, must-revalidate"
