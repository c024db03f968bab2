"""The drafts that somebody is working on, for the first page of the admin."""

from __future__ import annotations

from django import template
from django.db.models import QuerySet

from plans.models import Revision

register = template.Library()


@register.simple_tag
def open_revisions() -> QuerySet[Revision]:
    """Return the newest open drafts. Queries: 1."""
    return Revision.objects.open().select_related("plan", "created_by").order_by("-created_at", "pk")[:8]
