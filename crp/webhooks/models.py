"""Whose system is told of what, what happened, and how far each telling got.

``Endpoint`` is what people decide and has a history. Everything else is a record of its own: secrets are in none.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from crp.common.history import Records
from crp.common.money import USDField
from crp.webhooks.targets import RefusedError, read_target
from crp.webhooks.thresholds import read_thresholds, write_thresholds
from funding.models import Organization
from plans.models import Country, Plan

LONGEST_ANSWER = 500
"""Bytes kept of what a receiver answers."""


class EventType(models.TextChoices):
    """What can happen. The values are part of the API."""

    REVISION_PUBLISHED = "revision.published", _("A plan or a revision was published")
    CONTRIBUTION_RECORDED = "contribution.recorded", _("A contribution was recorded")
    CONTRIBUTION_CHANGED = "contribution.changed", _("A contribution was changed")
    CONTRIBUTION_DELETED = "contribution.deleted", _("A contribution was deleted")
    THRESHOLD_CROSSED = "plan.threshold_crossed", _("A plan passed a percentage funded, up or down")
    PING = "ping", _("Test")


SWITCHES = {
    EventType.REVISION_PUBLISHED: "tells_revisions",
    EventType.CONTRIBUTION_RECORDED: "tells_contributions",
    EventType.CONTRIBUTION_CHANGED: "tells_changes",
    EventType.CONTRIBUTION_DELETED: "tells_deletions",
    EventType.THRESHOLD_CROSSED: "tells_thresholds",
}
"""The column of an endpoint that says whether it is told of a kind of event."""


def validate_target(value: str) -> None:
    """Refuse an address that CRP would never send to."""
    try:
        read_target(value)
    except RefusedError as refusal:
        raise ValidationError(str(refusal), code="refused") from refusal


def validate_thresholds(value: str) -> None:
    """Refuse what is no list of percentages."""
    try:
        read_thresholds(value)
    except ValueError as problem:
        raise ValidationError(str(problem), code="invalid") from problem


class Endpoint(models.Model):
    """The address of somebody's system, and what it is told of."""

    class DisabledBecause(models.TextChoices):
        PERSON = "person", _("Somebody disabled it")
        GONE = "gone", _("It answered 410 Gone")
        FAILING = "failing", _("It failed for 5 days")

    url = models.CharField(
        _("address"),
        max_length=500,
        validators=[validate_target],
        help_text=_("Begins with https:// and a name that is public. Redirects are not followed."),
    )
    description = models.CharField(_("description"), max_length=200, blank=True, help_text=_("Whose system, what for."))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("owner"),
        help_text=_("Gets an e-mail when CRP disables it."),
    )
    partner = models.ForeignKey(
        Organization,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("partner"),
        help_text=_("Whose system it is. Empty: not a partner's."),
    )
    tells_revisions = models.BooleanField(_("plans and revisions that are published"), default=True)
    tells_contributions = models.BooleanField(_("contributions that are recorded"), default=True)
    tells_changes = models.BooleanField(_("contributions that are changed"), default=True)
    tells_deletions = models.BooleanField(_("contributions that are deleted"), default=True)
    tells_thresholds = models.BooleanField(_("plans that pass a percentage funded"), default=True)
    thresholds = models.CharField(
        _("percentages"),
        max_length=60,
        default="100",
        validators=[validate_thresholds],
        help_text=_("Whole numbers with commas, such as 50, 75, 100. At 100 the gap is closed. Told up and down."),
    )
    countries = models.ManyToManyField(
        Country, blank=True, related_name="+", verbose_name=_("countries"), help_text=_("None, and no plan: all.")
    )
    plans = models.ManyToManyField(
        Plan, blank=True, related_name="+", verbose_name=_("plans"), help_text=_("Besides those of the countries.")
    )
    is_enabled = models.BooleanField(_("enabled"), default=True, editable=False)
    disabled_because = models.CharField(
        _("disabled because"), max_length=10, choices=DisabledBecause.choices, blank=True, editable=False
    )
    told_since = models.DateTimeField(
        _("told since"), editable=False, help_text=_("What happened before it was made or enabled is not told.")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = Records(m2m_fields=[countries, plans])

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(is_enabled=True, disabled_because="") | (Q(is_enabled=False) & ~Q(disabled_because="")),
                name="webhook_disabled_for_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return self.description or self.url

    def clean(self) -> None:
        """Write the percentages in their order, and refuse an endpoint that is told of nothing."""
        super().clean()
        try:
            self.thresholds = write_thresholds(read_thresholds(self.thresholds))
        except ValueError:  # its own validator says why
            return
        if not any(getattr(self, name) for name in SWITCHES.values()):
            raise ValidationError(_("Choose at least one thing that it is told of."), code="nothing_told")

    def wants(self, event_type: str, threshold: int | None = None) -> bool:
        """Return whether it is told of events of a type; of a percentage only if it is among its own."""
        if not getattr(self, SWITCHES[EventType(event_type)]):
            return False
        return threshold is None or threshold in read_thresholds(self.thresholds)


class EndpointHealth(models.Model):
    """How an endpoint does. Apart from it, so that an attempt is no change of what somebody decided."""

    endpoint = models.OneToOneField(Endpoint, models.CASCADE, primary_key=True, related_name="health")
    failing_since = models.DateTimeField(null=True)
    """Since when every attempt failed. None: the last one did not."""
    rests_until = models.DateTimeField(null=True)
    last_delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("health of a webhook")
        verbose_name_plural = _("health of webhooks")

    def __str__(self) -> str:
        return str(self.endpoint_id)


def make_nonce() -> str:
    """Return what no other secret is made from."""
    return get_random_string(43)


class EndpointSecret(models.Model):
    """What a secret is made from, together with the key of the installation: not the secret itself."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="secrets")
    nonce = models.CharField(max_length=43, default=make_nonce, editable=False)
    fingerprint = models.CharField(max_length=16, help_text=_("Tells whether the installation's key has changed."))
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, help_text=_("Empty: the current one."))

    class Meta:
        verbose_name = _("secret of a webhook")
        verbose_name_plural = _("secrets of webhooks")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["endpoint"], condition=Q(ends_at__isnull=True), name="webhook_one_current_secret"
            ),
        ]

    def __str__(self) -> str:
        return f"secret {self.pk}"


def make_webhook_id() -> str:
    """Return an identifier that no other installation gives either."""
    return f"msg_{uuid4().hex}"


class Event(models.Model):
    """One thing that happened, as all endpoints are told of it. Its text never changes: what is kept is signed."""

    webhook_id = models.CharField(_("webhook-id"), max_length=40, unique=True, default=make_webhook_id, editable=False)
    type = models.CharField(_("event"), max_length=30, choices=EventType.choices)
    key = models.CharField(max_length=60, help_text=_("What it was found from: there is one event of it."))
    subject = models.CharField(_("about"), max_length=80, help_text=_("Public code of the plan or contribution."))
    occurred_at = models.DateTimeField(_("happened at"))
    payload = models.TextField(_("payload"), help_text=_("JSON, as it is sent."))
    created_at = models.DateTimeField(_("found at"))

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["type", "key"], name="webhook_event_once")]

    def __str__(self) -> str:
        return f"{self.type} {self.subject}"


class Delivery(models.Model):
    """One event on its way to one endpoint."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        DELIVERED = "delivered", _("Delivered")
        DEAD = "dead", _("Dead: not tried again")

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries", verbose_name=_("webhook"))
    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries", verbose_name=_("event"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), null=True, blank=True)
    held_until = models.DateTimeField(null=True, help_text=_("A run is sending it."))
    last_attempt_at = models.DateTimeField(_("last attempt"), null=True, blank=True)
    response_code = models.PositiveSmallIntegerField(
        _("response code"), null=True, blank=True, help_text=_("Empty: there was no answer.")
    )
    answer = models.CharField(
        _("answer"), max_length=LONGEST_ANSWER, blank=True, help_text=_("Its first 500 bytes, or why there is none.")
    )

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering: ClassVar = ["-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="webhook_delivery_once"),
            models.CheckConstraint(
                condition=Q(status="pending", next_attempt_at__isnull=False)
                | (~Q(status="pending") & Q(next_attempt_at__isnull=True)),
                name="webhook_pending_has_a_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["endpoint", "next_attempt_at"], condition=Q(status="pending"), name="webhook_delivery_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event}: {self.get_status_display()}"


class Source(models.TextChoices):
    """The tables in which events are found."""

    REVISION = "revision"
    CONTRIBUTION = "contribution"


class Seen(models.Model):
    """That a row was looked at. A mark alone would miss what a long transaction wrote early and showed late."""

    source = models.CharField(max_length=12, choices=Source.choices)
    key = models.PositiveBigIntegerField(help_text=_("Its primary key."))
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("row that was looked at")
        verbose_name_plural = _("rows that were looked at")
        constraints: ClassVar = [models.UniqueConstraint(fields=["source", "key"], name="webhook_seen_once")]

    def __str__(self) -> str:
        return f"{self.source} {self.key}"


class Mark(models.Model):
    """Up to where a table was looked at and needs no rows of ``Seen``. The row is held by whoever looks for events."""

    source = models.CharField(max_length=12, primary_key=True, choices=Source.choices)
    up_to = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name = _("mark")
        verbose_name_plural = _("marks")

    def __str__(self) -> str:
        return f"{self.source} {self.up_to}"


class PlanState(models.Model):
    """The figures of a plan when it was last looked at: the last ones known, where they are not known now."""

    plan = models.OneToOneField(Plan, models.CASCADE, primary_key=True, related_name="+")
    requested_usd = USDField(null=True)
    received_usd = USDField(null=True)
    version = models.PositiveBigIntegerField(default=1, help_text=_("Grows with each change of the figures."))

    class Meta:
        verbose_name = _("last known figures of a plan")
        verbose_name_plural = _("last known figures of plans")

    def __str__(self) -> str:
        return f"plan {self.plan_id}"
