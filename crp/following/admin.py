"""Subscriptions in the admin: counted and, on request of a reader, deleted. Addresses are shown by half."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from crp.common.admin.base import BaseAdmin
from crp.common.admin.site import IndexGroup
from crp.following.models import Subscription, mask


@admin.register(Subscription)
class SubscriptionAdmin(BaseAdmin):
    """What is followed. Nobody reads addresses here; a reader who asks to be forgotten names theirs."""

    index_group = IndexGroup.PEOPLE
    index_order = 90
    list_display = ("masked", "kind", "subject", "frequency", "language", "asked_at", "confirmed_at", "failures")
    list_filter = ("kind", "frequency", "language", ("confirmed_at", admin.EmptyFieldListFilter))
    search_fields = ("=email", "=subject")
    search_help_text = gettext_lazy("A whole e-mail address, or the code of what is followed.")
    fields: ClassVar = (
        "masked", "kind", "subject", "frequency", "language", "asked_at", "confirmed_at", "told_at", "held_until",
        "failures",
    )  # fmt: skip
    readonly_fields = fields
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Subscription | None = None) -> bool:
        """Return that nobody asks for e-mails to somebody else."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Subscription | None = None) -> bool:
        """Return that what somebody asked for stays as they asked for it."""
        return False

    @admin.display(description=gettext_lazy("e-mail address"), ordering="email")
    def masked(self, subscription: Subscription) -> str:
        """Return as much of the address as its owner needs to know it again."""
        return mask(subscription.email)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Subscription], search_term: str
    ) -> tuple[QuerySet[Subscription], bool]:
        """Find addresses as they are kept, in small letters, and codes as they are written."""
        term = search_term.strip()
        found = queryset.filter(Q(email=term.lower()) | Q(subject__iexact=term)) if term else queryset
        return found, False
