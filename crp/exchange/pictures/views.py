"""Addresses of charts as files, of pictures for link previews, and of what other sites show in a frame."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from csp.decorators import csp_replace
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from crp.common.as_of import address_on, as_of_page, today
from crp.common.recent import Recent
from crp.exchange.pictures.chart import Chart, csv_of, height_of, svg_of
from crp.exchange.pictures.plan import PLAN, AskedOfPlan
from crp.exchange.pictures.portfolio import PORTFOLIO, Asked
from crp.exchange.pictures.preview import preview_svg
from crp.exchange.typesetting import png_of
from funding.api.stamp import read_stamp
from funding.filters import PlanFilter
from funding.rollups import total_of
from funding.selectors.gaps import OWN_PARAMETERS, state_of
from funding.selectors.plan_page import PlanPage
from funding.selectors.portfolio import published_plans
from plans.models import Plan

SVG, PNG, CSV = "image/svg+xml", "image/png", "text/csv; charset=utf-8"
CHART_PX, PREVIEW_PX = 1800, 1200
SHOWN_TO_ANY_SITE = {"frame-ancestors": ["*"]}
_FILES: Recent[tuple[bytes, str]] = Recent(most=64)


@require_safe
@as_of_page
def portfolio_chart(request: HttpRequest, name: str, form: str, on: date | None) -> HttpResponse:
    """Give a chart of the plans that the address chooses, as a file; a filter that can't be used is 400 and named."""
    make = _find(PORTFOLIO, name, form)
    state = state_of(request.GET, on)
    filters = PlanFilter(state, queryset=published_plans(on), on=on)
    problems = filters.problems(also_known=OWN_PARAMETERS)
    if problems:
        return render(request, "crp/bad_chart.html", {"problems": problems}, status=400)
    address = request.build_absolute_uri()

    def draw() -> Chart:
        plans: Any = filters.qs
        plans = plans.matching(state.get("search", "").strip())
        return make(Asked(plans=plans, on=on, day=on or today(), address=address))

    return _file(form, f"crp-{name}", address, draw)


@require_safe
@as_of_page
def plan_chart(request: HttpRequest, code: str, name: str, form: str, on: date | None) -> HttpResponse:
    """Give a chart of a plan as a file."""
    make = _find(PLAN, name, form)
    plan = _plan_of(code, on)

    def draw() -> Chart:
        return _chart_of(request, plan, name, make, on)

    return _file(form, f"{plan.code}-{name}", request.build_absolute_uri(address_on(request.path, on)), draw)


@require_safe
def home_preview(request: HttpRequest) -> HttpResponse:
    """Give the picture that other sites show beside a link to the home page."""

    def draw() -> bytes:
        total = total_of(published_plans())
        facts = _("What crisis response plans ask for, and what has arrived")
        return png_of(preview_svg(_("All published plans"), facts, total, today(), request.get_host()), PREVIEW_PX)

    return _preview(request, draw)


@require_safe
def plan_preview(request: HttpRequest, code: str) -> HttpResponse:
    """Give the picture that other sites show beside a link to a plan."""
    plan = _plan_of(code, None)

    def draw() -> bytes:
        page = PlanPage(plan)
        places = ", ".join(sorted(country.label for country in plan.countries.all()))
        facts = " · ".join(filter(None, (places, str(plan.get_kind_display()), plan.period)))
        return png_of(preview_svg(plan.title, facts, page.figures, today(), request.get_host()), PREVIEW_PX)

    return _preview(request, draw)


@require_safe
@xframe_options_exempt
@csp_replace(SHOWN_TO_ANY_SITE)
@as_of_page
def plan_embed(request: HttpRequest, code: str, on: date | None) -> HttpResponse:
    """Show a plan's figures in a frame of another site."""
    plan = _plan_of(code, on)
    context = {"plan": plan, "page": PlanPage(plan, on), "day": on or today()}
    return render(request, "embed/plan.html", {**context, "target": _page_of(request, plan, on)})


@require_safe
@xframe_options_exempt
@csp_replace(SHOWN_TO_ANY_SITE)
@as_of_page
def chart_embed(request: HttpRequest, code: str, name: str, on: date | None) -> HttpResponse:
    """Show a chart of a plan in a frame of another site."""
    make = _find(PLAN, name, "svg")
    plan = _plan_of(code, on)
    chart = _chart_of(request, plan, name, make, on)
    picture = address_on(reverse("plan-chart", args=[plan.code, name, "svg"]), on)
    context = {"plan": plan, "chart": chart, "picture": picture, "table": _table_of(chart), "day": on or today()}
    context |= {"target": _page_of(request, plan, on), "height": height_of(chart)}
    return render(request, "embed/chart.html", context)


def _page_of(request: HttpRequest, plan: Plan, on: date | None) -> str:
    return request.build_absolute_uri(address_on(plan.get_absolute_url(), on))


def _table_of(chart: Chart) -> list[list[Any]]:
    return [[row[column] for column in chart.columns] for row in chart.rows]


def _find(charts: Any, name: str, form: str) -> Callable[[Any], Any]:
    """Return what makes a chart. Raises: Http404 for a name or a format that there is none of."""
    if name not in charts:
        raise Http404(_("There is no chart “%(name)s”. There are: %(names)s.") % {
            "name": name[:60], "names": ", ".join(charts)})  # fmt: skip
    if form not in {"svg", "png", "csv"}:
        raise Http404(_("A chart comes as svg, png or csv."))
    return charts[name]


def _plan_of(code: str, on: date | None) -> Plan:
    """Return a published plan, with its figures. Raises: Http404. Queries: 2."""
    plans: Any = published_plans(on)
    plan = None if "\0" in code else plans.filter(code=code.upper()).first()
    if plan is None:
        raise Http404(_("No published plan has the code “%(code)s”.") % {"code": code})
    return plan


def _chart_of(request: HttpRequest, plan: Plan, name: str, make: Any, on: date | None) -> Chart:
    """Return a chart of a plan. Raises: Http404 where the plan has nothing for it."""
    address = request.build_absolute_uri(address_on(reverse("plan-chart", args=[plan.code, name, "svg"]), on))
    chart = make(AskedOfPlan(page=PlanPage(plan, on), day=on or today(), address=address))
    if chart is None:
        raise Http404(_("The plan has nothing that the chart “%(name)s” could show.") % {"name": name})
    return chart


def _file(form: str, name: str, address: str, draw: Callable[[], Chart]) -> HttpResponse:
    """Return a chart in one format: drawn once for an address as long as nothing has changed."""

    def make() -> tuple[bytes, str]:
        chart = draw()
        if form == "csv":
            return csv_of(chart).encode(), CSV
        svg = svg_of(chart)
        return (svg.encode(), SVG) if form == "svg" else (png_of(svg, CHART_PX), PNG)

    body, content_type = _FILES.get(_stamp(), address, make)
    disposition = "attachment" if form == "csv" else "inline"
    headers = {"Content-Disposition": f'{disposition}; filename="{name}.{form}"', "Cache-Control": "no-cache"}
    return HttpResponse(body, content_type=content_type, headers=headers)


def _preview(request: HttpRequest, draw: Callable[[], bytes]) -> HttpResponse:
    body, content_type = _FILES.get(_stamp(), request.build_absolute_uri(request.path), lambda: (draw(), PNG))
    return HttpResponse(body, content_type=content_type, headers={"Cache-Control": "public, max-age=3600"})


def _stamp() -> tuple[Any, date]:
    """Return what changes with the data and with the day that stands in every picture."""
    return read_stamp(), today()
