"""The tree of a revision: all its rows, in whichever app their models live."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from typing import Any

from django.apps import apps
from django.db import models

from plans.models import Citation, CountryProfile, Revision, RevisionRow

NOT_FIGURES = frozenset({"id", "order", "number"})


@cache
def row_models() -> tuple[type[RevisionRow], ...]:
    """Return every model of rows, each after the models that its rows point to."""
    found = [model for model in apps.get_models() if issubclass(model, RevisionRow)]
    order = TopologicalSorter({model: {target for _name, target in links(model)} for model in found})
    return tuple(order.static_order())


def links(model: type[RevisionRow]) -> list[tuple[str, type[RevisionRow]]]:
    """Return the columns of a model that point to other rows of the same revision, and the model they point to."""
    return [
        (field.name, field.related_model)
        for field in model._meta.concrete_fields
        if isinstance(field.related_model, type) and issubclass(field.related_model, RevisionRow)
    ]


def rows_of(revision: Revision) -> Iterator[RevisionRow]:
    """Yield all rows of a revision. Queries: one a model."""
    return _rows({revision.pk: revision}, row_models())


def rows_with_texts(revisions: Mapping[int, Revision]) -> Iterator[RevisionRow]:
    """Yield the rows of revisions, given by their key, that have texts to translate. Queries: one a model."""
    return _rows(revisions, [model for model in row_models() if model.translated_fields])


def _rows(revisions: Mapping[int, Revision], kinds: Iterable[type[RevisionRow]]) -> Iterator[RevisionRow]:
    for model in kinds:
        related = {path.rpartition("__")[0] for path in model.row_key_fields if "__" in path}
        rows: Any = model._default_manager.filter(revision__in=[*revisions])
        for row in rows.select_related(*sorted(related)) if related else rows:
            row.revision = revisions[row.revision_id]
            yield row


def citable(owner: Revision | CountryProfile, rows: Iterable[Any] | None = None) -> dict[str, Any]:
    """Return what a citation of a revision or profile may name as its subject, by row key.

    ``rows``: what :func:`rows_of` gives, where that has been read already.
    """
    if rows is None:
        rows = owner.key_actions.all() if isinstance(owner, CountryProfile) else rows_of(owner)
    return {item.row_key: item for item in (owner, *rows)}


def figures_in(row: models.Model) -> list[str]:
    """Return the columns of a row that hold a figure: a number that a reader could ask the source of."""
    return [
        field.name
        for field in row._meta.concrete_fields
        if isinstance(field, (models.DecimalField, models.IntegerField))
        and not field.is_relation
        and field.name not in NOT_FIGURES
        and getattr(row, field.name) is not None
    ]


def uncited(owner: Revision | CountryProfile, rows: Mapping[str, models.Model] | None = None) -> list[tuple[str, str]]:
    """Return the figures that no citation gives a source for, each as row key and column.

    ``rows`` are what :func:`citable` returns, where that has been asked already.
    """
    subjects = citable(owner) if rows is None else rows
    cited = set(owner.citations.values_list("subject", "field"))
    return [(key, name) for key, row in subjects.items() for name in figures_in(row) if (key, name) not in cited]


def dangling(owner: Revision | CountryProfile, rows: Mapping[str, models.Model] | None = None) -> list[Citation]:
    """Return the citations whose row or column is not there. ``rows`` as in :func:`uncited`."""
    subjects = citable(owner) if rows is None else rows
    return [
        citation
        for citation in owner.citations.select_related("source")
        if citation.subject not in subjects
        or citation.field not in {field.name for field in subjects[citation.subject]._meta.concrete_fields}
    ]
