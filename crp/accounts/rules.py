"""Who may what: one predicate for every right, over the roles of a person and the countries of what it is about.

django-rules finds this module by its name and asks it wherever Django asks ``user.has_perm(right, obj)``.
"""

from __future__ import annotations

from typing import Any

from rules.permissions import add_perm
from rules.predicates import Predicate
from rules.predicates import predicate as make_predicate

from crp.accounts.models import User
from crp.accounts.places import place_of, revision_of
from crp.accounts.reach import Reach
from crp.accounts.roles import LABELS, right, roles_with
from plans.models import Contact, Plan

PERSONAL = {right(Contact, "view")}
"""Rights to look at personal data: in one's own countries only, published or not."""


def may(user: Any, permission: str, obj: Any = None) -> bool:
    """Return whether a person has a right: for an object in its countries, without one in any."""
    if not isinstance(user, User):
        return False
    reach: Reach = user.reach(permission)
    if obj is None:
        return bool(reach)
    countries = place_of(user, obj)
    if countries is None:
        return bool(reach)
    if ".view_" not in permission:
        return reach.covers(countries)
    return bool(reach) and (reach.touches(countries) or (permission not in PERSONAL and _is_public(obj)))


def _is_public(obj: Any) -> bool:
    """Return whether something may be seen by everybody with a role, whichever country it belongs to. Queries: 1."""
    revision = revision_of(obj)
    if revision is not None:
        return not revision.is_open
    plan: Any = obj if isinstance(obj, Plan) else getattr(obj, "plan", None)
    return plan is None or plan.revisions.public().exists()


def predicate_for(permission: str) -> Predicate:
    """Return the predicate of a right."""

    def predicate(user: User, obj: Any = None) -> bool:
        return may(user, permission, obj)

    return make_predicate(predicate, name=permission)


def any_of(permissions: list[str]) -> Predicate:
    """Return the predicate of having one of several rights somewhere."""

    def predicate(user: User) -> bool:
        return any(may(user, permission) for permission in permissions)

    return make_predicate(predicate, name="any of several rights")


for _permission in roles_with():
    add_perm(_permission, predicate_for(_permission))
for _label in (*LABELS, "accounts", "auth"):
    # What decides whether the admin shows an app at all.
    add_perm(_label, any_of([permission for permission in roles_with() if permission.startswith(f"{_label}.")]))
