"""How far an import has come, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TextIO, TypeVar

from tqdm import tqdm

Item = TypeVar("Item")


def with_progress(
    items: Iterable[Item], *, name: str, total: int, to: TextIO | None, unit: str = "rows"
) -> Iterator[Item]:
    """Yield the items, with a bar that shows rate and time left on a terminal, and one line at the end elsewhere.

    ``to``: where that is written. None: nowhere.
    """
    if to is None:
        yield from items
        return
    started = monotonic()
    yield from tqdm(items, desc=name, total=total, unit=f" {unit}", unit_scale=True, file=to, disable=None)
    if not to.isatty():
        seconds = monotonic() - started
        rate = f", {total / seconds:,.0f} a second" if seconds >= 0.1 else ""
        to.write(f"{name}: {total:,} {unit} in {seconds:.1f} s{rate}\n")
