"""What subscribers are told: hand-worked figures, each once, and what fails is tried again."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command

from crp.following import sending
from crp.following.models import UNCONFIRMED_FOR, Attempt, Notice, Subscription
from crp.following.sending import send_alerts
from funding.models import Contribution, StatusChange
from plans.models import Country, Plan, Revision
from sectors.models import Crosswalk, Sector
from tests.conftest import MaliPlans
from tests.factories import make_contribution, make_organization, make_plan
from tests.following.people import revise_people
from tests.following.test_following import followed
from tests.funding.revised import PUBLISHED_AT, REASON, SECRET, draft_secretly, revise_again, revise_mali

pytestmark = pytest.mark.django_db

BEFORE = PUBLISHED_AT - timedelta(days=10)
AFTER = PUBLISHED_AT + timedelta(hours=1)
MALI = "MLI-CRP-2025-2026"


def subscribe(email: str = "reader@example.org", **fields: Any) -> Subscription:
    at = {"asked_at": BEFORE, "confirmed_at": BEFORE, "told_at": BEFORE}
    return followed(email, **at | fields)


def give(plan: Plan, amount: str, *, at: datetime = PUBLISHED_AT, **fields: Any) -> Contribution:
    """Return money recorded at a time."""
    with time_machine.travel(at, tick=False):
        return make_contribution(plan=plan, amount_usd=amount, **{"decision_on": at.date()} | fields)


def publish_plan(*, at: datetime = PUBLISHED_AT, **fields: Any) -> Plan:
    """Return a plan that was first published at a time."""
    plan = make_plan(**{"contributions": 0, "sectors": 0, "projects": 0} | fields)
    plan.revisions.update(published_at=at)
    return plan


@pytest.fixture
def plan(mali: MaliPlans) -> Plan:
    return mali.crp_2025_2026


def test_a_revision_with_its_figures(plan: Plan, settings: Any) -> None:
    """Worked by hand: 6,700,000 for shelter after 6,200,000, so 32,853,500 after 32,353,500, which is 1.55 % more."""
    settings.SITE_ADDRESS = "https://crp.example.org"
    subscription = subscribe()
    revise_mali(plan)
    draft_secretly(plan)
    outcome = send_alerts(now=AFTER)
    assert (outcome.sent, outcome.failed, outcome.nothing_new) == (1, 0, 0)
    (message,) = mail.outbox
    assert message.subject == "Mali Crisis Response Plan 2025 - 2026: revision 2"
    text, html = message.body, message.alternatives[0][0]
    for told in (text.replace("\N{NO-BREAK SPACE}", " "), html.replace("\N{NO-BREAK SPACE}", " ")):
        assert "Funding required goes from USD 32,353,500 to USD 32,853,500 (+500,000, +1.55 %)." in told
        assert REASON in told
        assert "2 rows changed" in told
        assert "USD 32,853,500 requested · funding not reported" in told
        assert SECRET not in told
        assert "7,654,321" not in told
    assert f"https://crp.example.org/plans/{MALI}/diff/?from=1&to=2" in text
    assert f'href="https://crp.example.org/plans/{MALI}/diff/?from=1&amp;to=2"' in html
    stop = message.extra_headers["List-Unsubscribe"]
    assert stop.startswith("<https://crp.example.org/follow/stop/?token=")
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert stop.strip("<>") in text
    subscription.refresh_from_db()
    assert subscription.told_at == AFTER
    assert subscription.held_until is None


def test_a_second_run_sends_nothing(plan: Plan) -> None:
    subscribe()
    revise_mali(plan)
    assert [send_alerts(now=AFTER + timedelta(minutes=minute)).sent for minute in range(3)] == [1, 0, 0]
    assert len(mail.outbox) == 1
    revise_again(plan)
    assert send_alerts(now=AFTER + timedelta(days=2)).sent == 1
    assert "revision 3" in mail.outbox[1].subject
    assert "Funding required goes from USD 32,853,500 to USD 32,353,500" in mail.outbox[1].body
    assert "revision 2" not in mail.outbox[1].body.lower().replace("revision 3", "")


def test_contributions_add_up_by_donor(plan: Plan) -> None:
    """By hand: Norway 1,000,000 + 250,000.50 paid and 40,000 pledged; Japan 300,000 less 100,000 that left again."""
    subscribe()
    norway, japan = make_organization(name="Norway"), make_organization(name="Japan")
    send_alerts(now=BEFORE + timedelta(hours=1))
    for amount, donor, fields in (
        ("1000000", norway, {}),
        ("250000.50", norway, {"status": "commitment"}),
        ("40000", norway, {"status": "pledge"}),
        ("300000", japan, {}),
        ("100000", japan, {"flow": "outgoing"}),
        ("77000", japan, {"flow": "internal"}),
        ("88000", japan, {"review": "suspected"}),
    ):
        give(plan, amount, donor=donor, **fields)
    give(plan, "5000", donor=None)
    give(plan, "999", at=BEFORE - timedelta(days=1), donor=norway)
    send_alerts(now=AFTER)
    (message,) = mail.outbox
    assert message.subject == "Mali Crisis Response Plan 2025 - 2026: new contributions"
    told = [line for line in message.body.splitlines() if line.startswith("* ")]
    assert told == [
        "* Norway: 1,250,000.50 committed or paid · 40,000 pledged",
        "* Japan: 200,000 committed or paid",
        "* Donor not named: 5,000 committed or paid",
    ]
    # What it stands at holds all of it, that of before included: 1,250,000.50 + 200,000 + 5,000 + 999.
    assert "USD 1,455,999.50 received" in message.body


def test_a_pledge_that_is_kept(plan: Plan) -> None:
    """It is told as a pledge, told again once it is committed, and not a third time when it is paid."""
    subscribe()
    pledge = give(plan, "40000", donor=make_organization(name="Norway"), status="pledge")
    told = []
    for day, status in enumerate(("pledge", "commitment", "paid")):
        at = AFTER + timedelta(days=day)
        with time_machine.travel(at - timedelta(minutes=1), tick=False):
            StatusChange.objects.create(contribution=pledge, status=status, amount_usd=pledge.amount_usd)
            Contribution.objects.filter(pk=pledge.pk).update(status=status)
        mail.outbox.clear()
        send_alerts(now=at)
        told.append([line for message in mail.outbox for line in message.body.splitlines() if line.startswith("* ")])
    assert told == [["* Norway: 40,000 pledged"], ["* Norway: 40,000 committed or paid"], []]


def test_a_first_publication_says_what_it_asks_for(mali: MaliPlans) -> None:
    subscribe(kind="country", subject="MLI")
    country = Country.objects.get(iso3="MLI")
    made = publish_plan(title="Floods & storms", countries=[country], requested_usd="2500000")
    send_alerts(now=AFTER)
    (message,) = mail.outbox
    assert message.subject == "Floods & storms: published"
    assert "It asks for USD 2,500,000." in message.body
    assert f"/plans/{made.code}/revisions/1/" in message.body
    assert "Floods &amp; storms" in message.alternatives[0][0]
    assert "Floods & storms" in message.body


def test_a_figure_of_people(plan: Plan) -> None:
    subscribe()
    old, new = revise_people(plan)
    send_alerts(now=AFTER)
    assert f"People targeted: {new:,}, before: {old:,} (+{new - old:,})" in mail.outbox[0].body


def test_each_subject_is_told_its_own(plan: Plan) -> None:
    """Everything is told to who follows all; a sector hears of plans that ask for it and of money for it."""
    shelter = Sector.objects.get(taxonomy__code="IOM-2025", code="SHELTER")
    cluster = Crosswalk.objects.get(sector=shelter).global_cluster
    other = publish_plan()
    readers = {
        "all": subscribe("all@example.org", kind="everything", subject=""),
        "mali": subscribe("mali@example.org", kind="country", subject="MLI"),
        "shelter": subscribe("shelter@example.org", kind="sector", subject="IOM-2025/SHELTER"),
        "cluster": subscribe("cluster@example.org", kind="sector", subject=f"{cluster.taxonomy.code}/{cluster.code}"),
        "niger": subscribe("niger@example.org", kind="country", subject="NER"),
        "old": subscribe("old@example.org", kind="plan", subject="MLI-CRP-2021"),
    }
    revise_mali(plan)
    give(plan, "1000", donor=make_organization(name="Norway"), sector=shelter)
    give(plan, "2000", donor=make_organization(name="Japan"))
    outside = give(plan, "3000", donor=make_organization(name="Chile"))
    Contribution.objects.filter(pk=outside.pk).update(plan=None, country=Country.objects.get(iso3="MLI"))
    outcome = send_alerts(now=AFTER)
    told = {message.to[0].partition("@")[0]: message for message in mail.outbox}
    assert set(told) == {"all", "mali", "shelter", "cluster"}
    assert outcome.nothing_new == 2
    assert told["all"].subject == "all plans: 2 revisions published, new contributions to 1 plan"
    donors = {name: {donor for donor in ("Norway", "Japan", "Chile") if donor in told[name].body} for name in told}
    assert donors == {
        "all": {"Norway", "Japan", "Chile"},
        "mali": {"Norway", "Japan", "Chile"},
        "shelter": {"Norway"},
        "cluster": {"Norway"},
    }
    assert other.title in told["all"].body
    assert other.title not in told["mali"].body
    assert "Money outside any plan" in told["mali"].body
    assert len(readers) == 6


def test_in_the_language_of_the_reader(plan: Plan) -> None:
    subscribe(language="fr")
    revise_mali(plan)
    send_alerts(now=AFTER)
    body = mail.outbox[0].body
    assert f"http://localhost:8000/fr/plans/{MALI}/diff/?from=1&to=2" in body
    assert "32 853 500" in body.replace("\N{NARROW NO-BREAK SPACE}", " ").replace("\N{NO-BREAK SPACE}", " ")
    assert 'lang="fr"' in mail.outbox[0].alternatives[0][0]


def test_a_language_that_is_not_spoken_any_more(plan: Plan) -> None:
    subscribe(language="xx")
    revise_mali(plan)
    assert send_alerts(now=AFTER).sent == 1
    assert f"http://localhost:8000/plans/{MALI}/" in mail.outbox[0].body


def test_once_a_week(plan: Plan) -> None:
    week = timedelta(days=7)
    subscription = subscribe(frequency="weekly", told_at=PUBLISHED_AT - timedelta(days=2))
    revise_mali(plan)
    revise_again(plan)
    due = PUBLISHED_AT + timedelta(days=5)
    assert send_alerts(now=due - timedelta(seconds=1)).sent == 0
    assert send_alerts(now=due).sent == 1
    assert mail.outbox[0].subject == "Mali Crisis Response Plan 2025 - 2026: 2 revisions published"
    assert send_alerts(now=due + week).nothing_new == 1
    subscription.refresh_from_db()
    assert subscription.told_at == due + week
    assert len(mail.outbox) == 1


def test_a_plan_that_was_withdrawn_is_not_told(plan: Plan) -> None:
    subscription = subscribe()
    everything = subscribe("all@example.org", kind="everything", subject="")
    made = revise_mali(plan)
    give(plan, "1000")
    Revision.objects.filter(pk=made.pk).update(status="superseded", superseded_at=PUBLISHED_AT + timedelta(minutes=1))
    assert not Plan.objects.in_force().filter(pk=plan.pk).exists()
    assert send_alerts(now=AFTER).nothing_new == 2
    assert not mail.outbox
    for row in (subscription, everything):
        row.refresh_from_db()
        assert row.told_up_to == Notice.objects.latest("pk").pk


def test_old_plans_that_are_taken_over_are_no_news(plan: Plan) -> None:
    """An import of former years publishes as of those years."""
    subscribe(kind="everything", subject="")
    publish_plan(at=BEFORE - timedelta(days=900))
    assert send_alerts(now=AFTER).sent == 0


def test_news_between_two_runs_is_told_in_the_order_it_was_seen(plan: Plan) -> None:
    """A revision of 11:00 whose transaction ends after the run of 12:00 is told by the next one."""
    subscribe()
    revise_mali(plan)
    assert send_alerts(now=AFTER).sent == 1
    give(plan, "1000", at=PUBLISHED_AT - timedelta(hours=1), donor=make_organization(name="Late"))
    assert send_alerts(now=AFTER + timedelta(minutes=5)).sent == 1
    assert "Late" in mail.outbox[1].body


# What fails


def test_a_mail_that_fails_stops_no_other_and_is_tried_again(plan: Plan, settings: Any) -> None:
    settings.EMAIL_BACKEND = "tests.following.backends.Choosy"
    bad = subscribe("bad@example.org")
    subscribe("good@example.org")
    revise_mali(plan)
    outcome = send_alerts(now=AFTER)
    assert (outcome.sent, outcome.failed) == (1, 1)
    bad.refresh_from_db()
    assert (bad.told_up_to, bad.failures, bad.held_until) == (0, 1, AFTER + timedelta(minutes=5))
    assert send_alerts(now=AFTER + timedelta(minutes=4)).failed == 0, "tried again at once"
    assert send_alerts(now=AFTER + timedelta(minutes=5)).failed == 1
    bad.refresh_from_db()
    assert bad.held_until == AFTER + timedelta(minutes=15), "each pause is twice as long"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert send_alerts(now=AFTER + timedelta(minutes=15)).sent == 1
    bad.refresh_from_db()
    assert (bad.failures, bad.held_until) == (0, None)
    assert [message.to[0] for message in mail.outbox] == ["good@example.org", "bad@example.org"]


def test_two_runs_at_once_send_once(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run begins while the first hands its e-mail over."""
    subscribe()
    revise_mali(plan)
    first_send = sending.send
    inner = []

    def send_slowly(message: Any) -> None:
        monkeypatch.setattr(sending, "send", first_send)
        inner.append(send_alerts(now=AFTER + timedelta(seconds=1)))
        first_send(message)

    monkeypatch.setattr(sending, "send", send_slowly)
    assert send_alerts(now=AFTER).sent == 1
    assert [run.sent for run in inner] == [0]
    assert len(mail.outbox) == 1


def test_a_run_that_died_is_taken_over(plan: Plan) -> None:
    held = subscribe(held_until=AFTER + timedelta(minutes=15))
    revise_mali(plan)
    assert send_alerts(now=AFTER).sent == 0
    assert send_alerts(now=AFTER + timedelta(minutes=15)).sent == 1
    held.refresh_from_db()
    assert held.held_until is None


def test_somebody_who_leaves_meanwhile_gets_nothing(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = subscribe()
    revise_mali(plan)
    due = sending._due

    def leave(*args: Any) -> Any:
        keys = list(due(*args))
        Subscription.objects.filter(pk=gone.pk).delete()
        return iter(keys)

    monkeypatch.setattr(sending, "_due", leave)
    assert send_alerts(now=AFTER).sent == 0
    assert not mail.outbox


# What is not confirmed


def test_what_is_not_confirmed_gets_nothing_and_is_deleted_after_a_week(plan: Plan) -> None:
    followed(confirmed=False, asked_at=AFTER - UNCONFIRMED_FOR)
    followed("late@example.org", confirmed=False, asked_at=AFTER - UNCONFIRMED_FOR - timedelta(seconds=1))
    Attempt.objects.create(key="old", at=AFTER - timedelta(days=1, seconds=1))
    Attempt.objects.create(key="new", at=AFTER)
    revise_mali(plan)
    outcome = send_alerts(now=AFTER)
    assert (outcome.sent, outcome.unconfirmed_deleted) == (0, 1)
    assert [row.email for row in Subscription.objects.all()] == ["reader@example.org"]
    assert [attempt.key for attempt in Attempt.objects.all()] == ["new"]
    assert not Notice.objects.exists(), "nobody follows anything: there is nothing to remember"


# The command


def test_the_command_and_its_dry_run(plan: Plan, settings: Any) -> None:
    subscription = subscribe()
    followed("late@example.org", confirmed=False, asked_at=BEFORE - UNCONFIRMED_FOR)
    revise_mali(plan)
    out = StringIO()
    with time_machine.travel(AFTER, tick=False):
        call_command("send_alerts", dry_run=True, stdout=out)
        assert "E-mails would be sent: 1." in out.getvalue()
        assert "Unconfirmed requests deleted: 1." in out.getvalue()
        assert not mail.outbox
        assert Subscription.objects.count() == 2
        assert not Notice.objects.exists()
        settings.EMAIL_BACKEND = "tests.following.backends.Broken"
        with pytest.raises(CommandError, match="could not be sent: 1"):
            call_command("send_alerts", stdout=out)
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    with time_machine.travel(AFTER + timedelta(hours=1), tick=False):
        call_command("send_alerts", stdout=out)
    assert "E-mails sent: 1." in out.getvalue()
    subscription.refresh_from_db()
    assert subscription.failures == 0
