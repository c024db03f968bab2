"""Countries and their plans."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crp.common.as_of import address_on, as_of_page
from funding.selectors.countries import CountryList, CountryPage
from plans.models import Country


@require_safe
@as_of_page
def country_list(request: HttpRequest, on: date | None) -> HttpResponse:
    """List the countries with a published plan."""
    return render(request, "funding/countries.html", {"countries": CountryList(on)})


@require_safe
@as_of_page
def country_page(request: HttpRequest, iso3: str, on: date | None) -> HttpResponse:
    """Show a country, also one without a plan: that there is none is an answer."""
    country = Country.objects.select_related("region", "top_region").filter(iso3=iso3.upper()).first()
    if country is None:
        raise Http404(_("No country has the code “%(code)s”.") % {"code": iso3})
    if country.iso3 != iso3:
        return HttpResponseRedirect(address_on(reverse("country", args=[country.iso3]), on))
    return render(request, "funding/country.html", {"page": CountryPage(country, on), "country": country})
