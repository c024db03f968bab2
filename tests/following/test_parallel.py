"""Two runs of ``send_alerts`` at the same moment. Needs a database with several writers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.core import mail
from django.db import connection

from crp.following.models import Notice, Subscription
from crp.following.sending import Outcome, send_alerts
from tests.factories import make_plan
from tests.following.test_following import followed

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time"),
]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_two_runs_tell_each_reader_once() -> None:
    for number in range(30):
        followed(f"reader-{number}@example.org", kind="everything", subject="", confirmed_at=NOW - timedelta(days=2))
    for _ in range(5):
        plan = make_plan(contributions=0, sectors=0, projects=0)
        plan.revisions.update(published_at=NOW - timedelta(days=1))
    start = Barrier(2, timeout=20)

    def run() -> Outcome:
        try:
            start.wait()
            return send_alerts(now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        both = [future.result(timeout=60) for future in [pool.submit(run), pool.submit(run)]]
    assert sum(outcome.sent for outcome in both) == 30
    assert len({message.to[0] for message in mail.outbox}) == len(mail.outbox) == 30
    assert Notice.objects.count() == 5
    assert set(Subscription.objects.values_list("told_up_to", flat=True)) == {Notice.objects.latest("pk").pk}
