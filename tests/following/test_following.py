"""From the form to the last e-mail: who asked, who confirmed, and that nobody else can do either for them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from crp.following.models import UNCONFIRMED_FOR, Notice, Subscription
from crp.following.tokens import Purpose, find, token_of
from tests.conftest import MaliPlans

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAN = "/follow/?plan=MLI-CRP-2025-2026"
LINK = re.compile(r"http://testserver(/\S+)")


@pytest.fixture(autouse=True)
def _plans(mali: MaliPlans) -> None:
    """Have the plans there."""


def ask(client: Client, email: str = "Reader@Example.org", address: str = PLAN, **fields: Any) -> Any:
    return client.post(address, {"email": email, "frequency": "immediate"} | fields)


def link_in(message: Any, name: str) -> str:
    """Return the path of the link to one page in an e-mail."""
    (found,) = {path for path in LINK.findall(message.body) if urlsplit(path).path.endswith(f"/follow/{name}/")}
    return found


def followed(email: str = "reader@example.org", *, confirmed: bool = True, **fields: Any) -> Subscription:
    values: dict[str, Any] = {"kind": "plan", "subject": "MLI-CRP-2025-2026", "language": "en"}
    at = {"asked_at": NOW, "confirmed_at": NOW if confirmed else None, "told_at": NOW if confirmed else None}
    return Subscription.objects.create(email=email, **values | at | fields)


def test_the_whole_way(client: Client) -> None:
    page = client.get(PLAN)
    assert page.status_code == 200
    assert "Follow Mali Crisis Response Plan 2025 - 2026" in page.content.decode()
    assert page["Cache-Control"].startswith("max-age=0")
    with time_machine.travel(NOW, tick=False):
        answer = ask(client)
        assert (answer.status_code, answer["Location"]) == (302, "/follow/asked/")
    assert not client.cookies
    (message,) = mail.outbox
    assert message.to == ["reader@example.org"]
    assert message.subject == "Please confirm: news of Mali Crisis Response Plan 2025 - 2026"
    assert "List-Unsubscribe" not in message.extra_headers
    assert len(message.alternatives) == 1
    waiting = Subscription.objects.get()
    assert (waiting.kind, waiting.subject, waiting.is_confirmed) == ("plan", "MLI-CRP-2025-2026", False)
    confirm = link_in(message, "confirm")
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        shown = client.get(confirm)
        assert "Yes, send me this" in shown.content.decode()
        waiting.refresh_from_db()
        assert not waiting.is_confirmed, "a program that opens links has confirmed"
        done = client.post(confirm)
        assert "You are following Mali Crisis Response Plan" in done.content.decode()
        again = client.post(confirm)
        assert again.status_code == 200
    waiting.refresh_from_db()
    assert waiting.confirmed_at == NOW + timedelta(days=1)
    manage = re.search(r'href="(/follow/manage/[^"]+)"', done.content.decode())
    assert manage is not None
    assert "reader@example.org" in client.get(manage[1].replace("&amp;", "&")).content.decode()


def test_confirmed_twice_starts_once(client: Client) -> None:
    waiting = followed(confirmed=False)
    address = f"/follow/confirm/?token={token_of(waiting, Purpose.CONFIRM)}"
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        client.post(address)
    Subscription.objects.update(told_up_to=77)
    with time_machine.travel(NOW + timedelta(days=3), tick=False):
        client.post(address)
    waiting.refresh_from_db()
    assert (waiting.confirmed_at, waiting.told_up_to) == (NOW + timedelta(hours=1), 77)


def test_news_from_before_it_was_confirmed_is_behind_it(client: Client) -> None:
    newest = Notice.objects.create(kind="revision", key=1)
    waiting = followed(confirmed=False)
    with time_machine.travel(NOW, tick=False):
        client.post(f"/follow/confirm/?token={token_of(waiting, Purpose.CONFIRM)}")
    waiting.refresh_from_db()
    assert waiting.told_up_to == newest.pk


def test_nobody_learns_who_follows_what(client: Client) -> None:
    """The same answer, and as many e-mails, for an address that is known, one that waits, and one that is new."""
    followed("known@example.org")
    followed("waits@example.org", confirmed=False)
    answers, queries = [], []
    for email in ("known@example.org", "waits@example.org", "new@example.org"):
        with CaptureQueriesContext(connection) as captured:
            answer = ask(client, email)
        answers.append((answer.status_code, answer["Location"], answer.content, dict(answer.headers)))
        queries.append(len(captured))
    for answer in answers:
        answer[3].pop("Expires")
    assert answers[0] == answers[1] == answers[2]
    assert max(queries) - min(queries) <= 3, queries
    assert [message.to[0] for message in mail.outbox] == ["known@example.org", "waits@example.org", "new@example.org"]
    known, waits, new = mail.outbox
    assert "It gets them already" in known.body
    assert "/follow/confirm/" not in known.body
    assert link_in(waits, "confirm")
    assert link_in(new, "confirm")
    assert Subscription.objects.get(email="known@example.org").asked_at == NOW, "changed by somebody unknown"


def test_asking_again_does_not_change_what_is_confirmed(client: Client) -> None:
    followed()
    ask(client, frequency="weekly", address=f"/fr{PLAN}")
    kept = Subscription.objects.get()
    assert (kept.frequency, kept.language) == ("immediate", "en")


def test_asking_again_while_it_waits_takes_the_newer_wish(client: Client) -> None:
    followed(confirmed=False, asked_at=NOW - timedelta(days=30))
    ask(client, frequency="weekly", address=f"/fr{PLAN}")
    kept = Subscription.objects.get()
    assert (kept.frequency, kept.language, kept.asked_at > NOW) == ("weekly", "fr", True)
    assert "http://testserver/fr/follow/confirm/?token=" in mail.outbox[0].body


# Tokens


def test_a_token_is_of_one_subscription_for_one_purpose(client: Client) -> None:
    one, other = followed(), followed("other@example.org")
    tokens = {(row.pk, purpose): token_of(row, purpose) for row in (one, other) for purpose in Purpose}
    assert len(set(tokens.values())) == 6
    for (key, purpose), token in tokens.items():
        for asked in Purpose:
            found = find(token, asked)
            assert (found.pk if found else None) == (key if asked == purpose else None)
    moved = tokens[one.pk, Purpose.STOP].replace(f"{one.pk}-", f"{other.pk}-", 1)
    assert find(moved, Purpose.STOP) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "1",
        "-",
        "1-",
        "-x",
        "x-y",
        "1-AAAA",
        "9" * 30 + "-A",
        "\N{ARABIC-INDIC DIGIT ONE}-A",
        "1-é",
        "a" * 10_000,
        "\0-\0",
        "1-\0",
    ],
)
@pytest.mark.parametrize("name", ["confirm", "stop", "manage"])
def test_a_token_can_not_be_guessed(client: Client, name: str, token: str) -> None:
    subscription = followed()
    for method in (client.get, client.post):
        answer = method(f"{reverse(f'follow-{name}')}?{'' if not token else 'token='}{token}")
        assert answer.status_code == 404
        assert "This link no longer works" in answer.content.decode()
    assert Subscription.objects.get() == subscription


def test_a_token_ends_with_its_subscription(client: Client) -> None:
    gone = followed()
    key, token = gone.pk, token_of(gone, Purpose.STOP)
    gone.delete()
    assert find(token, Purpose.STOP) is None
    assert followed(pk=key).pk == key
    assert find(token, Purpose.STOP) is None, "a token of before serves for what took its place"


def test_a_token_outlives_a_change_of_the_secret(settings: Any) -> None:
    subscription = followed()
    token = token_of(subscription, Purpose.STOP)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert find(token, Purpose.STOP) == subscription
    settings.SECRET_KEY_FALLBACKS = []
    assert find(token, Purpose.STOP) is None


@pytest.mark.parametrize(("late", "status"), [(timedelta(0), 200), (timedelta(seconds=1), 404)])
def test_a_link_to_confirm_works_for_a_week(client: Client, late: timedelta, status: int) -> None:
    waiting = followed(confirmed=False)
    address = f"/follow/confirm/?token={token_of(waiting, Purpose.CONFIRM)}"
    with time_machine.travel(NOW + UNCONFIRMED_FOR + late, tick=False):
        assert client.get(address).status_code == status
        assert client.post(address).status_code == status
    waiting.refresh_from_db()
    assert waiting.is_confirmed is (status == 200)


# Ending and changing


def test_one_click_ends_it(client: Client) -> None:
    """RFC 8058: a mail program sends a form with nothing but this in it, and no cookie."""
    subscription = followed()
    strict = Client(enforce_csrf_checks=True)
    address = f"/follow/stop/?token={token_of(subscription, Purpose.STOP)}"
    page = strict.get(address)
    assert page.status_code == 200
    assert "<button" in page.content.decode()
    assert Subscription.objects.exists(), "a program that opens links has ended it"
    answer = strict.post(address, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert not Subscription.objects.exists()
    assert strict.post(address).status_code == 404


def test_all_that_is_followed(client: Client) -> None:
    plan, country = followed(), followed(kind="country", subject="MLI")
    waiting = followed(confirmed=False, kind="everything", subject="")
    foreign = followed("other@example.org")
    address = f"/follow/manage/?token={token_of(plan, Purpose.MANAGE)}"
    page = client.get(address).content.decode()
    assert page.count('name="subscription"') == 2
    change = {"subscription": country.pk, "step": "change", "frequency": "weekly", "language": "fr"}
    assert client.post(address, change)["Location"].startswith("/follow/manage/?token=")
    country.refresh_from_db()
    assert (country.frequency, country.language) == ("weekly", "fr")
    for wrong in (
        {**change, "subscription": foreign.pk},
        {**change, "subscription": waiting.pk},
        {**change, "subscription": "9" * 40},
        {**change, "subscription": ""},
        {**change, "frequency": "hourly"},
        {**change, "language": "xx"},
        {**change, "step": "delete"},
    ):
        answer = client.post(address, wrong)
        assert answer.status_code == 400, wrong
        assert 'role="alert"' in answer.content.decode()
    foreign.refresh_from_db()
    assert foreign.frequency == "immediate"
    answer = client.post(address, {"subscription": plan.pk, "step": "stop"})
    token = parse_qs(urlsplit(answer["Location"]).query)["token"][0]
    assert find(token, Purpose.MANAGE) == country
    assert client.get(answer["Location"]).status_code == 200
    everything = client.post(answer["Location"], {"step": "stop-all"})
    assert "You follow nothing any more" in everything.content.decode()
    assert list(Subscription.objects.all()) == [foreign]


def test_the_last_one_ended_on_that_page(client: Client) -> None:
    only = followed()
    address = f"/follow/manage/?token={token_of(only, Purpose.MANAGE)}"
    assert client.post(address, {"subscription": only.pk, "step": "stop"}).status_code == 200
    assert not Subscription.objects.exists()


def test_what_is_not_published_any_more_is_named_by_its_code(client: Client) -> None:
    subscription = followed(subject="GONE-2020")
    page = client.get(f"/follow/manage/?token={token_of(subscription, Purpose.MANAGE)}").content.decode()
    assert "GONE-2020" in page
    assert "not published any more" in page
