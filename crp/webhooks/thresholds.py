"""Percentages funded at which a plan is told of."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.utils.translation import gettext as _

MOST = 10
HIGHEST = 999
CLOSED = 100
"""Percent at which nothing is missing."""


def read_thresholds(text: str) -> tuple[int, ...]:
    """Return the percentages of a list with commas, the lowest first. Raises: ValueError with a sentence."""
    parts = [part.strip() for part in text.split(",")]
    if any(not (part.isascii() and part.isdigit() and len(part) <= 3 and int(part) > 0) for part in parts):
        raise ValueError(
            _("Expected whole percentages from 1 to %(highest)s with commas, such as 50, 75, 100.")
            % {"highest": HIGHEST}
        )
    found = sorted({int(part) for part in parts})
    if len(found) > MOST:
        raise ValueError(_("Expected %(most)s percentages at most.") % {"most": MOST})
    return tuple(found)


def write_thresholds(thresholds: Iterable[int]) -> str:
    """Return percentages as a list with commas."""
    return ", ".join(str(threshold) for threshold in thresholds)


def has_reached(threshold: int, requested_usd: Decimal | None, received_usd: Decimal | None) -> bool | None:
    """Return whether a plan is funded so far. By the amounts: 99.996 % is shown as 100.00 and has a gap.

    None: one of the two is not known, or nothing is asked for.
    """
    if requested_usd is None or received_usd is None or requested_usd <= 0:
        return None
    return received_usd * 100 >= requested_usd * threshold
