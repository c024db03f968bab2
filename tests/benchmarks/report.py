"""What was measured, as a table for whoever runs it and as docs/performance.md for everybody else.

Times are shown as ratios, which other machines give too; docs/performance.json keeps the figures behind them.
"""

from __future__ import annotations

import json
import os
import platform
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import django

from tests.benchmarks import goals
from tests.benchmarks.goals import p50
from tests.benchmarks.items import ITEMS
from tests.benchmarks.plot import growth_plot
from tests.benchmarks.sizes import SIZES
from tests.shared import PROJECT

PAGE = PROJECT / "docs" / "performance.md"
FIGURES = PROJECT / "docs" / "performance.json"
PLOT = PROJECT / "docs" / "performance.svg"
GOAL_SIZE = "M"  # on PostgreSQL
NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}

Figures = Mapping[str, Any]


def ratio(one: float | None, other: float | None) -> str:
    """Return how many times the other one is; a dash where one is not known."""
    found = goals.ratio(one, other)
    return "–" if found is None else f"{found:.2f}"


def per_second(item: Figures, name: str, clients: int = 8) -> float | None:
    return item[f"{name}_{clients}"]["per_second"] if f"{name}_{clients}" in item else None


COLUMNS = (
    "kept / same bytes",
    "kept / same SQL",
    "anew / same SQL",
    "anew / SQL alone",
    "8 clients: anew / same SQL",
    "first / kept",
    "statements",
    "bytes",
    "gzip",
)


def lines_of(items: Mapping[str, Figures]) -> Iterator[list[str]]:
    """Yield a line for each thing that is asked for: its name, then the columns."""
    for known in ITEMS:
        item = items.get(known.name)
        if item is None:
            continue
        made = "anew" if "anew_1" in item else "crp"
        floor = "static_304" if known.revalidates else "bare_bytes"
        yield [
            known.title,
            "–" if known.is_export else ratio(p50(item, "crp"), p50(item, floor)),
            "–" if known.is_export else ratio(p50(item, "crp"), p50(item, "bare_sql")),
            ratio(p50(item, made), p50(item, "bare_sql")),
            ratio(p50(item, made), item["sql_ms"]),
            ratio(per_second(item, "bare_sql"), per_second(item, made)),
            "–" if known.revalidates else f"{item['first_ratio']:.1f}",
            "1" if known.revalidates else str(item["statements"]),
            "–" if known.revalidates else f"{item['bytes']:,}",
            "–" if known.revalidates else f"{item['gzip']:,}",
        ]


def notes_of(figures: Figures) -> Iterator[str]:
    """Yield a sentence for each figure that is no line of the table."""
    items, writing = figures["items"], figures["writing"]
    for name in ("csv", "ndjson"):
        item = items.get(name, {})
        if "rows" in item:
            copy = ratio(item["rows_per_second"], item["copy_rows_per_second"])
            more = item["memory_added_mb"]
            yield (
                f"{name.upper()} of {item['rows']:,} plans: {copy} of the rows a second of COPY; "
                f"both workers at once take {'–' if more is None else f'{more:.0f}'} MB more."
            )
    plain = writing["insert_without_summaries"]["p50_ms"]
    yield (
        f"Recording a contribution: {ratio(writing['insert']['p50_ms'], plain)} of the time without summaries, "
        f"and {ratio(writing['insert_and_read']['p50_ms'], plain)} with its plan's figures read in that transaction."
    )
    memory = figures["memory"]["after_all_mb"]
    if memory is not None:
        yield f"Two workers after all of this: {memory:.0f} MB."


def growth_of(sizes: Mapping[str, Figures], way: str) -> dict[str, list[tuple[str, float]]]:
    """Return, by what is asked for, how many times each size takes what the smallest does; ``way``: anew or crp."""
    names = [name for name in SIZES if name in sizes]
    found: dict[str, list[tuple[str, float]]] = {}
    for known in ITEMS:
        item_of = {name: sizes[name]["items"].get(known.name) for name in names}
        if known.is_export or known.revalidates or not all(item_of.values()):
            continue
        times = [(name, p50(item, way)) for name, item in item_of.items()]
        first = times[0][1]
        found[known.title] = [(name, time / first) for name, time in times if time and first]
    return found


def text_of(vendor: str, size: str, figures: Figures) -> str:
    """Return the table for a terminal."""
    rows = [["", *COLUMNS], *lines_of(figures["items"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) if place == 0 else cell.rjust(width) for place, (cell, width) in enumerate(pairs))
        for pairs in (list(zip(row, widths, strict=True)) for row in rows)
    ]
    head = f"{NAMES[vendor]}, {size}: {SIZES[size].plans:,} plans, {SIZES[size].contributions:,} contributions"
    return "\n".join(["", head, "", *lines, "", *notes_of(figures), "", goals_table({size: figures}, size), ""])


def markdown(results: Mapping[str, Mapping[str, Figures]]) -> str:
    """Return every table for the documentation."""
    parts = []
    for vendor, sizes in results.items():
        for size in (name for name in SIZES if name in sizes):
            figures, of = sizes[size], SIZES[size]
            parts += [
                f"### {NAMES[vendor]}, {size}: {of.plans:,} plans, {of.contributions:,} contributions",
                "",
                f"| asked for | {' | '.join(COLUMNS)} |",
                f"|---|{'---:|' * len(COLUMNS)}",
                *(f"| {' | '.join(row)} |" for row in lines_of(figures["items"])),
                "",
                *(f"- {note}" for note in notes_of(figures)),
                "",
            ]
        kept, anew = growth_of(sizes, "crp"), growth_of(sizes, "anew")
        if len(sizes) > 1 and anew:
            names = [name for name, _times in next(iter(anew.values()))]
            columns = [*(f"kept, {name}" for name in names), *(f"anew, {name}" for name in names)]
            parts += [
                f"### {NAMES[vendor]}: growth",
                "",
                f"| asked for | {' | '.join(columns)} |",
                f"|---|{'---:|' * len(columns)}",
                *(
                    f"| {title} | {' | '.join(f'{times:.2f}' for _, times in (*kept[title], *line))} |"
                    for title, line in anew.items()
                ),
                "",
            ]
    return "\n".join(parts).strip()


def goals_table(sizes: Mapping[str, Figures], size: str) -> str:
    """Return the goals for one size, what was measured and whether that reaches them."""
    words = {True: "yes", False: "**no**", None: "not measured"}
    lines = ["| goal | wanted | measured | met |", "|---|---:|---:|---|"]
    for goal in goals.goals_of(in_order(sizes), size):
        wanted = f"{'at least' if goal.is_least else 'at most'} {goal.limit:g}"
        found = "–" if goal.measured is None else f"{goal.measured:.{goal.digits}f}"
        lines.append(f"| {goal.title} | {wanted} | {found} | {words[goal.is_met]} |")
    return "\n".join(lines)


def in_order(sizes: Mapping[str, Figures]) -> dict[str, Figures]:
    return {name: sizes[name] for name in SIZES if name in sizes}


def write(results: Mapping[str, Mapping[str, Figures]], on: date) -> None:
    """Put the figures into the documentation, beside those of sizes that were not measured this time."""
    known = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    for vendor, sizes in results.items():
        known[vendor] = known.get(vendor, {}) | dict(sizes)
    FIGURES.write_text(f"{json.dumps(known, indent=1, sort_keys=True)}\n")
    where = (
        f"Measured on {on.isoformat()}: {os.cpu_count()} cores for server, database and load generator together, "
        f"Python {platform.python_version()}, Django {django.__version__}."
    )
    put(PAGE, "figures", f"{where}\n\n{markdown(known)}")
    if GOAL_SIZE in known.get("postgresql", {}):
        put(PAGE, "goals", goals_table(known["postgresql"], GOAL_SIZE))
    ways = {"kept": "crp", "made anew": "anew"}
    PLOT.write_text(
        growth_plot(
            {
                f"{NAMES[vendor]}, {words}": growth_of(sizes, way)
                for vendor, sizes in known.items()
                for words, way in ways.items()
                if len(sizes) > 1
            }
        )
    )


def put(page: Path, marker: str, text: str) -> None:
    """Put a text between two markers of a page."""
    begin, end = f"<!-- begin {marker} -->", f"<!-- end {marker} -->"
    pattern = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    page.write_text(pattern.sub(lambda _: f"{begin}\n\n{text}\n\n{end}", page.read_text()))
