"""Files sent whole or in part (RFC 9110): a download that broke off goes on where it stopped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

RANGE = re.compile(r"bytes\s*=\s*(?P<first>[0-9]{0,19})\s*-\s*(?P<last>[0-9]{0,19})")
READ_AT_ONCE = 64 * 1024


def send_file(
    request: HttpRequest, path: Path, *, etag: str, changed_at: datetime, media_type: str
) -> HttpResponseBase:
    """Return a file, the part of it that is asked for, 304 or 416. One range at a time: several get the whole file.

    Raises: FileNotFoundError.
    """
    size, changed = path.stat().st_size, int(changed_at.timestamp())
    known = get_conditional_response(request, etag, changed)
    if known is not None:
        return _with_headers(known, etag, changed)
    wanted = _wanted(request, etag, changed, size)
    answer: HttpResponseBase
    if request.method == "HEAD":
        answer = HttpResponse(content_type=media_type, headers={"Content-Length": str(size)})
    elif wanted is None:
        answer = FileResponse(path.open("rb"), content_type=media_type)
        answer["Content-Length"] = str(size)
    elif not wanted:
        answer = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    else:
        answer = FileResponse(_Part(path.open("rb"), wanted), content_type=media_type, status=206)
        answer["Content-Length"] = str(len(wanted))
        answer["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
    return _with_headers(answer, etag, changed)


def _with_headers(answer: HttpResponseBase, etag: str, changed: int) -> HttpResponseBase:
    answer["ETag"] = etag
    answer["Last-Modified"] = http_date(changed)
    answer["Accept-Ranges"] = "bytes"
    return answer


def _wanted(request: HttpRequest, etag: str, changed: int, size: int) -> range | None:
    """Return the bytes asked for, empty where there are none such. None: the whole file."""
    read = RANGE.fullmatch(request.META.get("HTTP_RANGE", "").strip())
    if request.method != "GET" or read is None or not (read["first"] or read["last"]):
        return None
    holds = request.META.get("HTTP_IF_RANGE")
    if holds is not None and holds.strip() not in {etag, http_date(changed)}:
        return None  # the client has a part of another file
    if not read["first"]:
        return range(max(size - int(read["last"]), 0), size) if int(read["last"]) else range(0)
    first, last = int(read["first"]), min(int(read["last"] or size), size - 1)
    if read["last"] and int(read["last"]) < first:
        return None  # no range at all: as if there were none
    return range(first, last + 1) if first < size else range(0)


class _Part:
    """Some bytes of a file, as a file to read once."""

    def __init__(self, file: IO[bytes], part: range) -> None:
        self._file, self._left = file, len(part)
        file.seek(part.start)

    def read(self, size: int = READ_AT_ONCE) -> bytes:
        data = self._file.read(min(size, self._left) if size >= 0 else self._left)
        self._left -= len(data)
        return data

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.read, b"")

    def close(self) -> None:
        self._file.close()
