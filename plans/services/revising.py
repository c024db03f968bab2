"""A new draft from what is published."""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from crp.common.history import bulk_create, credit
from plans.models import Citation, Plan, Revision, RevisionStep
from plans.tree import links, row_models

from .workflow import Person, record_step

Row = TypeVar("Row", bound=models.Model)

# A draft starts without what publication gives a revision.
GIVEN_BY_PUBLICATION: dict[str, Any] = {
    "requested_usd": None,
    "published_at": None,
    "published_by": None,
    "superseded_at": None,
    "seal": "",
}


@transaction.atomic
def start_revision(*, plan: Plan, by: Person | None, reason: str = "") -> Revision:
    """Copy the published revision of a plan, with all its rows and citations, into a new draft and return that.

    Raises: ValidationError where the plan has an open draft already, or nothing published to start from;
    PermissionDenied where ``by`` may not write drafts there. None is CRP itself.
    Queries: four a model of rows.
    """
    if by is not None:
        by.require("plans.change_revision", plan)
    # With the key locked too, whoever records money at this moment and this would wait for each other.
    plan = Plan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    draft = plan.revisions.open().first()
    if draft is not None:
        raise ValidationError(
            _("%(plan)s already has an open draft, revision %(number)s: finish that one first.")
            % {"plan": plan.code, "number": draft.number},
            code="draft_exists",
        )
    former = plan.revisions.in_force().first()
    if former is None:
        raise ValidationError(_("%(plan)s has no published revision to start from.") % {"plan": plan.code})
    newest = plan.revisions.aggregate(newest=Max("number"))["newest"]
    draft = _copy(
        former,
        number=newest + 1,
        status=Revision.Status.DRAFT,
        reason=reason,
        created_by=by,
        **GIVEN_BY_PUBLICATION,
    )
    credit(draft, by).save()
    _copy_rows(former, draft, by)
    record_step(draft, RevisionStep.Action.STARTED, by, reason)
    return draft


# What says where the day was read that the former revision was published on says nothing of the next one's.
DAYS_OF_PUBLICATION = ("published_at", "superseded_at")


def _copy_rows(former: Revision, draft: Revision, by: Person | None) -> None:
    copies: dict[type, dict[int, Any]] = {}
    for model in row_models():
        rows = list(model._default_manager.filter(revision=former).order_by("pk"))
        new = []
        for row in rows:
            changes: dict[str, Any] = {"revision": draft}
            for name, target in links(model):
                old = getattr(row, f"{name}_id")
                changes[name] = copies[target][old] if old is not None else None
            new.append(_copy(row, **changes))
        bulk_create(model, new, by=by)
        copies[model] = {row.pk: copy for row, copy in zip(rows, new, strict=True)}
    kept = former.citations.exclude(subject=former.row_key, field__in=DAYS_OF_PUBLICATION)
    bulk_create(Citation, [_copy(citation, revision=draft) for citation in kept], by=by)


def _copy(row: Row, **changes: Any) -> Row:
    """Return an unsaved copy of a row with some columns changed."""
    columns = {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields
        if not field.primary_key and field.name not in changes
    }
    return type(row)(**columns, **changes)
