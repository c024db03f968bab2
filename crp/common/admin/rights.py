"""Rights over one object at a time, and a right that explains itself where it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_permission_codename
from django.http import HttpRequest

if TYPE_CHECKING:
    from django.contrib.admin.options import BaseModelAdmin as Admin
else:
    Admin = object


def right(opts: Any, action: str) -> str:
    """Return the name of a right, such as ``plans.change_revision``."""
    return f"{opts.app_label}.{get_permission_codename(action, opts)}"


def tell_missing_right(request: HttpRequest, opts: Any, action: str, obj: Any = None) -> str:
    """Return which right an action on a model takes and where, and who grants it. Queries: 4 at most."""
    user: Any = request.user
    return str(user.explain_missing(right(opts, action), obj))


class ObjectRights(Admin):
    """Asks for rights over the object at hand; in a table of rows that is what the rows belong to.

    Django's own admin asks whether somebody has a right at all.
    """

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "view", obj) or self._may(request, "change", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "add", obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, "delete", obj)

    def _may(self, request: HttpRequest, action: str, obj: Any) -> bool:
        return request.user.has_perm(right(self.opts, action), obj)
