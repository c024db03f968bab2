"""Figures as the API shows them, many at a time: what the serializers of figures describe, without their cost."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from crp.common.api.serializers import FiguresSerializer, PlanFiguresSerializer
from crp.common.figures import Rollup

OF_ONE_PLAN = tuple(PlanFiguresSerializer._declared_fields)
OF_PLANS = tuple(FiguresSerializer._declared_fields)


def show_figures(figures: Rollup, names: Iterable[str]) -> dict[str, Any]:
    """Return figures by name: dollars as text with two decimals, percentages as numbers, null for not reported."""
    return {name: _plain(name, getattr(figures, name)) for name in names}


def _plain(name: str, value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value) if name == "percent_funded" else f"{value:f}"
    return value
