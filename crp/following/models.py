"""Who asked to be told of what, and what there is to tell.

None of these rows has a history: it would keep the e-mail addresses of readers who have left (docs/decisions/0023).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

UNCONFIRMED_FOR = timedelta(days=7)
"""How long a request waits for its confirmation; then it is deleted."""
WEEK = timedelta(days=7)


def make_nonce() -> str:
    """Return what no other subscription has, one of the same address later on included."""
    return get_random_string(32)


class Subscription(models.Model):
    """The wish of one e-mail address to be told of one thing. Personal data: deleted when it ends, never kept."""

    class Kind(models.TextChoices):
        EVERYTHING = "everything", _("Everything")
        COUNTRY = "country", _("Country")
        SECTOR = "sector", _("Sector")
        PLAN = "plan", _("Plan")

    class Frequency(models.TextChoices):
        IMMEDIATE = "immediate", _("When it is published")
        WEEKLY = "weekly", _("Once a week, in one e-mail")

    email = models.EmailField(_("e-mail address"), max_length=254, help_text=_("In small letters."))
    kind = models.CharField(_("follows"), max_length=10, choices=Kind.choices)
    subject = models.CharField(
        _("which one"), max_length=70, blank=True, help_text=_("Its public code. Empty: everything is followed.")
    )
    language = models.CharField(_("language"), max_length=10)
    frequency = models.CharField(_("how often"), max_length=10, choices=Frequency.choices, default=Frequency.IMMEDIATE)
    nonce = models.CharField(max_length=32, default=make_nonce, editable=False)
    asked_at = models.DateTimeField(_("asked for at"), help_text=_("When it was last asked for."))
    confirmed_at = models.DateTimeField(
        _("confirmed at"), null=True, blank=True, help_text=_("Empty: deleted a week after it was asked for.")
    )
    told_up_to = models.PositiveBigIntegerField(
        _("told up to"), default=0, help_text=_("The last piece of news that it was told of, or that is not for it.")
    )
    told_at = models.DateTimeField(_("last told at"), null=True, blank=True, help_text=_("Weeks count from here."))
    held_until = models.DateTimeField(
        _("not before"), null=True, blank=True, help_text=_("An e-mail is on its way, or the last one failed.")
    )
    failures = models.PositiveSmallIntegerField(
        _("failures"), default=0, help_text=_("E-mails in a row that couldn't be sent.")
    )

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering: ClassVar = ["-asked_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["email", "kind", "subject"], name="subscription_once_per_subject"),
            models.CheckConstraint(
                condition=Q(kind="everything", subject="") | (~Q(kind="everything") & ~Q(subject="")),
                name="subscription_names_its_subject",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["told_up_to"], name="subscription_told_up_to")]

    def __str__(self) -> str:
        return f"{mask(self.email)}: {self.subject or self.get_kind_display()}"

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None

    def is_expired(self, now: datetime) -> bool:
        """Return whether it was not confirmed in time."""
        return not self.is_confirmed and self.asked_at < now - UNCONFIRMED_FOR


class Notice(models.Model):
    """That something was published, in the order in which it was noticed. What a subscription was told is a number.

    Times would not do: what is written first may be seen last. It points to no row, so that nothing is held or deleted
    by it.
    """

    class Kind(models.TextChoices):
        REVISION = "revision", _("Revision")
        CONTRIBUTION = "contribution", _("Contribution")
        STEP = "step", _("Pledge that was committed or paid")

    kind = models.CharField(max_length=12, choices=Kind.choices)
    key = models.PositiveBigIntegerField(help_text=_("Its primary key."))
    noticed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("piece of news")
        verbose_name_plural = _("news")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["kind", "key"], name="notice_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Turn(models.Model):
    """The one row that whoever notices news holds, so that numbers of news appear in their order."""

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")

    def __str__(self) -> str:
        return str(self.pk)


class Attempt(models.Model):
    """That somebody sent the form: for a day, and under a hash, so that the next may be counted."""

    key = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes: ClassVar = [models.Index(fields=["key", "at"], name="attempt_key_at")]

    def __str__(self) -> str:
        return f"{self.key[:8]} {self.at}"


def mask(email: str) -> str:
    """Return an address that its owner knows again and nobody else can write to: ``a…@example.org``."""
    name, _at, host = email.rpartition("@")
    return f"{name[:1]}…@{host}"
