"""A client of HDX HAPI, written from HAPI's own description of its parameters and of its response models.

It knows nothing of CRP: it asks page by page until one has fewer rows than it asked for, and refuses an answer that is
not as described. ``NOT_KNOWN`` are the fields in which CRP differs and says so: null where HAPI has always a value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

NAIVE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{6})?")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _text(most: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and 0 < len(value) <= most


def _moment(value: Any) -> bool:
    return isinstance(value, str) and bool(NAIVE.fullmatch(value)) and datetime.fromisoformat(value).tzinfo is None


def _number(value: Any) -> bool:
    return isinstance(value, float)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _no_part(value: Any) -> bool:
    """Return whether a place within the country is told as HAPI tells it at admin_level 0."""
    return value is None


LOCATION = {
    "location_ref": _whole,
    "location_code": _text(128),
    "location_name": _text(512),
    "has_hrp": _flag,
    "in_gho": _flag,
}
PERIOD = {"reference_period_start": _moment, "reference_period_end": _moment}
FUNDING: Mapping[str, Callable[[Any], bool]] = {
    "resource_hdx_id": lambda value: isinstance(value, str) and bool(UUID.fullmatch(value)),
    "appeal_code": _text(32),
    "appeal_name": _text(256),
    "appeal_type": _text(32),
    "requirements_usd": _number,
    "funding_usd": _number,
    "funding_pct": _number,
    **LOCATION,
    **PERIOD,
}
PRESENCE: Mapping[str, Callable[[Any], bool]] = {
    "resource_hdx_id": FUNDING["resource_hdx_id"],
    **LOCATION,
    "admin1_code": _no_part,
    "admin1_name": _no_part,
    "admin2_code": _no_part,
    "admin2_name": _no_part,
    "admin_level": _whole,
    "org_acronym": _text(32),
    "org_name": _text(512),
    "org_type_code": _text(32),
    "org_type_description": _text(512),
    "sector_code": _text(32),
    "sector_name": _text(512),
    **PERIOD,
}
NOT_KNOWN = {"requirements_usd", "funding_usd", "funding_pct", "has_hrp", "in_gho"}


class NotAsDescribedError(Exception):
    """An answer is not what HAPI's description says."""


def read_row(row: Mapping[str, Any], model: Mapping[str, Callable[[Any], bool]]) -> dict[str, Any]:
    """Return a row that has exactly the fields of the model, in its order, each of its type."""
    if list(row) != list(model):
        raise NotAsDescribedError(f"fields {list(row)}")
    for name, fits in model.items():
        if not fits(row[name]) and not (row[name] is None and name in NOT_KNOWN):
            raise NotAsDescribedError(f"{name}: {row[name]!r}")
    return dict(row)


def read_all(
    get: Callable[[str, dict[str, Any]], Any],
    endpoint: str,
    model: Mapping[str, Callable[[Any], bool]],
    *,
    page: int = 10_000,
    **parameters: Any,
) -> Iterator[dict[str, Any]]:
    """Yield all rows of an endpoint, page by page."""
    offset = 0
    while True:
        asked = {"output_format": "json", "app_identifier": "Y3JwOm1lQGV4YW1wbGUub3Jn", **parameters}
        answer = get(f"/api/v2/{endpoint}", {**asked, "limit": page, "offset": offset})
        if answer.status_code != 200:
            raise NotAsDescribedError(f"{answer.status_code}: {answer.content[:200]!r}")
        envelope = answer.json()
        if list(envelope) != ["data"]:
            raise NotAsDescribedError(f"envelope {list(envelope)}")
        yield from (read_row(row, model) for row in envelope["data"])
        if len(envelope["data"]) < page:
            return
        offset += page
