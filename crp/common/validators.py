"""ETag and Last-Modified of an answer, from a stamp of the data it is made of."""

from __future__ import annotations

import math
import re
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, MutableMapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import blake2b
from typing import Any

from crp.common.recent import Recent

Stamp = Callable[[], Hashable]
OWN_TAG = re.compile(r'"[0-9a-f]{24}"')
"""A tag as they are made here."""
PACKED = re.compile(r'(?:[-;](?:gzip|br|zstd|deflate))+"')
LONGEST_TAGS = 8_000
clock = time.time

_SINCE: defaultdict[Stamp, Recent[int]] = defaultdict(lambda: Recent(most=1))


@dataclass(frozen=True)
class Validator:
    """What says whether an answer is still the one that a client has."""

    read_stamp: Stamp
    stamp: Hashable
    etag: str
    modified_at: int
    """Since when this process has known the data as they are, in whole seconds, rounded up."""
    is_settled: bool
    """Whether that second was over before the stamp was read: only then may it be told."""

    @property
    def tag(self) -> str:
        """The ETag without what says that it is weak."""
        return self.etag.removeprefix("W/")

    def again(self) -> Validator:
        """Return the same with the stamp, and the time, of now. Queries: those of the stamp."""
        stamp, modified_at, is_settled = _read(self.read_stamp)
        return replace(
            self, stamp=stamp, modified_at=max(modified_at, self.modified_at), is_settled=is_settled and self.is_settled
        )


def read_validator(
    read_stamp: Stamp, parts: Hashable, *, is_weak: bool = False, not_before: datetime | None = None
) -> Validator:
    """Return the validator of an answer that ``parts`` and the stamp decide. Queries: those of the stamp.

    ``is_weak``: its bytes may differ where its meaning does not. ``not_before``: a time at which the answer changed
    although no data did.
    """
    stamp, modified_at, is_settled = _read(read_stamp)
    digest = blake2b(repr((stamp, parts)).encode(), digest_size=12).hexdigest()
    if not_before is not None:
        modified_at = max(modified_at, math.ceil(not_before.timestamp()))
    etag = f'"{digest}"'
    return Validator(read_stamp, stamp, f"W/{etag}" if is_weak else etag, modified_at, is_settled)


def _read(read_stamp: Stamp) -> tuple[Hashable, int, bool]:
    """Return the stamp, since when it is known here, and whether that may be told.

    The change counters have no time, and a time of HTTP no parts of a second: a change within the second that a client
    was told would pass for none. So the time is that of the first look at the stamp, rounded up, and is told only by a
    request that began after it. Whatever changes later is first seen later, by every process with the same clock.
    """
    before = clock()
    stamp = read_stamp()
    after = clock()
    modified_at = _SINCE[read_stamp].get(stamp, None, lambda: math.ceil(after))
    return stamp, modified_at, before >= modified_at


def tidy_tags(meta: MutableMapping[str, Any]) -> None:
    """Take from If-None-Match what proxies add to a tag when they pack the answer; what is endless is dropped."""
    given = meta.get("HTTP_IF_NONE_MATCH")
    if given is None:
        return
    if len(given) > LONGEST_TAGS:
        del meta["HTTP_IF_NONE_MATCH"]
    elif PACKED.search(given):
        meta["HTTP_IF_NONE_MATCH"] = PACKED.sub('"', given)
