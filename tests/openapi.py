"""The API's description of itself, made once for all tests that look at it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.generators import SchemaGenerator

SPEC: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
