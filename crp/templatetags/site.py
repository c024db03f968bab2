"""Tags that lead from page to page."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.urls import reverse, translate_url
from django.utils.translation import get_language, get_language_info, override

from crp.common.as_of import AS_OF, address_on
from crp.common.languages import Elsewhere, same_page_elsewhere

register = template.Library()


@register.simple_tag(takes_context=True)
def language_links(context: RequestContext) -> list[dict[str, Any]]:
    """Return the same page in every language of the site."""
    request = context.get("request")
    current = get_language() or settings.LANGUAGE_CODE
    links = []
    for code, _name in settings.LANGUAGES:
        if request is not None and getattr(request, "resolver_match", None):
            address = translate_url(request.get_full_path(), code)
        else:
            with override(code):
                address = reverse("home")
        links.append(
            {
                "code": code,
                "name": get_language_info(code)["name_local"].capitalize(),
                "address": address,
                "is_current": code == current,
            }
        )
    return links


@register.simple_tag(takes_context=True)
def elsewhere(context: RequestContext) -> list[Elsewhere]:
    """Return the page that was asked for in a language that the site does not have, in those that it has."""
    request = context.get("request")
    return same_page_elsewhere(request.path_info) if request is not None else []


@register.simple_tag(takes_context=True)
def current(context: RequestContext, *names: str) -> bool:
    """Return whether the page shown is one of those named."""
    match = getattr(context.get("request"), "resolver_match", None)
    return match is not None and match.url_name in names


@register.simple_tag(takes_context=True)
def absolute(context: RequestContext, path: str) -> str:
    """Return an address with the host, to be copied from the page."""
    request = context.get("request")
    return request.build_absolute_uri(path) if request is not None else path


def _day(context: RequestContext) -> date | None:
    """Return the past day that the page shows. None: it shows what holds now."""
    return getattr(context.get("request"), "as_of", None)


@register.simple_tag(takes_context=True)
def address(context: RequestContext, name: str, *args: Any, **query: Any) -> str:
    """Return the address of a page or an answer that can show a past day, of the day that this page shows.

    ``query``: its further parameters. A link to what shows no past day is made by ``url``.
    """
    path = reverse(name, args=args)
    return address_on(f"{path}?{urlencode(query, safe='/')}" if query else path, _day(context))


@register.simple_tag(takes_context=True)
def address_of(context: RequestContext, subject: Any) -> str:
    """Return the address of the page of a plan, country, sector or donor, of the day that this page shows."""
    return address_on(subject.get_absolute_url(), _day(context))


@register.simple_tag(takes_context=True)
def narrowed(context: RequestContext, **query: Any) -> str:
    """Return the end of the address of this page with no parameters but these, of the same day."""
    return address_on(f"?{urlencode(query)}", _day(context)) if query else (address_on("", _day(context)) or "?")


@register.simple_tag(takes_context=True)
def now_address(context: RequestContext) -> str:
    """Return the address of this page without its day: as it is now."""
    request = context["request"]
    state = request.GET.copy()
    state.pop(AS_OF, None)
    return f"{request.path}?{state.urlencode()}" if state else request.path


@register.simple_tag(takes_context=True)
def carried(context: RequestContext) -> list[tuple[str, str]]:
    """Return the parameters that a form for another day carries along; the number of a page is of the day shown."""
    lists = context["request"].GET.lists()
    return [(name, value) for name, values in lists if name not in {AS_OF, "page"} for value in values]
