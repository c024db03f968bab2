"""A form that is sent twice is saved once.

Each form that is opened carries a token. The one who saves first leaves the token and where it led to in the table of
sessions, which has all that it takes: a key that can't stand twice, an end, and a command that clears up.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import IntegrityError, transaction
from django.utils import timezone

FIELD = "form_token"
KEPT_FOR = timedelta(days=2)


def make_token() -> str:
    """Return a token for a form that is being opened."""
    return secrets.token_urlsafe(16)


def _key(user: Any, token: str) -> str:
    return sha256(f"form:{user.pk}:{token}".encode()).hexdigest()[:40]


def claim(user: Any, token: str) -> bool:
    """Return whether this is the first time that the form is sent. Waits for another that is being saved."""
    empty = SessionStore().encode({"result": ""})
    try:
        with transaction.atomic():
            Session.objects.create(
                session_key=_key(user, token), session_data=empty, expire_date=timezone.now() + KEPT_FOR
            )
    except IntegrityError:
        return False
    return True


def release(user: Any, token: str) -> None:
    """Let a form be sent again: it was not saved."""
    Session.objects.filter(pk=_key(user, token)).delete()


def settle(user: Any, token: str, result: str) -> None:
    """Remember where saving a form led to."""
    Session.objects.filter(pk=_key(user, token)).update(session_data=SessionStore().encode({"result": result}))


def result_of(user: Any, token: str) -> str | None:
    """Return where saving a form led to; None where it is not saved."""
    row = Session.objects.filter(pk=_key(user, token)).first()
    return None if row is None else str(SessionStore().decode(row.session_data).get("result", ""))
