"""Warnings of the checks, accepted one by one before publication, each with a sentence that is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from funding.checks import Check, Verdict, check_revision
from plans.models import Acknowledgement, Revision
from plans.services.workflow import Person

LANGUAGE_OF_RECORD = "en"


@dataclass(frozen=True)
class Warned:
    """A warning of a draft, in the reader's language, with what identifies it in any."""

    check: Check
    statement: str
    """What it says, in English and with its figures: acceptance holds as long as this stays the same."""
    accepted: Acknowledgement | None = None

    @property
    def rule(self) -> str:
        return self.check.rule


def warnings_of(revision: Revision, checks: Iterable[Check] | None = None) -> list[Warned]:
    """Return the warnings of a revision, each with its acceptance where there is one.

    ``checks``: what :func:`check_revision` returned, where that has been asked.
    Queries: those of the checks, 1.
    """
    checks = check_revision(revision) if checks is None else list(checks)
    if not any(check.verdict == Verdict.WARNING for check in checks):
        return []
    with translation.override(LANGUAGE_OF_RECORD):
        statements = [_statement(check) for check in check_revision(revision)]
    accepted = {(item.rule, item.statement): item for item in revision.acknowledgements.select_related("by")}
    return [
        Warned(check, statement, accepted.get((check.rule, statement)))
        for check, statement in zip(checks, statements, strict=True)
        if check.verdict == Verdict.WARNING
    ]


def _statement(check: Check) -> str:
    figures = f" (expected {check.expected}, found {check.found})" if check.found is not None else ""
    return f"{check.title}: {check.sentence}{figures}"


@transaction.atomic
def acknowledge_warning(*, revision: Revision, statement: str, comment: str, by: Person | None) -> Acknowledgement:
    """Accept one warning of an open revision and return the record of it.

    Raises: ValidationError where the revision is not open, the warning is not (or no longer) there, or no reason is
    given; PermissionDenied where ``by`` may neither write the revision nor publish it.
    """
    revision = Revision.objects.select_for_update(no_key=True).get(pk=revision.pk)
    if by is not None and not by.has_perm("plans.publish_revision", revision):
        by.require("plans.submit_revision", revision)
    if not revision.is_open:
        raise ValidationError(_("Revision %(number)s is published already.") % {"number": revision.number})
    warned = next((item for item in warnings_of(revision) if item.statement == statement), None)
    if warned is None:
        raise ValidationError(_("This warning is not there any more: look at the checks again."), code="gone")
    if not comment.strip():
        raise ValidationError(_("Say in a sentence why “%(title)s” is accepted.") % {"title": warned.check.title})
    if warned.accepted is not None:
        return warned.accepted
    return Acknowledgement.objects.create(
        revision=revision,
        rule=warned.rule,
        statement=statement,
        comment=comment.strip(),
        at=timezone.now(),
        by_id=None if by is None else by.pk,
    )
