"""How pages and endpoints grow with the number of plans: ratios between two sizes, measured in turn in one run.

A single time says more about the machine than about CRP, so none is asserted: the table is what a change is compared
by. Run by ``make bench`` on SQLite, and on PostgreSQL through ``python -m tests.postgres -- pytest tests/benchmarks``.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.factories import make_plans

SMALL, LARGE, ROUNDS = 30, 300, 7
ADDRESSES = {
    "list of 50, API": "/api/v1/plans/",
    "one plan, API": "/api/v1/plans/MLI-CRP-2025-2026/",
    "sorted by gap, API": "/api/v1/plans/?ordering=-gap_usd&percent_funded_max=50",
    "rollup by sector and year, API": "/api/v1/rollups/?by=sector,year",
    "all plans, CSV": "/api/v1/plans/?format=csv",
    "home": "/",
    "gap explorer": "/gaps/",
    "plan page": "/plans/MLI-CRP-2025-2026/",
}


def seconds(call: Callable[[], object]) -> float:
    start = perf_counter()
    call()
    return perf_counter() - start


@pytest.mark.benchmark
@pytest.mark.django_db
def test_growth_with_the_number_of_plans(client: Client) -> None:
    def fetch(address: str) -> int:
        response = client.get(address)
        assert response.status_code == 200, address
        body = b"".join(response.streaming_content) if response.streaming else response.content
        return len(body)

    results: dict[str, list[float]] = {}
    queries: dict[str, list[int]] = {}
    for size, more in ((SMALL, SMALL), (LARGE, LARGE - SMALL)):
        make_plans(more)
        for name, address in ADDRESSES.items():
            fetch(address)
            results.setdefault(name, []).append(median(seconds(lambda: fetch(address)) for _ in range(ROUNDS)))  # noqa: B023
            with CaptureQueriesContext(connection) as captured:
                fetch(address)
            queries.setdefault(name, []).append(len(captured))
        assert size
    print(f"\n{connection.vendor}: {SMALL} and {LARGE} plans")
    print(f"{'':<34}{'ms':>8}{'ms':>8}{'ratio':>8}  queries")
    for name, (small, large) in results.items():
        print(
            f"{name:<34}{small * 1000:>8.1f}{large * 1000:>8.1f}{large / small:>8.1f}"
            f"  {queries[name][0]} and {queries[name][1]}"
        )
