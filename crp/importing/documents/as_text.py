"""Values of a draft as text, as decisions keep them and people type them, and back.

An entry of a list is told by its key: ``IOM-2025/SHELTER``; several by commas: ``FJI, VUT``. Numbers have no separators
of thousands and a point before the decimals; days are written 2025-04-17.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, cast

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.utils.translation import gettext as _

from plans.models import Plan, Revision, RevisionRow
from plans.tree import row_models

from .draft import PLAN, REVISION, Plain, Ref

YES, NO = "yes", "no"
OF_THE_PAGE = {(PLAN, "url")}
"""What a draft gives of a plan and no column holds."""


@cache
def models_of_rows() -> Mapping[str, type[models.Model]]:
    """Return the model of each kind of row, by the name that drafts call it."""
    return {PLAN: Plan, REVISION: Revision, **{str(model._meta.model_name): model for model in row_models()}}


def column_of(kind: str, name: str) -> models.Field[Any, Any] | None:
    """Return the column that a value belongs to. None: CRP has none."""
    model = models_of_rows().get(kind)
    try:
        return None if model is None else cast("models.Field[Any, Any]", model._meta.get_field(name))
    except FieldDoesNotExist:
        return None


def as_text(value: Plain) -> str:
    """Return a value as text; nothing is an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES if value else NO
    if isinstance(value, Ref):
        return "/".join(str(part) for part in value.key)
    if isinstance(value, tuple):
        return ", ".join(as_text(ref) for ref in value)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def from_text(kind: str, name: str, text: str) -> Plain:
    """Return the value that a text says for a column. Raises ValidationError. Queries: one for each entry of a list."""
    column = column_of(kind, name)
    if (kind, name) in OF_THE_PAGE:
        return text.strip()
    if column is None:
        raise ValidationError(_("CRP has no such field: %(field)s.") % {"field": f"{kind}.{name}"})
    if isinstance(column, models.ManyToManyField):
        return tuple(_entry(column, part) for part in text.split(",") if part.strip())
    if column.is_relation:
        return _entry(column, text)
    return plain_from_text(column, text.strip())


def label_of(kind: str, name: str) -> str:
    """Return what people call a column, such as ``people targeted``."""
    column = column_of(kind, name)
    return name if column is None else str(getattr(column, "verbose_name", name))


def _entry(column: Any, text: str) -> Ref:
    model: Any = column.related_model
    if issubclass(model, RevisionRow):
        raise ValidationError(_("This follows from the document and can't be corrected: reject the row instead."))
    key = text.strip().split("/")
    try:
        found = model._default_manager.get_by_natural_key(*key)
    except (model.DoesNotExist, TypeError, ValueError):
        raise ValidationError(
            _("“%(text)s” is no entry of the list “%(list)s”. Entries are named by their codes.")
            % {"text": text.strip(), "list": model._meta.verbose_name_plural}
        ) from None
    return Ref(str(model._meta.model_name), found.natural_key(), str(getattr(found, "name", found)))


def plain_from_text(column: models.Field[Any, Any], text: str) -> Decimal | int | date | str | bool:
    """Return the value that a text says for a column that is no link. Raises ValidationError. Queries: none."""
    if isinstance(column, models.BooleanField):
        if text not in {YES, NO}:
            raise ValidationError(_("Write yes or no."))
        return text == YES
    if isinstance(column, models.DecimalField):
        try:
            found = Decimal(text)
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite():
            raise ValidationError(_("“%(text)s” is no number. Write it as 1200000 or 7.10.") % {"text": text})
        column.run_validators(found)
        return found
    value = column.to_python(text)
    column.run_validators(value)
    if column.choices and value not in {choice for choice, _label in column.flatchoices}:
        raise ValidationError(
            _("“%(text)s” is none of these: %(choices)s.")
            % {"text": text, "choices": ", ".join(str(choice) for choice, _label in column.flatchoices)}
        )
    if value is None or value == "":
        raise ValidationError(_("A correction gives a value. What is wrong altogether is rejected."))
    return cast("Decimal | int | date | str | bool", value)
