"""The steps of a contribution: pledged, committed, paid. Its status is always the newest of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from crp.common.history import credited
from crp.common.numbers import write_number
from funding.models import Contribution, StatusChange
from plans.services.workflow import Person

from .problems import Problems, check_day, log_decision

ORDER = (Contribution.Status.PLEDGE, Contribution.Status.COMMITMENT, Contribution.Status.PAID)


def place_of(status: str) -> int:
    """Return how far a status is on the way from announced to paid."""
    return ORDER.index(Contribution.Status(status))


def lock(contribution: Contribution, by: Person | None = None) -> Contribution:
    """Return a contribution as it is now, and nobody else's until the transaction ends.

    Raises: ValidationError where it is gone; PermissionDenied where ``by`` may not change it.
    """
    found = Contribution.objects.select_for_update(no_key=True, of=("self",)).filter(pk=contribution.pk).first()
    if found is None:
        raise ValidationError(_("%(code)s is not there any more.") % {"code": contribution.code}, code="gone")
    if by is not None:
        by.require("funding.change_contribution", found)
    return found


def first_step(
    contribution: Contribution, *, since_on: date | None = None, note: str = "", by: Person | None = None
) -> StatusChange:
    """Return the step, not saved, that a contribution starts with: its status, since its decision if not told."""
    return StatusChange(
        contribution=contribution,
        status=contribution.status,
        since_on=since_on or contribution.decision_on,
        amount_usd=contribution.amount_usd,
        note=note,
        recorded_by_id=by.pk if by else None,
    )


def steps_of(contribution: Contribution) -> list[StatusChange]:
    """Return the steps in their order. One is made for a contribution that was there before steps were kept."""
    steps = list(contribution.status_changes.order_by("pk"))
    if not steps:
        step = first_step(contribution)
        step.save()
        return [step]
    return steps


@transaction.atomic
@credited
def change_status(
    *,
    contribution: Contribution,
    status: str,
    since_on: date | None = None,
    amount_usd: Decimal | None = None,
    note: str = "",
    by: Person | None = None,
) -> StatusChange:
    """Take a contribution one step on, and return that step. ``amount_usd``: where it is another one from now on.

    Raises: ValidationError where it is not a step forward, where the day lies before that of the step before or has
    not come yet, and where the contribution is merged with another one.
    """
    row = lock(contribution, by)
    refuse_merged(row)
    check_step(row, steps_of(row), status, since_on, amount_usd).raise_if_any()
    reach(row, status, amount_usd)
    row.save(update_fields=["status", "amount_usd", "amount_basis", "updated_at"])
    step = StatusChange(
        contribution=row,
        status=status,
        since_on=since_on,
        amount_usd=row.amount_usd,
        note=note,
        recorded_by_id=by.pk if by else None,
    )
    step.full_clean(exclude=["contribution", "recorded_by"])
    step.save()
    log_decision(row, by, tell_step(step))
    return step


def check_step(
    row: Contribution,
    steps: Sequence[StatusChange],
    status: str,
    since_on: date | None,
    amount_usd: Decimal | None,
) -> Problems:
    """Return what is wrong with the next step of a contribution that has taken ``steps``."""
    problems = Problems()
    _check_forward(row, status, problems)
    check_day("since_on", since_on, problems)
    before = max((step.since_on for step in steps if step.since_on), default=None)
    if since_on is not None and before is not None and since_on < before and "since_on" not in problems.by_field:
        problems.add(
            "since_on",
            _("The step before was taken on %(day)s: expected that day or a later one.") % {"day": before.isoformat()},
        )
    _check_amount(row, amount_usd, problems)
    return problems


def reach(row: Contribution, status: str, amount_usd: Decimal | None) -> None:
    """Put a contribution, not saved, at a step, with the amount that it has from then on where that is another one."""
    if amount_usd is not None and amount_usd != row.amount_usd:
        row.amount_usd = amount_usd
        row.amount_basis = Contribution.AmountBasis.GIVEN
    row.status = status


def tell_step(step: StatusChange) -> str:
    """Return a step as the history of its contribution tells it."""
    return _("Step: %(status)s, USD %(amount)s. %(note)s") % {
        "status": step.get_status_display(),
        "amount": write_number(step.amount_usd),
        "note": step.note,
    }


@transaction.atomic
@credited
def take_back_step(*, contribution: Contribution, reason: str, by: Person | None = None) -> Contribution:
    """Undo the newest step of a contribution, recorded by mistake, and return the contribution as it was before.

    Raises: ValidationError without a reason, or where there is no step before.
    """
    row = lock(contribution, by)
    refuse_merged(row)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the step is taken back.")}, code="required")
    steps = steps_of(row)
    if len(steps) < 2:
        raise ValidationError(
            _("%(code)s has taken one step only: there is none to go back to.") % {"code": row.code}, code="first_step"
        )
    *_earlier, former, newest = steps
    newest.delete()
    row.status = former.status
    if row.amount_usd != former.amount_usd:
        row.amount_usd = former.amount_usd
        row.amount_basis = Contribution.AmountBasis.GIVEN
    row.save(update_fields=["status", "amount_usd", "amount_basis", "updated_at"])
    log_decision(
        row,
        by,
        _("Step taken back: %(status)s. Reason: %(reason)s")
        % {"status": newest.get_status_display(), "reason": reason},
    )
    return row


def refuse_merged(contribution: Contribution) -> None:
    """Raises: ValidationError where a contribution is merged with another one, which is the one to work on."""
    if contribution.review == Contribution.Review.MERGED:
        raise ValidationError(
            _("%(code)s is merged with %(other)s: change that one, or undo the merge first.")
            % {"code": contribution.code, "other": contribution.duplicate_of or "–"},
            code="merged",
        )


def _check_forward(row: Contribution, status: str, problems: Problems) -> None:
    if status not in Contribution.Status.values:
        problems.add(
            "status",
            _("“%(status)s” is no status: expected %(expected)s.")
            % {"status": status, "expected": ", ".join(Contribution.Status.values)},
        )
        return
    told = {"code": row.code, "now": row.get_status_display(), "new": Contribution.Status(status).label}
    if status == row.status:
        problems.add("status", _("%(code)s is at “%(now)s” already.") % told)
    elif place_of(status) < place_of(row.status):
        problems.add(
            "status",
            _(
                "%(code)s is at “%(now)s”, which lies after “%(new)s”. A step recorded by mistake can be taken back; "
                "money that was given back is a correction with a negative amount."
            )
            % told,
        )


def _check_amount(row: Contribution, amount_usd: Decimal | None, problems: Problems) -> None:
    if amount_usd is None:
        return
    if not amount_usd.is_finite():
        problems.add("amount_usd", _("Enter a number: digits only, no letters."))
    elif amount_usd == 0:
        problems.add("amount_usd", _("An amount of 0 gives nothing: leave the contribution out."))
    elif (amount_usd < 0) != (row.amount_usd < 0):
        problems.add("amount_usd", _("The two amounts contradict each other: one is negative, one is not."))
