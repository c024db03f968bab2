"""The work of whoever is signed in, for the first page of the admin."""

from __future__ import annotations

from typing import Any

from django import template

from funding.admin.home import Workplace

register = template.Library()


@register.simple_tag
def workplace(user: Any) -> Workplace:
    """Return the work of a person. Queries: those of each block that is shown."""
    return Workplace(user)
