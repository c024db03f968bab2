"""Query parameters nobody asked for are refused, never ignored: a typo must not return everything."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from django.utils.translation import gettext as _


def refuse_unknown(given: Iterable[str], known: Collection[str]) -> dict[str, list[str]]:
    """Return, for each parameter that is not known, a sentence that names it and the nearest known one."""
    return {name: [_sentence(name, known)] for name in given if name not in known}


def _sentence(name: str, known: Collection[str]) -> str:
    nearest = get_close_matches(name, known, n=1)
    if nearest:
        return _("Unknown parameter “%(name)s”. Did you mean “%(nearest)s”?") % {"name": name, "nearest": nearest[0]}
    return _("Unknown parameter “%(name)s”. Known here: %(known)s.") % {
        "name": name,
        "known": ", ".join(sorted(known)) or "–",
    }
