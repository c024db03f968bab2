"""What is due is claimed, sent by threads, and its outcome kept.

Threads only speak to receivers; the database is asked by one thread, so that SQLite serves as well. Each endpoint has
one thread at a time, which stops at the first failure: who is slow or away keeps nobody else waiting.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import SystemRandom
from time import monotonic

from django.db import close_old_connections, transaction
from django.db.models import Q
from django.utils import timezone

from crp.common.history import done
from crp.webhooks.finding import find_events
from crp.webhooks.models import Delivery, Endpoint, EndpointHealth, EndpointSecret, Event
from crp.webhooks.notices import tell_disabled
from crp.webhooks.sending import Answer, post
from crp.webhooks.signing import SecretLostError, sign, write_secret

logger = logging.getLogger(__name__)

SCHEDULE = tuple(
    timedelta(seconds=seconds)
    for seconds in (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""How long each attempt waits for the one before: the schedule of Standard Webhooks, three days in all."""
JITTER = 0.2
"""By how much of it a wait may be longer, so that not everything comes back at once."""
LONGEST_REST = timedelta(minutes=5)
"""How long an endpoint that failed is left alone at most; what waits for it is then tried one by one."""
DISABLED_AFTER = timedelta(days=5)
HELD_FOR = timedelta(minutes=5)
"""Longer than a job may take. After it the run is taken for dead, and the next one sends: twice rather than never."""
MOST_AT_ONCE = 20
"""Deliveries that one job of one endpoint takes."""
JOB_SECONDS = 60.0
THREADS = 16
KEPT_DELIVERED = timedelta(days=30)
KEPT_DEAD = timedelta(days=90)
random = SystemRandom()
Status = Delivery.Status
Because = Endpoint.DisabledBecause


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """One delivery, as a thread needs it."""

    delivery: int
    webhook_id: str
    body: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Job:
    """What one thread sends to one endpoint, one after the other."""

    endpoint: int
    url: str
    secrets: Sequence[str]
    letters: Sequence[Letter]


@dataclass(kw_only=True)
class Outcome:
    """What a run did."""

    found: int = 0
    delivered: int = 0
    failed: int = 0
    died: int = 0
    disabled: int = 0


@dataclass(kw_only=True)
class Run:
    """One pass over all that is due, or passes without end."""

    clock: Callable[[], datetime] = timezone.now
    outcome: Outcome = field(default_factory=Outcome)
    _busy: dict[Future[list[tuple[int, Answer]]], Job] = field(default_factory=dict)

    def once(self) -> Outcome:
        """Find what happened, send all that is due by now, and return what came of it."""
        now = self.clock()
        self.outcome.found += find_events(now)
        tidy(now)
        with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as pool:
            while True:
                self._submit(pool, now)
                if not self._busy:
                    return self.outcome
                self._collect(None)

    def forever(self, is_over: Callable[[], bool], pause_seconds: float) -> Outcome:
        """Do the same again and again until ``is_over``; what is on its way then is brought to its end."""
        next_look = next_tidying = 0.0
        with ThreadPoolExecutor(THREADS, thread_name_prefix="webhook") as pool:
            while not is_over():
                close_old_connections()
                now = self.clock()
                if monotonic() >= next_look:
                    self.outcome.found += find_events(now)
                    next_look = monotonic() + pause_seconds
                if monotonic() >= next_tidying:
                    tidy(now)
                    next_tidying = monotonic() + 3600
                self._submit(pool, now)
                self._collect(min(1.0, pause_seconds))
            while self._busy:
                self._collect(None)
        return self.outcome

    def _submit(self, pool: ThreadPoolExecutor, now: datetime) -> None:
        taken = {job.endpoint for job in self._busy.values()}
        for job in claim(now, taken, THREADS - len(taken)):
            self._busy[pool.submit(carry, job, self.clock)] = job

    def _collect(self, seconds: float | None) -> None:
        """Wait until a job is done, and keep what came of it."""
        if not self._busy:
            pool_is_idle = Future[None]()
            wait([pool_is_idle], timeout=seconds)
            return
        finished, _others = wait(self._busy, timeout=seconds, return_when=FIRST_COMPLETED)
        for future in finished:
            self._keep(self._busy.pop(future), future.result())

    def _keep(self, job: Job, answers: Sequence[tuple[int, Answer]]) -> None:
        now = self.clock()
        for pk, answer in answers:
            delivery = Delivery.objects.select_related("endpoint").filter(pk=pk).first()
            if delivery is not None:  # its endpoint may have been deleted meanwhile
                record(delivery, answer, now, self.outcome)
        tried = {pk for pk, _answer in answers}
        left = [letter.delivery for letter in job.letters if letter.delivery not in tried]
        Delivery.objects.filter(pk__in=left).update(held_until=None)


def claim(now: datetime, taken: Iterable[int], most: int) -> list[Job]:
    """Return jobs for endpoints that have something due, held for this run: of two runs each gets others.

    Queries: 2, and 5 for each endpoint with something due.
    """
    if most <= 0:
        return []
    rested = Q(health__rests_until=None) | Q(health__rests_until__lte=now)
    due = Delivery.objects.filter(_due(now)).order_by().values("endpoint")
    endpoints = Endpoint.objects.filter(rested, is_enabled=True, pk__in=due).exclude(pk__in=list(taken))
    # Who was served longest ago comes first: more endpoints than threads take turns.
    chosen = endpoints.order_by("health__last_delivered_at", "pk")[:most]
    return [job for endpoint in chosen if (job := _claim(endpoint, now)) is not None]


def _due(now: datetime) -> Q:
    return Q(status=Status.PENDING, next_attempt_at__lte=now) & (Q(held_until=None) | Q(held_until__lte=now))


@transaction.atomic
def _claim(endpoint: Endpoint, now: datetime) -> Job | None:
    """Return what one endpoint is due. Rows that another run is claiming are passed over (SQLite has one writer)."""
    rows = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).filter(_due(now), endpoint=endpoint)
    rows = rows.select_related("event").order_by("next_attempt_at", "event_id")
    deliveries = list(rows[:MOST_AT_ONCE])
    if not deliveries:
        return None
    Delivery.objects.filter(pk__in=[row.pk for row in deliveries]).update(held_until=now + HELD_FOR)
    return Job(
        endpoint=endpoint.pk,
        url=endpoint.url,
        secrets=secrets_of(endpoint.secrets.all(), now),
        letters=[
            Letter(delivery=row.pk, webhook_id=row.event.webhook_id, body=row.event.payload) for row in deliveries
        ],
    )


def secrets_of(rows: Iterable[EndpointSecret], now: datetime) -> Sequence[str]:
    """Return the secrets that hold now, the current one first. Empty: the key they were made with is lost."""
    try:
        return [write_secret(row) for row in rows if row.ends_at is None or row.ends_at > now]
    except SecretLostError:
        return []


def carry(job: Job, clock: Callable[[], datetime]) -> list[tuple[int, Answer]]:
    """Return what the receiver answered to each letter, up to the first that failed. Runs in a thread: no database."""
    answers: list[tuple[int, Answer]] = []
    end = monotonic() + JOB_SECONDS
    for letter in job.letters:
        if not job.secrets:
            answer = Answer(text="The secret is lost, because SECRET_KEY was changed: make a new one.")
        else:
            answer = post(job.url, letter.body, sign(job.secrets, letter.webhook_id, clock(), letter.body))
        answers.append((letter.delivery, answer))
        if not answer.is_delivered or monotonic() >= end:
            break
    return answers


def wait_after(attempts: int, answer: Answer) -> timedelta | None:
    """Return how long to wait after so many attempts, or as long as the receiver asks. None: it was the last."""
    if attempts >= len(SCHEDULE):
        return None
    longer = SCHEDULE[attempts] * (1 + JITTER * random.random())
    return max(longer, timedelta(seconds=answer.retry_after_seconds))


@transaction.atomic
def record(delivery: Delivery, answer: Answer, now: datetime, outcome: Outcome) -> None:
    """Keep what came of an attempt: delivered, to be tried again, or dead."""
    delivery.attempts += 1
    pause = None if answer.is_gone else wait_after(delivery.attempts, answer)
    settle(delivery, answer, now, pause)
    health = EndpointHealth.objects.filter(endpoint=delivery.endpoint_id)
    if answer.is_delivered:
        outcome.delivered += 1
        health.update(failing_since=None, rests_until=None, last_delivered_at=now)
        return
    outcome.failed += 1
    outcome.died += pause is None
    # What is sent is not logged, nor the answer, which is the receiver's.
    logger.info("Webhook %s, attempt %s: %s", delivery.endpoint_id, delivery.attempts, answer.code or "no answer")
    health.update(rests_until=now + min(pause or LONGEST_REST, LONGEST_REST))
    health.filter(failing_since=None).update(failing_since=now)
    is_failing = health.filter(failing_since__lte=now - DISABLED_AFTER).exists()
    if answer.is_gone or is_failing:
        outcome.disabled += _disable(delivery.endpoint_id, Because.GONE if answer.is_gone else Because.FAILING)


def settle(delivery: Delivery, answer: Answer, now: datetime, pause: timedelta | None = None) -> None:
    """Write the outcome of an attempt on its delivery. ``pause`` None: it is not tried again."""
    delivery.last_attempt_at = now
    delivery.response_code, delivery.answer = answer.code, answer.text
    delivery.attempts = max(delivery.attempts, 1)
    delivery.held_until = delivery.next_attempt_at = None
    if answer.is_delivered:
        delivery.status = Status.DELIVERED
    elif pause is None:
        delivery.status = Status.DEAD
    else:
        delivery.status, delivery.next_attempt_at = Status.PENDING, now + pause
    delivery.save()


def _disable(pk: int, because: Because) -> int:
    """Disable an endpoint, on record and with an e-mail to its owner; return 0 where it is disabled already."""
    endpoint = Endpoint.objects.select_for_update(no_key=True, of=("self",)).select_related("owner").get(pk=pk)
    if not endpoint.is_enabled:
        return 0
    endpoint.is_enabled, endpoint.disabled_because = False, because
    with done(why=str(because.label)):
        endpoint.save(update_fields=["is_enabled", "disabled_because"])
    transaction.on_commit(lambda: tell_disabled(endpoint))
    return 1


def tidy(now: datetime) -> None:
    """Delete what is over: deliveries after 30 days, dead ones after 90, their events, secrets that ended."""
    kept: Mapping[str, timedelta] = {Status.DELIVERED: KEPT_DELIVERED, Status.DEAD: KEPT_DEAD}
    for status, days in kept.items():
        Delivery.objects.filter(status=status, last_attempt_at__lt=now - days).delete()
    Event.objects.filter(deliveries=None, created_at__lt=now - KEPT_DELIVERED).delete()
    EndpointSecret.objects.filter(ends_at__lte=now).delete()
