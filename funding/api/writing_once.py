"""``Idempotency-Key``: a request that comes again, because its answer was lost, is answered and not done again.

As draft-ietf-httpapi-idempotency-key-header has it. The answer is kept in the transaction of the write itself: there is
never one without the other.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import blake2b, sha256
from typing import Any

from django.db import connection
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError

from crp.accounts.models import ApiKey
from crp.common.api.parameters import short
from funding.models import IdempotentAnswer
from funding.models.idempotency import LONGEST_KEY

HEADER = "Idempotency-Key"
MISSING = (
    "Send a key that you make up for this one request, such as a UUID: where the answer is lost, the same request with "
    "the same key is safe to send again."
)
KEPT_FOR = timedelta(hours=48)
PRUNED_AT_ONCE = 100
# A string of structured fields (RFC 8941) in its quotes, or as most programs send it, without.
QUOTED = re.compile(r'"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
PLAIN = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x7e]+")


class KeyReused(APIException):
    """422: the key belongs to another request."""

    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = (
        f"This {HEADER} was used for another request. The same key is for sending the same request again: take a new "
        "one for a new request."
    )


class StillRunning(APIException):
    """409: the first request under the key has not been answered yet."""

    status_code = 409
    default_code = "idempotency_key_in_use"
    default_detail = "A request with this key is being worked on: ask again in a second."
    wait = 1
    """Seconds, for Retry-After."""


@dataclass(frozen=True)
class Answer:
    """What is answered to a write."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    is_replayed: bool = False

    @property
    def response(self) -> HttpResponse:
        """The answer as it is sent."""
        headers = {**self.headers, "Cache-Control": "no-store"}
        if self.is_replayed:
            headers["Idempotency-Replayed"] = "true"
        return HttpResponse(self.body, status=self.status, content_type="application/json", headers=headers)


def read_key(meta: Mapping[str, Any], *, is_required: bool) -> str | None:
    """Return the key that a request names. None: none. Raises: ValidationError where it has no form, or is missing."""
    given = meta.get("HTTP_IDEMPOTENCY_KEY")
    if given is None:
        if is_required:
            raise ValidationError({HEADER: [MISSING]})
        return None
    text = given.strip()
    quoted = QUOTED.fullmatch(text)
    key = re.sub(r'\\(["\\])', r"\1", quoted[1]) if quoted else text
    if not key or len(key) > LONGEST_KEY or not (quoted or PLAIN.fullmatch(text)):
        raise ValidationError(
            {HEADER: [f"“{short(text)}” is no key: expected 1 to {LONGEST_KEY} characters of ASCII, such as a UUID."]}
        )
    return key


def fingerprint_of(*parts: Any) -> str:
    """Return what tells requests apart: the order of names in an object makes no difference."""
    return sha256(json.dumps(parts, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def answer_once(api_key: ApiKey, key: str | None, fingerprint: str, work: Callable[[], Answer]) -> Answer:
    """Return what ``work()`` answers, or what was answered to the same request before.

    An error is not kept: nothing was written, so the same request may be tried again. Call it inside the transaction
    that ``work`` writes in. Raises: KeyReused, StillRunning. Queries: 4, 2 of them to tidy up.
    """
    if key is None:
        return work()
    _take_turn(api_key, key)
    now = timezone.now()
    kept = IdempotentAnswer.objects.filter(api_key=api_key, key=key).first()
    if kept is not None and kept.expires_at > now:
        if kept.fingerprint != fingerprint:
            raise KeyReused
        return Answer(kept.status, zlib.decompress(bytes(kept.body)), kept.headers, is_replayed=True)
    if kept is not None:
        kept.delete()
    answer = work()
    IdempotentAnswer.objects.create(
        api_key=api_key,
        key=key,
        fingerprint=fingerprint,
        status=answer.status,
        headers=dict(answer.headers),
        body=zlib.compress(answer.body),
        expires_at=now + KEPT_FOR,
    )
    prune(now)
    return answer


def prune(now: datetime) -> int:
    """Delete answers that are no longer kept, some of them at a time, and return how many. Queries: 1, or 2."""
    # What another request is deleting at this moment is left to it: the two would wait for each other.
    old = IdempotentAnswer.objects.select_for_update(skip_locked=True).filter(expires_at__lte=now)
    numbers = list(old.order_by("pk").values_list("pk", flat=True)[:PRUNED_AT_ONCE])
    if numbers:
        IdempotentAnswer.objects.filter(pk__in=numbers).delete()
    return len(numbers)


def _take_turn(api_key: ApiKey, key: str) -> None:
    """Let nobody else work under the same key until the transaction ends. Raises: StillRunning where somebody does.

    On SQLite there is one writer at a time, so a second request waits, and then finds the answer.
    """
    if connection.vendor != "postgresql":
        return
    digest = blake2b(f"idempotency:{api_key.pk}:{key}".encode(), digest_size=8).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(digest, "big", signed=True)])
        if not cursor.fetchone()[0]:
            raise StillRunning
