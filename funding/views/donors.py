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
from funding.selectors.donors import DonorList, DonorPage, ReceiverPage


@require_safe
@as_of_page
def donor_list(request: HttpRequest, on: date | None) -> HttpResponse:
    """List who gave to published plans; an address that can't be understood is 400 and says why."""
    donors = DonorList(request.GET, on)
    return render(request, "funding/donors.html", {"donors": donors}, status=400 if donors.problems else 200)


def _show(request: HttpRequest, code: str, name: str, on: date | None) -> HttpResponse:
    """Show an organization in both its roles, also one that gave and received nothing: that is an answer."""
    donor = Organization.objects.select_related("country").filter(code__iexact=code).order_by("code").first()
    if donor is None:
        raise Http404(_("No organization has the code “%(code)s”.") % {"code": code})
    if donor.code != code:
        return HttpResponseRedirect(address_on(reverse(name, args=[donor.code]), on))
    page = DonorPage(donor, request.GET, on)
    context = {"page": page, "ledger": page.ledger, "receiver": ReceiverPage(donor, on), "donor": donor}
    return render(request, "funding/donor.html", context, status=400 if page.ledger.problems else 200)


@require_safe
@as_of_page
def organization_page(request: HttpRequest, code: str, on: date | None) -> HttpResponse:
    """Show what an organization gives and receives."""
    return _show(request, code, "organization", on)


@require_safe
@as_of_page
def donor_page(request: HttpRequest, code: str, on: date | None) -> HttpResponse:
    """Show the same under the address that donors have had from the beginning."""
    return _show(request, code, "donor", on)
