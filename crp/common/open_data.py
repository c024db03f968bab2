"""What is public may be read by pages of any other site, and by no browser with anybody's rights."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

READS = ("GET", "HEAD", "OPTIONS")
API = re.compile(r"/(?:api|exchange|iati)/")
OPEN = re.compile(
    r"/(?:api|exchange|iati)/|(?!(?:/[a-z]{2})?/admin/)/(?:[^\x00]*/)?[^/\x00]+\.(?:atom|csv|json|ndjson|parquet|xlsx|xml)$"
)
"""The API in every shape, and feeds and files in every language; pages are not among them, nor the admin."""
ASKED_HEADERS = (
    "Accept, Accept-Language, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, "
    "If-Unmodified-Since, Range, X-HDX-HAPI-APP-IDENTIFIER"
)
TOLD_HEADERS = (
    "Accept-Ranges, Allow, Content-Disposition, Content-Length, Content-Range, Deprecation, ETag, Link, RateLimit, "
    "RateLimit-Policy, Retry-After, Sunset"
)
PREFLIGHT_SECONDS = 86_400
ONLY_READ = (
    "Pages of other sites may read here (GET, HEAD), and not write: a key that may write has no place in a page. "
    "Write from a server."
)


class OpenDataMiddleware:
    """Writes CORS headers, refuses writing from the pages of other sites, and keeps errors out of caches.

    Own, because what there is (django-cors-headers) answers by address and not by method: it would let a page read the
    answer to a write, and adds ``Vary: Origin`` to an answer that is the same for every site, so that a cache keeps a
    copy for each. Cookies are never allowed: the answer to ``*`` is not given to a request that sends them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return what the rest of CRP answers, with the headers that a page of another site needs to read it."""
        if not OPEN.match(request.path_info):
            return self.get_response(request)
        wanted = request.META.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")
        if request.method == "OPTIONS" and wanted and "HTTP_ORIGIN" in request.META:
            return _preflight() if wanted in READS else _refused()
        if request.method not in READS and _is_of_another_site(request):
            return _refused()
        response = self.get_response(request)
        if request.method in READS:
            response.headers["Access-Control-Allow-Origin"] = "*"
            response.headers["Access-Control-Expose-Headers"] = TOLD_HEADERS
        if response.status_code >= 400 or request.method not in READS:
            response.headers.setdefault("Cache-Control", "no-store")  # what is not there may be in a minute
        if API.match(request.path_info):
            _forget_language(response)
        return response


def _preflight() -> HttpResponse:
    response = HttpResponse(
        status=204,
        headers={
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Allow-Methods": ", ".join(READS),
            "Access-Control-Allow-Headers": ASKED_HEADERS,
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        },
    )
    del response.headers["Content-Type"]
    patch_vary_headers(response, ["Access-Control-Request-Method"])
    return response


def _refused() -> HttpResponse:
    body = json.dumps({"detail": ONLY_READ, "code": "permission_denied"})
    headers = {"Cache-Control": "no-store", "Vary": "Origin, Access-Control-Request-Method"}
    return HttpResponse(body, status=403, content_type="application/json", headers=headers)


def _is_of_another_site(request: HttpRequest) -> bool:
    """Return whether a browser says that the page of another site asks; programs send no Origin."""
    origin = request.META.get("HTTP_ORIGIN")
    if not origin:
        return False
    try:
        return urlsplit(origin).netloc.lower() != request.get_host().lower()
    except ValueError:  # such as http://[
        return True


def _forget_language(response: HttpResponseBase) -> None:
    """Take away that the answer depends on the language of the reader: the API speaks English to all."""
    names = [name.strip() for name in response.headers.get("Vary", "").split(",")]
    kept = [name for name in names if name and name.lower() != "accept-language"]
    if kept:
        response.headers["Vary"] = ", ".join(kept)
    elif names != [""]:
        del response.headers["Vary"]
