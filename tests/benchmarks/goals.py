"""What the figures are meant to reach, and whether they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Figures = Mapping[str, Any]
LISTS = {"list": "List of 100 plans", "detail": "One plan, whole", "filtered": "Filtered list"}
ROLLUPS = {"sector_year": "Rollup by sector and year", "country": "Rollup by country"}


class Goal(NamedTuple):
    """Something to reach: at most ``limit``, or at least it where more is better."""

    title: str
    measured: float | None
    limit: float
    is_least: bool = False
    digits: int = 2

    @property
    def is_met(self) -> bool | None:
        """Whether it is reached. None: it was not measured."""
        if self.measured is None:
            return None
        return self.measured >= self.limit if self.is_least else self.measured <= self.limit


def goals_of(sizes: Mapping[str, Figures], size: str) -> Iterator[Goal]:
    """Yield the goals for one size, and those of the growth from the smallest size to the largest."""
    items = sizes[size]["items"]
    for name, title in LISTS.items():
        item = items[name]
        yield Goal(f"{title}, made anew / same SQL", ratio(p50(item, "anew"), p50(item, "bare_sql")), 1.75)
    for name, title in ROLLUPS.items():
        for way, words in (("crp", "kept"), ("anew", "made anew")):
            yield Goal(
                f"{title}, {words} / list of 100, {words}", ratio(p50(items[name], way), p50(items["list"], way)), 2
            )
    for name, title in (("list_304", "List"), ("rollup_304", "Rollup")):
        yield Goal(
            f"{title}, not modified / static 304", ratio(p50(items[name], "crp"), p50(items[name], "static_304")), 1.5
        )
    writing = sizes[size]["writing"]
    without = writing["insert_without_summaries"]["p50_ms"]
    yield Goal("Recording a contribution / without summaries", ratio(writing["insert"]["p50_ms"], without), 1.5)
    for name in ("csv", "ndjson"):
        item = items[name]
        rate = ratio(item["rows_per_second"], item["copy_rows_per_second"])
        yield Goal(f"{name.upper()}: rows a second / those of COPY", rate, 0.25, is_least=True)
        yield Goal(f"{name.upper()}: MB more while both workers export", item["memory_added_mb"], 30, digits=0)
    yield Goal("Statements of a list, made anew", items["list"]["statements"], 2, digits=0)
    yield Goal("Statements of one plan, whole", items["detail"]["statements"], 5, digits=0)
    yield Goal("MB of two workers after all of this", sizes[size]["memory"]["after_all_mb"], 175, digits=0)
    yield Goal("KB of the list of 100, packed", items["list"]["gzip"] / 1024, 5, digits=1)
    yield from _growth(sizes)


def _growth(sizes: Mapping[str, Figures]) -> Iterator[Goal]:
    if len(sizes) < 2:
        return
    (first, small), *_between, (last, large) = sizes.items()
    for name, title in (LISTS | ROLLUPS).items():
        for way, words in (("crp", "kept"), ("anew", "made anew")):
            grown = ratio(p50(large["items"][name], way), p50(small["items"][name], way))
            yield Goal(f"{title}, {words}: growth {first} to {last}", grown, 2.5 if name in LISTS else 1.6)


def ratio(one: float | None, other: float | None) -> float | None:
    """Return how many times the other one is. None: one is not known."""
    return one / other if one is not None and other else None


def p50(item: Figures, name: str, clients: int = 1) -> float | None:
    """Return milliseconds at the median. None: it was not measured."""
    return item[f"{name}_{clients}"]["p50_ms"] if f"{name}_{clients}" in item else None
