"""A right that explains itself: which one is missing, by the name that the administrator sees."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import Permission
from django.utils.translation import gettext as _


def tell_missing_right(opts: Any, action: str) -> str:
    """Return which right an action on a model takes, and who grants it. Queries: 1."""
    codename = get_permission_codename(action, opts)
    right = Permission.objects.filter(content_type__app_label=opts.app_label, codename=codename).first()
    return _("This takes the right “%(right)s”: an administrator of CRP grants it.") % {
        "right": right.name if right else codename
    }
