"""What an API key lets its holder do, of what the roles of its user allow: one table, as there is for the roles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a key is for. The names stand in the API, as OAuth has them."""

    READ = "read", _("read")
    CONTRIBUTIONS_WRITE = "contributions:write", _("record contributions")


DESCRIPTIONS: Mapping[str, Any] = {
    Scope.READ: _("reads what everybody may read, with higher limits"),
    Scope.CONTRIBUTIONS_WRITE: _("records and changes contributions where the roles of its user allow it"),
}

RIGHTS: Mapping[str, frozenset[str]] = {
    Scope.READ: frozenset(),  # what is published takes no right, and the API gives nothing else
    Scope.CONTRIBUTIONS_WRITE: frozenset(
        f"funding.{action}_{model}"
        for action in ("view", "add", "change")
        for model in ("contribution", "statuschange")
    ),
}
"""The rights that a scope leaves: none that the user has not. Nothing is deleted with a key."""


def rights_of(scopes: Iterable[str]) -> frozenset[str]:
    """Return the rights that some scopes leave; one that is no longer known leaves none."""
    return frozenset().union(*(RIGHTS.get(scope, frozenset()) for scope in scopes))


def write_scopes(scopes: Iterable[str]) -> str:
    """Return scopes as they are kept, in their order. Every key reads.

    Raises: ValueError for one that there is not.
    """
    given = {Scope.READ, *(Scope(scope) for scope in scopes)}
    return " ".join(scope for scope in Scope.values if scope in given)
