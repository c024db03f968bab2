"""Who may look at subscriptions: administrators, and nobody adds or changes one for somebody else."""

from __future__ import annotations

from typing import Any

from rules.permissions import add_perm
from rules.predicates import predicate

from crp.accounts.rules import may

RIGHTS = ("following.view_subscription", "following.delete_subscription")


@predicate
def is_administrator(user: Any, obj: Any = None) -> bool:
    """Return whether somebody may do everything everywhere."""
    return may(user, "accounts.change_user")


for _right in RIGHTS:
    add_perm(_right, is_administrator)
add_perm("following", is_administrator)  # what decides whether the admin shows an app at all
