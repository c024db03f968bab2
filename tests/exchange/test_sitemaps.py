"""The map of the site: every public page, in every language, nothing else, and when it changed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crp.common.guide import FILES
from crp.exchange import sitemaps
from plans.models import Plan, Revision
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_plans

pytestmark = pytest.mark.django_db

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
LINK = "{http://www.w3.org/1999/xhtml}link"
HOST = "http://testserver"


def xml(client: Client, address: str) -> ET.Element:
    answer: Any = client.get(address.removeprefix(HOST))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/xml; charset=utf-8"
    return ET.fromstring(answer.content)  # noqa: S314 (our own)


def entries(client: Client) -> dict[str, ET.Element]:
    """Return every page of the map by its address."""
    found: dict[str, ET.Element] = {}
    for file in xml(client, "/sitemap.xml").iter(f"{SITEMAP}loc"):
        for url in xml(client, file.text or "").iter(f"{SITEMAP}url"):
            found[url.findtext(f"{SITEMAP}loc") or ""] = url
    return found


def test_every_page_is_there_and_answers(mali: MaliPlans, client: Client) -> None:
    make_contribution(plan=mali.crp_2025_2026)
    found = entries(client)
    for path in (
        "/", "/gaps/", "/fr/countries/", "/ar/methodology/", "/es/data/", "/plans/MLI-CRP-2021/",
        "/fr/plans/MLI-CRP-2025-2026/funding/", "/plans/MLI-COMPENDIUM-2017/checks/", "/plans/MLI-CRP-2021/revisions/",
        "/countries/MLI/", "/sectors/IOM-2025/SHELTER/", "/data/api/", "/data/api/plans/", "/data/api/webhooks/",
    ):  # fmt: skip
        assert HOST + path in found
    assert not [address for address in found if "?" in address or "/admin" in address or "/api/v" in address]
    english = [address for address in found if not re.match(rf"{HOST}/(fr|es|ar)/", address)]
    guide = [address for address in found if "/data/api/" in address]  # which is in English alone
    assert set(guide) <= set(english)
    assert len(guide) == len(FILES)
    assert all(not found[address].findall(LINK) for address in guide)
    assert len(found) - len(guide) == 4 * (len(english) - len(guide))
    for address in english:
        if "/sectors/" not in address and "COMPENDIUM" not in address and "2021" not in address:
            assert client.get(address.removeprefix(HOST)).status_code == 200, address


@pytest.mark.once
def test_each_language_names_all(mali: MaliPlans, client: Client) -> None:
    found = entries(client)
    expected = {
        "en": "/plans/MLI-CRP-2021/",
        "fr": "/fr/plans/MLI-CRP-2021/",
        "es": "/es/plans/MLI-CRP-2021/",
        "ar": "/ar/plans/MLI-CRP-2021/",
        "x-default": "/plans/MLI-CRP-2021/",
    }
    for language in ("", "/fr", "/es", "/ar"):
        links = found[f"{HOST}{language}/plans/MLI-CRP-2021/"].findall(LINK)
        assert {link.get("hreflang"): link.get("href") for link in links} == {
            name: HOST + path for name, path in expected.items()
        }
        assert {link.get("rel") for link in links} == {"alternate"}


def changed(client: Client, path: str) -> datetime | None:
    text = entries(client)[HOST + path].findtext(f"{SITEMAP}lastmod")
    return None if text is None else datetime.fromisoformat(text)


def test_it_says_when_a_page_changed(mali: MaliPlans, client: Client) -> None:
    plan = "/plans/MLI-CRP-2025-2026/"
    published = datetime(2025, 4, 17, tzinfo=UTC)
    assert changed(client, plan) == changed(client, f"{plan}revisions/") == published
    assert changed(client, "/methodology/") is None
    before = changed(client, "/plans/MLI-CRP-2021/")
    contribution = make_contribution(plan=mali.crp_2025_2026)
    recorded = contribution.updated_at.replace(microsecond=0)
    for path in (plan, "/", "/countries/MLI/", f"/donors/{contribution.donor.code}/"):
        assert changed(client, path) == recorded, path
    assert changed(client, f"{plan}revisions/") == published
    assert changed(client, "/plans/MLI-CRP-2021/") == before


def test_a_draft_is_not_there(mali: MaliPlans, client: Client) -> None:
    hidden = Plan.objects.create(code="NEVER", kind="crp", title="Never", start_year=2026, end_year=2026)
    Revision.objects.create(plan=hidden)
    assert not [address for address in entries(client) if "NEVER" in address]


def test_a_file_ends_before_it_is_too_long(mali: MaliPlans, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = set(entries(client))
    monkeypatch.setattr(sitemaps, "MOST_ADDRESSES", 40)  # two plans of four pages in four languages
    files = [file.text or "" for file in xml(client, "/sitemap.xml").iter(f"{SITEMAP}loc")]
    assert f"{HOST}/sitemap-plans-2.xml" in files
    assert f"{HOST}/sitemap-plans-3.xml" not in files
    assert all(len(list(xml(client, file).iter(f"{SITEMAP}url"))) <= 40 for file in files)
    assert set(entries(client)) == whole


def test_no_file_can_be_longer_than_is_allowed() -> None:
    for section in sitemaps.SECTIONS.values():
        assert 0 < section.entries_in_a_file * section.pages_each * 4 <= 50_000


@pytest.mark.once
@pytest.mark.parametrize(
    "path", ["/sitemap-plans-0.xml", "/sitemap-plans-2.xml", "/sitemap-nope-1.xml", "/sitemap-plans-99999999999999.xml"]
)
def test_a_file_that_is_not_there(mali: MaliPlans, client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_more_plans_take_no_more_queries(mali: MaliPlans, client: Client) -> None:
    paths = ["/sitemap.xml", *(f"/sitemap-{name}-1.xml" for name in sitemaps.SECTIONS if name != "donors")]

    def counts() -> dict[str, int]:
        found = {}
        for path in paths:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(path).status_code == 200
            found[path] = len(captured)
        return found

    before = counts()
    make_plans(20)
    assert counts() == before
    assert max(before.values()) <= 6


@pytest.mark.usefixtures("kept_pages")
def test_it_is_not_made_twice(mali: MaliPlans, client: Client) -> None:
    answer: Any = client.get("/sitemap-plans-1.xml")
    assert client.get("/sitemap-plans-1.xml", headers={"if-none-match": answer["ETag"]}).status_code == 304
    make_contribution(plan=mali.crp_2021)
    assert client.get("/sitemap-plans-1.xml", headers={"if-none-match": answer["ETag"]}).status_code == 200


def allows(rules: list[tuple[str, str]], path: str) -> bool:
    """Return whether a robot may ask for a path: the longest rule that fits decides (RFC 9309)."""

    def fits(pattern: str) -> bool:
        return bool(re.match(re.escape(pattern).replace(r"\*", ".*").replace(r"\$", "$"), path))

    fitting = [(len(pattern), verb == "Allow") for verb, pattern in rules if fits(pattern)]
    return max(fitting, default=(0, True))[1]


@pytest.mark.once
def test_robots(mali: MaliPlans, client: Client) -> None:
    answer: Any = client.get("/robots.txt")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    lines = answer.content.decode().splitlines()
    assert lines[0] == "User-agent: *"
    assert f"Sitemap: {HOST}/sitemap.xml" in lines
    rules = [
        (verb, path) for verb, _colon, path in (line.partition(": ") for line in lines) if verb in {"Allow", "Disallow"}
    ]
    for path in (
        "/admin/",
        "/fr/admin/plans/plan/",
        "/gaps/?country=MLI",
        "/fr/gaps/?page=7",
        "/api/v1/plans/",
        "/search/",
    ):
        assert not allows(rules, path), path
    for path in ("/robots.txt", "/sitemap.xml", "/sitemap-plans-1.xml", "/api/v1/docs/", "/static/css/crp.css"):
        assert allows(rules, path), path
    for address in entries(client):
        assert allows(rules, address.removeprefix(HOST)), address


@pytest.mark.once
def test_another_host_is_not_named(client: Client) -> None:
    for path in ("/robots.txt", "/sitemap.xml", "/"):
        assert client.get(path, headers={"host": "evil.example"}).status_code == 400
