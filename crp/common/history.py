"""Who changed what, when and why: the records, and bulk writes that keep them.

Django tells nobody of a bulk write, so each says it itself.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from simple_history.models import HistoricalChanges, HistoricalRecords

Row = TypeVar("Row", bound=models.Model)
Given = ParamSpec("Given")
Result = TypeVar("Result")
BATCH = 500
LONGEST_REASON = 100

_author: ContextVar[Any] = ContextVar("author", default=None)
_reason: ContextVar[str] = ContextVar("reason", default="")


class Records(HistoricalRecords):
    """The history of a model.

    It leaves out the columns that the database computes, which follow from the others, and personal data.
    """

    def fields_included(self, model: type[models.Model]) -> list[models.Field]:
        personal = getattr(model, "personal_fields", ())
        return [
            field
            for field in super().fields_included(model)
            if not isinstance(field, models.GeneratedField) and field.name not in personal
        ]

    def post_save(self, instance: models.Model, created: bool, using: str | None = None, **kwargs: Any) -> None:
        """Record what was saved, unless all of it is left out: to sign in is no change of a person."""
        saved = kwargs.get("update_fields")
        told = {field.name for field in self.fields_included(type(instance))}
        if created or saved is None or told.intersection(saved):
            super().post_save(instance, created, using, **kwargs)

    def get_history_user(self, instance: models.Model) -> Any:
        """Return who changes a row: who is named on it, or else for all that is done now, or who is signed in."""
        author = getattr(instance, "_history_user", None) or _author.get()
        return author if author is not None else super().get_history_user(instance)

    def get_change_reason_for_object(self, instance: models.Model, history_type: str, using: str | None) -> str | None:
        return super().get_change_reason_for_object(instance, history_type, using) or _reason.get() or None


def is_history(model: type[models.Model]) -> bool:
    """Return whether a model is the history of another one."""
    return issubclass(model, HistoricalChanges)


@contextmanager
def done(*, by: Any = None, why: str = "") -> Iterator[None]:
    """Let all that is written inside, whatever a deletion takes along included, go down as done by somebody, and why.

    What is not given stays as it was outside. ``why`` names a file or a step, in 100 characters at most.
    """
    author = _author.set(_author.get() if by is None else by)
    reason = _reason.set(shorten(why) or _reason.get())
    try:
        yield
    finally:
        _author.reset(author)
        _reason.reset(reason)


def credited(service: Callable[Given, Result]) -> Callable[Given, Result]:
    """Return a service that lets all it writes go down as done by whom its argument ``by`` names."""

    @wraps(service)
    def of_somebody(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        with done(by=kwargs.get("by")):
            return service(*args, **kwargs)

    return of_somebody


def shorten(reason: str) -> str:
    """Return a reason that fits its column. A longer one loses its middle: names of files differ at the end."""
    half = LONGEST_REASON // 2
    return reason if len(reason) <= LONGEST_REASON else f"{reason[: half - 1]}…{reason[-half:]}"


def credit(row: Row, by: Any, *, reason: str = "") -> Row:
    """Return the row, whose next saving or deletion goes down in the history as done by ``by``, for a reason."""
    if by is not None:
        row._history_user = by  # type: ignore[attr-defined]
    if reason:
        row._change_reason = reason  # type: ignore[attr-defined]
    return row


def bulk_create(
    model: type[Row],
    rows: Iterable[Row],
    *,
    by: Any = None,
    links: Mapping[str, Iterable[tuple[Row, int]]] | None = None,
) -> list[Row]:
    """Create many rows, with the record that they were created, and return them.

    ``by``: who did it; None: as for all that is done now. ``links``: for a column of many, each row with the primary
    key of what it is linked to. Queries: two for each batch, and two for each batch of links.
    """
    made = model._default_manager.bulk_create(list(rows), batch_size=BATCH)
    for name, pairs in (links or {}).items():
        field: Any = model._meta.get_field(name)
        own, other = field.m2m_column_name(), field.m2m_reverse_name()
        through = field.remote_field.through
        through._default_manager.bulk_create(
            [through(**{own: row.pk, other: pk}) for row, pk in pairs], batch_size=BATCH
        )
    record(model, made, by=by)
    return made


def bulk_update(model: type[Row], rows: Collection[Row], fields: Collection[str], *, by: Any = None) -> None:
    """Change some columns of many rows, with the record of it. The rows must be whole. Queries: two for each batch."""
    model._default_manager.bulk_update(rows, fields, batch_size=BATCH)
    record(model, rows, by=by, kind="~")


def record(
    model: type[models.Model], rows: Collection[models.Model], *, by: Any = None, kind: str = "+", why: str = ""
) -> None:
    """Write down rows as they are now: that they were added (``+``) or changed (``~``).

    Queries: one for each batch, and two for each batch and column of many.
    """
    if not rows or not getattr(settings, "SIMPLE_HISTORY_ENABLED", True):
        return
    history: Any = model.history  # type: ignore[attr-defined]
    kept = history.model
    names = [field.attname for field in kept.tracked_fields]
    now = timezone.now()
    records = [
        kept(
            history_date=now,
            history_user=getattr(row, "_history_user", None) or by or kept.get_default_history_user(row),
            history_change_reason=shorten(why) or _reason.get() or None,
            history_type=kind,
            **{name: getattr(row, name) for name in names},
        )
        for row in rows
    ]
    for start in range(0, len(records), BATCH):
        batch = kept.objects.bulk_create(records[start : start + BATCH])
        for field in kept._history_m2m_fields:
            _record_links(field, batch)


def _record_links(field: Any, records: Sequence[Any]) -> None:
    """Write down what a column of many links rows to. Queries: two."""
    by_row = {item.id: item for item in records}
    own, through = field.m2m_field_name(), field.remote_field.through
    kept = Records.m2m_models[field]
    columns = [column.attname for column in through._meta.fields]
    rows = through._default_manager.filter(**{f"{own}__in": by_row}).order_by("pk").values(*columns)
    kept.objects.bulk_create([kept(history=by_row[row[f"{own}_id"]], **row) for row in rows])
