"""Steps of a subscription: asked for, confirmed, changed, ended."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from crp.following.limits import is_too_many
from crp.following.mails import Absolute, confirmation, reminder, send
from crp.following.models import UNCONFIRMED_FOR, Notice, Subscription
from crp.following.subjects import Subject


def ask_to_follow(
    *, email: str, subject: Subject, frequency: str, language: str, now: datetime, absolute: Absolute
) -> None:
    """Send the e-mail that asks for confirmation, or says that there is nothing to confirm.

    Whoever asks can't tell the two apart, nor from the silence after too many e-mails to one address: who follows what
    is nobody else's business. Raises: MailFailedError where the e-mail can't be sent.
    """
    email = email.lower()
    if is_too_many("address", email, now):
        return
    wanted = {"frequency": frequency, "language": language, "asked_at": now}
    with transaction.atomic():
        subscription, is_new = Subscription.objects.select_for_update().get_or_create(
            email=email, kind=subject.kind, subject=subject.code, defaults=wanted
        )
        if not is_new and not subscription.is_confirmed:
            for name, value in wanted.items():
                setattr(subscription, name, value)
            subscription.save(update_fields=list(wanted))
    compose = reminder if subscription.is_confirmed else confirmation
    send(compose(subscription, subject, absolute))


def confirm(*, subscription: Subscription, now: datetime) -> bool:
    """Begin to tell, of what is published from now on. Return False where it was confirmed before."""
    newest = Notice.objects.aggregate(newest=Max("pk"))["newest"] or 0
    waiting = Subscription.objects.filter(pk=subscription.pk, confirmed_at=None)
    is_first = waiting.update(confirmed_at=now, told_at=now, told_up_to=newest)
    subscription.refresh_from_db()
    return bool(is_first)


def change(*, subscription: Subscription, frequency: str, language: str) -> None:
    """Change how often and in which language somebody is told."""
    subscription.frequency, subscription.language = frequency, language
    subscription.save(update_fields=["frequency", "language"])


def stop(*, subscription: Subscription) -> None:
    """End a subscription: nothing of it is kept."""
    subscription.delete()


def stop_all(*, email: str) -> int:
    """End everything that an address follows or asked to follow, and return how much that was."""
    deleted, _by_model = Subscription.objects.filter(email=email).delete()
    return deleted


def forget_unconfirmed(now: datetime) -> int:
    """Delete what nobody confirmed in time, and return how much that was. Queries: 1."""
    waiting = Subscription.objects.filter(confirmed_at=None, asked_at__lt=now - UNCONFIRMED_FOR)
    deleted, _by_model = waiting.delete()
    return deleted
