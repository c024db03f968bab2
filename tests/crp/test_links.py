"""The header Link: the pages beside one of a list."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from crp.common.api.cursors import FIRST
from crp.common.api.links import link_header, page_links
from tests.api import ask, results, text_of
from tests.conftest import MaliPlans

LIST = "http://x/api/v1/plans/"
NEXT, BEFORE = f"{LIST}?limit=10&offset=30", f"{LIST}?limit=10&offset=10"


def pages(address: str, **data: Any) -> dict[str, str]:
    return dict(page_links(address, {"next": None, "previous": None, **data}))


def test_a_page_in_the_middle() -> None:
    assert pages(f"{LIST}?limit=10&offset=20&search=a", count=95, next=NEXT, previous=BEFORE) == {
        "first": f"{LIST}?limit=10&search=a",
        "prev": BEFORE,
        "next": NEXT,
        "last": f"{LIST}?limit=10&offset=90&search=a",
    }


@pytest.mark.parametrize(
    ("count", "last"), [(1, ""), (10, ""), (11, "&offset=10"), (20, "&offset=10"), (21, "&offset=20")]
)
def test_the_last_page(count: int, last: str) -> None:
    found = pages(f"{LIST}?limit=10", count=count, next=f"{LIST}?limit=10&offset=10" if count > 10 else None)
    assert found["last"] == f"{LIST}?limit=10{last}"


def test_no_last_page_without_a_count_or_from_a_cursor() -> None:
    assert set(pages(LIST, count=None, next=NEXT)) == {"first", "next"}
    assert set(pages(LIST, next=NEXT)) == {"first", "next"}
    assert pages(f"{LIST}?cursor=abc&limit=10", count=95, next=f"{LIST}?cursor=def&limit=10") == {
        "first": f"{LIST}?cursor={quote(FIRST)}&limit=10",
        "next": f"{LIST}?cursor=def&limit=10",
    }


@pytest.mark.parametrize("data", [None, [], {}, {"results": []}, "text", {"next": None}])
def test_what_is_no_page_has_no_links(data: Any) -> None:
    assert page_links(LIST, data) == []


def test_an_address_without_end_has_none() -> None:
    assert pages(f"{LIST}?search={'x' * 2_000}", count=9) == {}


@pytest.mark.parametrize("sign", ["\r\nX-Evil: 1", '>; rel="evil"', "\n", "é", "<", '"'])
def test_nothing_ends_the_header(sign: str) -> None:
    header = link_header([("next", f"{LIST}?search={sign}")])
    assert re.fullmatch(r'<[!#-;=?-~]+>; rel="next"', header)


@pytest.mark.parametrize("path", ["plans/", "countries/", "contributions/"])
@pytest.mark.parametrize("form", ["json", "csv"])
def test_who_follows_the_links_sees_every_row(mali: MaliPlans, path: str, form: str) -> None:
    codes, following = [], f"{path}?limit=100&format={form}"
    while following:
        response: Any = ask(following)
        assert response.status_code == 200
        links = {rel: address for address, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', response["Link"])}
        assert {"first", "last"} <= set(links)
        if form == "json":
            assert links.get("next") == response.json()["next"]
            codes += response.json()["results"]
        following = links.get("next", "").partition("/api/v1/")[2]
    if form == "json":
        assert codes == results(f"{path}?limit=1000")
        assert ask("plans/MLI-CRP-2021/revisions/?limit=1")["Link"].count("rel=") == 2
    assert (
        ask(urlsplit(links["last"]).path.partition("/api/v1/")[2] + f"?{urlsplit(links['last']).query}").status_code
        == 200
    )


def test_a_filter_is_carried_along_safely(mali: MaliPlans) -> None:
    response: Any = ask('countries/?limit=1&search="><script>\r\nSet-Cookie:%20x=1')
    assert "Set-Cookie" not in response.headers
    assert "<script>" not in response.get("Link", "")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_on_a_walk_by_cursor_first_leads_back_to_where_it_began(mali: MaliPlans, form: str) -> None:
    """And no relation leads to a page before, or to the last: a walk has neither."""

    def links_of(address: str) -> dict[str, str]:
        found = re.findall(r'<([^>]+)>; rel="(\w+)"', ask(address)["Link"])
        return {relation: target.partition("/api/v1/")[2] for target, relation in found}

    begun = f"plans/?cursor=*&limit=1&fields=code&format={form}"
    began, address = text_of(ask(begun)), begun
    for page in range(3):
        links = links_of(address)
        assert set(links) == ({"first", "next"} if page < 2 else {"first"})
        assert text_of(ask(links["first"])) == began
        assert (text_of(ask(address)) == began) == (page == 0)
        address = links.get("next", "")
    # By offset, from the middle: first is the address without one.
    assert links_of(f"plans/?format={form}&limit=1&offset=2")["first"] == f"plans/?format={form}&limit=1"
