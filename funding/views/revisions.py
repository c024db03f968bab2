"""The published revisions of a plan, and what changed between them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from funding.selectors.differences import Differences
from funding.selectors.plan_rows import PublishedPlan
from funding.selectors.portfolio import published_plans
from funding.selectors.revisions import Entry, RevisionHistory, RevisionPage
from plans.models import Plan
from plans.sealing import canonical_bytes


def _plan(code: str) -> Plan:
    plan = None if "\0" in code else published_plans().filter(code=code.upper()).first()
    if plan is None:
        raise Http404(_("No published plan has the code “%(code)s”.") % {"code": code})
    return plan


def _elsewhere(request: HttpRequest, plan: Plan, code: str, name: str, *more: str) -> HttpResponseRedirect | None:
    """Return the way to the address in capitals, with its parameters. None: it is written so already."""
    if plan.code == code:
        return None
    query = request.META.get("QUERY_STRING", "")
    return HttpResponseRedirect(reverse(name, args=[plan.code, *more]) + (f"?{query}" if query else ""))


def _entry(history: RevisionHistory, number: str) -> Entry:
    entry = history.entry(number)
    if entry is None:
        raise Http404(
            _("%(plan)s has no published revision “%(number)s”. It has: %(numbers)s.")
            % {"plan": history.plan.code, "number": number, "numbers": ", ".join(map(str, history.numbers))}
        )
    return entry


@require_safe
def plan_revisions(request: HttpRequest, code: str) -> HttpResponse:
    """Show what a plan published, the newest first."""
    plan = _plan(code)
    context = {"page": PublishedPlan(plan), "plan": plan, "history": RevisionHistory(plan)}
    return _elsewhere(request, plan, code, "plan-revisions") or render(request, "funding/plan_revisions.html", context)


@require_safe
def plan_revision(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """Show one published revision with its seal and all its rows."""
    plan = _plan(code)
    if away := _elsewhere(request, plan, code, "plan-revision", number):
        return away
    history = RevisionHistory(plan)
    entry = _entry(history, number)
    context = {"page": PublishedPlan(plan), "plan": plan, "entry": entry, "sealed": RevisionPage(entry)}
    return render(request, "funding/plan_revision.html", context)


@require_safe
def plan_revision_canonical(request: HttpRequest, code: str, number: str) -> HttpResponse:
    """Give the bytes that the seal of a published revision is the SHA-256 of."""
    plan = _plan(code)
    if away := _elsewhere(request, plan, code, "plan-revision-canonical", number):
        return away
    revision = _entry(RevisionHistory(plan), number).revision
    response = HttpResponse(canonical_bytes(revision), content_type="application/json")
    response["Content-Disposition"] = f'inline; filename="{plan.code}-revision-{revision.number}.json"'
    return response


@require_safe
def plan_diff(request: HttpRequest, code: str) -> HttpResponse:
    """Show what changed between two published revisions; an address that can't be understood is 400 and says why."""
    plan = _plan(code)
    if away := _elsewhere(request, plan, code, "plan-diff"):
        return away
    history = RevisionHistory(plan)
    problems = history.problems(request.GET)
    diff = None if problems else Differences(*history.read_pair(request.GET))
    context = {"page": PublishedPlan(plan), "plan": plan, "history": history, "problems": problems, "diff": diff}
    return render(request, "funding/plan_diff.html", context, status=400 if problems else 200)
