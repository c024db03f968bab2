"""The growth from one size to the next, as a drawing that a page of documentation can show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import log10

WIDTH, HEIGHT, LEFT, TOP, BOTTOM, LEGEND = 720, 300, 60, 50, 40, 300
COLOURS = ("#0b5fa5", "#b3541e", "#2e7d32", "#7b3fa0", "#8a6d00", "#a3195b")
LINES = (1, 2, 5, 10, 20, 50, 100, 200, 500)

Growth = Mapping[str, Sequence[tuple[str, float]]]


def growth_plot(by_database: Mapping[str, Growth]) -> str:
    """Return an SVG with a panel for each database: a line for each thing asked for, on a logarithmic scale."""
    panels = {name: growth for name, growth in by_database.items() if growth}
    highest = max((times for growth in panels.values() for line in growth.values() for _, times in line), default=1)
    top = next((line for line in LINES if line >= highest), LINES[-1])
    parts = [_panel(name, growth, place * HEIGHT, max(top, 2)) for place, (name, growth) in enumerate(panels.items())]
    height = max(HEIGHT * len(panels), 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12" role="img" aria-label="How much longer answers take with more plans">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n{"".join(parts)}</svg>\n'
    )


def _panel(name: str, growth: Growth, down: int, top: int) -> str:
    sizes = [size for size, _times in next(iter(growth.values()))]
    right = WIDTH - LEGEND

    def x(place: int) -> float:
        return LEFT + (right - LEFT) * (place / max(len(sizes) - 1, 1))

    def y(times: float) -> float:
        low, high = log10(0.5), log10(top)
        share = (log10(max(times, 0.5)) - low) / (high - low)
        return down + HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    parts = [f'<text x="{LEFT}" y="{down + 24}" font-weight="bold">{escape(name)}: times the smallest</text>\n']
    for line in (0.5, *LINES):
        if line <= top:
            parts.append(f'<path d="M{LEFT} {y(line):.1f}H{right}" stroke="#ddd"/>')
            parts.append(f'<text x="{LEFT - 8}" y="{y(line) + 4:.1f}" text-anchor="end" fill="#333">{line}</text>\n')
    for place, size in enumerate(sizes):
        parts.append(f'<text x="{x(place):.1f}" y="{down + HEIGHT - 16}" text-anchor="middle">{escape(size)}</text>\n')
    for number, (title, line) in enumerate(growth.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(f"{x(place):.1f},{y(times):.1f}" for place, (_size, times) in enumerate(line))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        middle = down + TOP + 8 + number * 22
        parts.append(f'<path d="M{right + 14} {middle - 4}h18" stroke="{colour}" stroke-width="3"/>')
        parts.append(f'<text x="{right + 38}" y="{middle}" font-size="11">{escape(title)}</text>\n')
    return "".join(parts)
