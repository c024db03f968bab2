"""The pages that belong to no one app."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from crp.common.as_of import as_of_page
from crp.exchange.dumps.page import dump_page
from crp.exchange.formats import FORMATS
from funding.selectors.portfolio import Portfolio, published_plans
from plans.models import Plan


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
    code = newest.code if newest else ""
    context = {
        "pages": _pages(newest),
        "tables": _tables(),
        "shapes": _shapes(),
        "examples": _examples(code),
        "dumps": dump_page(),
    }
    return render(request, "crp/data.html", context)


def _pages(plan: Plan | None) -> list[dict[str, Any]]:
    """Return the pages that can be taken along, each with the addresses of its formats."""
    gaps = _("The plans that the filters find, with the columns chosen, or their groups with subtotals.")
    pages = [
        _page(_("Gap explorer"), gaps, "gaps", "gaps-brief"),
        _page(_("Donors"), _("Donors with what they gave, by kind and country."), "donors"),
        _page(_("Countries"), _("Countries with what their plans ask for and received."), "countries"),
        _page(_("Sectors"), _("Sectors of every list with what plans ask for and received."), "sectors"),
    ]
    if plan is not None:
        lines = _("Every line behind its totals; as XLSX and JSON also its figures, objectives, sectors and projects.")
        given = _("Its contributions, with what each counts as.")
        pages.insert(1, _page(_("Plan: %(plan)s") % {"plan": plan.title}, lines, "plan", "plan-brief", plan.code))
        pages.insert(2, _page(_("Its funding lines"), given, "plan-funding", "", plan.code))
    return pages


def _page(title: str, holds: str, name: str, brief: str = "", *args: str) -> dict[str, Any]:
    links = [{"title": form.upper(), "address": reverse(f"{name}-download", args=[*args, form])} for form in FORMATS]
    if brief:
        links.append({"title": "PDF", "address": reverse(brief, args=args)})
    return {"title": title, "holds": holds, "address": reverse(name, args=args), "links": links}


@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Give the script that keeps the last pages read: only from the root of the site may it do so for all of them."""
    script = Path(settings.BASE_DIR, "static", "js", "service-worker.js").read_bytes()
    return HttpResponse(script, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


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


def _shapes() -> list[dict[str, Any]]:
    """Return in whose shapes the same is published, each with its addresses."""
    described = (
        (
            "OCHA FTS",
            _("CSV files with the names and columns that the Financial Tracking Service has on HDX, for all countries "
              "or one: plans, clusters and contributions."),
            (
                (_("plans as CSV"), reverse("fts-file", args=["fts_requirements_funding_global"])),
                (_("all files"), reverse("fts-files")),
            ),
        ),
        (
            "HDX HAPI",
            _("Funding of plans with the parameters and fields of HDX HAPI, version 2: its clients work unchanged."),
            (("JSON", f"{reverse('hapi-funding')}?limit=100"), ("CSV", f"{reverse('hapi-funding')}?output_format=csv")),
        ),
        (
            "IATI",
            _("Every plan as an activity of IATI 2.03, with its sectors, budgets and transactions."),
            (("XML", reverse("iati-activities")),),
        ),
    )  # fmt: skip
    return [
        {"title": title, "holds": holds, "links": [{"title": words, "address": address} for words, address in links]}
        for title, holds, links in described
    ]


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
