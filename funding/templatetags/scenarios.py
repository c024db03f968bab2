"""Tags for the pages that put amounts on plans."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import template

from crp.common.charts import lay_out
from funding.selectors.compare import LETTERS

register = template.Library()


@register.inclusion_tag("funding/scenarios/_bar.html")
def scenario_bar(parts: Sequence[tuple[str, Decimal]], scale: Decimal | None = None, label: str = "") -> dict[str, Any]:
    """Draw received, put, missing and too much as one bar.

    Without a ``label`` it is hidden from screen readers: the figures stand beside it.
    """
    return {"segments": lay_out(parts, scale), "label": label}


@register.filter
def letter(position: int) -> str:
    """Return the letter that the column of a plan goes by."""
    return LETTERS[position]
