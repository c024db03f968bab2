"""What people do with endpoints: make one, give it a new secret, disable and enable it, test it, send again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crp.common.history import credit
from crp.webhooks.delivering import secrets_of, settle
from crp.webhooks.finding import catch_up
from crp.webhooks.models import Delivery, Endpoint, EndpointHealth, EndpointSecret, Event, EventType, make_webhook_id
from crp.webhooks.payloads import tell_ping, write_payload
from crp.webhooks.sending import post
from crp.webhooks.signing import new_secret, sign

BOTH_FOR = timedelta(hours=24)
"""How long what is sent carries the signature of the former secret as well."""
Because = Endpoint.DisabledBecause


@transaction.atomic
def begin_endpoint(*, endpoint: Endpoint, at: datetime, by: Any = None) -> str:
    """Save a new endpoint, from now on told of what happens, and return its secret, which is shown this once."""
    catch_up(at)
    endpoint.told_since = at
    credit(endpoint, by).save()
    EndpointHealth.objects.create(endpoint=endpoint)
    return _give_secret(endpoint, at)


@transaction.atomic
def rotate_secret(*, endpoint: Endpoint, at: datetime, former: int | None = None) -> str:
    """Give an endpoint a new secret and return it. What is sent is signed with the former one too, for 24 hours.

    ``former``: the primary key of the secret that is to be replaced. Raises: ValidationError where it is replaced.
    """
    Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    if former is not None and not endpoint.secrets.filter(pk=former, ends_at=None).exists():
        raise ValidationError(_("The secret was replaced already: this was sent twice, or somebody else did it."))
    EndpointSecret.objects.filter(endpoint=endpoint, ends_at__lte=at).delete()
    endpoint.secrets.filter(ends_at=None).update(ends_at=at + BOTH_FOR)
    return _give_secret(endpoint, at)


def _give_secret(endpoint: Endpoint, at: datetime) -> str:
    row = EndpointSecret(endpoint=endpoint, made_at=at)
    secret = new_secret(row)
    row.save()
    return secret


@transaction.atomic
def disable_endpoint(*, endpoint: Endpoint, by: Any = None) -> None:
    """Send nothing more to an endpoint. What waits for it waits until it is enabled."""
    row = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    if row.is_enabled:
        row.is_enabled, row.disabled_because = False, Because.PERSON
        credit(row, by).save(update_fields=["is_enabled", "disabled_because"])


@transaction.atomic
def enable_endpoint(*, endpoint: Endpoint, at: datetime, by: Any = None) -> None:
    """Send to an endpoint again: what waits for it, and what happens from now on, not what happened meanwhile."""
    catch_up(at)
    row = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    if not row.is_enabled:
        row.is_enabled, row.disabled_because, row.told_since = True, "", at
        credit(row, by).save(update_fields=["is_enabled", "disabled_because", "told_since"])
        EndpointHealth.objects.filter(endpoint=row).update(failing_since=None, rests_until=None)


def send_ping(*, endpoint: Endpoint, at: datetime) -> Delivery:
    """Send a test at once, once, and return how that went; also to an endpoint that is disabled.

    Nothing is locked while the receiver takes its time.
    """
    with transaction.atomic():
        event = Event(
            webhook_id=make_webhook_id(),
            type=EventType.PING,
            subject=f"webhook-{endpoint.pk}",
            occurred_at=at,
            payload=write_payload(EventType.PING, at, tell_ping(endpoint.pk, at)),
            created_at=at,
        )
        event.key = event.webhook_id
        event.save()
        delivery = Delivery.objects.create(endpoint=endpoint, event=event, status=Delivery.Status.DEAD)
    secrets = secrets_of(endpoint.secrets.all(), at)
    answer = post(endpoint.url, event.payload, sign(secrets, event.webhook_id, at, event.payload))
    settle(delivery, answer, at)
    return delivery


def send_again(*, deliveries: QuerySet[Delivery], at: datetime) -> int:
    """Let what is dead or delivered be sent again, from the first attempt on, and return how many that is.

    Tests are left out. Raises: ValidationError where a webhook among them is disabled.
    """
    done = deliveries.exclude(status=Delivery.Status.PENDING).exclude(event__type=EventType.PING)
    disabled = Endpoint.objects.filter(is_enabled=False, pk__in=done.order_by().values("endpoint")).first()
    if disabled is not None:
        raise ValidationError(_("“%(webhook)s” is disabled: enable it first.") % {"webhook": disabled})
    with transaction.atomic():
        return Delivery.objects.filter(pk__in=done.order_by().values("pk")).update(
            status=Delivery.Status.PENDING, attempts=0, next_attempt_at=at, held_until=None
        )
