"""Two runs of ``deliver_webhooks`` at the same moment. Needs a database with several writers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction

from crp.webhooks.delivering import Outcome, Run
from crp.webhooks.finding import find_events
from crp.webhooks.models import Delivery, Event
from tests.factories import make_contribution, make_plan
from tests.webhooks.receiver import NOW, make_endpoint, receiving

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time"),
    pytest.mark.usefixtures("history"),
]


def test_two_runs_send_each_event_once(settings: Any) -> None:
    with receiving() as receiver:
        settings.WEBHOOK_TEST_RECEIVERS = frozenset([receiver.origin])
        for path in "abc":
            make_endpoint(f"{receiver.origin}/{path}")
        plan = make_plan(contributions=0, sectors=0, projects=0)
        for _ in range(30):
            make_contribution(plan=plan)
        start = Barrier(2, timeout=20)

        def run() -> Outcome:
            try:
                start.wait()
                return Run(clock=lambda: NOW).once()
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            both = [future.result(timeout=60) for future in [pool.submit(run), pool.submit(run)]]
    assert sum(outcome.found for outcome in both) == Event.objects.count() == 31
    assert sum(outcome.delivered for outcome in both) == Delivery.objects.filter(status="delivered").count() == 93
    arrived = [(request.path, request.headers["webhook-id"]) for request in receiver.requests]
    assert len(arrived) == len(set(arrived)) == 93


def test_what_commits_late_is_found_and_what_is_open_holds_nobody_up() -> None:
    """The first of two contributions is written first and committed last."""
    make_endpoint()
    slow, quick = make_plan(contributions=0, sectors=0, projects=0), make_plan(contributions=0, sectors=0, projects=0)
    find_events(NOW)
    written, may_end = Barrier(2, timeout=20), Barrier(2, timeout=20)

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                make_contribution(plan=slow, code="SLOW")
                written.wait()
                may_end.wait()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_slowly)
        written.wait()
        make_contribution(plan=quick, code="QUICK")
        assert find_events(NOW) == 1
        may_end.wait()
        writing.result(timeout=20)
    assert find_events(NOW) == 1
    assert list(Event.objects.filter(type="contribution.recorded").values_list("subject", flat=True)) == [
        "QUICK",
        "SLOW",
    ]
