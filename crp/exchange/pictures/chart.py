"""A chart as it leaves the site: what it says, and the geometry of its picture."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from textwrap import wrap
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from crp.common.api.renderers import csv_lines
from crp.common.charts import Segment, bar_of, lay_out
from crp.common.charts_map import BubbleMap
from crp.common.figures import Rollup
from crp.common.numbers import write_compact, write_percent_short
from crp.exchange.feeds import CONTROL

WIDTH, MARGIN = 1200, 48
TOP, ROW, FOOT = 60, 42, 96
LABEL_LETTERS, TITLE_LETTERS, NOTE_LETTERS, WARNING_LETTERS, ADDRESS_LETTERS = 40, 58, 115, 145, 125
PLOT_HEIGHT, COLUMN_ROOM = 300, 64
PER_LINE, SMALL_HEIGHT = 4, 170
LAND = Path(settings.BASE_DIR) / "static" / "vendor" / "world-atlas" / "land.svg"
RIGHT_TO_LEFT, OWN_WAY, END = (
    "\N{RIGHT-TO-LEFT ISOLATE}",
    "\N{FIRST STRONG ISOLATE}",
    "\N{POP DIRECTIONAL ISOLATE}",
)
FILLS = {
    "received": "#0a4d9c",
    "plain": "#0a4d9c",
    "over": "#073a77",
    "pledged": "#6c9fd4",
    "missing": "#cadcf0",
    "unknown": "url(#hatch)",
}


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A line of a chart: a name, a length and what is written at its end."""

    label: str
    value: str
    segments: Sequence[Segment]

    @property
    def parts(self) -> list[tuple[Segment, str]]:
        """Its stretches, each with its colour."""
        return [(segment, FILLS[segment.kind]) for segment in self.segments]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Bars under a title, or the columns of one small chart."""

    title: str
    bars: Sequence[Bar]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What a chart shows, whichever way it is given."""

    name: str
    title: str
    note: str
    """Unit, how to read it, and how many of the plans report."""
    on: date
    address: str
    """Where it can be had again, with its host."""
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]]
    """The same as a table, for machines: plain decimals, empty where it is not reported."""
    kind: str
    """``bars``, ``columns``, ``multiples`` or ``map``."""
    groups: Sequence[Group] = ()
    drawn: BubbleMap | None = None
    warning: str = ""
    """What must stand in the picture itself: the disclaimer of the map."""

    @property
    def as_of(self) -> str:
        """The day, in words."""
        return _("As of %(date)s.") % {"date": date_format(self.on, "DATE_FORMAT")}


def bar(label: str, figures: Rollup | None, scale: Decimal | None, value: str = "") -> Bar:
    """Return figures as a bar, with their requirement at its end."""
    segments = bar_of(figures, scale) if figures else []
    return Bar(label=plain(label), value=value or amount_of(figures), segments=segments)


def share(label: str, percent: Decimal, value: str) -> Bar:
    """Return a percentage of a whole as a bar."""
    return Bar(label=plain(label), value=value, segments=lay_out([("plain", percent)], Decimal(100)))


def amount_of(figures: Rollup | None) -> str:
    """Return the requirement in short."""
    if figures is None or figures.requested_usd is None:
        return _("Not reported")
    return write_compact(figures.requested_usd)


def value_of(figures: Rollup) -> str:
    """Return the requirement in short, with the percentage funded where it is known."""
    if figures.requested_usd is None and figures.received_usd is not None:
        return _("%(amount)s received") % {"amount": write_compact(figures.received_usd)}
    if figures.percent_funded is None:
        return amount_of(figures)
    return _("%(amount)s, %(percent)s funded") % {
        "amount": amount_of(figures),
        "percent": write_percent_short(figures.percent_funded),
    }


def plain(text: str) -> str:
    """Return a text in one line, without the control characters that XML refuses."""
    return " ".join(CONTROL.sub(" ", text).split())


def directed(text: str) -> str:
    """Return a text that is read from right to left where the language is, whatever stands in it."""
    return f"{RIGHT_TO_LEFT}{text}{END}" if get_language_bidi() else text


def own_way(text: str) -> str:
    """Return a name that is read in its own direction: names stay in the language that they are in."""
    return f"{OWN_WAY}{text}{END}" if get_language_bidi() else text


def short(text: str, letters: int) -> str:
    """Return a text that fits."""
    return text if len(text) <= letters else f"{text[: letters - 1].rstrip()}…"


def csv_of(chart: Chart) -> str:
    """Return what the chart shows as a table."""
    columns = [*chart.columns, "as_of"]
    return "".join(csv_lines(columns, [{**row, "as_of": chart.on.isoformat()} for row in chart.rows]))


def svg_of(chart: Chart) -> str:
    """Return the chart as a picture that needs nothing else: title, day, source and address stand in it."""
    return render_to_string("charts/picture.svg", _layout(chart)).strip() + "\n"


def height_of(chart: Chart) -> int:
    """Return the height of its picture, which is 1200 wide."""
    return int(_layout(chart)["height"])


def _layout(chart: Chart) -> dict[str, Any]:
    title = wrap(plain(chart.title), TITLE_LETTERS)[:2]
    note = wrap(plain(chart.note), NOTE_LETTERS)[:3]
    top = TOP + 40 * len(title) + 26 * len(note)
    body, height = _BODIES[chart.kind](chart)
    warning = wrap(plain(chart.warning), WARNING_LETTERS)
    foot = top + height + 26
    last = foot + 22 * len(warning)
    source = _("%(as_of)s Source: the plans’ own figures, as Crisis Response Plans (CRP) reads them.")
    lines = [directed(source % {"as_of": chart.as_of}), short(plain(chart.address), ADDRESS_LETTERS)]
    return {
        "chart": chart,
        "width": WIDTH,
        "height": last + FOOT - 20,
        "margin": MARGIN,
        # Text that fills lines begins where the language does; bars and axes stay as they are.
        "edge": WIDTH - MARGIN if get_language_bidi() else MARGIN,
        "anchor": "end" if get_language_bidi() else "start",
        "title": [(TOP + 40 * index, directed(line)) for index, line in enumerate(title)],
        "note": [(TOP + 40 * len(title) + 26 * index - 8, directed(line)) for index, line in enumerate(note)],
        "top": top,
        "body": body,
        "warning": [(foot + 22 * index, directed(line)) for index, line in enumerate(warning)],
        "foot": [(last + 12 + 26 * index, line) for index, line in enumerate(lines)],
        "line": last - 14,
        "plain_title": plain(chart.title),
        "described": plain(f"{chart.note} {chart.as_of}"),
    }


def _bars(chart: Chart) -> tuple[Any, int]:
    rows: list[dict[str, Any]] = []
    y = 0
    for group in chart.groups:
        if group.title:
            y += 8 if rows else 0
            rows.append({"heading": directed(short(plain(group.title), 95)), "y": y + 24})
            y += 38
        for item in group.bars:
            rows.append(
                {
                    "label": _label(item.label, y),
                    "value": item.value,
                    "parts": item.parts,
                    "y": y,
                    "text_y": y + 22,
                    "bar_y": y + 6,
                }
            )
            y += ROW
    return rows, y


def _label(text: str, y: int) -> list[tuple[int, str]]:
    """Return a name in one line or two, each with its place."""
    lines = wrap(text, LABEL_LETTERS)
    if len(lines) < 2:
        return [(y + 22, own_way(line)) for line in lines]
    return [(y + 13, own_way(lines[0])), (y + 31, own_way(short(" ".join(lines[1:]), LABEL_LETTERS)))]


def _columns(chart: Chart) -> tuple[Any, int]:
    bars = chart.groups[0].bars
    room = min(COLUMN_ROOM * 2, (WIDTH - 2 * MARGIN) // max(len(bars), 1))
    columns = [_column(item, MARGIN + index * room, room) for index, item in enumerate(bars)]
    return {"columns": columns, "height": PLOT_HEIGHT, "small": room < COLUMN_ROOM}, PLOT_HEIGHT + 80


def _column(item: Bar, x: int, room: int) -> dict[str, Any]:
    wide = max(room - max(room // 6, 2), 2)
    year, _space, percent = item.label.partition(" ")
    return {
        "x": x,
        "width": wide,
        "middle": x + wide / 2,
        "label": year,
        "percent": percent,
        "value": item.value,
        "parts": item.parts,
    }


def _multiples(chart: Chart) -> tuple[Any, int]:
    room = (WIDTH - 2 * MARGIN) // PER_LINE
    found = []
    for index, group in enumerate(chart.groups):
        x, y = MARGIN + (index % PER_LINE) * room, (index // PER_LINE) * (SMALL_HEIGHT + 30)
        each = (room - 30) / max(len(group.bars), 1)
        columns = [
            {"x": f"{x + number * each:.1f}", "width": f"{each * 0.8:.1f}", "parts": item.parts}
            for number, item in enumerate(group.bars)
        ]
        ends = (group.bars[0].label, group.bars[-1].label) if group.bars else ("", "")
        found.append(
            {
                "x": x,
                "y": y,
                "title": short(plain(group.title), 27),
                "note": group.note,
                "columns": columns,
                "ends": ends,
                "right": x + room - 36,
                "plot_y": y + 52,
            }
        )
    lines = -(-len(chart.groups) // PER_LINE)
    return {"charts": found, "height": SMALL_HEIGHT - 82}, lines * (SMALL_HEIGHT + 30)


def _map(chart: Chart) -> tuple[Any, int]:
    assert chart.drawn is not None, "a map is drawn before it is written"  # noqa: S101
    wide = WIDTH - 2 * MARGIN
    height = round(wide * chart.drawn.height / chart.drawn.width)
    labels = [
        (bubble, bubble.label, write_compact(bubble.point.amount_usd or 0))
        for bubble in chart.drawn.bubbles
        if bubble.anchor
    ]
    marks = [(mark, write_compact(mark.amount_usd)) for mark in chart.drawn.marks]
    return {
        "drawn": chart.drawn,
        "wide": wide,
        "height": height,
        "land": land(),
        "labels": labels,
        "marks": marks,
    }, height


_BODIES = {"bars": _bars, "columns": _columns, "multiples": _multiples, "map": _map}


@cache
def land() -> str:
    """Return the outlines of the world as the path of an SVG, two steps to a unit."""
    found = re.search(r' d="([^"]+)"', LAND.read_text())
    return found[1] if found else ""
