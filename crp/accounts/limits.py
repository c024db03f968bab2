"""How many requests a minute somebody may make, and the headers that tell them.

The counts lie in the cache “limits”: in each process for itself, or with ``CACHE_URL`` in one place for all.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.core.cache import caches

logger = logging.getLogger(__name__)

CACHE = "limits"
WINDOW_SECONDS = 60
REQUEST, DOWNLOAD = 1, 5
"""What a request counts, and one that is answered with a file: those cost the server many times as much."""


@dataclass(frozen=True)
class Policy:
    """So many requests a minute for somebody. A quota of 0: no limit."""

    name: str
    quota: int


@dataclass(frozen=True)
class Count:
    """What somebody has used in this minute."""

    policy: Policy
    used: int
    seconds_left: int

    @property
    def is_over(self) -> bool:
        """Whether this was more than there is."""
        return self.used > self.policy.quota

    @property
    def headers(self) -> dict[str, str]:
        """``RateLimit`` and ``RateLimit-Policy``, as draft-ietf-httpapi-ratelimit-headers has them (10 and 11)."""
        left = max(0, self.policy.quota - self.used)
        return {
            "RateLimit-Policy": f'"{self.policy.name}";q={self.policy.quota};w={WINDOW_SECONDS}',
            "RateLimit": f'"{self.policy.name}";r={left};t={self.seconds_left}',
        }


class Counter:
    """The requests of one caller in the minute that it is."""

    def __init__(self, policy: Policy, caller: str, now: float) -> None:
        """``caller``: whatever tells one from the others; it is kept as a hash that only this installation can make."""
        minute, second = divmod(now, WINDOW_SECONDS)
        self._policy = policy
        self._seconds_left = WINDOW_SECONDS - int(second)
        self._key = f"{policy.name}:{_hidden(caller)}:{int(minute)}"

    def add(self, cost: int) -> Count:
        """Count a request, or some more for one, and return what is used now."""
        return Count(self._policy, self._add(cost), self._seconds_left)

    def _add(self, cost: int) -> int:
        try:
            return self._increase(cost)
        except Exception:  # noqa: BLE001  whatever its client raises: an answer matters more than its count
            logger.warning("The cache of the limits does not answer: requests are not counted.")
            return cost

    def _increase(self, cost: int) -> int:
        cache: Any = caches[CACHE]
        try:
            return int(cache.incr(self._key, cost))
        except ValueError:  # the first of a minute; of two that are the first at once, one adds the 0
            cache.add(self._key, 0, timeout=2 * WINDOW_SECONDS)
            return int(cache.incr(self._key, cost))


def policy_for(*, has_key: bool) -> Policy:
    """Return what applies to callers with and without a key."""
    return Policy("key", settings.API_LIMIT_WITH_KEY) if has_key else Policy("anonymous", settings.API_LIMIT)


def _hidden(caller: str) -> str:
    secret = settings.SECRET_KEY.encode()[:64]
    return blake2b(caller.encode(), key=secret, digest_size=12).hexdigest()
