"""Answers packed on their way out: Brotli for the API where a client takes it, gzip for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from typing import Any

import brotli
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

PREFIXES = ("/api/", "/exchange/", "/iati/")
QUALITY = 5  # on our JSON a tenth to a third smaller than gzip, in less time; higher costs more than it saves
WINDOW = 19  # how far back it looks for repetitions: half a megabyte, and as little memory for each stream
FLUSHED_EVERY = 128 * 1024  # bytes, before they are packed
NOT_MODIFIED = HTTPStatus.NOT_MODIFIED
SMALLEST = 200  # bytes; below, packing makes it larger
# Of these there is less once they are packed; workbooks, Parquet and dumps are packed as they are.
TEXTS = re.compile(
    r"text/.*|(application|image)/([a-z0-9.-]+\+)?(json|xml|yaml)"
    r"|application/(x-ndjson|javascript|vnd\.oai\.openapi)"
)
BROTLI = re.compile(r"(?:^|,)\s*br\s*(?:;\s*q\s*=\s*(?P<q>[0-9.]+)\s*)?(?:,|$)")


class PackingMiddleware(GZipMiddleware):
    """Packs texts. An ETag becomes weak, as Django makes it for gzip: the same answer, other bytes.

    Pages are packed with gzip alone: it hides their length against who guesses at secrets in them (BREACH), and the
    API has none.
    """

    def process_response(self, request: HttpRequest, response: Any) -> HttpResponseBase:
        """Return the answer, packed where that makes it smaller."""
        if response.status_code == NOT_MODIFIED and "no-transform" not in response.get("Cache-Control", ""):
            # A cache takes over the headers of a 304: one that names less would let it give packed bytes to anybody.
            patch_vary_headers(response, ("Accept-Encoding",))
            return response
        media_type = response.get("Content-Type", "").partition(";")[0].strip().lower()
        if not TEXTS.fullmatch(media_type) or "no-transform" in response.get("Cache-Control", ""):
            return response
        if not request.path.startswith(PREFIXES) or not takes_brotli(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            return super().process_response(request, response)
        if response.has_header("Content-Encoding") or not (response.streaming or len(response.content) >= SMALLEST):
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Encoding",))
        if response.streaming:
            response.streaming_content = packed(response.streaming_content)
            del response.headers["Content-Length"]
        else:
            content = brotli.compress(response.content, quality=QUALITY)
            if len(content) >= len(response.content):
                return response
            response.content = content
            response.headers["Content-Length"] = str(len(content))
        etag = response.get("ETag")
        if etag and etag.startswith('"'):
            response.headers["ETag"] = f"W/{etag}"
        response.headers["Content-Encoding"] = "br"
        return response


def takes_brotli(accepted: str) -> bool:
    """Return whether a header Accept-Encoding takes Brotli."""
    found = BROTLI.search(accepted.lower())
    return found is not None and (found["q"] is None or found["q"].strip("0.") != "")


def packed(parts: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a stream packed while it is read, in memory that does not grow with it."""
    compressor, held = brotli.Compressor(quality=QUALITY, lgwin=WINDOW), 0
    for part in parts:
        held += len(part)
        content = compressor.process(part)
        if held >= FLUSHED_EVERY:  # by itself it would keep a reader waiting for megabytes
            content, held = content + compressor.flush(), 0
        if content:
            yield content
    yield compressor.finish()
