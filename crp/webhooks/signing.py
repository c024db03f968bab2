"""Secrets and signatures, as Standard Webhooks 1.0.0 has them.

A secret is a keyed hash of a random part in the database, made with the installation's ``SECRET_KEY``. The database
alone signs nothing, and neither history nor backup holds a secret. Where the key of the installation is changed and
not kept among ``SECRET_KEY_FALLBACKS``, secrets are lost: what is sent then fails with a sentence, and each endpoint
has to be given a new one.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from crp.webhooks.models import EndpointSecret

PREFIX = "whsec_"
SALT = "crp.webhooks.secret"


class SecretLostError(Exception):
    """The key that a secret was made with is not there any more."""


def write_secret(row: EndpointSecret) -> str:
    """Return a secret as its receiver keeps it: ``whsec_`` and 32 bytes in base64. Raises: SecretLostError."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        secret = _make(row, key)
        if constant_time_compare(fingerprint_of(secret), row.fingerprint):
            return secret
    raise SecretLostError


def new_secret(row: EndpointSecret) -> str:
    """Return the secret of a row that is being made, and write its fingerprint there."""
    secret = _make(row, settings.SECRET_KEY)
    row.fingerprint = fingerprint_of(secret)
    return secret


def _make(row: EndpointSecret, key: str | bytes) -> str:
    mac = salted_hmac(SALT, row.nonce, secret=key, algorithm="sha256")
    return f"{PREFIX}{b64encode(mac.digest()).decode()}"


def fingerprint_of(secret: str) -> str:
    """Return what tells a secret from others and does not give it away."""
    return sha256(f"fingerprint:{secret}".encode()).hexdigest()[:16]


def sign(secrets: Sequence[str], webhook_id: str, at: datetime, body: str) -> dict[str, str]:
    """Return the headers of an attempt: signed with each secret, the current one first."""
    timestamp = str(int(at.timestamp()))
    content = f"{webhook_id}.{timestamp}.{body}".encode()
    signatures = [
        "v1," + b64encode(hmac.digest(b64decode(secret.removeprefix(PREFIX)), content, "sha256")).decode()
        for secret in secrets
    ]
    return {"webhook-id": webhook_id, "webhook-timestamp": timestamp, "webhook-signature": " ".join(signatures)}
