"""A plan, the lines behind its totals, and whether it agrees with itself."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crp.common.as_of import address_on, as_of_page, today
from funding.selectors.ledger import PlanLedger
from funding.selectors.plan_page import PlanPage
from funding.selectors.portfolio import published_plans
from plans.as_of import first_published_on
from plans.models import Plan, Revision

# Read in the one statement that reads the plan: the first day that the page can be asked for costs no other.
FIRST = Revision.objects.filter(plan=OuterRef("pk"), published_at__isnull=False).order_by("published_at")


def _show(request: HttpRequest, code: str, template: str, name: str, on: date | None) -> HttpResponse:
    """Show a page of a published plan; a code in small letters leads to the address in capitals.

    Before its first publication a plan is 404, with the day on which that was. The page with its contributions can be
    narrowed; an address that can't be understood is 400 and says why.
    """
    plans: Any = published_plans(on).annotate(first_published_at=Subquery(FIRST.values("published_at")[:1]))
    plan = plans.filter(code=code.upper()).first()
    if plan is None:
        return _not_yet(request, code, name, on)
    if plan.code != code:
        return HttpResponseRedirect(address_on(reverse(name, args=[plan.code]), on))
    page = PlanPage(plan, on)
    ledger = PlanLedger(plan, request.GET if name == "plan-funding" else None, today(), on)
    context = {"page": page, "plan": plan, "revision": plan.current, "ledger": ledger, "today": today()}
    return render(request, template, context, status=400 if ledger.problems else 200)


def _not_yet(request: HttpRequest, code: str, name: str, on: date | None) -> HttpResponse:
    """Say since when there is a plan, where the day asked for lies before. Raises: Http404 where there is none."""
    first = None if on is None else first_published_on(code.upper())
    if first is None or on is None or first <= on:
        raise Http404(_("No published plan has the code “%(code)s”.") % {"code": code})
    plan = Plan.objects.get(code=code.upper())
    context = {"plan": plan, "address": reverse(name, args=[plan.code]), "first_on": first}
    return render(request, "funding/plan_not_yet.html", context, status=404)


@require_safe
@as_of_page
def plan_page(request: HttpRequest, code: str, on: date | None) -> HttpResponse:
    """Show a plan."""
    return _show(request, code, "funding/plan.html", "plan", on)


@require_safe
@as_of_page
def plan_funding(request: HttpRequest, code: str, on: date | None) -> HttpResponse:
    """Show every line behind the totals of a plan."""
    return _show(request, code, "funding/plan_funding.html", "plan-funding", on)


@require_safe
@as_of_page
def plan_checks(request: HttpRequest, code: str, on: date | None) -> HttpResponse:
    """Show whether a plan agrees with itself."""
    return _show(request, code, "funding/plan_checks.html", "plan-checks", on)
