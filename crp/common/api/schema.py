"""How the API describes itself."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from crp.common.api.exceptions import ErrorSerializer


class StrictAutoSchema(AutoSchema):
    """Adds to every operation what all of them share: the format parameter and the shape of errors."""

    def get_override_parameters(self) -> list[Any]:
        return [
            *super().get_override_parameters(),
            OpenApiParameter("format", str, enum=["json", "csv"], description="json, or csv for a list."),
        ]

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        bodies["400"] = {
            **self._get_response_for_code(ErrorSerializer, "400"),
            "description": "A parameter is unknown or can't be used; errors names it.",
        }
        if "{" in self.path:
            bodies["404"] = {**self._get_response_for_code(ErrorSerializer, "404"), "description": "No such code."}
        return bodies
