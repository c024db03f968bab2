"""Figures on the read-only pages of the admin."""

from __future__ import annotations

from typing import Any

from django import template
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _

from crp.common.admin.fields import write_exact

register = template.Library()

GROUPED = (models.DecimalField, models.PositiveIntegerField, models.PositiveBigIntegerField)


@register.filter
def readable(field: Any) -> str:
    """Return what a read-only field shows.

    Django would write 32353500.00, and a red cross for "no". Years and other short numbers stay as they are.
    """
    row = field.form.instance
    try:
        column = row._meta.get_field(str(field.field["field"]))
    except FieldDoesNotExist:
        return field.contents()
    value = getattr(row, column.name, None)
    if isinstance(column, models.BooleanField):
        return "–" if value is None else _("Yes") if value else _("No")
    if not isinstance(column, GROUPED):
        return field.contents()
    return field.contents() if value is None else write_exact(value)
