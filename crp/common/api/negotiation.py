"""Which format an answer has."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation


class StrictNegotiation(DefaultContentNegotiation):
    """Says which formats there are when another one is asked for."""

    def filter_renderers(self, renderers: list[Any], format: str) -> list[Any]:  # noqa: A002 (the base class's name)
        known = [renderer for renderer in renderers if renderer.format == format]
        if not known:
            names = ", ".join(renderer.format for renderer in renderers)
            raise ValidationError({"format": [f"“{format}” is not a format here. Choose from: {names}."]})
        return known
