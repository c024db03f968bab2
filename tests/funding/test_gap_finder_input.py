"""The gap finder: what it can't use, and how often it asks the database."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.conftest import MaliPlans
from tests.factories import make_plan, make_plans, make_taxonomy
from tests.funding.test_gap_finder import ASKED, _in_2026, find, words

__all__ = ["_in_2026"]  # a fixture: plans of 2026 run in these tests too


@pytest.mark.once
@pytest.mark.parametrize(
    ("query", "name", "sentence"),
    [
        ("amount=-5", "amount", "Enter an amount above 0"),
        ("amount=0", "amount", "Enter an amount above 0"),
        ("amount=1e30", "amount", "“1e30” can’t be used"),
        ("amount=a+lot", "amount", "“a lot” can’t be used"),
        ("global_cluster=HEA", "amount", "Enter an amount in US dollars."),
        ("amount=5&clusters=HEA", "clusters", "Unknown parameter “clusters”."),
        ("amount=5&contry=MLI", "contry", "Did you mean “country”?"),
        ("amount=5&global_cluster=NOPE", "global_cluster", "No global cluster has the code “NOPE”."),
        ("amount=5&sector=NOPE", "sector", "No sector has the code “NOPE”."),
        ("amount=5&country=XXX", "country", "“XXX” is not known."),
        ("amount=5&country=M%00", "country", ""),
        ("amount=5&region=999", "region", "“999” is not known."),
        ("amount=5&group=atlantis", "group", "“atlantis” is not one of: sahel"),
        ("amount=5&earmarking=hard", "earmarking", "is not one of: unearmarked, softly_earmarked"),
        ("amount=5&year=1066", "year", ""),
        ("amount=5&year=soon", "year", "Enter a year"),
        ("amount=5&page=-1", "page", "is not a page of this list"),
        ("amount=5&page=99", "page", "is not a page of this list"),
        ("amount=5&as_of=soon", "as_of", "expected a day"),
    ],
)
def test_what_cannot_be_used_is_400_and_named(
    client: Client, mali: MaliPlans, query: str, name: str, sentence: str
) -> None:
    answer = client.get(f"/gaps/finder/?{query}")
    shown = words(answer)
    assert answer.status_code == 400
    assert name in shown
    assert sentence in shown
    assert "would fit" not in shown


@pytest.mark.once
@pytest.mark.parametrize("name", ["amount", "global_cluster", "country", "group", "year", "page", "<script>"])
def test_a_script_is_shown_as_text(client: Client, mali: MaliPlans, name: str) -> None:
    for value in ("<script>alert(1)</script>", "x" * 10_000, '"><img src=x>'):
        answer = client.get("/gaps/finder/", {"amount": "5", name: value})
        assert answer.status_code == 400
        html = answer.content.decode()
        assert "<script>" not in html
        assert "<img" not in html


@pytest.mark.once
@pytest.mark.parametrize("prefix", ["", "/fr"])
def test_the_page_alone_explains_itself(client: Client, mali: MaliPlans, prefix: str) -> None:
    answer = client.get(f"{prefix}/gaps/finder/")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert (html.count("<h1"), " style=" in html, "<script>" in html) == (1, False, False)
    assert "amount=500000&amp;global_cluster=HEA&amp;global_cluster=WSH&amp;group=sahel" in html


@pytest.mark.once
def test_no_query_repeats_per_row(client: Client, mali: MaliPlans, per_row_queries: None) -> None:
    for query in (ASKED, "amount=5&earmarking=tightly_earmarked&year=2017", "amount=5&country=MLI"):
        find(client, query)


@pytest.mark.once
def test_many_plans_ask_the_database_as_often_as_one(client: Client, empty_database: None) -> None:
    taxonomy = make_taxonomy(sectors=3)
    make_plan(taxonomy=taxonomy, start_year=2020)

    def count(query: str) -> int:
        find(client, query)
        with CaptureQueriesContext(connection) as queries:
            find(client, query)
        return len(queries)

    asked = [f"amount=5&year=2020&earmarking={degree}" for degree in ("unearmarked", "earmarked", "tightly_earmarked")]
    few = [count(query) for query in asked]
    make_plans(18, taxonomy=taxonomy, start_year=2020)
    assert [count(query) for query in asked] == few
    assert max(few) <= 60


def test_a_list_of_many_has_pages(client: Client, empty_database: None) -> None:
    taxonomy = make_taxonomy(sectors=3)
    make_plans(12, taxonomy=taxonomy, start_year=2026, sectors=2, projects=0)
    first, second = (find(client, f"amount=5&earmarking=earmarked&page={page}") for page in (1, 2))
    assert [len(list(finder.page.object_list)) for finder in (first, second)] == [20, 4]
    assert [number for group in second.groups for number, _match in group.matches] == [21, 22, 23, 24]
