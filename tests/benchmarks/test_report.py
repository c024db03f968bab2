"""The report says what was measured: ratios the right way round, goals met and missed, a plot that can be shown."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.benchmarks import report
from tests.benchmarks.__main__ import names
from tests.benchmarks.goals import goals_of
from tests.benchmarks.items import ITEMS
from tests.benchmarks.plot import growth_plot
from tests.benchmarks.sizes import SIZES


def times(p50_ms: float) -> dict[str, float]:
    return {"p50_ms": p50_ms, "p95_ms": p50_ms * 2, "per_second": 1000 / p50_ms, "status": 200}


def figures(factor: float = 1) -> dict[str, Any]:
    """Return what a measurement gives: everything kept takes 2 ms, made anew 6, the same SQL 4, the same bytes 1."""
    items = {}
    for item in ITEMS:
        ways = {"crp": 2 * factor, "anew": 6 * factor, "bare_bytes": 1, "bare_sql": 4 * factor, "static_304": 1}
        items[item.name] = {
            "statements": 2,
            "first_ratio": 9,
            "bytes": 10_240,
            "gzip": 5_632,
            "sql_ms": 3,
            **{f"{name}_{clients}": times(value) for name, value in ways.items() for clients in (1, 8)},
        }
        if item.is_export:
            items[item.name] |= {
                "rows": 1_000,
                "rows_per_second": 300,
                "copy_rows_per_second": 1_000,
                "memory_added_mb": 31,
            }
    writing = {"insert": times(3), "insert_and_read": times(4), "insert_without_summaries": times(2)}
    return {"items": items, "writing": writing, "memory": {"after_all_mb": 175}}


def test_goals() -> None:
    found = {goal.title: goal for goal in goals_of({"M": figures()}, "M")}
    told = {title: (goal.measured, goal.is_met) for title, goal in found.items()}
    assert told["List of 100 plans, made anew / same SQL"] == (1.5, True)
    assert told["List, not modified / static 304"] == (2, False)
    assert told["Recording a contribution / without summaries"] == (1.5, True)
    assert told["CSV: rows a second / those of COPY"] == (0.3, True)
    assert told["CSV: MB more while both workers export"] == (31, False)
    assert told["KB of the list of 100, packed"] == (5.5, False)
    assert not any("growth" in title for title in told)


def test_growth_is_from_the_smallest_to_the_largest() -> None:
    sizes = {"S": figures(), "M": figures(4), "L": figures(2)}
    found = {goal.title: goal for goal in goals_of(sizes, "M")}
    goal = found["List of 100 plans, kept: growth S to L"]
    assert (goal.measured, goal.limit, goal.is_met) == (2, 2.5, True)
    goal = found["Rollup by country, made anew: growth S to L"]
    assert (goal.measured, goal.limit, goal.is_met) == (2, 1.6, False)


def test_what_was_not_measured_is_said() -> None:
    on_sqlite = figures()
    on_sqlite["items"]["csv"]["copy_rows_per_second"] = None
    assert "| CSV: rows a second / those of COPY | at least 0.25 | – | not measured |" in report.goals_table(
        {"S": on_sqlite}, "S"
    )


def test_the_table_has_a_line_for_everything() -> None:
    text = report.text_of("sqlite", "S", figures())
    for item in ITEMS:
        assert item.title in text
    # Kept beside bytes and SQL, anew beside SQL and SQL alone; requests per second the other way round.
    assert text.splitlines()[4].split()[-9:] == ["2.00", "0.50", "1.50", "2.00", "1.50", "9.0", "2", "10,240", "5,632"]


def test_the_page_keeps_what_others_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "performance.md"
    page.write_text("a\n<!-- begin goals -->old<!-- end goals -->\n<!-- begin figures -->\n<!-- end figures -->\nz\n")
    monkeypatch.setattr(report, "PAGE", page)
    monkeypatch.setattr(report, "FIGURES", tmp_path / "performance.json")
    monkeypatch.setattr(report, "PLOT", tmp_path / "performance.svg")
    report.write({"sqlite": {"S": figures()}}, report.date(2026, 1, 2))
    report.write({"postgresql": {"M": figures(), "S": figures()}}, report.date(2026, 1, 3))
    text = page.read_text()
    assert text.startswith("a\n")
    assert text.endswith("\nz\n")
    assert text.count("### SQLite, S") == text.count("### PostgreSQL, S") == text.count("### PostgreSQL, M") == 1
    assert text.index("### PostgreSQL, S") < text.index("### PostgreSQL, M") < text.index("### PostgreSQL: growth")
    assert "old" not in text
    assert "2026-01-03" in text
    ET.fromstring((tmp_path / "performance.svg").read_text())  # noqa: S314 (our own)


def test_the_plot_names_its_lines() -> None:
    drawn = growth_plot({"A & B": {"one <thing>": [("S", 1), ("L", 30)], "other": [("S", 1), ("L", 1.2)]}})
    texts = {item.text for item in ET.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")}  # noqa: S314
    assert {"A & B: times the smallest", "one <thing>", "other", "S", "L", "50"} <= texts
    assert "100" not in texts


@pytest.mark.parametrize("text", ["S,M", "S M", " S, M,"])
def test_sizes_are_a_list(text: str) -> None:
    assert names(text, tuple(SIZES)) == ["S", "M"]


def test_an_unknown_size_is_refused() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="XXL is not one of XS, S, M, L"):
        names("S,XXL", tuple(SIZES))
