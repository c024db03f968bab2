"""The gap explorer."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crp.common.as_of import as_of_page, today
from funding.selectors.gaps import GapExplorer


@require_safe
@as_of_page
def gap_explorer(request: HttpRequest, on: date | None) -> HttpResponse:
    """List the plans that the address asks for; an address that can't be understood is 400 and says why."""
    explorer = GapExplorer(request.GET, on)
    status = 400 if explorer.problems else 200
    return render(request, "funding/gaps.html", {"explorer": explorer, "today": today()}, status=status)
