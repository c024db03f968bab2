"""ETag and 304: what a client has already is not made again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from crp.common.api.renderers import to_json
from crp.common.recent import Recent

LARGEST_KEPT = 150_000  # bytes
LONGEST_ADDRESS = 2_000
_KEPT: Recent[bytes] = Recent(most=64)


class ConditionalMixin(APIView):
    """Gives answers an ETag made of a stamp of the data, the address, the format and the code that answers."""

    read_stamp: ClassVar[Any]
    """A static method that returns something hashable, never the same again once data have changed. Queries: 1."""

    def unless_known(self, request: Request, make: Callable[[Any], HttpResponseBase]) -> HttpResponseBase:
        """Return 304 where the client has the answer, and otherwise the one that ``make(stamp)`` gives.

        The stamp is read before the data: an answer may be newer than its ETag, and is then fetched once more.
        """
        stamp = self.read_stamp()
        on = getattr(self, "on", None)
        etag = _etag(stamp, request.build_absolute_uri(), request.accepted_renderer.format, on)
        known = get_conditional_response(request, etag=etag)
        response = make(stamp) if known is None else known
        if response.status_code in {200, 304}:
            response.headers["ETag"] = etag
            response.headers["Cache-Control"] = "no-cache"  # keep it, and ask each time whether it still holds
            # What is asked for today by its date is another answer once the day is over.
            if getattr(self, "day", None) == on:
                response.made_of = (stamp, etag, self.read_stamp)  # type: ignore[attr-defined]  # UnchangedMiddleware
        return response

    def kept_json(self, request: Request, stamp: Hashable, make: Callable[[], Any]) -> HttpResponse:
        """Return what ``make()`` gives as JSON, made once for an address as long as the stamp holds."""
        address = (request.build_absolute_uri(), getattr(self, "on", None))
        return HttpResponse(
            _KEPT.get(stamp, address, lambda: to_json(make()), keeps=lambda body: len(body) <= LARGEST_KEPT),
            content_type=JSONRenderer.media_type,
        )


@dataclass(frozen=True)
class _Given:
    stamp: Hashable
    etag: str
    read_stamp: Callable[[], Hashable]
    headers: Mapping[str, str]


class UnchangedMiddleware:
    """Says 304 before anything else is done, where this process gave the answer and its stamp still holds.

    The mixin above would say the same, later.
    """

    most: ClassVar[int] = 1_000

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._given: OrderedDict[Hashable, _Given] = OrderedDict()
        self._lock = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return 304 or what the rest of CRP answers. Queries: 1 where the client has what was given before."""
        meta = request.META
        address = (request.scheme, meta.get("HTTP_HOST"), request.get_full_path(), meta.get("HTTP_ACCEPT"))
        known = meta.get("HTTP_IF_NONE_MATCH", "").removeprefix("W/")  # weak: the same answer, packed
        given = self._given.get(address) if known and request.method in {"GET", "HEAD"} else None
        if given and given.etag == known and given.read_stamp() == given.stamp:
            return HttpResponse(status=304, headers=given.headers)
        response = self.get_response(request)
        made_of = getattr(response, "made_of", None)
        if made_of and len(str(address)) < LONGEST_ADDRESS:
            kept = {name: response.headers[name] for name in ("Cache-Control", "Vary") if name in response.headers}
            stamp, etag, read_stamp = made_of
            with self._lock:
                self._given[address] = _Given(stamp, etag, read_stamp, {**kept, "ETag": etag})
                self._given.move_to_end(address)
                if len(self._given) > self.most:
                    self._given.popitem(last=False)
        return response


def _etag(*parts: Hashable) -> str:
    return f'"{blake2b(repr((*parts, code_fingerprint())).encode(), digest_size=12).hexdigest()}"'


@cache
def code_fingerprint() -> str:
    """Return what differs between two releases: an answer of the one before is not one of this."""
    digest = blake2b(digest_size=8)
    for package in ("crp", "sectors", "plans", "funding"):
        for path in sorted((Path(settings.BASE_DIR) / package).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
