"""The pages that belong to no one app."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crp.common.as_of import as_of_page
from funding.selectors.portfolio import Portfolio, published_plans


@require_safe
@as_of_page
def home(request: HttpRequest, on: date | None) -> HttpResponse:
    """Show all published plans in one look."""
    return render(request, "crp/home.html", {"portfolio": Portfolio(on)})


@require_safe
def methodology(request: HttpRequest) -> HttpResponse:
    """Define every figure."""
    return render(request, "crp/methodology.html")


@require_safe
def data(request: HttpRequest) -> HttpResponse:
    """Say how to take the data away, with examples that work here and now."""
    newest = published_plans().order_by("-start_year", "code").first()
    return render(request, "crp/data.html", {"tables": _tables(), "examples": _examples(newest.code if newest else "")})


def _tables() -> list[dict[str, Any]]:
    described = (
        ("plans", _("Plans"), _("plan, with what it asks for, received, gap and percentage")),
        ("objectives", _("Objectives"), _("objective of a plan")),
        ("outcomes", _("Outcomes"), _("outcome of an objective, with its share")),
        ("projects", _("Projects"), _("project of a plan")),
        ("funding-requests", _("Funding requests"), _("amount asked for, under one breakdown")),
        ("contributions", _("Contributions"), _("contribution, with its status, date and target")),
        ("reported-funding", _("Official totals"), _("official total of money received, with its day and source")),
        ("organizations", _("Organizations"), _("donor or partner")),
        ("sectors", _("Sectors"), _("sector of a list, with its global cluster")),
        ("taxonomies", _("Taxonomies"), _("list of sectors")),
        ("countries", _("Countries"), _("country or territory")),
    )
    return [{"title": title, "row": row, "address": reverse(f"api:{name}-list")} for name, title, row in described]


def _examples(code: str) -> list[dict[str, Any]]:
    plans = reverse("api:plans-list")
    rollups = reverse("api:rollups")
    general = [
        (_("Plans less than half funded, the largest gap first"), f"{plans}?percent_funded_max=50&ordering=-gap_usd"),
        (_("All plans as CSV"), f"{plans}?format=csv"),
        (_("Requested and received by country and year"), f"{rollups}?by=country,year"),
        (_("Requested and received by global cluster"), f"{rollups}?by=global_cluster"),
    ]
    of_plan = (
        [
            (_("One plan with everything it says"), reverse("api:plans-detail", args=[code])),
            (_("Its total, opened by sector"), f"{reverse('api:plans-rollup', args=[code])}?by=sector"),
            (_("Whether it adds up"), reverse("api:plans-checks", args=[code])),
        ]
        if code
        else []
    )
    return [{"title": title, "address": address} for title, address in (*general, *of_plan)]
