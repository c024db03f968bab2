"""The picture that other sites show beside a link: a plan, or all of them, with figures and day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from textwrap import wrap

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from crp.common.charts import bar_of
from crp.common.figures import Rollup
from crp.common.numbers import write_number, write_percent
from crp.exchange.pictures.chart import FILLS, directed, plain, short

WIDTH, HEIGHT = 1200, 630
LETTERS = 44


def preview_svg(title: str, facts: str, figures: Rollup, day: date, host: str) -> str:
    """Return the picture. ``facts``: one line below the title; ``host``: where it leads."""
    lines = wrap(plain(title), LETTERS)
    if len(lines) > 2:
        lines = [lines[0], short(f"{lines[1]} {lines[2]}", LETTERS)]
    context = {
        "edge": WIDTH - 64 if get_language_bidi() else 64,
        "anchor": "end" if get_language_bidi() else "start",
        "title": [(150 + 62 * index, directed(line)) for index, line in enumerate(lines)],
        "facts": directed(short(plain(facts), 90)),
        "facts_y": 150 + 62 * len(lines) - 12,
        "figures": [(64 + 366 * index, *pair) for index, pair in enumerate(_figures(figures))],
        "parts": [(segment, FILLS[segment.kind]) for segment in bar_of(figures)],
        "as_of": directed(_("As of %(date)s, in US dollars") % {"date": date_format(day, "DATE_FORMAT")}),
        "host": short(plain(host), 50),
        "brand": _("Crisis Response Plans"),
    }
    return render_to_string("charts/preview.svg", context).strip() + "\n"


def _figures(figures: Rollup) -> Sequence[tuple[str, str]]:
    unknown = _("Not reported")
    received = unknown if figures.received_usd is None else write_number(figures.received_usd, 0)
    funded = _("Can’t be told") if figures.percent_funded is None else write_percent(figures.percent_funded)
    requested = unknown if figures.requested_usd is None else write_number(figures.requested_usd, 0)
    return ((_("Requested"), requested), (_("Received"), received), (_("Funded"), funded))
