"""One run through all subscriptions: what is due is told, one e-mail at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from crp.common.as_of import today
from crp.common.numbers import write_number
from crp.following.limits import forget_attempts
from crp.following.mails import MailFailedError, compose, from_site, list_headers, send
from crp.following.models import WEEK, Subscription
from crp.following.news import Letter, Teller, notice, write_letter
from crp.following.services import forget_unconfirmed

HELD_FOR = timedelta(minutes=15)
"""How long an e-mail may take to be handed over; then the run is taken for dead, and the next one tries."""
LONGEST_PAUSE = timedelta(days=1)
Frequency = Subscription.Frequency


@dataclass(kw_only=True)
class Outcome:
    """What a run did."""

    sent: int = 0
    failed: int = 0
    nothing_new: int = 0
    unconfirmed_deleted: int = 0


def send_alerts(*, now: datetime, dry_run: bool = False) -> Outcome:
    """Tell every subscriber what is due, and delete what nobody confirmed; a dry run sends and changes nothing.

    A second run finds nothing to do. An e-mail that fails is tried again by a later run, and stops no other.
    """
    if not dry_run:
        return _run(now, is_real=True)
    with transaction.atomic():
        outcome = _run(now, is_real=False)
        transaction.set_rollback(True)
    return outcome


def _run(now: datetime, *, is_real: bool) -> Outcome:
    outcome = Outcome(unconfirmed_deleted=forget_unconfirmed(now))
    forget_attempts(now)
    teller = Teller(newest=notice(now))
    for key in _due(now, teller.newest):
        subscription = _claim(key, now, teller.newest)
        if subscription is not None:
            _serve(subscription, teller, outcome, now, is_real=is_real)
    return outcome


def _condition(now: datetime, newest: int) -> Q:
    """Return the condition that a subscription is due: news since, or a week over, and no e-mail on its way."""
    is_free = Q(held_until=None) | Q(held_until__lte=now)
    at_once = Q(frequency=Frequency.IMMEDIATE, told_up_to__lt=newest)
    weekly = Q(frequency=Frequency.WEEKLY, told_at__lte=now - WEEK)
    return Q(confirmed_at__lte=now) & is_free & (at_once | weekly)


def _due(now: datetime, newest: int) -> Iterator[int]:
    return iter(list(Subscription.objects.filter(_condition(now, newest)).order_by("pk").values_list("pk", flat=True)))


def _claim(key: int, now: datetime, newest: int) -> Subscription | None:
    """Return a subscription that is still due, held for this run. None: another run took it, or it ended.

    One statement takes it, on either database; nothing is locked while the e-mail is on its way.
    """
    due = Subscription.objects.filter(_condition(now, newest), pk=key)
    return Subscription.objects.filter(pk=key).first() if due.update(held_until=now + HELD_FOR) else None


def _serve(subscription: Subscription, teller: Teller, outcome: Outcome, now: datetime, *, is_real: bool) -> None:
    spoken = dict(settings.LANGUAGES)
    with override(subscription.language if subscription.language in spoken else settings.LANGUAGE_CODE):
        letter = write_letter(teller, subscription)
        if letter is None:
            outcome.nothing_new += 1
            _settle(subscription, teller.newest, now)
            return
        mail = write_mail(letter)
    try:
        if is_real:
            send(mail)
    except MailFailedError:
        outcome.failed += 1
        _hold_back(subscription, now)
    else:
        outcome.sent += 1
        _settle(subscription, teller.newest, now)


def _settle(subscription: Subscription, newest: int, now: datetime) -> None:
    Subscription.objects.filter(pk=subscription.pk).update(told_up_to=newest, told_at=now, held_until=None, failures=0)


def _hold_back(subscription: Subscription, now: datetime) -> None:
    """Wait with the next attempt, twice as long each time."""
    pause = min(timedelta(minutes=5) * 2 ** min(subscription.failures, 10), LONGEST_PAUSE)
    Subscription.objects.filter(pk=subscription.pk).update(
        failures=min(subscription.failures + 1, 1_000), held_until=now + pause
    )


def write_mail(letter: Letter) -> EmailMultiAlternatives:
    """Return a letter as an e-mail, in the language that is active."""
    return compose(
        "alert",
        subscription=letter.subscription,
        title=title_of(letter),
        absolute=from_site,
        context={"letter": letter, "from_site": from_site(""), "today": today()},
        headers=list_headers(letter.subscription, from_site),
    )


def title_of(letter: Letter) -> str:
    """Return what stands in the list of e-mails: the one revision, or how much there is."""
    first = letter.news[0]
    if len(letter.all_news) == 1 and first.line and letter.revisions == 1:
        revision = first.revisions[0]
        words = _("%(plan)s: revision %(number)s") if revision.entry.before else _("%(plan)s: published")
        return words % {"plan": first.line.plan.title, "number": revision.revision.number}
    if len(letter.all_news) == 1 and first.line and not letter.revisions:
        return _("%(plan)s: new contributions") % {"plan": first.line.plan.title}
    told = []
    if letter.revisions:
        words = ngettext("%(number)s revision published", "%(number)s revisions published", letter.revisions)
        told.append(words % {"number": write_number(letter.revisions)})
    if letter.plans_given:
        number = letter.plans_given
        words = ngettext("new contributions to %(number)s plan", "new contributions to %(number)s plans", number)
        told.append(words % {"number": write_number(number)})
    if not told:
        told.append(_("new contributions outside plans"))
    return _("%(subject)s: %(news)s") % {"subject": letter.subject.name, "news": ", ".join(told)}
