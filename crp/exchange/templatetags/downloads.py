"""The tag that offers what a page shows as files."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import RequestContext
from django.urls import reverse

from crp.exchange.formats import FORMATS

register = template.Library()


@register.inclusion_tag("exchange/_formats.html", takes_context=True)
def download_links(context: RequestContext, name: str, what: str, *args: Any) -> dict[str, Any]:
    """List the formats that this page can be had in, with its filters and its day, without the number of its page.

    ``name``: of the address of the download; ``what``: what it holds, for who hears the links alone; ``args``: of the
    address, before the format.
    """
    state = context["request"].GET.copy()
    state.pop("page", None)
    query = f"?{state.urlencode()}" if state else ""
    links = [{"title": form.upper(), "address": f"{reverse(name, args=[*args, form])}{query}"} for form in FORMATS]
    return {"links": links, "what": what}
