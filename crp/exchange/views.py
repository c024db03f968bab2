"""Addresses where other programs take what is published, in shapes that are not our own."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from hashlib import blake2b

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crp.common.api.conditional import SHARED
from crp.common.validators import clock
from crp.exchange.feeds import Feed, feed_of_country, feed_of_plan, feed_of_sector, feed_of_site
from crp.exchange.writers import ATOM, JSON_FEED, Absolute, write_atom, write_json
from plans.models import Country, Plan
from sectors.models import Sector

Writer = Callable[[Feed, Absolute, str], bytes]


def _answer(request: HttpRequest, feed: Feed, write: Writer, content_type: str) -> HttpResponse:
    """Return a feed, or 304 where the reader has it."""
    body = write(feed, request.build_absolute_uri, request.path)
    etag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    modified = math.ceil(feed.updated_at.timestamp())
    # Before its second is over another revision can be published in it.
    told = modified if modified <= clock() else None
    response = HttpResponse(body, content_type=content_type)
    found = get_conditional_response(request, etag=etag, last_modified=told, response=response)
    answer = response if found is None else found
    answer["ETag"] = etag
    if told is not None:
        answer["Last-Modified"] = http_date(told)
    answer["Cache-Control"] = SHARED
    return answer


def _of_site(request: HttpRequest, write: Writer, content_type: str) -> HttpResponse:
    return _answer(request, feed_of_site(request.get_host()), write, content_type)


def _of_plan(request: HttpRequest, code: str, write: Writer, content_type: str) -> HttpResponse:
    plan = None if "\0" in code else Plan.objects.in_force().filter(code__iexact=code).first()
    if plan is None:
        raise Http404(_("No published plan has the code “%(code)s”.") % {"code": code})
    return _answer(request, feed_of_plan(plan, request.get_host()), write, content_type)


def _of_country(request: HttpRequest, iso3: str, write: Writer, content_type: str) -> HttpResponse:
    country = None if "\0" in iso3 else Country.objects.filter(iso3=iso3.upper()).first()
    if country is None:
        raise Http404(_("No country has the code “%(code)s”.") % {"code": iso3})
    return _answer(request, feed_of_country(country, request.get_host()), write, content_type)


def _of_sector(request: HttpRequest, taxonomy: str, code: str, write: Writer, content_type: str) -> HttpResponse:
    found = Sector.objects.select_related("taxonomy").filter(taxonomy__code__iexact=taxonomy, code__iexact=code)
    sector = found.order_by("pk").first()
    if sector is None:
        raise Http404(_("No sector has the code “%(code)s”.") % {"code": f"{taxonomy}/{code}"})
    return _answer(request, feed_of_sector(sector, request.get_host()), write, content_type)


site_atom = require_safe(partial(_of_site, write=write_atom, content_type=ATOM))
site_json = require_safe(partial(_of_site, write=write_json, content_type=JSON_FEED))
plan_atom = require_safe(partial(_of_plan, write=write_atom, content_type=ATOM))
plan_json = require_safe(partial(_of_plan, write=write_json, content_type=JSON_FEED))
country_atom = require_safe(partial(_of_country, write=write_atom, content_type=ATOM))
country_json = require_safe(partial(_of_country, write=write_json, content_type=JSON_FEED))
sector_atom = require_safe(partial(_of_sector, write=write_atom, content_type=ATOM))
sector_json = require_safe(partial(_of_sector, write=write_json, content_type=JSON_FEED))
