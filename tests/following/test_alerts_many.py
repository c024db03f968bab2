"""How much it takes to tell subscribers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crp.following.models import Notice, Subscription
from crp.following.news import notice
from crp.following.sending import send_alerts
from plans.models import Plan
from tests.conftest import MaliPlans
from tests.factories import make_country, make_organization
from tests.following.test_alerts import AFTER, give, publish_plan, subscribe
from tests.funding.revised import revise_mali

pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(mali: MaliPlans) -> Plan:
    return mali.crp_2025_2026


def test_many_contributions_take_no_more_queries_than_one(plan: Plan) -> None:
    def told(number: int) -> int:
        Subscription.objects.all().delete()
        Notice.objects.all().delete()
        subscribe(kind="everything", subject="")
        for _ in range(number):
            give(plan, "100", at=AFTER - timedelta(minutes=1), donor=make_organization())
        with CaptureQueriesContext(connection) as queries:
            assert send_alerts(now=AFTER).sent == 1
        return len(queries)

    told(1)  # makes the row that is held while news is noticed
    assert told(1) == told(12)


def test_a_letter_has_room_for_twenty_plans(mali: MaliPlans) -> None:
    subscribe(kind="everything", subject="")
    country = make_country()
    for _ in range(23):
        publish_plan(countries=[country])
    send_alerts(now=AFTER)
    (message,) = mail.outbox
    assert message.subject == "all plans: 23 revisions published"
    assert message.body.count("It asks for USD") == 20
    assert "3 more plans have news" in message.body


def test_nothing_is_noticed_twice(plan: Plan) -> None:
    subscribe()
    revise_mali(plan)
    first = notice(AFTER)
    assert notice(AFTER) == first
    assert Notice.objects.count() == 1
