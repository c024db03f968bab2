"""Where an amount would fit, what it would change, and plans side by side."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crp.common.as_of import as_of_page, today
from funding.selectors.compare import Comparison
from funding.selectors.finder import GapFinder
from funding.selectors.what_if import WhatIf


@require_safe
@as_of_page
def gap_finder(request: HttpRequest, on: date | None) -> HttpResponse:
    """Rank the gaps that an amount fits; an address that can't be understood is 400 and says why."""
    finder = GapFinder(request.GET, on)
    context = {"finder": finder, "form": finder.form, "today": today()}
    return render(request, "funding/finder.html", context, status=400 if finder.problems else 200)


@require_safe
@as_of_page
def what_if(request: HttpRequest, on: date | None) -> HttpResponse:
    """Show what amounts would change; what the forms send becomes an address that says it all."""
    scenario = WhatIf(request.GET, on)
    if scenario.is_sent and not scenario.problems and (address := scenario.sent_address()) is not None:
        return HttpResponseRedirect(f"{request.path}{address}")
    return render(request, "funding/what_if.html", {"what_if": scenario}, status=400 if scenario.is_bad else 200)


@require_safe
@as_of_page
def compare(request: HttpRequest, on: date | None) -> HttpResponse:
    """Show two to four plans side by side; fewer, more or unknown ones are 400 with a form that leads on."""
    comparison = Comparison(request.GET, on)
    context = {"comparison": comparison, "today": today()}
    return render(request, "funding/compare.html", context, status=400 if comparison.problems else 200)
