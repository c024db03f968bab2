"""Where things belong: the countries that decide who may change them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plans.models import Plan, Revision

if TYPE_CHECKING:
    from crp.accounts.models import User

ABOVE = ("revision", "plan", "profile", "contribution")
EVERYWHERE = ("funding.organization", "funding.organizationidentifier")
"""What all countries share: a donor has a country, and gives to others."""


def place_of(user: User, obj: Any) -> frozenset[int] | None:
    """Return the countries that something belongs to, by primary key. None: it belongs to no place.

    Queries: 1 for each plan, once a request.
    """
    if isinstance(obj, Plan):
        return user.countries_of_plan(obj)
    if getattr(obj, "_meta", None) is not None and obj._meta.label_lower in EVERYWHERE:
        return None
    for name in ABOVE:
        above = getattr(obj, name, None) if getattr(obj, f"{name}_id", None) else None
        if above is not None:
            return place_of(user, above)
    if hasattr(obj, "country_id"):
        return frozenset() if obj.country_id is None else frozenset([obj.country_id])
    # A revision of no plan yet: only who has the right everywhere.
    return frozenset() if any(hasattr(obj, f"{name}_id") for name in ABOVE) else None


def revision_of(obj: Any) -> Revision | None:
    """Return the revision that something is or belongs to."""
    return obj if isinstance(obj, Revision) else getattr(obj, "revision", None)
