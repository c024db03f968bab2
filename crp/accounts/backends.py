"""Who somebody is, and nothing of what they may: that is for roles to say."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend


class LoginBackend(ModelBackend):
    """Django's logins with password. Rights come from roles alone, so that one place says who may what and where."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return no right: those that Django keeps of people and groups don't count here."""
        return set()

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return False

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return False
