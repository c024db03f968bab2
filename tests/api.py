"""The API as a partner's program sees it: addresses in, JSON or rows of CSV out."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.http import HttpResponseBase
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crp.common.recent import Recent

ROOT = "/api/v1/"
LISTS = (
    "plans",
    "objectives",
    "outcomes",
    "projects",
    "funding-requests",
    "contributions",
    "reported-funding",
    "organizations",
    "sectors",
    "taxonomies",
    "countries",
)


def ask(address: str, method: str = "get", **headers: str) -> HttpResponseBase:
    """Return the answer to an address below the root."""
    return getattr(Client(), method)(f"{ROOT}{address}", headers=headers)


def text_of(response: Any) -> str:
    """Return the whole body of an answer, streamed or not."""
    return b"".join(response.streaming_content if response.streaming else [response.content]).decode()


def get(address: str, status: int = 200, **headers: str) -> Any:
    """Return the JSON of an answer, which must have the status."""
    response: Any = ask(address, **headers)
    assert response.status_code == status, f"{address}: {response.status_code} {text_of(response)[:300]}"
    assert response["Content-Type"] == "application/json"
    return response.json()


def results(address: str) -> list[dict[str, Any]]:
    """Return the entries of one page of a list."""
    return get(address)["results"]


def every(address: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of all pages of a list, following ``next`` as a program does."""
    following = f"{ROOT}{address}"
    while following:
        page = get(following.partition(ROOT)[2])
        yield from page["results"]
        following = page["next"]


def rows(address: str) -> list[dict[str, str]]:
    """Return the rows of an answer in CSV, each by the names in the header."""
    response: Any = ask(address)
    assert response.status_code == 200, f"{address}: {response.status_code}"
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(text_of(response), newline="")))


def problem(address: str, status: int = 400) -> dict[str, list[str]]:
    """Return what an answer says is wrong with each parameter, after a look at its shape."""
    body = get(address, status)
    assert set(body) == {"detail", "code", "errors"}
    assert body["code"] == "invalid"
    name, messages = next(iter(body["errors"].items()))
    assert body["detail"] == f"{name}: {messages[0]}"
    return body["errors"]


def count_queries(address: str, *, again: bool = False) -> int:
    """Return how many queries an answer takes to the end of its body, the first time that a process is asked."""
    if not again:
        Recent.forget_all()
    with CaptureQueriesContext(connection) as captured:
        response: Any = ask(address)
        text_of(response)
    assert response.status_code == 200, address
    return len(captured)
