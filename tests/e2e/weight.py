"""What the first view of a page weighs: every byte that a browser with an empty cache receives, as it was packed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext

KINDS = {"Document": "html", "Stylesheet": "css", "Script": "js"}
SHIFTS = """() => new Promise(done => {
    let shifted = 0;
    new PerformanceObserver(list => {
        for (const entry of list.getEntries()) shifted += entry.value;
    }).observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(shifted), 300);
})"""


@dataclass
class Weight:
    """Bytes on the wire of one first view, by kind of file; how far its content moved while it was loaded."""

    by_kind: dict[str, int] = field(default_factory=dict)
    requests: int = 0
    elsewhere: list[str] = field(default_factory=list)
    shift: float = 0.0

    @property
    def total(self) -> int:
        return sum(self.by_kind.values())


def weigh(context: BrowserContext, address: str, width: int = 1366) -> Weight:
    """Open a page in a context that has opened none, and return what came over the wire."""
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 900})
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    weight = Weight()
    asked: dict[str, tuple[str, str]] = {}
    own = address.split("/")[2]

    def on_request(event: Mapping[str, Any]) -> None:
        url = event["request"]["url"]
        asked[event["requestId"]] = (event.get("type", "Other"), url)
        if not url.startswith("data:") and url.split("/")[2] != own:
            weight.elsewhere.append(url)

    def on_finished(event: Mapping[str, Any]) -> None:
        kind, url = asked.get(event["requestId"], ("Other", ""))
        if url.startswith("data:"):
            return
        name = KINDS.get(kind, "other")
        weight.by_kind[name] = weight.by_kind.get(name, 0) + int(event["encodedDataLength"])
        weight.requests += 1

    session.on("Network.requestWillBeSent", on_request)
    session.on("Network.loadingFinished", on_finished)
    page.goto(address, wait_until="networkidle")
    weight.shift = page.evaluate(SHIFTS)
    page.close()
    return weight


def write_table(weights: Mapping[str, tuple[Weight, int]]) -> str:
    """Return the table of docs/performance.md: each page with its weight and its budget in bytes."""
    lines = ["| first view of | HTML | CSS | JavaScript | other | in all | budget | requests |", "|---|" + "---:|" * 7]
    for name, (weight, budget) in weights.items():
        cells = [weight.by_kind.get(kind, 0) for kind in ("html", "css", "js", "other")]
        figures = [*cells, weight.total, budget]
        lines.append(f"| {name} | {' | '.join(f'{figure:,}' for figure in figures)} | {weight.requests} |")
    return "\n".join(lines)
