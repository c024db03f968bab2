"""Publication: the draft of a plan becomes what readers see."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from funding.checks import Verdict, check_revision
from funding.rollups import requested_of
from plans.models import Plan, Revision


@transaction.atomic
def publish_revision(
    *, revision: Revision, by: AbstractUser | None, reason: str, at: datetime | None = None
) -> Revision:
    """Make an open revision the current one: fix its total, supersede the former, and return it.

    Raises: ValidationError where it is not open, gives no reason, fails a check with an error, or would be published
    before the former one was; each cause is named.
    """
    # With the key locked too, whoever records money at this moment and this would wait for each other.
    plan = Plan.objects.select_for_update(no_key=True).get(pk=revision.plan_id)
    revision = Revision.objects.select_for_update(no_key=True).get(pk=revision.pk)
    at = at or timezone.now()
    if not revision.is_open:
        raise ValidationError(
            _("Revision %(number)s is %(status)s: only a draft can be published.")
            % {"number": revision.number, "status": revision.get_status_display().lower()},
            code="not_open",
        )
    if not reason.strip():
        raise ValidationError({"reason": _("Say why this revision is made: readers see it.")}, code="required")
    errors = [check for check in check_revision(revision) if check.verdict == Verdict.ERROR]
    if errors:
        raise ValidationError([f"{check.title}: {check.sentence}" for check in errors], code="checks")
    former = plan.revisions.in_force().first()
    if former is not None and former.published_at is not None and at <= former.published_at:
        raise ValidationError(
            _("Revision %(number)s was published later than that, at %(time)s.")
            % {"number": former.number, "time": former.published_at.isoformat(sep=" ", timespec="seconds")},
            code="too_early",
        )
    if former is not None:
        former.status = Revision.Status.SUPERSEDED
        former.superseded_at = at
        former.save(update_fields=["status", "superseded_at"])
    revision.status = Revision.Status.PUBLISHED
    revision.requested_usd = requested_of(revision)
    revision.published_at = at
    revision.published_by_id = by.pk if by else None
    revision.reason = reason
    revision.full_clean()
    revision.save()
    return revision
