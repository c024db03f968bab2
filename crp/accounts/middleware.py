"""What stands before the API: a key that is shown must be good, and nobody asks more often than is fair."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer

from crp.accounts.api import KeyAuthentication, key_of
from crp.accounts.limits import DOWNLOAD, REQUEST, Count, Counter, policy_for
from crp.common.addresses import network_of
from crp.common.api.renderers import to_json

DOORS = ("/api/", "/iati/", "/exchange/")
"""Where programs come in. Pages are for people, who are not counted."""


class FairUseMiddleware:
    """Counts the requests of the API, by key or else by network, and refuses what is too much with 429.

    It comes before :class:`crp.common.api.conditional.UnchangedMiddleware`: what that one answers with 304 counts like
    any other request, and a key that was revoked gets no 304 either.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer with the headers of the limit. Queries: with a key those of ``find_key``, else none."""
        if not request.path_info.startswith(DOORS):
            return self.get_response(request)
        refusal, key = None, None
        try:
            key = key_of(request)
        except APIException as error:
            refusal = error
        policy = policy_for(has_key=key is not None)
        # Who shows a bad key is counted by their network, like anybody without one.
        if not policy.quota:
            return self._answer(request, refusal)
        caller = network_of(request.META, settings.TRUSTED_PROXIES) if key is None else str(key.pk)
        counter = Counter(policy, caller, time.time())
        count = counter.add(REQUEST)
        if count.is_over:
            return _too_many(count)
        response = self._answer(request, refusal)
        if response.status_code == 200 and response.has_header("Content-Disposition"):
            count = counter.add(DOWNLOAD - REQUEST)
        for name, value in count.headers.items():
            response.headers[name] = value
        return response

    def _answer(self, request: HttpRequest, refusal: APIException | None) -> HttpResponseBase:
        return self.get_response(request) if refusal is None else _refused(request, refusal)


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    """Return what the API itself answers a bad key with, see :func:`crp.common.api.exceptions.explain`."""
    headers = {} if error.status_code != 401 else {"WWW-Authenticate": KeyAuthentication().authenticate_header(request)}
    return _error(str(error.detail), error.get_codes(), error.status_code, headers)


def _too_many(count: Count) -> HttpResponse:
    policy = count.policy
    sentence = f"More than {policy.quota} requests in this minute: wait {count.seconds_left} seconds."
    if policy.name != "key":
        sentence += f" With a key it is {settings.API_LIMIT_WITH_KEY} a minute; a file counts as {DOWNLOAD} requests."
    return _error(sentence, "throttled", 429, {**count.headers, "Retry-After": str(count.seconds_left)})


def _error(detail: str, code: str, status: int, headers: Mapping[str, str]) -> HttpResponse:
    body = to_json({"detail": detail, "code": code})
    headers = {**headers, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return HttpResponse(body, status=status, headers=headers, content_type=JSONRenderer.media_type)
