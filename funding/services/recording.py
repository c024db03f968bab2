"""Recording money: the one way into the table of contributions, for the form, for files and for other systems."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from re import sub

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Length
from django.utils.translation import gettext as _

from crp.common.history import credited
from funding.models import Contribution
from plans.models import Plan
from plans.services.workflow import Person

from .duplicates import suspect
from .judging import PlanFacts, judge
from .problems import Problems, check_day
from .similar import pick_duplicates
from .steps import first_step, lock, refuse_merged, steps_of

Review = Contribution.Review
LONGEST_PREFIX = 50  # of the 60 characters of a code


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What came of it."""

    contribution: Contribution
    warnings: tuple[str, ...] = ()
    """What is worth a second look, a sentence each."""
    suspect_of: Contribution | None = None
    """The contribution that it may repeat: it does not count until somebody decides."""


@transaction.atomic
@credited
def record_contribution(
    *,
    contribution: Contribution,
    since_on: date | None = None,
    note: str = "",
    by: Person | None = None,
) -> Recorded:
    """Save a new contribution with its first step, and return it with what is worth a second look.

    The amount in US dollars is worked out from the original one where it is empty, the code is made where it is. One
    that may repeat another does not count until somebody decides. ``since_on`` and ``note`` are those of the step.
    Raises: ValidationError with everything that is wrong, by field; PermissionDenied where ``by`` may not record money
    of that plan or country. Queries: 6, and those of :func:`judge`.
    """
    if by is not None:
        by.require("funding.add_contribution", contribution)
    lock_plans(contribution.plan_id)
    return _record(contribution, since_on, note, by, None)


@credited
def record_among_many(
    *,
    contribution: Contribution,
    facts: PlanFacts,
    since_on: date | None = None,
    note: str = "",
    by: Person | None = None,
) -> Recorded:
    """Do what :func:`record_contribution` does, for a caller who records many in a transaction of its own.

    The caller holds the lock of the plan (:func:`lock_plans`) and hands in its ``facts``, the same each time.
    Raises: as there, before anything is written. Queries: 3, and those of :func:`judge`.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("record_among_many needs the caller's transaction.")
    if by is not None:
        by.require("funding.add_contribution", contribution)
    return _record(contribution, since_on, note, by, facts)


def _record(
    contribution: Contribution, since_on: date | None, note: str, by: Person | None, facts: PlanFacts | None
) -> Recorded:
    problems = Problems()
    check_day("since_on", since_on, problems)
    try:
        warnings = judge(contribution, facts)
    except ValidationError as error:
        problems.merge(error)
    problems.raise_if_any()
    if not contribution.code:
        contribution.code = next_code(contribution, facts)
    other = suspect(contribution, facts.pool.find_duplicates(contribution) if facts else None)
    contribution.save(force_insert=True)
    first_step(contribution, since_on=since_on, note=note, by=by).save()
    if facts is not None:
        facts.pool.add(contribution)
    return Recorded(contribution=contribution, warnings=tuple(warnings), suspect_of=other)


@transaction.atomic
@credited
def change_contribution(
    *, contribution: Contribution, seen_at: datetime | None = None, by: Person | None = None
) -> Recorded:
    """Save what was changed in a contribution, and return it with what is worth a second look.

    ``seen_at``: its ``updated_at`` when the change was begun. Its status changes by a step, not here.
    Raises: ValidationError with everything that is wrong; where somebody else saved it meanwhile; where it is merged;
    PermissionDenied where ``by`` may not change it, or not what it becomes.
    """
    stored_plan = Contribution.objects.filter(pk=contribution.pk).values_list("plan", flat=True).first()
    lock_plans(stored_plan, contribution.plan_id)
    stored = lock(contribution)
    if by is not None:
        by.require("funding.change_contribution", stored)
        by.require("funding.change_contribution", contribution)
    refuse_merged(stored)
    if seen_at is not None and stored.updated_at != seen_at:
        raise ValidationError(
            _("Somebody else saved %(code)s after you opened it: open it anew to see theirs.") % {"code": stored.code},
            code="changed_meanwhile",
        )
    if contribution.status != stored.status:
        raise ValidationError({"status": _("The status changes by a step of its own.")}, code="needs_step")
    contribution.review, contribution.duplicate_of = stored.review, stored.duplicate_of
    steps = steps_of(stored)
    warnings = judge(contribution)
    other = suspect(contribution)
    contribution.save()
    if steps[-1].amount_usd != contribution.amount_usd:
        steps[-1].amount_usd = contribution.amount_usd
        steps[-1].save(update_fields=["amount_usd"])
    if stored.plan_id != contribution.plan_id or stored.amount_usd != contribution.amount_usd:
        _judge_again(contribution)
    return Recorded(contribution=contribution, warnings=tuple(warnings), suspect_of=other)


@transaction.atomic
@credited
def remove_contribution(*, contribution: Contribution, by: Person | None = None) -> None:
    """Delete a contribution with its steps. What only waited because of it is looked at again.

    Raises: ValidationError where others are merged with it or pass on its money; PermissionDenied where ``by`` may not.
    """
    lock_plans(contribution.plan_id)
    row = lock(contribution)
    if by is not None:
        by.require("funding.delete_contribution", row)
    merged = row.duplicates.filter(review=Review.MERGED).first()
    if merged is not None:
        raise ValidationError(
            _("%(code)s is merged with it and would be lost: undo that first.") % {"code": merged}, code="has_merged"
        )
    child = row.children.first()
    if child is not None:
        raise ValidationError(
            _("%(code)s passes on money of it: change that first.") % {"code": child}, code="has_children"
        )
    waiting = list(row.duplicates.filter(review=Review.SUSPECTED))
    row.delete()
    for other in waiting:
        suspect(other)
        other.save(update_fields=["review", "duplicate_of", "updated_at"])


def _judge_again(contribution: Contribution) -> None:
    """Look again at those that waited because of a contribution which has changed."""
    for other in contribution.duplicates.filter(review=Review.SUSPECTED):
        if not pick_duplicates(other, [contribution]):
            suspect(other)
            other.save(update_fields=["review", "duplicate_of", "updated_at"])


def lock_plans(*plans: int | None) -> None:
    """Let nobody else record money for these plans until the transaction ends: two would not see each other."""
    known = sorted({pk for pk in plans if pk is not None})
    list(Plan.objects.select_for_update(no_key=True).filter(pk__in=known).order_by("pk").values_list("pk"))


def code_start(contribution: Contribution) -> str:
    """Return what the code of a contribution begins with, before its number."""
    if contribution.plan is not None:
        start = contribution.plan.code
    else:
        start = contribution.country.iso3 if contribution.country else "NO-PLAN"
    return f"{sub(r'-+$', '', start[:LONGEST_PREFIX])}-C"


def next_code(contribution: Contribution, facts: PlanFacts | None = None) -> str:
    """Return a code that no contribution has: that of its plan, and the next number.

    Queries: 2; 1 from the second one on where ``facts`` of the plan remember the number.
    """
    prefix = code_start(contribution)
    number = facts.last_number if facts is not None and facts.last_number else last_number(contribution, prefix)
    while True:
        number += 1
        code = f"{prefix}{number:04d}"
        if not Contribution.objects.filter(code=code).exists():  # one that was moved to another plan since
            break
    if facts is not None:
        facts.last_number = number
    return code


def last_number(contribution: Contribution, prefix: str) -> int:
    """Return the highest number in a code that was made for the plan; 0 where there is none. Queries: 1."""
    own = Contribution.objects.filter(plan=contribution.plan_id, country=contribution.country_id)
    numbered = own.filter(code__regex=rf"^{prefix}[0-9]+$").order_by(Length("code").desc(), "-code")
    newest = numbered.values_list("code", flat=True).first()
    return int(newest.removeprefix(prefix)) if newest else 0
