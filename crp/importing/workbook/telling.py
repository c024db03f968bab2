"""What a workbook does to a draft, line by line for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crp.common.numbers import write_number

from .entry import Entry
from .preview import tell_change


def tell_entry(entry: Entry, notes: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong, what changes, and the sums that it changes."""
    for note in notes:
        yield f"  note: {note}"
    for problem in entry.problems.kept:
        yield f"  {problem}"
    if entry.problems.left_out:
        yield f"  and {entry.problems.left_out:,} more"
    if entry.after is None:
        return
    for change in entry.changes:
        mark = "  REPLACES WHAT SOMEBODY ELSE WROTE: " if change.replaces else "  "
        yield f"{mark}{tell_change(change, entry)}"
    for breakdown, total in entry.after.sums.items():
        before = entry.before.sums.get(breakdown)
        was = "–" if before is None else write_number(before)
        if before != total:
            yield f"  sum by {breakdown.replace('_', ' ')}: USD {was} → {write_number(total)}"
