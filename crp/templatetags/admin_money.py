"""Amounts on the pages of the admin, as its lists show them."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.utils.safestring import SafeString

from crp.common.admin.base import show_number, show_percent

register = template.Library()


@register.filter
def usd(amount: Decimal | None) -> SafeString:
    """Return an amount with its digits grouped; one that is not known in words."""
    return show_number(amount)


@register.filter
def percent(value: Decimal | None) -> SafeString:
    """Return a percentage; one that is not known in words."""
    return show_percent(value)
