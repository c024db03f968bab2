"""How a rule of a table is put to the test: the database refuses a row that breaks it, and the form says why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction


@dataclass(frozen=True)
class Broken:
    """A row that breaks one named constraint."""

    constraint: str
    make: Callable[[Any], models.Model]
    """Makes the row, unsaved, from what the test has."""
    sentence: str
    """What the form says."""
    where: str = "__all__"
    """The field that the sentence stands at."""

    def __str__(self) -> str:
        return self.constraint


def named_constraints(label: str) -> set[str]:
    """Return the names of all constraints that an app gives its tables itself."""
    return {
        constraint.name
        for model in apps.get_app_config(label).get_models()
        if not is_summary(model)
        for constraint in model._meta.constraints
    }


def is_summary(model: type[models.Model]) -> bool:
    """Whether a table is written by triggers or one service alone, and by no form."""
    return model.__module__ in {"funding.models.summaries", "funding.models.idempotency"}


def assert_form_refuses(row: models.Model, sentence: str, where: str = "__all__") -> None:
    """The checks of a form find the row wrong, at this place and in these words, and nothing else in it."""
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert refused.value.message_dict == {where: [sentence]}


def assert_database_refuses(row: models.Model, constraint: str) -> None:
    """The database takes the row from nobody, whichever way round the forms it comes."""
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        type(row)._default_manager.bulk_create([row])
    is_check = any(
        isinstance(item, models.CheckConstraint) for item in row._meta.constraints if item.name == constraint
    )
    if is_check or connection.vendor == "postgresql":  # SQLite names the columns of a unique constraint
        assert constraint in str(refused.value)


def assert_refused(broken: Broken, world: Any) -> None:
    assert_form_refuses(broken.make(world), broken.sentence, broken.where)
    assert_database_refuses(broken.make(world), broken.constraint)
