"""Tags that lead from page to page."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.template.context import RequestContext
from django.urls import reverse, translate_url
from django.utils.translation import get_language, get_language_info, override

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
def current(context: RequestContext, *names: str) -> bool:
    """Return whether the page shown is one of those named."""
    match = getattr(context.get("request"), "resolver_match", None)
    return match is not None and match.url_name in names


@register.simple_tag(takes_context=True)
def absolute(context: RequestContext, path: str) -> str:
    """Return an address with the host, to be copied from the page."""
    request = context.get("request")
    return request.build_absolute_uri(path) if request is not None else path
