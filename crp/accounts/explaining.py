"""A right that explains itself: which one is missing and where, which role gives it, who gives the role."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from crp.accounts.places import place_of
from crp.accounts.roles import Role, roles_with
from plans.models import Country

if TYPE_CHECKING:
    from crp.accounts.models import User

MOST_NAMED = 4


def explain_missing(user: User, permission: str, obj: Any = None) -> str:
    """Return a sentence or two about a right that somebody lacks over something. Queries: 4 at most."""
    return explain_missing_in(permission, (place_of(user, obj) if obj is not None else None) or ())


def explain_missing_in(permission: str, countries: Collection[int]) -> str:
    """Return a sentence or two about a right that somebody lacks in countries, by primary key. Queries: 4 at most."""
    label, _dot, codename = permission.partition(".")
    right = Permission.objects.filter(content_type__app_label=label, codename=codename).first()
    roles = sorted(roles_with().get(permission, frozenset()) - {Role.ADMINISTRATOR}, key=Role.values.index)
    names = [str(Role(role).label) for role in roles] or [str(Role.ADMINISTRATOR.label)]
    told = {
        "right": right.name if right else codename,
        "role": get_text_list(names, _("or")),
        "place": places_in_words(countries),
        "who": who_grants(),
    }
    if told["place"]:
        return (
            _(
                "This takes the right “%(right)s” for %(place)s, which comes with the role %(role)s. Who can give it to "
                "you: %(who)s."
            )
            % told
        )
    return (
        _("This takes the right “%(right)s”, which comes with the role %(role)s. Who can give it to you: %(who)s.")
        % told
    )


def places_in_words(countries: Collection[int]) -> str:
    """Return the names of countries; empty where there are none. Queries: 1 at most."""
    if not countries:
        return ""
    return get_text_list([country.label for country in Country.objects.filter(pk__in=countries)], _("and"))


def where_in_words(user: User, permission: str) -> str:
    """Return where somebody has a right: everywhere, or the countries and regions of their roles; empty: nowhere."""
    if not (reach := user.reach(permission)):
        return ""
    if reach.everywhere:
        return _("everywhere")
    roles = roles_with().get(permission, frozenset())
    places = dict.fromkeys(held.place for held in user.assignments if held.role in roles)
    return get_text_list(list(places), _("and"))


def tell_reach(user: User, permission: str) -> str:
    """Return where a page ends for somebody; empty where it reaches everywhere."""
    reach = user.reach(permission)
    if reach.everywhere or not reach:
        return ""
    return _("Limited to %(places)s, where you have the right to this. For others ask: %(who)s.") % {
        "places": where_in_words(user, permission),
        "who": who_grants(),
    }


def tell_limits(user: User, permission: str) -> str:
    """Return what a list leaves out that shows drafts only where somebody has a right; empty where it shows all."""
    reach = user.reach(permission)
    if reach.everywhere or not reach:
        return ""
    return _("You see what is published, and what is not yet published of %(places)s. For others ask: %(who)s.") % {
        "places": where_in_words(user, permission),
        "who": who_grants(),
    }


def who_grants() -> str:
    """Return the administrators by name, with their address where it is known. Queries: 1."""
    people = get_user_model().objects.who_may_grant()  # type: ignore[attr-defined]
    if not people:
        return _("nobody yet: whoever runs CRP makes an administrator with “manage.py createsuperuser”")
    named = [f"{person} ({person.email})" if person.email else str(person) for person in people[:MOST_NAMED]]
    return ", ".join(named)
