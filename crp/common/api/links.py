"""The header Link (RFC 8288): where the other pages of a list are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.utils.encoding import iri_to_uri
from rest_framework.utils.urls import remove_query_param, replace_query_param

from crp.common.api.cursors import FIRST
from crp.common.api.parameters import CURSOR

LONGEST_ADDRESS = 1_000  # proxies take headers of some kilobytes in all
Links = list[tuple[str, str]]


def page_links(address: str, data: Any) -> Links:
    """Return relation and address of the pages beside one of a list; empty where the data are no page of a list.

    ``data``: ``count`` (may be absent), ``next`` and ``previous``. There is no last page to name where the entries are
    not counted, or where pages go on from a cursor.
    """
    if not isinstance(data, Mapping) or not {"next", "previous"} <= data.keys() or len(address) > LONGEST_ADDRESS:
        return []
    first = remove_query_param(address, "offset")
    if CURSOR in parse_qs(urlsplit(address).query):
        first = replace_query_param(first, CURSOR, FIRST)
    found = [
        ("first", first),
        ("prev", data["previous"]),
        ("next", data["next"]),
        ("last", _last(address, first, data)),
    ]
    return [(relation, target) for relation, target in found if target]


def _last(address: str, first: str, data: Mapping[str, Any]) -> str | None:
    count = data.get("count")
    if not isinstance(count, int) or CURSOR in parse_qs(urlsplit(address).query):
        return None
    limits = [parse_qs(urlsplit(link).query).get("limit", []) for link in (data["next"], data["previous"]) if link]
    limit = next((int(values[0]) for values in limits if values and values[0].isdecimal()), 0)
    if not limit or count <= limit:
        return first
    return replace_query_param(first, "offset", (count - 1) // limit * limit)


def link_header(links: Iterable[tuple[str, str]]) -> str:
    """Return links as the header has them; addresses are escaped, so that none can end the header."""
    return ", ".join(f'<{_escape(target)}>; rel="{relation}"' for relation, target in links)


def _escape(address: str) -> str:
    return iri_to_uri(address).translate({ord(sign): f"%{ord(sign):02X}" for sign in '<>"\r\n'})
