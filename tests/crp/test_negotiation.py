"""Which format a header Accept asks for, by RFC 9110."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client

from crp.common.api.negotiation import best_of

pytestmark = pytest.mark.once


@dataclass(frozen=True)
class Format:
    media_type: str


JSON, CSV, LINES = Format("application/json"), Format("text/csv"), Format("application/x-ndjson")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("*/*", JSON),
        ("text/csv", CSV),
        ("TEXT/CSV; charset=utf-8; header=present", CSV),
        ("text/*", CSV),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", JSON),
        ("application/json;q=0.1, text/csv;q=0.9", CSV),
        ("text/csv;q=0.5, application/json;q=0.9", JSON),
        ("*/*;q=0.1, application/x-ndjson", LINES),
        ("text/csv, application/json", JSON),  # as good: the first that there is
        ("text/csv, */*", CSV),  # as good: the one that is named
        ("application/*;q=0.9, application/json;q=0.2", LINES),  # what is named more closely wins
        ("application/json;q=0, */*", CSV),
        ("text/csv;q=0, */*", JSON),
        ("text/csv;Q=0.000, text/*", None),
        ("application/json;q=0", None),
        ("*/*;q=0", None),
        ("application/xml", None),
        ("garbage", None),
        ("/", None),
        ("text/csv;q=nan, application/json;q=0.9", CSV),  # no quality that there is: as if none were given
        ("text/csv;q=1.9, application/json;q=0.9", CSV),
    ],
)
def test_the_format_that_is_wanted_most(accept: str, chosen: Format | None) -> None:
    assert best_of([JSON, CSV, LINES], accept.split(",")) is chosen


@pytest.mark.django_db
def test_a_header_and_an_address(client: Client) -> None:
    def ask(accept: str, query: str = "") -> tuple[int, str]:
        answer = client.get(f"/api/v1/countries/?limit=1{query}", headers={"accept": accept})
        return answer.status_code, answer["Content-Type"].partition(";")[0]

    assert ask("application/json;q=0.1, text/csv;q=0.9") == (200, "text/csv")
    assert ask("application/json;q=0") == (406, "application/json")
    assert ask("application/json;q=0", "&format=json") == (200, "application/json")
    assert ask("text/csv", "&format=ndjson") == (200, "application/x-ndjson")
