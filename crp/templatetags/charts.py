"""Tags that draw bars, charts and the map."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import template
from django.http import QueryDict
from django.template.context import RequestContext
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.as_of import AS_OF, address_on
from crp.common.charts import Series, bar_of, largest, lay_out, parts_of
from crp.common.charts_map import MapPoint
from crp.common.charts_map import bubble_map as draw_map
from crp.common.figures import Rollup
from crp.common.numbers import write_number, write_percent_short

register = template.Library()


@register.inclusion_tag("includes/bar.html")
def bar(figures: Rollup, scale: Decimal | None = None, label: str = "", kind: str = "") -> dict[str, Any]:
    """Draw what was requested and received as one bar.

    ``label`` says the same in words; without one the bar is hidden from screen readers, because the figures stand
    beside it. ``kind`` is a class more for its looks.
    """
    return {"segments": bar_of(figures, scale), "label": label, "kind": kind}


@register.inclusion_tag("includes/bar.html")
def share_bar(percent: Decimal, kind: str = "") -> dict[str, Any]:
    """Draw one percentage of a whole."""
    return {"segments": lay_out([("plain", percent)], Decimal(100)), "label": "", "kind": f"bar-share {kind}".strip()}


@register.inclusion_tag("includes/column.html")
def column(figures: Rollup, scale: Decimal | None = None) -> dict[str, Any]:
    """Draw the same bar upright."""
    return {"segments": bar_of(figures, scale)}


PART_LABELS = {
    "received": gettext_lazy("Received"),
    "over": gettext_lazy("Received beyond what is asked for"),
    "pledged": gettext_lazy("Pledged, not yet committed"),
    "missing": gettext_lazy("Missing"),
    "unknown": gettext_lazy("Asked for, with no report of what was received"),
}
WITHOUT_REQUIREMENT = gettext_lazy("Received by plans that state no amount asked for")
MISSING_BEYOND_PLEDGES = gettext_lazy("Missing beyond pledges")


@register.inclusion_tag("includes/funding_bar.html")
def funding_bar(rollup: Rollup) -> dict[str, Any]:
    """Draw the money as one large bar; below it stand its parts in words and figures."""
    amounts = parts_of(rollup)
    labels = dict(PART_LABELS)
    if any(kind == "pledged" for kind, _part in amounts):
        labels["missing"] = MISSING_BEYOND_PLEDGES
    parts: list[dict[str, Any]] = [{"kind": kind, "label": labels[kind], "amount": amount} for kind, amount in amounts]
    apart = rollup.received_unasked_usd
    if apart and parts[0]["amount"] > apart:
        # Told apart, the other parts add to what is asked for.
        parts[0]["amount"] -= apart
        parts.insert(1, {"kind": "received", "label": WITHOUT_REQUIREMENT, "amount": apart})
    return {"rollup": rollup, "parts": parts}


@register.inclusion_tag("includes/charts/map.html")
def bubble_map(points: Iterable[MapPoint], caption: str = "") -> dict[str, Any]:
    """Draw a world map with a bubble for each gap, and the same as a list. The page loads ``css/charts.css``.

    What has no place is told in a line below the map. ``caption``: what the map shows, before how to read it.
    """
    drawn = draw_map(points)
    return {
        "drawn": drawn,
        "bubbles": [(bubble, say_gap(bubble.point)) for bubble in drawn.bubbles],
        "elsewhere": [(point, say_gap(point)) for point in drawn.elsewhere],
        "listed": drawn.listed,
        "caption": caption,
    }


def say_gap(point: MapPoint) -> str:
    """Return in words what a bubble shows."""
    if point.amount_usd is None:
        said = _("%(place)s: gap not reported") % {"place": point.label}
    elif point.amount_usd > 0:
        said = _("%(place)s: gap of USD %(amount)s") % {
            "place": point.label,
            "amount": write_number(point.amount_usd),
        }
    else:
        said = _("%(place)s: nothing missing") % {"place": point.label}
    return f"{said} ({point.note})" if point.note else said


@register.inclusion_tag("includes/charts/multiples.html", takes_context=True)
def small_multiples(context: RequestContext, series: Sequence[Series], caption: str) -> dict[str, Any]:
    """Draw small charts of years on one scale, and the same as a table. The page loads ``css/charts.css``."""
    scale = largest(figures for one in series for _year, figures in one.years if figures)
    charts = [
        (one, [(year, bar_of(figures, scale) if figures else []) for year, figures in one.years]) for one in series
    ]
    years = [year for year, _figures in series[0].years] if series else []
    return {"charts": charts, "years": years, "caption": caption, "request": context.get("request")}


@register.filter
def percent_short(value: Decimal | str | None) -> str:
    """Write a percentage for the label of a chart; nothing for None, nor for the text that a missing value leaves."""
    return write_percent_short(value) if isinstance(value, Decimal) else ""


FORMATS = ("svg", "png", "csv")


@register.inclusion_tag("includes/charts/links.html", takes_context=True)
def chart_links(
    context: RequestContext, name: str, plan: str = "", state: QueryDict | None = None, **query: Any
) -> Any:
    """Link to the files of a chart: of a plan, or of the plans that the parameters choose, on the day of the page.

    ``state``: the parameters of a page with filters; ``query``: single ones.
    """
    parameters = QueryDict(mutable=True) if state is None else state.copy()
    for given, value in query.items():
        parameters[given] = str(value)
    parameters.pop(AS_OF, None)
    links = []
    for form in FORMATS:
        path = reverse("plan-chart", args=[plan, name, form]) if plan else reverse("chart", args=[name, form])
        address = f"{path}?{parameters.urlencode()}" if parameters else path
        links.append((form.upper(), address_on(address, getattr(context.get("request"), "as_of", None))))
    return {"links": links}
