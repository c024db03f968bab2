"""Sectors across plans."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crp.common.as_of import address_on, as_of_page
from funding.selectors.sectors import SectorList, SectorPage
from sectors.models import Sector


@require_safe
@as_of_page
def sector_list(request: HttpRequest, on: date | None) -> HttpResponse:
    """List the sectors of every taxonomy."""
    return render(request, "funding/sectors.html", {"sectors": SectorList(on)})


@require_safe
@as_of_page
def sector_page(request: HttpRequest, taxonomy: str, code: str, on: date | None) -> HttpResponse:
    """Show which plans ask for money in a sector or global cluster."""
    found = Sector.objects.select_related("taxonomy").filter(taxonomy__code__iexact=taxonomy, code__iexact=code)
    sector = found.first()
    if sector is None:
        raise Http404(_("No sector has the code “%(code)s”.") % {"code": f"{taxonomy}/{code}"})
    if (sector.taxonomy.code, sector.code) != (taxonomy, code):
        return HttpResponseRedirect(address_on(reverse("sector", args=[sector.taxonomy.code, sector.code]), on))
    return render(request, "funding/sector.html", {"page": SectorPage(sector, on), "sector": sector})
