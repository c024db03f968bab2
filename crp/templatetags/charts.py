"""Tags that draw bars."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext_lazy

from crp.common.charts import bar_of, lay_out, parts_of
from crp.common.figures import Rollup

register = template.Library()


@register.inclusion_tag("includes/bar.html")
def bar(figures: Rollup, scale: Decimal | None = None, label: str = "", kind: str = "") -> dict[str, Any]:
    """Draw what was requested and received as one bar.

    ``label`` says the same in words; without one the bar is hidden from screen readers, because the figures stand
    beside it. ``kind`` is a class more for its looks.
    """
    return {"segments": bar_of(figures, scale), "label": label, "kind": kind}


@register.inclusion_tag("includes/bar.html")
def share_bar(percent: Decimal, kind: str = "") -> dict[str, Any]:
    """Draw one percentage of a whole."""
    return {"segments": lay_out([("plain", percent)], Decimal(100)), "label": "", "kind": f"bar-share {kind}".strip()}


@register.inclusion_tag("includes/column.html")
def column(figures: Rollup, scale: Decimal | None = None) -> dict[str, Any]:
    """Draw the same bar upright."""
    return {"segments": bar_of(figures, scale)}


PART_LABELS = {
    "received": gettext_lazy("Received"),
    "over": gettext_lazy("Received beyond what is asked for"),
    "pledged": gettext_lazy("Pledged, not yet committed"),
    "missing": gettext_lazy("Missing"),
    "unknown": gettext_lazy("Asked for, with no report of what was received"),
}
WITHOUT_REQUIREMENT = gettext_lazy("Received by plans that state no amount asked for")
MISSING_BEYOND_PLEDGES = gettext_lazy("Missing beyond pledges")


@register.inclusion_tag("includes/funding_bar.html")
def funding_bar(rollup: Rollup) -> dict[str, Any]:
    """Draw the money as one large bar; below it stand its parts in words and figures."""
    amounts = parts_of(rollup)
    labels = dict(PART_LABELS)
    if any(kind == "pledged" for kind, _amount in amounts):
        labels["missing"] = MISSING_BEYOND_PLEDGES
    parts: list[dict[str, Any]] = [{"kind": kind, "label": labels[kind], "amount": amount} for kind, amount in amounts]
    apart = rollup.received_unasked_usd
    if apart and parts[0]["amount"] > apart:
        # Told apart, the other parts add to what is asked for.
        parts[0]["amount"] -= apart
        parts.insert(1, {"kind": "received", "label": WITHOUT_REQUIREMENT, "amount": apart})
    return {"rollup": rollup, "parts": parts}
