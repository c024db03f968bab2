"""What search engines read first: the map of the site, and what of it is not for them."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_safe

from crp.exchange.sitemaps import SECTIONS, write_file, write_index

XML = "application/xml; charset=utf-8"
NOT_FOR_ROBOTS = ("admin:index", "search", "what-if", "compare", "follow")
"""Pages that are for somebody who asks or signs in, in every language, and what lies below them."""


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Answer with the list of the maps."""
    return HttpResponse(write_index(request.build_absolute_uri), content_type=XML)


@require_safe
def sitemap_section(request: HttpRequest, section: str, number: int) -> HttpResponse:
    """Answer with a map of the pages of one kind."""
    if section not in SECTIONS or not 1 <= number <= SECTIONS[section].files:
        raise Http404(_("There is no such map of the site."))
    return HttpResponse(write_file(section, number, request.build_absolute_uri), content_type=XML)


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Answer with what robots are asked to leave alone: filters without end, what is asked for, the admin, the API."""
    refused = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            refused += [reverse(name) for name in NOT_FOR_ROBOTS]
    lines = [
        "User-agent: *",
        "Disallow: /*?",  # every page without a filter stands in the map
        *(f"Disallow: {path}" for path in dict.fromkeys(refused)),
        "Disallow: /api/",
        f"Allow: {reverse('api:docs')}",
        "",
        f"Sitemap: {request.build_absolute_uri(reverse('sitemap'))}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
