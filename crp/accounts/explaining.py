"""A right that explains itself: which one is missing and where, which role gives it, who gives the role."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth import get_permission_codename, get_user_model
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.accounts.places import place_of
from crp.accounts.roles import Role, roles_with
from crp.accounts.scopes import rights_of
from plans.models import Country

if TYPE_CHECKING:
    from crp.accounts.models import ApiKey, User

MOST_NAMED = 4
STANDARD = {
    "view": gettext_lazy("Can view %(what)s"),
    "add": gettext_lazy("Can add %(what)s"),
    "change": gettext_lazy("Can change %(what)s"),
    "delete": gettext_lazy("Can delete %(what)s"),
}


def explain_missing(user: User, permission: str, obj: Any = None) -> str:
    """Return a sentence or two about a right that somebody lacks over something. Queries: 4 at most."""
    return explain_missing_in(permission, (place_of(user, obj) if obj is not None else None) or ())


def explain_missing_in(permission: str, countries: Collection[int]) -> str:
    """Return a sentence or two about a right that somebody lacks in countries, by primary key. Queries: 4 at most."""
    roles = sorted(roles_with().get(permission, frozenset()) - {Role.ADMINISTRATOR}, key=Role.values.index)
    names = [str(Role(role).label) for role in roles] or [str(Role.ADMINISTRATOR.label)]
    told = {
        "right": name_of_right(permission),
        "role": get_text_list(names, _("or")),
        "place": places_in_words(countries),
        "who": who_grants(),
    }
    if told["place"]:
        sentence = _(
            "This takes the right “%(right)s” for %(place)s, which comes with the role %(role)s. Who can give it to "
            "you: %(who)s."
        )
    else:
        sentence = _(
            "This takes the right “%(right)s”, which comes with the role %(role)s. Who can give it to you: %(who)s."
        )
    return sentence % told


def explain_key(key: ApiKey, permission: str, obj: Any = None) -> str:
    """Return what keeps a key from a right: itself, or its user. It names no administrator: a partner reads it.

    Queries: 4 at most.
    """
    told = {"key": key, "right": name_of_right(permission)}
    if permission not in rights_of(key.scope_names):
        return _("The key “%(key)s” has no scope with the right “%(right)s”: ask who gave it to you.") % told
    countries = (place_of(key.user, obj) if obj is not None else None) or frozenset()
    if key.limited_to and not key.limited_to.issuperset(countries or {0}):
        told["places"] = places_in_words(key.limited_to)
        return _("The key “%(key)s” is limited to %(places)s: ask who gave it to you.") % told
    told["place"] = places_in_words(countries)
    if told["place"]:
        return (
            _("The user of the key “%(key)s” has not got the right “%(right)s” for %(place)s: ask who gave it to you.")
            % told
        )
    return _("The user of the key “%(key)s” has not got the right “%(right)s”: ask who gave it to you.") % told


def name_of_right(permission: str) -> str:
    """Return what a right is called, in the language that is read: those in the database are in one."""
    label, _dot, codename = permission.partition(".")
    for model in apps.get_app_config(label).get_models():
        of_model = dict(model._meta.permissions)
        if codename in of_model:
            return str(of_model[codename])
        what = {"what": model._meta.verbose_name}
        for action, name in STANDARD.items():
            if codename == get_permission_codename(action, model._meta):
                return str(name) % what
    return codename


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
    people = get_user_model().objects.who_may_grant()
    if not people:
        return _("nobody yet: whoever runs CRP makes an administrator with “manage.py createsuperuser”")
    named = [f"{person} ({person.email})" if person.email else str(person) for person in people[:MOST_NAMED]]
    return ", ".join(named)
