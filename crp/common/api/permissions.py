"""Who may call what. Everything is denied unless a class here lets it through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission

if TYPE_CHECKING:  # rest_framework reads this module while it is itself being imported
    from rest_framework.request import Request
    from rest_framework.views import APIView


class ReadOnly(BasePermission):
    """Everybody may read what is public, and nobody write; what can be written has a permission of its own."""

    message = "What stands at this address can't be written."

    def has_permission(self, request: Request, view: APIView) -> bool:
        # A method that the view doesn't have goes on to its 405, which says what is allowed.
        return request.method in SAFE_METHODS or request.method not in view.allowed_methods
