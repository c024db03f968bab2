"""The guide to the API on the site: every page, its links, and what is not there."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import resolve

from crp.api_pages import FILES, FIRST, FOLDER, titles
from tests.conftest import MaliPlans
from tests.shared import PROJECT

NAMES = [name for name in FILES if name != FIRST]


@pytest.mark.parametrize("address", ["", *(f"{name}/" for name in NAMES)])
def test_a_page_is_shown_and_its_links_lead_somewhere(client: Client, address: str) -> None:
    answer = client.get(f"/data/api/{address}")
    assert answer.status_code == 200
    body = answer.content.decode()
    guide = body.split('class="content guide"')[1].split("</main>")[0]
    assert "```" not in guide
    assert "<style" not in guide
    assert ' style="' not in guide
    assert "localhost:8000" not in guide
    for link in re.findall(r'href="(/[^"#]*)', guide):
        resolve(link)  # raises where there is none
    assert 'href="' not in re.sub(r'href="(/|https?://|#)', "", guide)


def test_it_asks_the_site_that_it_is_read_on(client: Client) -> None:
    body = client.get("/data/api/plans/", headers={"host": "localhost:9000"}).content.decode()
    assert "curl -s 'http://localhost:9000/api/v1/plans/" in body


def test_names_may_go_on_in_the_next_line_and_examples_are_as_they_are(client: Client) -> None:
    body = client.get("/data/api/plans/").content.decode()
    assert "<code>requested_<wbr>usd</code>" in body
    assert '<pre class="command" tabindex="0">' in body
    for example in re.findall(r"<pre.*?</pre>", body, re.DOTALL):
        assert "<wbr>" not in example


def test_every_page_is_listed_and_every_file_has_a_page(client: Client) -> None:
    body = client.get("/data/api/").content.decode()
    assert list(titles()) == list(FILES)
    assert all(title in body for title in titles().values() if "’" not in title and "'" not in title)
    assert {f"api/{path.name}" for path in (FOLDER / "api").iterdir()} <= set(FILES.values())
    assert 'href="/data/api/"' in (PROJECT / "templates/crp/data.html").read_text().replace(
        "{% url 'api-pages' %}", "/data/api/"
    )


@pytest.mark.parametrize("name", ["nope", "api", "PLANS", "x" * 10_000, "-", "%3Cscript%3E", "..%2F..%2Fetc"])
def test_what_is_not_there_is_404(client: Client, db: None, name: str) -> None:
    answer = client.get(f"/data/api/{name}/")
    assert answer.status_code == 404
    assert b"<script>" not in answer.content


def test_its_words_are_english_on_pages_in_other_languages(client: Client) -> None:
    body = client.get("/ar/data/api/plans/").content.decode()
    assert '<html lang="ar" dir="rtl"' in body
    assert '<div class="content guide" lang="en" dir="ltr">' in body
    assert 'href="/ar/data/api/rollups/"' in body


def test_the_page_of_data_leads_to_the_shapes_of_others(client: Client, mali: MaliPlans) -> None:
    section = client.get("/fr/data/").content.decode().split('id="shapes"')[1].split("</section>")[0]
    links = re.findall(r'href="(/[^"]+)"', section)
    assert {link.partition("?")[0] for link in links} == {
        "/fr/data/api/exchange/",
        "/exchange/fts/",
        "/exchange/fts/fts_requirements_funding_global.csv",
        "/api/v2/coordination-context/funding",
        "/iati/activities.xml",
    }
    for link in links:
        assert client.get(link.replace("&amp;", "&")).status_code == 200, link
