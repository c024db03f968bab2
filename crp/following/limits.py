"""How often the form may be sent: counted in the database, which all processes share."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from crp.following.models import Attempt

FOR_AN_ADDRESS, FOR_A_CLIENT = 5, 30
PER_ADDRESS, PER_CLIENT = timedelta(days=1), timedelta(hours=1)
KEPT_FOR = max(PER_ADDRESS, PER_CLIENT)


def client_of(request: HttpRequest) -> str:
    """Return the network address that a request is from; behind a proxy, the one that the proxy saw."""
    if settings.SECURE:
        seen = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if seen:
            return str(seen)
    return str(request.META.get("REMOTE_ADDR", ""))


def is_too_many(kind: str, value: str, now: datetime) -> bool:
    """Write down an attempt of an ``address`` or a ``client``, and return whether it is one too many. Queries: 2."""
    most, span = (FOR_AN_ADDRESS, PER_ADDRESS) if kind == "address" else (FOR_A_CLIENT, PER_CLIENT)
    key = salted_hmac("crp.following.attempt", f"{kind}:{value}", algorithm="sha256").hexdigest()
    Attempt.objects.create(key=key, at=now)
    return Attempt.objects.filter(key=key, at__gt=now - span, at__lte=now).count() > most


def forget_attempts(now: datetime) -> int:
    """Delete the attempts that no limit counts any more, and return how many. Queries: 1."""
    deleted, _by_model = Attempt.objects.filter(at__lt=now - KEPT_FOR).delete()
    return deleted
