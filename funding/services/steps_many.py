"""Taking many contributions a step on at once: checked as one is, written together, all of them or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.contrib.admin.models import CHANGE
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crp.common.history import bulk_create, done, record
from funding.models import Contribution, StatusChange
from plans.services.workflow import Person

from .known import in_groups
from .problems import Problems, log_many
from .recording_many import Refusals, RowsRefusedError
from .steps import check_step, first_step, reach, refuse_merged, tell_step

RIGHT = "funding.change_contribution"


@dataclass(frozen=True, kw_only=True)
class ToStep:
    """The next step of one contribution. ``row``: by which number whoever sent it knows it.

    ``seen_at``: when the contribution was last changed, as far as they know.
    """

    row: int
    pk: int
    seen_at: datetime
    status: str
    since_on: date | None = None
    amount_usd: Decimal | None = None
    note: str = ""


@transaction.atomic
def change_many_statuses(steps: Sequence[ToStep], *, by: Person | None = None, why: str = "") -> list[Contribution]:
    """Take contributions, each of them once, a step on, and return them in this order.

    Each is checked as :func:`funding.services.change_status` does. ``why`` stands in the history of each.
    Raises: RowsRefusedError with everything that is wrong in any row. Queries: some 10, and for each 500 rows one for
    each of contributions, steps, their history and the log; 1 for each that gets another amount.
    """
    rows = _lock(steps)
    taken = _steps_of(rows)
    wrong: dict[int, ValidationError] = {}
    foreign = set()
    for step in steps:
        row = rows.get(step.pk)
        if row is not None and by is not None and not by.has_perm(RIGHT, row):
            foreign.add(step.row)
            wrong[step.row] = _of("code", by.explain_missing(RIGHT, row))
            continue
        try:
            _check(step, row, taken.get(step.pk, []))
        except ValidationError as error:
            wrong[step.row] = error
    if wrong:
        raise RowsRefusedError(Refusals(by_row=wrong, foreign=frozenset(foreign)))
    with done(by=by, why=why):
        _write(steps, rows, taken, by)
    return [rows[step.pk] for step in steps]


def _lock(steps: Sequence[ToStep]) -> dict[int, Contribution]:
    """Return the contributions, nobody else's until the transaction ends; all lock them in one order."""
    found: dict[int, Contribution] = {}
    for part in in_groups(sorted(step.pk for step in steps)):
        locked = Contribution.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=part).order_by("pk")
        found.update({row.pk: row for row in locked.select_related("plan", "duplicate_of")})
    return found


def _steps_of(rows: Mapping[int, Contribution]) -> dict[int, list[StatusChange]]:
    taken: defaultdict[int, list[StatusChange]] = defaultdict(list)
    for part in in_groups(rows):
        for step in StatusChange.objects.filter(contribution__in=part).order_by("pk"):
            taken[step.contribution_id].append(step)
    return taken


def _check(step: ToStep, row: Contribution | None, taken: Sequence[StatusChange]) -> None:
    """Raises: ValidationError where the step can't be taken."""
    if row is None:
        raise _of("code", _("It is not there any more."))
    try:
        refuse_merged(row)
    except ValidationError as error:
        raise _of("code", " ".join(error.messages)) from error
    if row.updated_at != step.seen_at:
        told = _("%(code)s was changed at %(time)s: read it again, and change what it is now.")
        when = row.updated_at.isoformat().replace("+00:00", "Z")
        raise _of("updated_at", told % {"code": row.code, "time": when})
    check_step(row, taken or [first_step(row)], step.status, step.since_on, step.amount_usd).raise_if_any()
    problems = Problems()
    try:
        _made(step, row, None, step.amount_usd).full_clean(
            exclude=["contribution", "recorded_by"], validate_unique=False
        )
    except ValidationError as error:
        problems.merge(error)
    problems.raise_if_any()


def _write(
    steps: Sequence[ToStep],
    rows: Mapping[int, Contribution],
    taken: Mapping[int, Sequence[StatusChange]],
    by: Person | None,
) -> None:
    # A contribution that was there before steps were kept gets its first one now.
    bulk_create(StatusChange, [first_step(rows[step.pk]) for step in steps if not taken.get(step.pk)])
    now = timezone.now()
    by_status: defaultdict[str, list[int]] = defaultdict(list)
    for step in steps:
        row = rows[step.pk]
        before = row.amount_usd
        reach(row, step.status, step.amount_usd)
        row.updated_at = now
        by_status[row.status].append(row.pk)
        if row.amount_usd != before:
            Contribution.objects.filter(pk=row.pk).update(amount_usd=row.amount_usd, amount_basis=row.amount_basis)
    for status, numbers in by_status.items():
        for part in in_groups(numbers):
            Contribution.objects.filter(pk__in=part).update(status=status, updated_at=now)
    record(Contribution, [rows[step.pk] for step in steps], kind="~")
    made = [_made(step, rows[step.pk], by, rows[step.pk].amount_usd) for step in steps]
    bulk_create(StatusChange, made)
    log_many(((step.contribution, tell_step(step)) for step in made), by, CHANGE)


def _made(step: ToStep, row: Contribution, by: Person | None, amount_usd: Decimal | None) -> StatusChange:
    return StatusChange(
        contribution=row,
        status=step.status,
        since_on=step.since_on,
        amount_usd=row.amount_usd if amount_usd is None else amount_usd,
        note=step.note,
        recorded_by_id=by.pk if by else None,
    )


def _of(field: str, sentence: str) -> ValidationError:
    return ValidationError({field: [sentence]})
