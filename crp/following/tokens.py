"""Links that only the owner of an e-mail address can have.

A token is a keyed hash of the subscription and of what the link may do, so the database holds nothing that would let
somebody who reads it act for a reader, and an e-mail sent today can carry the same link as one sent last year.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode

from django.conf import settings
from django.db import models
from django.utils.crypto import constant_time_compare, salted_hmac

from crp.following.models import Subscription


class Purpose(models.TextChoices):
    """What a link may do, and nothing else."""

    CONFIRM = "confirm"
    STOP = "stop"
    MANAGE = "manage"


def token_of(subscription: Subscription, purpose: Purpose) -> str:
    """Return the token of a subscription for one purpose."""
    return f"{subscription.pk}-{_seal(subscription, purpose, settings.SECRET_KEY)}"


def find(token: str, purpose: Purpose) -> Subscription | None:
    """Return the subscription that a token is of. None: it is of none any more, or it never was. Queries: 1 at most."""
    key, _dash, seal = token.partition("-")
    if not (seal and key.isascii() and key.isdecimal() and len(key) < 19):
        return None
    subscription = Subscription.objects.filter(pk=int(key)).first()
    if subscription is None:
        return None
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    seals = [_seal(subscription, purpose, secret) for secret in secrets]
    return subscription if any(constant_time_compare(seal, own) for own in seals) else None


def _seal(subscription: Subscription, purpose: Purpose, secret: str | bytes) -> str:
    value = f"{subscription.pk}:{subscription.nonce}"
    mac = salted_hmac(f"crp.following.{purpose.value}", value, secret=secret, algorithm="sha256")
    return urlsafe_b64encode(mac.digest()).decode().rstrip("=")
