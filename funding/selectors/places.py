"""Gaps where they lie: countries as points of the bubble map."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import ngettext

from crp.common.as_of import address_on
from crp.common.charts_map import MapPoint
from crp.common.figures import Line, Rollup
from funding.rollups import break_down
from plans.models import Country, Plan


def country_points(plans: QuerySet[Plan], on: date | None = None) -> list[MapPoint]:
    """Return the gap of each country over these plans, and of what several share, as points of the map. Queries: 4."""
    return points_of(break_down(plans.prefetch_related(None), ["country"], on).lines, on)


def points_of(lines: Iterable[Line], on: date | None = None) -> list[MapPoint]:
    """Return lines by country as points of the map; the addresses keep the day ``on``.

    A line of plans that ask for nothing has no gap to show and is left out.
    """
    return [_point(line, on) for line in lines if line.figures.requested_usd is not None]


def _point(line: Line, on: date | None) -> MapPoint:
    country = line.key.subject if isinstance(line.key.subject, Country) else None
    address = country.get_absolute_url() if country else reverse("countries")
    return MapPoint(
        label=line.key.name,
        iso3=country.iso3 if country else "",
        latitude=country.latitude if country else None,
        longitude=country.longitude if country else None,
        amount_usd=line.figures.gap_usd,
        url=address_on(address, on),
        note=_coverage(line.figures),
    )


def _coverage(figures: Rollup) -> str:
    """Return how many of several plans the gap speaks of. Empty: of all."""
    if not figures.funding_reported or figures.plans_reporting == figures.plans:
        return ""
    return ngettext(
        "%(reporting)s of %(plans)s plan reports", "%(reporting)s of %(plans)s plans report", figures.plans
    ) % {"reporting": figures.plans_reporting, "plans": figures.plans}
