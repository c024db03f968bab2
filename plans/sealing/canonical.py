"""The canonical form of a revision: the same bytes for the same content, whichever database holds it.

JSON as RFC 8785 canonicalizes it: keys in order, no spaces, UTF-8. It holds no floating point number: amounts and
percentages are strings with the decimals of their column. What is empty (null, "" or false) is left out, so that a
column which CRP gets later changes no old seal. Rows and lists are named by their codes, never by numbers of a
database. Left out: who wrote and published, which is not public, and when a later revision took its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db import models
from django.db.models.constants import LOOKUP_SEP

from plans.models import Citation, Revision, RevisionRow
from plans.tree import row_models

FORM = "crp-revision/1"
NOT_SEALED = frozenset(
    {"id", "revision", "plan", "seal", "status", "superseded_at", "created_at", "created_by", "published_by"}
)
Form = dict[str, Any]
Rows = list[Form]


def canonical_forms(revisions: Iterable[Revision], before: Mapping[int, str]) -> dict[int, Form]:
    """Return the canonical form of each revision by primary key. Queries: three a model of rows.

    ``before``: for each revision the seal of the one before it; none where there is none.
    """
    revisions = list(revisions)
    rows: dict[int, dict[str, Rows]] = {revision.pk: {} for revision in revisions}
    names = _Names(rows)
    tree: tuple[type[models.Model], ...] = (*row_models(), Citation)
    for model in tree:
        for revision_id, found in _rows_of(model, rows, names).items():
            rows[revision_id][str(model._meta.model_name)] = found
    columns = _columns(Revision)
    return {
        revision.pk: {
            "form": FORM,
            "plan": revision.plan.code,
            **({"before": before[revision.pk]} if revision.pk in before else {}),
            "revision": _said(columns, {field.attname: getattr(revision, field.attname) for field in columns}, names),
            "rows": rows[revision.pk],
        }
        for revision in revisions
    }


def to_bytes(form: Form) -> bytes:
    """Return a canonical form as the bytes that are sealed."""
    return orjson.dumps(form, option=orjson.OPT_SORT_KEYS)


def _rows_of(model: type[models.Model], revisions: Collection[int], names: _Names) -> dict[int, Rows]:
    columns = _columns(model)
    found: dict[int, Rows] = defaultdict(list)
    wanted = ["revision_id", *(field.attname for field in columns)]
    for row in model._default_manager.filter(revision__in=revisions).order_by().values(*wanted):
        found[row["revision_id"]].append(_said(columns, row, names))
    return {revision: sorted(rows, key=to_bytes) for revision, rows in found.items()}


def _columns(model: type[models.Model]) -> list[models.Field]:
    return [
        field
        for field in model._meta.concrete_fields
        if field.name not in NOT_SEALED and not (field.name == "profile" and model is Citation)
    ]


def _said(columns: list[models.Field], row: Mapping[str, Any], names: _Names) -> Form:
    said = {field.name: _value(field, row[field.attname], names) for field in columns}
    return {name: value for name, value in said.items() if value is not None and value is not False and value != ""}


def _value(field: models.Field, value: Any, names: _Names) -> Any:
    if value is None:
        return None
    if isinstance(field, models.ForeignKey):
        return names.of(field.related_model)[value]
    if isinstance(value, Decimal):
        return f"{value:.{field.decimal_places}f}"  # type: ignore[attr-defined]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


class _Names:
    """The codes that rows and lists go by, read once for each model."""

    def __init__(self, revisions: Collection[int]) -> None:
        self._revisions = revisions
        self._names: dict[type[models.Model], dict[int, Any]] = {}

    def of(self, model: type[Any]) -> dict[int, Any]:
        if model not in self._names:
            self._names[model] = self._read(model)
        return self._names[model]

    def _read(self, model: type[Any]) -> dict[int, Any]:
        is_row = issubclass(model, RevisionRow)
        lookups = model.row_key_fields if is_row else model.natural_key_fields
        rows = model._default_manager.order_by()
        if is_row:
            rows = rows.filter(revision__in=self._revisions)
        return {pk: _name(lookups, key) for pk, *key in rows.values_list("pk", *lookups)}


def _name(lookups: tuple[str, ...], key: list[Any]) -> Any:
    """Return one code as it is, several by the column that each comes from."""
    if len(lookups) == 1:
        return key[0]
    return {name.replace(LOOKUP_SEP, "."): value for name, value in zip(lookups, key, strict=True) if value is not None}
