"""How often the API may be asked, and what its headers say of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crp.accounts.keys import make_key
from crp.accounts.limits import Counter, Policy
from tests.admin import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.once, pytest.mark.usefixtures("limits", "a_quarter_past")]
SECTORS = "/api/v1/sectors/?limit=1"


@pytest.fixture
def a_quarter_past() -> Iterator[Any]:
    """Stop the clock 15 seconds into a minute."""
    with time_machine.travel("2026-03-01T12:00:15Z", tick=False) as clock:
        yield clock


def ask(
    address: str = SECTORS, *, remote: str = "198.51.100.7", token: str = "", method: str = "get", **more: Any
) -> Any:
    headers = {**more, **({"Authorization": f"Bearer {token}"} if token else {})}
    return getattr(Client(REMOTE_ADDR=remote), method)(address, headers=headers)


def left(response: Any) -> int:
    found = re.fullmatch(r'"(?:anonymous|key)";r=(\d+);t=45', response.headers["RateLimit"])
    assert found is not None
    return int(found[1])


@pytest.fixture
def token() -> str:
    return make_key(user=make_person(username="erp"), name="ERP", by=None).token


def test_the_seventh_request_of_a_minute_is_refused_with_the_time_to_wait(a_quarter_past: Any) -> None:
    answers = [ask() for _time in range(7)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429]
    assert [left(answer) for answer in answers] == [5, 4, 3, 2, 1, 0, 0]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"anonymous";q=6;w=60'}
    assert "Retry-After" not in answers[0].headers
    refused = answers[-1]
    assert refused.headers["Retry-After"] == "45"
    assert refused.headers["Cache-Control"] == "no-store"
    assert refused.json() == {
        "detail": "More than 6 requests in this minute: wait 45 seconds. With a key it is 12 a minute; "
        "a file counts as 5 requests.",
        "code": "throttled",
    }
    a_quarter_past.shift(44)
    assert ask().status_code == 429
    a_quarter_past.shift(1)
    assert ask().headers["RateLimit"] == '"anonymous";r=5;t=60'


def test_a_refused_request_costs_no_query() -> None:
    for _time in range(6):
        ask()
    with CaptureQueriesContext(connection) as queries:
        assert ask("/api/v1/plans/").status_code == 429
    assert len(queries) == 0


def test_each_network_and_each_key_is_counted_apart(token: str) -> None:
    for _time in range(7):
        refused = ask()
    assert refused.status_code == 429
    assert ask(remote="198.51.100.8").status_code == 200
    with_key = [ask(token=token) for _time in range(13)]
    assert [answer.status_code for answer in with_key] == [200] * 12 + [429]
    assert [left(answer) for answer in with_key] == [*range(11, -1, -1), 0]
    assert "With a key" not in with_key[-1].json()["detail"]
    # Wherever it is used from: a key is one caller.
    assert ask(token=token, remote="203.0.113.1").status_code == 429


def test_the_addresses_of_one_ipv6_line_are_one_caller() -> None:
    answers = [ask(remote=f"2001:db8:1:2::{number}") for number in range(1, 8)]
    assert answers[-1].status_code == 429
    assert ask(remote="2001:db8:1:3::1").status_code == 200


def test_behind_a_proxy_the_client_is_counted_and_not_the_proxy() -> None:
    through = [ask(remote="127.0.0.1", **{"X-Forwarded-For": f"203.0.113.{number}"}) for number in range(1, 8)]
    assert [answer.status_code for answer in through] == [200] * 7
    # A stranger who makes the header up is counted as who they are.
    made_up = [ask(**{"X-Forwarded-For": f"203.0.113.{number}"}) for number in range(1, 8)]
    assert made_up[-1].status_code == 429


def test_304_counts_like_any_other_request_and_says_what_is_left() -> None:
    etag = ask().headers["ETag"]
    known = [ask(**{"If-None-Match": etag}) for _time in range(6)]
    assert [answer.status_code for answer in known] == [304] * 5 + [429]
    assert [left(answer) for answer in known] == [4, 3, 2, 1, 0, 0]


def test_a_file_counts_as_five_and_only_where_it_is_sent() -> None:
    first = ask("/api/v1/sectors/?format=csv&limit=1")
    assert (first.status_code, left(first)) == (200, 1)
    known = ask("/api/v1/sectors/?format=csv&limit=1", **{"If-None-Match": first.headers["ETag"]})
    assert (known.status_code, left(known)) == (304, 0)
    assert ask("/api/v1/sectors/?format=csv&limit=1").status_code == 429


@pytest.mark.parametrize("method", ["head", "options", "post", "delete"])
def test_every_method_counts(method: str) -> None:
    assert left(ask(method=method)) == 5
    assert left(ask()) == 4


@pytest.mark.parametrize("address", ["/api/v1/nowhere/", "/api/v1/plans/?contry=MLI", "/api/v1/plans/NONE/"])
def test_what_fails_counts_and_says_what_is_left(address: str) -> None:
    assert left(ask(address)) == 5


def test_who_tries_keys_is_counted_by_their_network(token: str) -> None:
    tried = [ask(token=f"crp_abcdefgh_{number:049}") for number in range(7)]
    assert [answer.status_code for answer in tried] == [401] * 6 + [429]
    # The good key of the same office goes on.
    assert ask(token=token).status_code == 200


def test_pages_are_not_counted() -> None:
    response = ask("/nowhere/")
    assert "RateLimit" not in response.headers
    assert left(ask()) == 5


def test_limits_can_be_off(settings: Any) -> None:
    settings.API_LIMIT = 0
    answers = [ask() for _time in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers


def test_a_page_of_another_site_may_read_the_headers() -> None:
    for _time in range(7):
        refused = ask(Origin="https://partner.example.org")
    assert refused.status_code == 429
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert "RateLimit" in refused.headers["Access-Control-Expose-Headers"]


def test_no_address_and_no_key_is_kept(token: str) -> None:
    ask(remote="198.51.100.7")
    ask(token=token)
    kept = list(caches["limits"]._cache)
    assert len(kept) == 2
    assert not [name for name in kept if "198.51" in name or token[13:30] in name]


def test_a_cache_that_does_not_answer_stops_nobody(caplog: Any) -> None:
    with mock.patch.object(type(caches["limits"]), "incr", side_effect=ConnectionError("redis://10.0.0.3 is down")):
        answers = [ask() for _time in range(9)]
    assert {answer.status_code for answer in answers} == {200}
    assert "requests are not counted" in caplog.text


def test_the_counts_of_threads_are_exact() -> None:
    """One thousand requests of eight threads are one thousand."""
    counter = Counter(Policy("anonymous", 10_000), "198.51.100.7", 1_000_000.0)
    with ThreadPoolExecutor(8) as pool:
        used = list(pool.map(lambda _number: counter.add(1).used, range(1_000)))
    assert sorted(used) == list(range(1, 1_001))
