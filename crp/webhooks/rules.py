"""Who may have CRP send to other systems: administrators."""

from __future__ import annotations

from typing import Any

from rules.permissions import add_perm
from rules.predicates import predicate

from crp.accounts.rules import may

RIGHTS = (
    *(f"webhooks.{action}_endpoint" for action in ("view", "add", "change", "delete")),
    "webhooks.view_delivery",
    "webhooks.change_delivery",
)
"""Deliveries are records: nobody adds or deletes one. To change one is to send it again."""


@predicate
def is_administrator(user: Any, obj: Any = None) -> bool:
    """Return whether somebody may do everything everywhere."""
    return may(user, "accounts.change_user")


for _right in RIGHTS:
    add_perm(_right, is_administrator)
add_perm("webhooks", is_administrator)  # what decides whether the admin shows an app at all
