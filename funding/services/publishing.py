"""Publication: a revision that was reviewed becomes what readers see."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crp.common.history import credit
from funding.checks import Check, Verdict, check_revision
from funding.rollups import requested_of
from plans.models import Plan, Revision, RevisionStep
from plans.sealing import seal_of
from plans.services import authors_of, record_step
from plans.services.workflow import Person

from .warnings import warnings_of


@transaction.atomic
def publish_revision(*, revision: Revision, by: Person | None, reason: str, at: datetime | None = None) -> Revision:
    """Make an open revision the current one: fix its total, supersede the former, seal it, and return it.

    A person publishes what is in review; CRP itself (``by`` None) publishes what an import drafts.
    Raises: ValidationError where it is not there yet, gives no reason, fails a check with an error, has a warning that
    nobody accepted, is published by who wrote it, or would be published before the former one was; each cause is named.
    PermissionDenied where ``by`` may not publish there.
    """
    # With the key locked too, whoever records money at this moment and this would wait for each other.
    plan = Plan.objects.select_for_update(no_key=True).get(pk=revision.plan_id)
    revision = Revision.objects.select_for_update(no_key=True).get(pk=revision.pk)
    at = at or timezone.now()
    _expect_ready(revision, by)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why this revision is made: readers see it.")}, code="required")
    causes = [*_failing(revision, by)]
    if causes:
        raise ValidationError(causes, code="checks")
    former = plan.revisions.in_force().first()
    if former is not None and former.published_at is not None and at <= former.published_at:
        raise ValidationError(
            _("Revision %(number)s was published later than that, at %(time)s.")
            % {"number": former.number, "time": former.published_at.isoformat(sep=" ", timespec="seconds")},
            code="too_early",
        )
    if former is not None:
        _supersede(former, by, at)
    revision.status = Revision.Status.PUBLISHED
    revision.requested_usd = requested_of(revision)
    revision.published_at = at
    revision.published_by_id = by.pk if by else None
    revision.reason = reason.strip()
    revision.full_clean()
    revision.seal = seal_of(revision)
    credit(revision, by, reason=RevisionStep.Action.PUBLISHED).save()
    record_step(revision, RevisionStep.Action.PUBLISHED, by, reason, at)
    return revision


def _expect_ready(revision: Revision, by: Person | None) -> None:
    if by is not None:
        by.require("plans.publish_revision", revision)
    status = {"number": revision.number, "status": revision.get_status_display().lower()}
    if not revision.is_open:
        raise ValidationError(
            _("Revision %(number)s is %(status)s: only a draft can be published.") % status, code="not_open"
        )
    if by is None:
        return
    if revision.status != Revision.Status.IN_REVIEW:
        raise ValidationError(
            _("Revision %(number)s is %(status)s: send it for review first.") % status, code="not_in_review"
        )
    if settings.FOUR_EYES and by.pk in authors_of(revision):
        raise ValidationError(
            _("You wrote part of revision %(number)s: somebody else has to publish it.") % status, code="four_eyes"
        )


def _failing(revision: Revision, by: Person | None) -> Iterator[str]:
    """Yield each cause that the checks give against publication."""
    checks = check_revision(revision)
    yield from (_told(check) for check in checks if check.verdict == Verdict.ERROR)
    if by is not None:
        for warned in warnings_of(revision, checks):
            if warned.accepted is None:
                yield _("Nobody has accepted this warning: %(warning)s") % {"warning": _told(warned.check)}


def _told(check: Check) -> str:
    return f"{check.title}: {check.sentence}"


def _supersede(former: Revision, by: Person | None, at: datetime) -> None:
    if not former.seal:  # an import sealed nothing yet
        former.seal = seal_of(former)
    former.status = Revision.Status.SUPERSEDED
    former.superseded_at = at
    credit(former, by, reason=RevisionStep.Action.PUBLISHED).save(update_fields=["status", "superseded_at", "seal"])
