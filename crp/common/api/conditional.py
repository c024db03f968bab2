"""ETag, Last-Modified and 304: what a client has already is not made again."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cache
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.http import http_date
from django.utils.module_loading import import_string
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from crp.common.api.links import link_header, page_links
from crp.common.api.renderers import to_json
from crp.common.as_of import today
from crp.common.recent import Recent
from crp.common.validators import OWN_TAG, Validator, read_validator, tidy_tags
from crp.common.versions import DeprecationMixin

READS = frozenset({"GET", "HEAD"})
LARGEST_KEPT = 150_000  # bytes
LONGEST_ADDRESS = 2_000
SHARED = "public, max-age=0, must-revalidate"
"""Keep it, here and on the way, and ask each time whether it still holds: docs/decisions/0028 says why."""
OF_ONE = "private, no-cache"
"""The same of an answer that depends on who asks."""
FOR_GOOD = "public, max-age=86400"
"""Of what never changes again, for a day: the next release may tell more of it."""
TIMED_FORMATS = frozenset({"xlsx", "parquet"})
"""Files that may hold the time when they were made: the same figures, not always the same bytes."""

PAGE = 'rel="first"'

_KEPT: Recent[tuple[bytes, str]] = Recent(most=64)


def changes() -> Hashable:
    """Return what is never the same again once anything published has changed. Queries: 1."""
    return _reader_of_changes()()


@cache
def _reader_of_changes() -> Callable[[], Hashable]:
    return import_string(settings.CHANGE_STAMP)


@dataclass(frozen=True)
class _Daily:
    """The stamp of an answer that is another one tomorrow."""

    read_stamp: Callable[[], Hashable]

    def __call__(self) -> Hashable:
        return self.read_stamp(), today()


class Unchanged(APIException):
    """Ends a request whose client has the answer."""

    status_code = 304


class ConditionalMixin(DeprecationMixin):
    """Gives answers an ETag made of a stamp of the data, the address, the format and the code that answers.

    A client that sends it back gets 304 before the view is called: the stamp is read after rights, limits and
    parameters are looked at, and before any row. An answer may so be newer than its ETag, and is then fetched once
    more. Where the view sets an ETag of its own, that one counts. Stands left of StrictParametersMixin.
    """

    read_stamp: ClassVar[Any] = staticmethod(changes)
    """Returns something hashable, never the same again once what is shown has changed. The default counts the tables of
    sectors, plans and money (``funding.summaries.topics``): what shows any other table needs one of its own."""
    daily_actions: ClassVar[tuple[str, ...]] = ()
    """Actions whose answer counts days up to today: another one tomorrow."""
    is_for_one: ClassVar[bool] = False
    """Whether the answer depends on who asks."""
    validator: Validator | None = None
    """Of the request that is being answered. None: it reads nothing."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        # OPTIONS tells of an address whichever format of it was meant.
        return super().perform_content_negotiation(request, force or request.method == "OPTIONS")

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return what an address is, in short; what it takes and gives stands in the schema."""
        told = {
            "name": self.get_view_name(),
            "description": self.get_view_description(),
            "methods": self.allowed_methods,
        }
        return HttpResponse(to_json(told), content_type=JSONRenderer.media_type)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in READS:
            return
        self.validator = self._read_validator(request)
        given = request.META.get("HTTP_IF_NONE_MATCH", "")
        # “*” and dates also match where there is nothing: they wait until the answer is known to be one.
        if OWN_TAG.search(given):
            known = get_conditional_response(request._request, etag=self.validator.etag)
            if known is not None and known.status_code == Unchanged.status_code:
                raise Unchanged

    def _read_validator(self, request: Request) -> Validator:
        day, on = getattr(self, "day", None), getattr(self, "on", None)
        is_daily = getattr(self, "action", None) in self.daily_actions
        form = request.accepted_renderer.format
        parts = (request.build_absolute_uri(), form, on, code_fingerprint())
        # What is asked for today by its date becomes the answer of a past day at midnight.
        not_before = None if day is None else datetime.combine(today(), time(), UTC)
        read = _Daily(self.read_stamp) if is_daily else self.read_stamp
        return read_validator(read, parts, is_weak=form in TIMED_FORMATS, not_before=not_before)

    def unless_known(self, request: Request, make: Callable[[Any], HttpResponseBase]) -> HttpResponseBase:
        """Return what ``make(stamp)`` gives: the answer under the stamp that was read before any row."""
        return make(None if self.validator is None else self.validator.stamp)

    def kept_json(self, request: Request, stamp: Hashable, make: Callable[[], Any]) -> HttpResponse:
        """Return what ``make()`` gives as JSON, made once for an address as long as the stamp holds."""
        uri = request.build_absolute_uri()

        def written() -> tuple[bytes, str]:
            data = make()
            return to_json(data), link_header(page_links(uri, data))

        key = (uri, getattr(self, "on", None))
        body, links = _KEPT.get(stamp, key, written, keeps=lambda found: len(found[0]) <= LARGEST_KEPT)
        headers = {"Link": links} if links else None
        return HttpResponse(body, content_type=JSONRenderer.media_type, headers=headers)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, Unchanged):
            return Response(status=Unchanged.status_code)
        return super().handle_exception(exc)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.validator is None or response.status_code not in {200, 304}:
            return response
        self._sign(response, self.validator)
        if response.status_code == Unchanged.status_code:
            return _unmodified(response)
        self._link(request, response)
        if request.method == "HEAD" and response.streaming:  # the server would read it to its end
            response.streaming_content = ()
        if (known := self._condition(request, response)) is not None:
            return known
        # What is asked for today by its date is another answer once the day is over.
        is_lasting = getattr(self, "day", None) == getattr(self, "on", None)
        if is_lasting and not self.is_for_one and response.headers["ETag"] == self.validator.etag:
            response.made_of = self.validator  # for UnchangedMiddleware
        return response

    def _sign(self, response: HttpResponseBase, validator: Validator) -> None:
        headers = response.headers
        headers.setdefault("ETag", validator.etag)
        if validator.is_settled:
            headers["Last-Modified"] = http_date(validator.modified_at)
        headers.setdefault("Cache-Control", OF_ONE if self.is_for_one else SHARED)
        if self.is_for_one:
            patch_vary_headers(response, ["Authorization"])

    def _link(self, request: Request, response: HttpResponseBase) -> None:
        """Say where the other pages of the list are, as its envelope does; one in CSV has said so itself."""
        before = response.headers.get("Link")
        if before and PAGE in before:  # kept with the answer
            return
        data = getattr(response, "data", None)
        if links := link_header(page_links(request.build_absolute_uri(), data)):
            response.headers["Link"] = f"{links}, {before}" if before else links

    def _condition(self, request: Request, response: Any) -> HttpResponseBase | None:
        """Return 304 or 412 where the request says so of the answer that there is. None: it is sent."""
        found = get_conditional_response(
            request._request,
            etag=response.headers["ETag"],
            last_modified=None if self.validator is None else self.validator.modified_at,
            response=response,
        )
        if found is response or found is None:
            return None
        # The answer is left to be collected: to close it would tell Django, too early, that the request is over.
        if found.status_code == Unchanged.status_code:
            return _unmodified(response)
        sentence = "The answer is not the one that If-Match or If-Unmodified-Since names."
        body = json.dumps({"detail": sentence, "code": "precondition_failed"})
        return HttpResponse(body, status=412, content_type=JSONRenderer.media_type)


OF_304 = ("Cache-Control", "ETag", "Last-Modified", "Link", "Vary", "Deprecation", "Sunset")


def _unmodified(response: HttpResponseBase) -> HttpResponse:
    """Return 304 with the headers that bring a kept copy up to date; a type would take the place of its own."""
    return HttpResponseNotModified(
        headers={name: response.headers[name] for name in OF_304 if name in response.headers}
    )


@dataclass(frozen=True)
class _Given:
    validator: Validator
    headers: Mapping[str, str]
    """Of the 304."""
    all_headers: Mapping[str, str]
    """Of the 200, for HEAD."""


class UnchangedMiddleware:
    """Answers 304 and HEAD before anything else is done, where this process gave the answer and its stamp still holds.

    The mixin above would say the same, later. Whether a key is good has been seen by then (``FairUseMiddleware``).
    """

    most: ClassVar[int] = 1_000

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._given: OrderedDict[Hashable, _Given] = OrderedDict()
        self._lock = Lock()

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return 304 or what the rest of CRP answers. Queries: 1 where the client has what was given before."""
        meta = request.META
        tidy_tags(meta)
        if request.method not in READS:
            return self.get_response(request)
        asked = tuple(meta.get(name) for name in ("HTTP_HOST", "HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING"))
        address = (request.scheme, request.get_full_path(), *asked)
        if (given := self._given.get(address)) and (answer := self._again(request, given)):
            return answer
        response = self.get_response(request)
        made_of: Validator | None = getattr(response, "made_of", None)
        if made_of and response.status_code == 200 and len(str(address)) < LONGEST_ADDRESS:
            self._keep(address, made_of, response)
        return response

    def _again(self, request: HttpRequest, given: _Given) -> HttpResponse | None:
        """Return the same again, which needs no body. None: it does, or the data have changed."""
        meta = request.META
        if meta.get("HTTP_IF_MATCH") or meta.get("HTTP_IF_UNMODIFIED_SINCE"):
            return None
        known_tags = meta.get("HTTP_IF_NONE_MATCH", "").strip()
        may_know = known_tags == "*" or given.validator.tag in known_tags
        if not (may_know if known_tags else meta.get("HTTP_IF_MODIFIED_SINCE")) and request.method != "HEAD":
            return None
        now = given.validator.again()
        if now.stamp != given.validator.stamp:
            return None
        known = get_conditional_response(request, etag=now.etag, last_modified=now.modified_at)
        dated = {"Last-Modified": http_date(now.modified_at)} if now.is_settled else {}
        if known is not None:
            return HttpResponseNotModified(headers={**given.headers, **dated})
        return HttpResponse(headers={**given.all_headers, **dated}) if request.method == "HEAD" else None

    def _keep(self, address: Hashable, made_of: Validator, response: HttpResponseBase) -> None:
        headers = {name: response.headers[name] for name in OF_304 if name in response.headers}
        of_all = {
            name: value
            for name, value in response.headers.items()
            if not name.lower().startswith(("ratelimit", "x-ratelimit", "retry-after", "date"))
        }
        with self._lock:
            self._given[address] = _Given(made_of, {**headers, "ETag": made_of.etag}, of_all)
            self._given.move_to_end(address)
            if len(self._given) > self.most:
                self._given.popitem(last=False)


@cache
def code_fingerprint() -> str:
    """Return what differs between two releases: an answer of the one before is not one of this."""
    digest = blake2b(digest_size=8)
    for package in ("crp", "sectors", "plans", "funding"):
        for path in sorted((Path(settings.BASE_DIR) / package).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
