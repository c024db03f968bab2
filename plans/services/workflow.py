"""The way of a draft to its reviewer and back. Publication itself looks at money, see :mod:`funding.services`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crp.common.history import credit
from plans.models import Citation, Revision, RevisionStep
from plans.tree import row_models

Action = RevisionStep.Action
Status = Revision.Status


class Person(Protocol):
    """Somebody who signs in, as far as plans know people: who may what where is known further up."""

    pk: Any

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Return whether they have a right over something."""

    def require(self, permission: str, obj: Any) -> None:
        """Refuse with PermissionDenied, saying which right is missing and who grants it."""

    def explain_missing(self, permission: str, obj: Any) -> str:
        """Return which right is missing and who grants it."""


def record_step(
    revision: Revision, action: Action, by: Person | None, comment: str = "", at: datetime | None = None
) -> RevisionStep:
    """Write down a step with a revision and return that. ``by`` None: CRP itself."""
    by_id = None if by is None else by.pk
    return RevisionStep.objects.create(
        revision=revision, action=action, by_id=by_id, comment=comment.strip(), at=at or timezone.now()
    )


@transaction.atomic
def submit_revision(*, revision: Revision, by: Person | None, reason: str) -> Revision:
    """Send a draft for review, from where nobody edits it, and return it.

    Raises: ValidationError where it is no draft or gives no reason; PermissionDenied where ``by`` may not.
    """
    revision = _locked(revision, by, "plans.submit_revision")
    _expect(revision, Status.DRAFT, _("only a draft can be sent for review"))
    if not reason.strip():
        raise ValidationError({"reason": _("Say why this revision is made: readers see it.")}, code="required")
    revision.reason = reason.strip()
    return _move(revision, Status.IN_REVIEW, Action.SUBMITTED, by, reason)


@transaction.atomic
def withdraw_revision(*, revision: Revision, by: Person | None, comment: str = "") -> Revision:
    """Take a revision back from review, so that its authors can go on, and return it. Raises: as for sending it."""
    revision = _locked(revision, by, "plans.submit_revision")
    _expect(revision, Status.IN_REVIEW, _("only what is in review can be taken back"))
    return _move(revision, Status.DRAFT, Action.WITHDRAWN, by, comment)


@transaction.atomic
def return_revision(*, revision: Revision, by: Person | None, comment: str) -> Revision:
    """Return a revision from review to its authors, saying what is to be done, and return it.

    Raises: ValidationError where it is not in review or there is no comment; PermissionDenied where ``by`` may not.
    """
    revision = _locked(revision, by, "plans.publish_revision")
    _expect(revision, Status.IN_REVIEW, _("only what is in review can be returned"))
    if not comment.strip():
        raise ValidationError({"comment": _("Say what its authors should change.")}, code="required")
    return _move(revision, Status.DRAFT, Action.RETURNED, by, comment)


def authors_of(revision: Revision) -> set[int]:
    """Return who wrote a revision, by primary key: who started, sent or changed it or a row of it. Queries: 3."""
    started_or_sent = revision.steps.filter(action__in=(Action.STARTED, Action.SUBMITTED))
    people = {revision.created_by_id, *started_or_sent.values_list("by_id", flat=True)}
    # Who only moved it on its way wrote nothing.
    own = Revision.history.filter(id=revision.pk).exclude(history_change_reason__in=Action.values)
    changes = [own.order_by().values_list("history_user_id", flat=True)]
    for model in (Citation, *row_models()):
        of_revision = model.history.filter(revision_id=revision.pk)  # type: ignore[attr-defined]
        changes.append(of_revision.order_by().values_list("history_user_id", flat=True))
    return {pk for pk in people.union(changes[0].union(*changes[1:])) if pk is not None}


def _locked(revision: Revision, by: Person | None, permission: str) -> Revision:
    revision = Revision.objects.select_for_update(no_key=True).get(pk=revision.pk)
    if by is not None:
        by.require(permission, revision)
    return revision


def _expect(revision: Revision, status: Status, otherwise: str) -> None:
    if revision.status != status:
        raise ValidationError(
            _("Revision %(number)s is %(status)s: %(why)s.")
            % {"number": revision.number, "status": revision.get_status_display().lower(), "why": otherwise},
            code="wrong_status",
        )


def _move(revision: Revision, status: Status, action: Action, by: Person | None, comment: str) -> Revision:
    revision.status = status
    credit(revision, by, reason=action).save(update_fields=["status", "reason"])
    record_step(revision, action, by, comment)
    return revision
