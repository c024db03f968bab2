"""``If-Match``: nobody changes over what another has changed meanwhile.

The ETag of a contribution, which GET and every write give, is one of what the list shows of it, and of nothing else: it
stays while other contributions change. In its place the ``updated_at`` of the list can be sent, in quotes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any

from rest_framework.exceptions import APIException, ValidationError

from crp.common.api.renderers import to_json

TAG = re.compile(r'(?:W/)?"([^"\x00-\x20\x7f]*)"')
# What is added on the way where an answer is packed: another form of the same state.
PACKED = re.compile(r"(?:[-;](?:gzip|br|zstd|deflate))+\Z")
MOST_TAGS = 20


class PreconditionRequired(APIException):
    """428: it was not said which state the change was made for."""

    status_code = 428
    default_code = "precondition_required"
    default_detail = (
        "Send the header If-Match with the ETag of the contribution, or with its updated_at in quotes: what somebody "
        "else has changed meanwhile is then not changed over."
    )


class PreconditionFailed(APIException):
    """412: the contribution is not what it was."""

    status_code = 412
    default_code = "precondition_failed"

    def __init__(self, code: str, updated_at: str) -> None:
        super().__init__(
            f"{code} was changed at {updated_at}, after the state that you name. Read it again, and change what it is "
            "now."
        )


def tag_of(row: Mapping[str, Any]) -> str:
    """Return the ETag of a contribution as the list shows it."""
    return f'"{blake2b(to_json(dict(row)), digest_size=12).hexdigest()}"'


def read_if_match(meta: Mapping[str, Any]) -> list[str]:
    """Return the tags, without quotes, that a request names; ``*`` is any state.

    Raises: PreconditionRequired without any; ValidationError where they can't be read.
    """
    given = meta.get("HTTP_IF_MATCH", "").strip()
    if not given:
        raise PreconditionRequired
    if given == "*":
        return ["*"]
    parts = [part.strip() for part in given.split(",")]
    found = [TAG.fullmatch(part) for part in parts]
    if len(parts) > MOST_TAGS or not all(found):
        raise ValidationError({"If-Match": ['Expected an ETag in its quotes, such as "5f1b0c7d9e2a4b6c8d0e1f23".']})
    return [PACKED.sub("", match[1]) for match in found if match]


def check_match(tags: list[str], row: Mapping[str, Any]) -> None:
    """Refuse where a contribution, as the list shows it, is in none of the states named. Raises: PreconditionFailed."""
    if "*" in tags or tag_of(row).strip('"') in tags or row["updated_at"] in tags:
        return
    if any(_same_time(tag, row["updated_at"]) for tag in tags):
        return
    raise PreconditionFailed(row["code"], row["updated_at"])


def _same_time(tag: str, updated_at: str) -> bool:
    """Return whether a tag is the time in another spelling: +00:00 for Z."""
    try:
        return datetime.fromisoformat(tag) == datetime.fromisoformat(updated_at)
    except (ValueError, TypeError):
        return False
