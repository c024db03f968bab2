"""Which entries of the history somebody may see, and which belong to a plan or to one object.

An entry outlives what it is about, so all of it is told from the columns of the entry itself.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.apps import apps
from django.db import models
from django.db.models import Q

from crp.accounts.models import User
from crp.accounts.roles import right
from crp.common.history import is_history
from plans.models import Plan, PlanIdentifier, Revision, Translation

Model = type[models.Model]
History = Any
"""The manager of the history of a model."""


def kept_models() -> list[Model]:
    """Return every model whose changes are on record."""
    return [model for model in apps.get_models() if hasattr(model, "history") and not is_history(model)]


def history_of(model: Model) -> History:
    """Return the history of a model."""
    return model.history  # type: ignore[attr-defined]


def columns_of(model: Model) -> set[str]:
    """Return the names of the columns of a model."""
    return {field.name for field in model._meta.concrete_fields}


class Seen:
    """What a person may see of the history: what they may look at, drafts of others' countries not among it."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._reach: Any = user.reach("plans.view_revision")

    @cached_property
    def models(self) -> list[Model]:
        """The models that this person may look at, by their names."""
        seen = [model for model in kept_models() if self._user.has_perm(right(model, "view"))]
        return sorted(seen, key=lambda model: str(model._meta.verbose_name_plural).casefold())

    def condition(self, model: Model) -> Q:
        """Return the condition on the entries of a model."""
        if self._reach.everywhere:
            return Q()
        if model is Plan:
            return Q(id__in=self._plans)
        if model is PlanIdentifier:
            return Q(plan_id__in=self._plans)
        if model is Translation:  # of a draft, too
            return Q(plan_id__in=self._own)
        name = "id" if model is Revision else "revision_id" if "revision" in columns_of(model) else ""
        # Some citations belong to no revision but to a profile.
        return ~Q(**{f"{name}__in": self._hidden}) | Q(**{f"{name}__isnull": True}) if name else Q()

    @property
    def _own(self) -> Any:
        links = Plan.countries.through._default_manager
        return links.filter(country__in=self._reach.countries).values("plan")

    @cached_property
    def _plans(self) -> Any:
        public = Revision.objects.public().values("plan")
        return Plan.objects.filter(Q(pk__in=public) | Q(pk__in=self._own)).values("pk")

    @cached_property
    def _hidden(self) -> list[int]:
        """The drafts of others, and those that were deleted. Queries: 2."""
        there = Revision.objects.exclude(pk__in=Revision.objects.seen_by(self._reach).values("pk"))
        gone = history_of(Revision).filter(history_type="-").exclude(plan_id__in=self._own)
        return [*there.values_list("pk", flat=True), *gone.values_list("id", flat=True)]


class OfPlan:
    """What belongs to a plan: itself, its revisions with their rows, its money."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    def condition(self, model: Model) -> Q | None:
        """Return the condition on the entries of a model. None: nothing of it belongs to a plan."""
        names = columns_of(model)
        if model is Plan:
            return Q(id=self._plan.pk)
        if "plan" in names:
            return Q(plan_id=self._plan.pk)
        if "revision" in names:
            return Q(revision_id__in=self._revisions)
        if "contribution" in names:
            contribution: Any = model._meta.get_field("contribution").related_model
            return Q(contribution_id__in=history_of(contribution).filter(plan_id=self._plan.pk).values("id"))
        return None

    @cached_property
    def _revisions(self) -> set[int]:
        """Its revisions, those that are gone too. Queries: 2."""
        gone = history_of(Revision).filter(plan_id=self._plan.pk, history_type="-").values_list("id", flat=True)
        return {*self._plan.revisions.values_list("pk", flat=True), *gone}


class OfObject:
    """What belongs to an object: itself, and the rows that go with it when it is deleted."""

    def __init__(self, model: Model, pk: int) -> None:
        self._model, self._pk = model, pk

    def condition(self, model: Model) -> Q | None:
        """Return the condition on the entries of a model. None: nothing of it belongs to the object."""
        condition = Q(id=self._pk) if model is self._model else None
        for field in model._meta.concrete_fields:
            link: Any = field.remote_field
            if link and link.on_delete is models.CASCADE and field.related_model is self._model:
                of_it = Q(**{field.attname: self._pk})
                condition = of_it if condition is None else condition | of_it
        return condition
