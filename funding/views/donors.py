"""Donors across plans."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crp.common.as_of import address_on, as_of_page
from funding.models import Organization
from funding.selectors.donors import DonorList, DonorPage


@require_safe
@as_of_page
def donor_list(request: HttpRequest, on: date | None) -> HttpResponse:
    """List who gave to published plans; an address that can't be understood is 400 and says why."""
    donors = DonorList(request.GET, on)
    return render(request, "funding/donors.html", {"donors": donors}, status=400 if donors.problems else 200)


@require_safe
@as_of_page
def donor_page(request: HttpRequest, code: str, on: date | None) -> HttpResponse:
    """Show what an organization gave, also one that gave nothing: that is an answer."""
    donor = Organization.objects.select_related("country").filter(code__iexact=code).order_by("code").first()
    if donor is None:
        raise Http404(_("No organization has the code “%(code)s”.") % {"code": code})
    if donor.code != code:
        return HttpResponseRedirect(address_on(reverse("donor", args=[donor.code]), on))
    page = DonorPage(donor, request.GET, on)
    context = {"page": page, "ledger": page.ledger, "donor": donor}
    return render(request, "funding/donor.html", context, status=400 if page.ledger.problems else 200)
