"""What becomes of deliveries: sent, tried again by the schedule, dead, and an endpoint that is disabled."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Event as Signal
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command

from crp.webhooks import delivering
from crp.webhooks.delivering import SCHEDULE, Outcome, Run, claim, record, tidy, wait_after
from crp.webhooks.models import Delivery, Endpoint, EndpointSecret, Event
from crp.webhooks.sending import Answer
from crp.webhooks.services import (
    BOTH_FOR,
    begin_endpoint,
    disable_endpoint,
    enable_endpoint,
    rotate_secret,
    send_again,
    send_ping,
)
from tests.factories import make_contribution, make_plan, make_user
from tests.webhooks.receiver import NOW, OK, Receiver, make_endpoint, receiving

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("history")]
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=seconds) for seconds in (1, 60, 3600, 86400))
Status = Delivery.Status


@pytest.fixture(autouse=True)
def _no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "JITTER", 0.0)


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving() as receiver:
        settings.WEBHOOK_TEST_RECEIVERS = frozenset([receiver.origin])
        yield receiver


def run(at: datetime = NOW) -> Outcome:
    return Run(clock=lambda: at).once()


def make_deliveries(endpoint: Endpoint, number: int, at: datetime = NOW) -> list[Delivery]:
    """Return deliveries that are due."""
    made = []
    for index in range(number):
        key = f"{endpoint.pk}-{index}"
        event = Event.objects.create(
            type="contribution.recorded", key=key, subject=f"C-{index}", occurred_at=at,
            payload=json.dumps({"n": index}), created_at=at,
        )  # fmt: skip
        made.append(Delivery.objects.create(endpoint=endpoint, event=event, next_attempt_at=at))
    return made


def state(delivery: Delivery) -> tuple[str, int, Any]:
    delivery.refresh_from_db()
    return delivery.status, delivery.attempts, delivery.next_attempt_at


def test_what_happened_is_delivered_once(receiver: Receiver) -> None:
    make_endpoint(f"{receiver.origin}/hook")
    make_contribution(plan=make_plan(contributions=0, sectors=0, projects=0))
    outcome = run()
    assert (outcome.found, outcome.delivered, outcome.failed) == (2, 2, 0)
    assert sorted(receiver.types) == ["contribution.recorded", "revision.published"]
    ids = {request.headers["webhook-id"] for request in receiver.requests}
    assert ids == set(Event.objects.values_list("webhook_id", flat=True))
    assert run(NOW + DAY).delivered == 0
    assert set(Delivery.objects.values_list("status", "attempts", "response_code", "answer")) == {
        ("delivered", 1, 200, "ok")
    }


def test_the_schedule_of_a_receiver_that_is_away(receiver: Receiver) -> None:
    """Standard Webhooks: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h later; then it is dead."""
    receiver.reply = lambda _request: (503, b"later", {})
    endpoint = make_endpoint(receiver.origin)
    (delivery,) = make_deliveries(endpoint, 1)
    at, tried = NOW, []
    while (delivery.status, len(tried)) < ("pending", 20) and delivery.status == Status.PENDING:
        at = delivery.next_attempt_at or at
        run(at)
        tried.append(at - NOW)
        delivery.refresh_from_db()
    waits = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR]
    assert tried == [sum(waits[:number], timedelta()) for number in range(10)]
    assert state(delivery) == (Status.DEAD, 10, None)
    assert (delivery.response_code, delivery.answer) == (503, "later")
    bodies = {request.body for request in receiver.requests}
    stamps = [request.headers["webhook-timestamp"] for request in receiver.requests]
    assert len(bodies) == 1, "each attempt sends the same"
    assert stamps == sorted(set(stamps)), "each attempt is signed anew"
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1
    run(at + 10 * DAY)
    assert len(receiver.requests) == 10


def test_waits_are_spread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivering, "JITTER", 0.2)
    waits = [wait_after(2, Answer(code=500)) for _ in range(50)]
    assert all(5 * MINUTE <= wait <= 6 * MINUTE for wait in waits if wait)
    assert len(set(waits)) > 40
    assert wait_after(len(SCHEDULE), Answer(code=500)) is None
    assert wait_after(1, Answer(code=429, retry_after_seconds=3600)) == HOUR


@pytest.mark.parametrize("code", [302, 400, 404, 429, 500, 504])
def test_what_is_no_success_is_tried_again(code: int, receiver: Receiver) -> None:
    receiver.reply = lambda _request: (code, b"", {})
    (delivery,) = make_deliveries(make_endpoint(receiver.origin), 1)
    outcome = run()
    assert (outcome.failed, outcome.died) == (1, 0)
    assert state(delivery) == (Status.PENDING, 1, NOW + 5 * SECOND)
    receiver.reply = lambda _request: OK
    assert run(NOW + 5 * SECOND).delivered == 1


def test_an_endpoint_that_failed_rests_and_is_tried_with_one(receiver: Receiver) -> None:
    """A thousand waiting deliveries must not be a thousand requests to a system that is down."""
    receiver.reply = lambda _request: (500, b"", {})
    endpoint = make_endpoint(receiver.origin)
    make_deliveries(endpoint, 30)
    run()
    run(NOW + SECOND)
    assert len(receiver.requests) == 1
    run(NOW + 5 * SECOND)
    assert len(receiver.requests) == 2
    receiver.reply = lambda _request: OK
    assert run(NOW + 10 * MINUTE).delivered == 30


def test_gone_disables_at_once_and_for_good(receiver: Receiver, django_capture_on_commit_callbacks: Any) -> None:
    receiver.reply = lambda _request: (410, b"", {})
    owner = make_user(email="owner@example.org")
    endpoint = make_endpoint(receiver.origin, owner=owner, description="Ledger")
    first, second = make_deliveries(endpoint, 2)
    with django_capture_on_commit_callbacks(execute=True):
        outcome = run()
    assert (outcome.failed, outcome.died, outcome.disabled) == (1, 1, 1)
    endpoint.refresh_from_db()
    assert (endpoint.is_enabled, endpoint.disabled_because) == (False, "gone")
    assert (state(first)[0], state(second)[0]) == (Status.DEAD, Status.PENDING)
    assert endpoint.history.first().history_change_reason == "It answered 410 Gone"
    (told,) = mail.outbox
    assert told.to == ["owner@example.org"]
    assert told.subject == "Webhook disabled: Ledger"
    assert "410 Gone" in told.body
    assert run(NOW + DAY).failed == 0
    receiver.reply = lambda _request: OK
    enable_endpoint(endpoint=endpoint, at=NOW + DAY)
    assert run(NOW + DAY).delivered == 1


def test_five_days_of_failures_disable(receiver: Receiver, django_capture_on_commit_callbacks: Any) -> None:
    receiver.reply = lambda _request: (500, b"", {})
    endpoint = make_endpoint(receiver.origin)
    for days, expected in ((0, True), (4.9, True), (5, False)):
        make_deliveries(endpoint, 1, NOW + days * DAY)
        run(NOW + days * DAY)
        endpoint.refresh_from_db()
        assert endpoint.is_enabled is expected
        Event.objects.all().delete()
    assert endpoint.disabled_because == "failing"
    assert mail.outbox == []  # nobody to tell: it has no owner


def test_one_success_starts_the_five_days_anew(receiver: Receiver) -> None:
    endpoint = make_endpoint(receiver.origin)
    for days, code in ((0, 500), (4, 200), (6, 500), (10, 500)):
        receiver.reply = lambda _request, code=code: (code, b"", {})
        make_deliveries(endpoint, 1, NOW + days * DAY)
        run(NOW + days * DAY)
        Event.objects.all().delete()
    endpoint.refresh_from_db()
    assert endpoint.is_enabled


def test_who_is_slow_or_away_holds_up_nobody(receiver: Receiver, settings: Any) -> None:
    """The slow one answers only once the other one has everything."""
    served = Signal()
    with receiving() as slow:
        slow.reply = lambda _request: OK if served.wait(10) else (500, b"", {})
        settings.WEBHOOK_TEST_RECEIVERS = frozenset([receiver.origin, slow.origin])
        make_deliveries(make_endpoint(slow.origin), 1)
        quick = make_endpoint(receiver.origin)
        make_deliveries(quick, 45)
        receiver.reply = lambda _request: (served.set() or OK) if len(receiver.requests) == 45 else OK
        outcome = run()
    assert (outcome.delivered, outcome.failed) == (46, 0)
    assert [request.body for request in receiver.requests] == [json.dumps({"n": number}) for number in range(45)]


def test_what_a_dead_run_held_is_sent_by_a_later_one(receiver: Receiver) -> None:
    endpoint = make_endpoint(receiver.origin)
    make_deliveries(endpoint, 3)
    (job,) = claim(NOW, [], 1)
    assert len(job.letters) == 3
    assert claim(NOW, [], 1) == []
    assert run(NOW + MINUTE).delivered == 0
    assert run(NOW + delivering.HELD_FOR).delivered == 3


def test_an_endpoint_that_is_deleted_while_it_is_sent_to(receiver: Receiver) -> None:
    endpoint = make_endpoint(receiver.origin)
    make_deliveries(endpoint, 1)
    running = Run(clock=lambda: NOW)
    (job,) = claim(NOW, [], 1)
    endpoint.delete()
    running._keep(job, [(job.letters[0].delivery, Answer(code=200))])
    assert running.outcome == Outcome()


def test_both_secrets_sign_for_a_day(receiver: Receiver) -> None:
    endpoint = Endpoint(url=receiver.origin)
    first = begin_endpoint(endpoint=endpoint, at=NOW)
    second = rotate_secret(endpoint=endpoint, at=NOW)
    assert first != second
    for at in (NOW, NOW + BOTH_FOR - SECOND, NOW + BOTH_FOR):
        Event.objects.all().delete()
        make_deliveries(endpoint, 1, at)
        run(at)
    assert [len(request.headers["webhook-signature"].split()) for request in receiver.requests] == [2, 2, 1]
    third = rotate_secret(endpoint=endpoint, at=NOW + 2 * DAY)
    assert len({first, second, third}) == 3
    assert EndpointSecret.objects.count() == 2


def test_a_lost_key_is_told_and_nothing_is_sent_unsigned(receiver: Receiver, settings: Any) -> None:
    endpoint = make_endpoint(receiver.origin)
    (delivery,) = make_deliveries(endpoint, 1)
    settings.SECRET_KEY = "another"
    run()
    assert receiver.requests == []
    assert state(delivery)[0] == Status.PENDING
    assert "SECRET_KEY was changed" in delivery.answer
    rotate_secret(endpoint=endpoint, at=NOW)
    EndpointSecret.objects.exclude(ends_at=None).delete()
    assert run(NOW + MINUTE).delivered == 1


def test_a_test_is_sent_at_once_and_once(receiver: Receiver) -> None:
    receiver.reply = lambda _request: (500, b"not yet", {})
    endpoint = make_endpoint(receiver.origin)
    delivery = send_ping(endpoint=endpoint, at=NOW)
    assert (delivery.status, delivery.attempts, delivery.response_code, delivery.answer) == ("dead", 1, 500, "not yet")
    assert run(NOW + DAY).failed == 0
    receiver.reply = lambda _request: OK
    disable_endpoint(endpoint=endpoint)
    assert send_ping(endpoint=endpoint, at=NOW).status == Status.DELIVERED
    assert receiver.types == ["ping", "ping"]


def test_the_dead_are_sent_again_from_the_first_attempt(receiver: Receiver) -> None:
    receiver.reply = lambda _request: (500, b"", {})
    endpoint = make_endpoint(receiver.origin)
    deliveries = make_deliveries(endpoint, 3)
    Delivery.objects.update(status=Status.DEAD, attempts=10, next_attempt_at=None)
    send_ping(endpoint=endpoint, at=NOW)
    receiver.reply = lambda _request: OK
    assert send_again(deliveries=Delivery.objects.filter(status=Status.DEAD), at=NOW + HOUR) == 3
    assert state(deliveries[0]) == (Status.PENDING, 0, NOW + HOUR)
    assert run(NOW + HOUR).delivered == 3
    disable_endpoint(endpoint=endpoint)
    with pytest.raises(ValidationError, match="enable it first"):
        send_again(deliveries=Delivery.objects.filter(pk=deliveries[0].pk), at=NOW)


def test_no_secret_is_kept_or_logged(receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    receiver.reply = lambda _request: (500, b"", {})
    endpoint = Endpoint(url=f"{receiver.origin}/?token=in-the-address")
    with caplog.at_level(logging.DEBUG):
        secrets = [begin_endpoint(endpoint=endpoint, at=NOW), rotate_secret(endpoint=endpoint, at=NOW)]
        make_deliveries(endpoint, 1)
        run()
    assert "Webhook" in caplog.text
    rows = [*Endpoint.objects.values(), *Endpoint.history.values(), *EndpointSecret.objects.values()]
    rows += [*Event.objects.values(), *Delivery.objects.values()]
    for secret in secrets:
        assert secret not in caplog.text
        assert secret not in repr(rows)
        assert secret.removeprefix("whsec_") not in repr(rows)
    assert "in-the-address" not in caplog.text


def test_what_is_over_is_deleted() -> None:
    endpoint = make_endpoint()
    delivered, dead, pending = make_deliveries(endpoint, 3)
    rotate_secret(endpoint=endpoint, at=NOW)
    outcome = Outcome()
    record(delivered, Answer(code=200), NOW, outcome)
    dead.attempts = 9
    record(dead, Answer(code=500), NOW, outcome)
    for days, left in ((29, 3), (31, 2), (89, 2), (91, 1)):
        tidy(NOW + days * DAY)
        assert Delivery.objects.count() == Event.objects.count() == left
    assert state(pending)[0] == Status.PENDING
    assert EndpointSecret.objects.count() == 1


def test_the_command(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    make_endpoint(receiver.origin)
    make_contribution(plan=make_plan(contributions=0, sectors=0, projects=0))
    call_command("deliver_webhooks")
    assert capsys.readouterr().out == (
        "Events found: 2. Delivered: 2. Failed: 0, of these not tried again: 0. Webhooks disabled: 0.\n"
    )


def test_a_loop_that_is_told_to_stop(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks again and again, and brings to its end what is on its way."""
    monkeypatch.setattr(delivering, "close_old_connections", lambda: None)  # the test's own transaction
    make_endpoint(receiver.origin)
    plan = make_plan(contributions=0, sectors=0, projects=0)
    rounds = []

    def is_over() -> bool:
        rounds.append(len(receiver.requests))
        if len(receiver.requests) == 1:
            make_contribution(plan=plan)
        return len(receiver.requests) >= 2 or len(rounds) > 200

    outcome = Run().forever(is_over, 0.01)
    assert outcome.delivered == len(receiver.requests) >= 2
    assert Delivery.objects.filter(status=Status.PENDING, held_until__isnull=False).count() == 0
