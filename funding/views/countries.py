"""Countries and their plans."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from funding.selectors.countries import CountryList, CountryPage
from plans.models import Country


@require_safe
def country_list(request: HttpRequest) -> HttpResponse:
    """List the countries with a published plan."""
    return render(request, "funding/countries.html", {"countries": CountryList()})


@require_safe
def country_page(request: HttpRequest, iso3: str) -> HttpResponse:
    """Show a country, also one without a plan: that there is none is an answer."""
    country = Country.objects.select_related("region", "top_region").filter(iso3=iso3.upper()).first()
    if country is None:
        raise Http404(_("No country has the code “%(code)s”.") % {"code": iso3})
    if country.iso3 != iso3:
        return HttpResponseRedirect(reverse("country", args=[country.iso3]))
    return render(request, "funding/country.html", {"page": CountryPage(country), "country": country})
