"""The languages of the site: those of the admin, and addresses in a language that there is none of."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, translate_url
from django.utils.translation import get_language_info, override

PREFIX = re.compile(r"^/([A-Za-z]{2,3}(?:-[A-Za-z]{2,8})?)(/.*)$")


class AdminLanguageMiddleware:
    """Leads who asks for the admin in a language that it does not speak to the same page in English."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        others = [code for code, _name in settings.LANGUAGES if code not in settings.ADMIN_LANGUAGES]
        self._others = re.compile(rf"^/(?:{'|'.join(others)})(/admin(?:/.*)?)$") if others else None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = self._others.match(request.path_info) if self._others else None
        if found is None:
            return self._get_response(request)
        query = request.META.get("QUERY_STRING", "")
        return HttpResponseRedirect(f"{found[1]}?{query}" if query else found[1])


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same page in one of the languages of the site."""

    code: str
    name: str
    address: str


def same_page_elsewhere(path: str) -> list[Elsewhere]:
    """Return where the page is that an address asks for in a language that the site does not have.

    Empty: the address begins with no language, or leads nowhere without it either.
    """
    found = PREFIX.match(path)
    if found is None:
        return []
    with override(settings.LANGUAGE_CODE):
        try:
            resolve(found[2])
        except Resolver404:
            return []
        return [
            Elsewhere(code, get_language_info(code)["name_local"].capitalize(), translate_url(found[2], code))
            for code, _name in settings.LANGUAGES
        ]
