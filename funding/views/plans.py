"""A plan, the lines behind its totals, and whether it agrees with itself."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from funding.selectors.ledger import PlanLedger
from funding.selectors.plan_page import PlanPage
from funding.selectors.portfolio import published_plans


def _show(request: HttpRequest, code: str, template: str, name: str) -> HttpResponse:
    """Show a page of a published plan; a code in small letters leads to the address in capitals.

    The page with its contributions can be narrowed; an address that can't be understood is 400 and says why.
    """
    plan = published_plans().filter(code=code.upper()).first()
    if plan is None:
        raise Http404(_("No published plan has the code “%(code)s”.") % {"code": code})
    if plan.code != code:
        return HttpResponseRedirect(reverse(name, args=[plan.code]))
    page = PlanPage(plan)
    ledger = PlanLedger(plan, request.GET if name == "plan-funding" else None, timezone.localdate())
    context = {"page": page, "plan": plan, "revision": plan.current, "ledger": ledger}
    return render(request, template, context, status=400 if ledger.problems else 200)


@require_safe
def plan_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show a plan."""
    return _show(request, code, "funding/plan.html", "plan")


@require_safe
def plan_funding(request: HttpRequest, code: str) -> HttpResponse:
    """Show every line behind the totals of a plan."""
    return _show(request, code, "funding/plan_funding.html", "plan-funding")


@require_safe
def plan_checks(request: HttpRequest, code: str) -> HttpResponse:
    """Show whether a plan agrees with itself."""
    return _show(request, code, "funding/plan_checks.html", "plan-checks")
