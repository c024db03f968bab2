"""How the API describes keys, and what comes before any operation: a key that is not good, and too many requests."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework.permissions import SAFE_METHODS

from crp.common.api.exceptions import ErrorSerializer

SHARED_ERRORS: dict[str, tuple[str, dict[str, Any], dict[str, str]]] = {
    "401": (
        "A key was sent that is not good: detail says why. Reading takes none.",
        {"detail": "This key was good until 2026-03-01. Ask who gave it to you for another.", "code": "invalid_key"},
        {"WWW-Authenticate": "How to send a key: Bearer."},
    ),
    "429": (
        "More requests than there are in a minute.",
        {
            "detail": "More than 120 requests in this minute: wait 42 seconds. With a key it is 1200 a minute; a file "
            "counts as 5 requests.",
            "code": "throttled",
        },
        {
            "Retry-After": "Seconds to wait.",
            "RateLimit": "What is left (r), and for how many seconds (t).",
            "RateLimit-Policy": "How many requests (q) in how many seconds (w).",
        },
    ),
}
"""What comes before any operation, with the headers that it brings: see crp/accounts/middleware.py."""


class KeyScheme(OpenApiAuthenticationExtension):
    """How a key is sent, for the schema."""

    target_class = "crp.accounts.api.KeyAuthentication"  # by its name: it lies above
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "crp_…",
            "description": "A key that an administrator of CRP made: “Authorization: Bearer crp_…”. Reading takes "
            "none, and has higher limits with one; writing takes one with the scope of the operation.",
        }


class FairUseSchema(AutoSchema):
    """Says of every operation that reading takes no key, and what is refused before it."""

    def get_auth(self) -> list[dict[str, Any]]:
        """Return that reading takes no key, and may be done with one."""
        return [*([{}] if self.method in SAFE_METHODS else []), *super().get_auth()]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation:
            for status, (words, example, headers) in SHARED_ERRORS.items():
                body = self._get_response_for_code(ErrorSerializer, status, ["application/json"])
                body["content"]["application/json"]["examples"] = {"error": {"value": example}}
                told = {name: {"description": text, "schema": {"type": "string"}} for name, text in headers.items()}
                operation["responses"].setdefault(status, {**body, "description": words, "headers": told})
        return operation
