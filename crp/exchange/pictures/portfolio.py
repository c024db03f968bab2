"""The charts of many plans at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crp.common.charts import Series, bar_of, largest, parts_of
from crp.common.charts_map import bubble_map
from crp.common.figures import Line, Rollup
from crp.common.numbers import write_compact, write_number, write_percent, write_percent_short
from crp.exchange.pictures.chart import Bar, Chart, Group, amount_of, bar, value_of
from crp.templatetags.charts import PART_LABELS
from funding.rollups import break_down, total_of
from funding.selectors.places import country_points
from funding.selectors.portfolio import plan_lines, scale_of, series_of, year_columns
from plans.models import Plan

FIGURES = ("plans", "plans_reporting", "requested_usd", "received_usd", "pledged_usd", "gap_usd", "percent_funded")
MOST_BARS, MOST_SMALL = 20, 16


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The plans that a chart is of, and where and when it was asked for."""

    plans: QuerySet[Plan]
    on: date | None
    day: date
    address: str

    @property
    def bare(self) -> QuerySet[Plan]:
        """The plans, for sums: without their countries."""
        return self.plans.prefetch_related(None)


def figures_row(figures: Rollup) -> dict[str, Any]:
    """Return figures as cells of a table."""
    return {name: getattr(figures, name) for name in FIGURES}


def key_rows(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Return lines as rows of a table; a rest has its kind in place of a code."""
    return [
        {"code": line.key.residual or line.key.code, "name": line.key.name, **figures_row(line.figures)}
        for line in lines
    ]


def how_to_read(*, pledged: bool = False) -> str:
    """Return what the colours of a bar stand for."""
    if pledged:
        return _(
            "USD. Dark: received. Middle: pledged. Pale: missing. Hatched: asked for, with no report of what was "
            "received."
        )
    return _("USD. Dark: received. Pale: missing. Hatched: asked for, with no report of what was received.")


def coverage(total: Rollup) -> str:
    """Return how many plans a chart is of, and how many of them report."""
    return ngettext(
        "%(plans)s plan, %(reporting)s of which reports what it received.",
        "%(plans)s plans, %(reporting)s of which report what they received.",
        total.plans,
    ) % {"plans": write_number(total.plans), "reporting": write_number(total.plans_reporting)}


def money_bars(figures: Rollup) -> list[Bar]:
    """Return requested, then what became of it part by part, each where it lies in the whole; then the percentage."""
    asked = figures.requested_usd
    value = _("Not reported") if asked is None else f"USD {write_number(asked)}"
    segments = bar_of(figures)
    amounts = dict(parts_of(figures))
    lines = [Bar(label=_("Requested and received"), value=value, segments=segments)]
    lines += [
        Bar(label=str(PART_LABELS[part.kind]), value=f"USD {write_number(amounts[part.kind])}", segments=[part])
        for part in segments
    ]
    percent = figures.percent_funded
    funded = _("Can’t be told") if percent is None else write_percent(percent)
    return [*lines, Bar(label=_("Funded"), value=funded, segments=[])]


def funding(asked: Asked) -> Chart:
    """Return what was requested and received in one bar. Queries: 1."""
    total = total_of(asked.plans, asked.on)
    return Chart(
        name="funding", title=_("Requested and received"), note=f"{how_to_read(pledged=True)} {coverage(total)}",
        on=asked.day, address=asked.address, columns=FIGURES, rows=[figures_row(total)], kind="bars",
        groups=[Group(title="", bars=money_bars(total))],
    )  # fmt: skip


def years(asked: Asked) -> Chart:
    """Return requirement and coverage year by year. Queries: 3."""
    found = break_down(asked.bare, ["year"], asked.on)
    columns = year_columns(found.rows)
    scale = scale_of(found.rows)
    bars = [year_bar(item.year, item.figures, scale) for item in columns]
    return Chart(
        name="years", title=_("Requested and received by year"),
        note=f"{how_to_read()} {_('Each plan under its first year; below it the percentage funded.')} "
             f"{coverage(found.total)}",
        on=asked.day, address=asked.address, columns=("year", *FIGURES),
        rows=[{"year": item.year, **figures_row(item.figures)} for item in columns if item.figures],
        kind="columns", groups=[Group(title="", bars=bars)],
    )  # fmt: skip


def year_bar(year: int, figures: Rollup | None, scale: Decimal) -> Bar:
    """Return a year as a column: its label carries the percentage funded behind a space."""
    percent = figures.percent_funded if figures else None
    label = str(year) if percent is None else f"{year} {write_percent_short(percent)}"
    return bar(label, figures, scale, amount_of(figures) if figures and figures.requested_usd is not None else " ")


def by_key(name: str, dimension: str, title: Callable[[], str], asked: Asked) -> Chart:
    """Return the largest lines of a breakdown as bars, the rests after them. Queries: 4."""
    found = break_down(asked.bare, [dimension], asked.on)
    lines = found.largest_first()
    values = [line for line in lines if not line.is_residual]
    shown = [line for line in values if line.figures.requested_usd is not None][:MOST_BARS]
    scale = scale_of(shown) or None
    note = f"{how_to_read()} {coverage(found.total)}"
    if len(shown) < len(values):
        note += " " + _("The %(shown)s that most is asked for; the table (CSV) has all %(all)s.") % {
            "shown": len(shown), "all": len(values)}  # fmt: skip
    bars = [bar(line.key.name, line.figures, scale, value_of(line.figures)) for line in shown]
    rests = [bar(line.key.name, None, None, value_of(line.figures)) for line in lines if line.is_residual]
    return Chart(
        name=name, title=title(), note=note, on=asked.day, address=asked.address,
        columns=("code", "name", *FIGURES), rows=key_rows(lines), kind="bars",
        groups=[Group(title="", bars=[*bars, *rests])],
    )  # fmt: skip


def clusters(asked: Asked) -> Chart:
    """Return what is asked for by global cluster."""
    return by_key("clusters", "global_cluster", lambda: _("Requested and received by global cluster"), asked)


def countries(asked: Asked) -> Chart:
    """Return what is asked for by country."""
    return by_key("countries", "country", lambda: _("Requested and received by country"), asked)


def gaps(asked: Asked) -> Chart:
    """Return the plans with the largest gaps. Queries: 2."""
    plans: Any = asked.plans  # the columns of its figures are not in the model
    lines = plan_lines(plans.filter(gap_usd__gt=0).order_by("-gap_usd", "code")[:MOST_BARS])
    scale = scale_of(lines) or None
    values = (_("%(gap)s missing") % {"gap": write_compact(line.gap_usd or 0)} for line in lines)
    bars = [bar(line.plan.title, line.figures, scale, value) for line, value in zip(lines, values, strict=True)]
    rows = [{"code": line.plan.code, "name": line.plan.title, **figures_row(line.figures)} for line in lines]
    return Chart(
        name="gaps", title=_("Plans with the largest gaps"),
        note=f"{how_to_read()} {_('Among plans that report what they received.')}",
        on=asked.day, address=asked.address, columns=("code", "name", *FIGURES), rows=rows, kind="bars",
        groups=[Group(title="", bars=bars)],
    )  # fmt: skip


def world(asked: Asked) -> Chart:
    """Return the gaps on the map. Queries: 5."""
    points = country_points(asked.plans, asked.on)
    drawn = bubble_map(points)
    rows = [
        {"iso3": point.iso3, "name": point.label, "gap_usd": point.amount_usd, "latitude": point.latitude,
         "longitude": point.longitude}
        for point in drawn.listed
    ]  # fmt: skip
    total = total_of(asked.plans, asked.on)
    note = _("USD. The area of a bubble is what is missing in a country; hollow: not reported.")
    apart = "; ".join(
        f"{point.label}: {_('Not reported') if point.amount_usd is None else write_compact(point.amount_usd)}"
        for point in drawn.elsewhere
    )
    if apart:
        apart = " " + _("Not on the map: %(places)s.") % {"places": apart}
    return Chart(
        name="map", title=_("Where money is missing"), note=f"{note} {coverage(total)}{apart}", on=asked.day,
        address=asked.address, columns=("iso3", "name", "gap_usd", "latitude", "longitude"), rows=rows, kind="map",
        drawn=drawn,
        warning=_(
            "Outlines, names and places of bubbles express no opinion of IOM or the United Nations on the legal "
            "status of a country, territory or area, or of its authorities or borders."
        ),
    )  # fmt: skip


def clusters_by_year(asked: Asked) -> Chart:
    """Return small charts, one for each global cluster, of its years on one scale. Queries: 5."""
    found = break_down(asked.bare, ["global_cluster", "year"], asked.on)
    series = series_of(found.lines, MOST_SMALL)
    scale = largest(figures for one in series for _year, figures in one.years if figures)
    rows = [
        {"code": line.key.residual or line.key.code, "name": line.key.name, "year": line.keys[1].code,
         **figures_row(line.figures)}
        for line in found.lines
    ]  # fmt: skip
    return Chart(
        name="clusters-by-year", title=_("Requested and received by global cluster and year"),
        note=f"{how_to_read()} {_('All on one scale.')} {coverage(found.total)}", on=asked.day,
        address=asked.address, columns=("code", "name", "year", *FIGURES), rows=rows, kind="multiples",
        groups=[_small(one, scale) for one in series],
    )  # fmt: skip


def _small(series: Series, scale: Decimal) -> Group:
    note = ""
    if series.peak:
        year, amount = series.peak
        note = _("at most %(amount)s, in %(year)s") % {"amount": write_compact(amount), "year": year}
    bars = [bar(str(year), figures, scale, " ") for year, figures in series.years]
    return Group(title=series.title, bars=bars, note=note)


PORTFOLIO: Mapping[str, Callable[[Asked], Chart]] = {
    "funding": funding,
    "years": years,
    "clusters": clusters,
    "clusters-by-year": clusters_by_year,
    "countries": countries,
    "gaps": gaps,
    "map": world,
}
NAMES: Sequence[str] = tuple(PORTFOLIO)
