"""What comes in from outside, and what administrators see of who follows."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from crp.following import limits
from crp.following.models import Attempt, Subscription
from plans.models import Plan, Revision
from tests.conftest import MaliPlans
from tests.factories import make_plan, make_user
from tests.following.test_following import PLAN, ask, followed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _plans(mali: MaliPlans) -> None:
    """Have the plans there."""


@pytest.mark.parametrize(
    "email",
    [
        "",
        "nobody",
        "a@b",
        "a@example.org\nBcc: all@example.org",
        "a@example.org\r\nSubject: x",
        "a@example.org,b@example.org",
        '"><script>alert(1)</script>@example.org',
        "a" * 10_000 + "@example.org",
        "a\0@example.org",
    ],
)
def test_what_is_no_address_is_refused(client: Client, email: str) -> None:
    answer = ask(client, email)
    assert answer.status_code == 400
    assert "<script>alert" not in answer.content.decode()
    assert 'aria-invalid="true"' in answer.content.decode()
    assert not mail.outbox
    assert not Subscription.objects.exists()


def test_line_breaks_in_a_title_stay_out_of_the_headers(client: Client) -> None:
    plan = make_plan(title="Floods\r\nBcc: all@example.org")
    ask(client, address=f"/follow/?plan={plan.code}")
    assert mail.outbox[0].subject == "Please confirm: news of Floods Bcc: all@example.org"
    assert mail.outbox[0].message()["Bcc"] is None


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("plan=NOPE", "NOPE"),
        ("country=XXX", "XXX"),
        ("sector=IOM-2025", "IOM-2025"),
        ("sector=IOM-2025/NOPE", "IOM-2025/NOPE"),
        ("plan=MLI-CRP-2021&country=MLI", "several"),
        ("country=MLI&country=NER", "several"),
        ("paln=MLI-CRP-2021", "Did you mean"),
        ("plan=M%00LI", "�"),
        ("plan=%3Cscript%3E", "&lt;script&gt;"),
        ("plan=" + "A" * 10_000, "AAA…"),
    ],
)
def test_an_address_that_names_nothing(client: Client, query: str, told: str) -> None:
    for method in (client.get, client.post):
        answer = method(f"/follow/?{query}")
        assert answer.status_code == 400
        assert told in answer.content.decode()
    assert not mail.outbox


@pytest.mark.parametrize(
    ("query", "kind", "code", "name"),
    [
        ("", "everything", "", "all plans"),
        ("country=mli", "country", "MLI", "Mali"),
        ("sector=iom-2025/health", "sector", "IOM-2025/HEALTH", "Health"),
        ("plan=mli-crp-2021", "plan", "MLI-CRP-2021", "Mali Crisis Response Plan 2021"),
    ],
)
def test_each_kind_of_thing(client: Client, query: str, kind: str, code: str, name: str) -> None:
    page = client.get(f"/follow/?{query}").content.decode()
    assert f"Follow {name}" in page
    feeds = re.findall(r'<li><a href="(/[^"]+revisions\.(?:atom|json))">', page)
    assert len(feeds) == 2
    assert [client.get(address).status_code for address in feeds] == [200, 200]
    ask(client, address=f"/follow/?{query}")
    row = Subscription.objects.get()
    assert (row.kind, row.subject) == (kind, code)


def test_a_draft_can_not_be_followed(client: Client) -> None:
    plan = Plan.objects.create(code="NEVER", kind="crp", title="Never", start_year=2026, end_year=2026)
    Revision.objects.create(plan=plan)
    assert client.get(f"/follow/?plan={plan.code}").status_code == 400


def test_an_address_gets_no_flood(client: Client) -> None:
    answers = [ask(client).status_code for _ in range(limits.FOR_AN_ADDRESS + 2)]
    assert set(answers) == {302}, "the answer tells that the address was known"
    assert len(mail.outbox) == limits.FOR_AN_ADDRESS
    with time_machine.travel(datetime.now(tz=UTC) + timedelta(days=1, minutes=1)):
        ask(client)
    assert len(mail.outbox) == limits.FOR_AN_ADDRESS + 1


def test_a_client_is_told_to_wait(client: Client, settings: Any) -> None:
    for number in range(limits.FOR_A_CLIENT):
        assert ask(client, f"reader-{number}@example.org").status_code == 302
    refused = ask(client, "one-more@example.org")
    assert (refused.status_code, refused["Retry-After"]) == (429, "3600")
    assert len(mail.outbox) == limits.FOR_A_CLIENT
    other = Client(REMOTE_ADDR="198.51.100.7")
    assert ask(other, "elsewhere@example.org").status_code == 302
    assert not Attempt.objects.filter(key__contains="127.0.0.1").exists(), "network addresses are kept"


def test_behind_a_proxy_the_client_is_whom_the_proxy_saw(rf: Any, settings: Any) -> None:
    request = rf.get("/", headers={"x-forwarded-for": "203.0.113.9, 198.51.100.1"})
    assert limits.client_of(request) == "127.0.0.1", "believed although no proxy is set"
    settings.SECURE = True
    assert limits.client_of(request) == "198.51.100.1"


def test_another_site_can_not_send_the_form(client: Client) -> None:
    answer = client.post(
        PLAN, {"email": "a@example.org", "frequency": "weekly"}, headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert not mail.outbox


def test_a_mail_server_that_is_down_is_told(client: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.following.backends.Broken"
    for email in ("new@example.org", "known@example.org"):
        followed("known@example.org") if email.startswith("known") else None
        answer = ask(client, email)
        assert answer.status_code == 503
        assert "could not be sent just now" in answer.content.decode()


# The admin


def test_administrators_see_no_whole_address(client: Client) -> None:
    subscription = followed()
    client.force_login(make_user(is_staff=True, is_superuser=True), backend="crp.accounts.backends.LoginBackend")
    listed = client.get(reverse("admin:following_subscription_changelist")).content.decode()
    page = client.get(reverse("admin:following_subscription_change", args=[subscription.pk]))
    assert page.status_code == 200
    for content in (listed, page.content.decode()):
        assert "r…@example.org" in content
        assert "reader@example.org" not in content
    found = client.get(reverse("admin:following_subscription_changelist"), {"q": "READER@example.org"})
    assert "r…@example.org" in found.content.decode()
    assert client.get(reverse("admin:following_subscription_add")).status_code == 403
    deleted = client.post(reverse("admin:following_subscription_delete", args=[subscription.pk]), {"post": "yes"})
    assert deleted.status_code == 302
    assert not Subscription.objects.exists()


def test_nobody_else_sees_them(client: Client) -> None:
    followed()
    client.force_login(make_user(is_staff=True), backend="crp.accounts.backends.LoginBackend")
    assert client.get(reverse("admin:following_subscription_changelist")).status_code == 403


def test_no_history_keeps_an_address() -> None:
    assert not hasattr(Subscription, "history")
