"""Two people at the same moment. Needs a database with several writers: on SQLite there is one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from funding.services import publish_revision
from plans.models import Objective, Plan, Revision
from plans.sealing import seal_of
from plans.services import start_revision
from tests.factories import make_plan

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor == 'sqlite'", reason="SQLite has one writer at a time"),
]
WAIT = 20  # seconds: far more than either needs


@pytest.fixture
def plan() -> Plan:
    return make_plan(contributions=0)


@pytest.fixture
def draft(plan: Plan) -> Revision:
    return start_revision(plan=plan, by=None)


@pytest.fixture
def side_by_side() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as pool:
        yield pool


def alone(step: Callable[[], Any]) -> Callable[[], Any]:
    """Return a step that closes its connection: a thread has one of its own."""

    def run() -> Any:
        try:
            return step()
        finally:
            connection.close()

    return run


def waits(future: Future[Any]) -> bool:
    """Return whether a step is still held up after a while."""
    try:
        future.result(timeout=0.5)
    except TimeoutError:
        return True
    except Exception:  # noqa: BLE001 (that it ended is all that is asked)
        return False
    return False


def test_of_two_publications_one_wins(draft: Revision, side_by_side: ThreadPoolExecutor) -> None:
    def publish() -> str:
        try:
            return publish_revision(revision=draft, by=None, reason="Floods").status
        except ValidationError as refusal:
            return refusal.messages[0]

    told = sorted(future.result(WAIT) for future in [side_by_side.submit(alone(publish)) for _number in range(2)])
    assert told == ["Revision 2 is published: only a draft can be published.", "published"]
    assert Revision.objects.filter(plan=draft.plan, status="published").count() == 1
    assert draft.steps.filter(action="published").count() == 1


@pytest.mark.parametrize("how", ["form", "update"])
def test_publication_waits_for_a_draft_that_is_being_saved(
    draft: Revision, side_by_side: ThreadPoolExecutor, how: str
) -> None:
    saving, go_on = Event(), Event()

    def save() -> None:
        with transaction.atomic():
            if how == "form":  # as the admin does
                Revision.objects.select_for_update(no_key=True).get(pk=draft.pk)
            Objective.objects.filter(revision=draft, number=1).update(title="Saved at the last moment")
            saving.set()
            go_on.wait(WAIT)

    saved = side_by_side.submit(alone(save))
    assert saving.wait(WAIT)
    published = side_by_side.submit(alone(lambda: publish_revision(revision=draft, by=None, reason="Floods")))
    assert waits(published)
    go_on.set()
    saved.result(WAIT)
    revision = Revision.objects.get(pk=published.result(WAIT).pk)
    assert revision.objectives.get(number=1).title == "Saved at the last moment"
    assert revision.seal == seal_of(revision)


def test_a_save_waits_for_the_publication_and_is_refused(draft: Revision, side_by_side: ThreadPoolExecutor) -> None:
    publishing, go_on = Event(), Event()

    def publish() -> None:
        with transaction.atomic():
            publish_revision(revision=draft, by=None, reason="Floods")
            publishing.set()
            go_on.wait(WAIT)

    published = side_by_side.submit(alone(publish))
    assert publishing.wait(WAIT)
    late = Objective.objects.filter(revision=draft, number=1)
    saved = side_by_side.submit(alone(lambda: late.update(title="Too late")))
    assert waits(saved)
    go_on.set()
    published.result(WAIT)
    with pytest.raises(IntegrityError, match="published and sealed"):
        saved.result(WAIT)
    assert late.get().title == "Objective 1"
