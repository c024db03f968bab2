"""Pages that a process keeps for readers who are not signed in, and 304 for what a browser has already.

A page is kept under the stamp of the data that it was made of, which is read from the database for every request: once
anything is published or recorded no page from before is given again, by any process. Nothing is kept while DEBUG is
on, so that an edit of a template shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response

from crp.common.api.conditional import code_fingerprint
from crp.common.as_of import today
from crp.common.recent import Recent

LONGEST_ADDRESS = 2_000
LARGEST_PAGE = 500_000  # bytes
MOST_BYTES = 24_000_000
HEADERS = {"Cache-Control": "no-cache"}  # keep it, and ask each time whether it still holds
PACKED = re.compile(r"\bgzip\b")  # as GZipMiddleware asks


@dataclass(frozen=True)
class KeptPage:
    """A page as it left the rest of CRP."""

    content: bytes
    headers: dict[str, str]


@dataclass(frozen=True)
class MadeUnder:
    """The stamp of the data and the tag of a page made of them, both settled before the data are read."""

    stamp: Hashable
    etag: str


class PageStore(Recent[KeptPage]):
    """The pages last asked for, as long as their stamp holds; those longest not asked for leave when it is full."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(most=0)
        self.most_bytes = most_bytes

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def find(self, stamp: Hashable, key: Hashable) -> KeptPage | None:
        """Return the page that was made under this stamp. None: there is none."""
        with self._lock:
            if stamp != self._stamp or key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def keep(self, stamp: Hashable, key: Hashable, page: KeptPage) -> None:
        """Keep a page in place of all that were made under another stamp."""
        with self._lock:
            if stamp != self._stamp:
                self._stamp = stamp
                self._values.clear()
            self._values[key] = page
            while sum(len(item.content) for item in self._values.values()) > self.most_bytes:
                self._values.popitem(last=False)


class KeptPagesMiddleware:
    """Gives pages an ETag, says 304, and keeps what it gave.

    Stands outside of the packing, so that a page is packed once, and inside of what writes security headers. Never
    kept: what is for somebody signed in, what sets a cookie or depends on one, what is not 200, and every page that
    ``names`` does not name.
    """

    read_stamp: ClassVar[Callable[[], Hashable]]
    """A static method that returns something never the same again once data have changed. Queries: 1."""
    names: ClassVar[frozenset[str]]
    """The pages, by the name of their address."""
    store: ClassVar[PageStore] = PageStore(MOST_BYTES)

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return a kept page, or what the rest of CRP answers. Queries: 1 where the page was given before."""
        key = _key(request) if request.method == "GET" and _is_public(request) else None
        if key is not None and key in self.store:
            stamp = type(self).read_stamp()
            request.stamp_read = stamp  # type: ignore[attr-defined]
            page = self.store.find(stamp, key)
            if page is not None:
                response = HttpResponse(page.content, headers=page.headers)
                return get_conditional_response(request, page.headers["ETag"], None, response) or response
        answer = self.get_response(request)
        made_under = getattr(request, "made_under", None)
        if made_under is not None and answer.status_code == 200 and not answer.streaming:
            self._sign(request, answer, made_under, key)
        return answer

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Return 304 where the browser has the page. None: it is to be made, of data read after their stamp."""
        match = request.resolver_match
        if settings.DEBUG or match is None or match.view_name not in self.names or not _is_public(request):
            return None
        stamp = getattr(request, "stamp_read", None) or type(self).read_stamp()
        made_under = MadeUnder(stamp, _etag(stamp, request))
        request.made_under = made_under  # type: ignore[attr-defined]
        answer = get_conditional_response(request, made_under.etag)
        if answer is None or answer.status_code != 304:
            return None
        return HttpResponse(status=304, headers={"ETag": made_under.etag, **HEADERS, "Vary": "Accept-Encoding"})

    def _sign(self, request: HttpRequest, response: Any, made_under: MadeUnder, key: Hashable | None) -> None:
        """Write the headers by which a browser may ask again, and keep the page."""
        for_one = bool(response.cookies) or "cookie" in response.get("Vary", "").lower()
        if for_one or request.META.get("CSRF_COOKIE_NEEDS_UPDATE"):
            return
        for name, value in {"ETag": made_under.etag, **HEADERS}.items():
            response.headers[name] = value
        # A policy of its own is an attribute of the answer, which a kept copy would not have.
        has_policy = any(name.startswith("_csp") for name in vars(response))
        if key is not None and not has_policy and len(response.content) <= LARGEST_PAGE:
            self.store.keep(made_under.stamp, key, KeptPage(response.content, dict(response.headers)))


def _is_public(request: HttpRequest) -> bool:
    """Return whether it is asked by somebody who is not signed in, and whom no message waits for."""
    return not {settings.SESSION_COOKIE_NAME, CookieStorage.cookie_name} & request.COOKIES.keys()


def _key(request: HttpRequest) -> Hashable | None:
    """Return what a page depends on besides the data: its address, language included, the packing and the day."""
    address = (request.scheme, request.META.get("HTTP_HOST"), request.get_full_path())
    if sum(len(part or "") for part in address) > LONGEST_ADDRESS:
        return None
    return (*address, bool(PACKED.search(request.META.get("HTTP_ACCEPT_ENCODING", ""))), today())


def _etag(stamp: Hashable, request: HttpRequest) -> str:
    """Return the tag of a page, weak: a packed page is the same page."""
    parts = (stamp, request.scheme, request.META.get("HTTP_HOST"), request.get_full_path(), today(), fingerprint())
    return f'W/"{blake2b(repr(parts).encode(), digest_size=12).hexdigest()}"'


@cache
def fingerprint() -> str:
    """Return what differs between the pages of two releases: code, templates, words and the names of static files."""
    digest = blake2b(code_fingerprint().encode(), digest_size=8)
    base = Path(settings.BASE_DIR)
    files = [*(base / "templates").rglob("*.html"), *(base / "locale").rglob("*.po")]
    for path in [*sorted(files), Path(settings.STATIC_ROOT) / "staticfiles.json"]:
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()
