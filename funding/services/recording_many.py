"""Recording many contributions at once: judged as one is, written together, all of them or none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib.admin.models import ADDITION
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from crp.common.history import bulk_create, done
from funding.models import Contribution, StatusChange
from plans.services.workflow import Person

from .duplicates import suspect
from .judging import judge
from .known import OnRecord, in_groups
from .problems import Problems, check_day, log_many
from .recording import Recorded, code_start, last_number, lock_plans
from .steps import first_step

RIGHT = "funding.add_contribution"


@dataclass(frozen=True, kw_only=True)
class ToRecord:
    """One contribution that is to be recorded. ``row``: by which number whoever sent it knows it."""

    row: int
    contribution: Contribution
    since_on: date | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Refusals:
    """Why rows can't be recorded: for each row by its number what is wrong, and which of them are for others."""

    by_row: dict[int, ValidationError]
    foreign: frozenset[int] = frozenset()
    """Rows that whoever sends them may not record."""


class RowsRefusedError(Exception):
    """Nothing was recorded; :class:`Refusals` say why."""

    def __init__(self, refusals: Refusals) -> None:
        super().__init__(f"{len(refusals.by_row)} rows can't be recorded.")
        self.refusals = refusals


@transaction.atomic
def record_many(
    rows: Sequence[ToRecord], *, by: Person | None = None, why: str = "", only_judge: bool = False
) -> list[Recorded]:
    """Save new contributions, each with its first step, and return in their order what came of each.

    Each is judged as :func:`funding.services.record_contribution` does, those before it included. ``why`` stands in
    the history of each. ``only_judge``: find out what is wrong, and write nothing.
    Raises: RowsRefusedError with everything that is wrong in any row. Queries: some 10, those of :class:`OnRecord`,
    and for each 500 rows one for each of contributions, steps, their history and the log.
    """
    lock_plans(*(row.contribution.plan_id for row in rows))
    known = OnRecord([row.contribution for row in rows])
    refused = _refuse_repeated(rows)
    foreign = _refuse_foreign(rows, by, refused)
    numbers = reserve_numbers(len(rows))
    recorded: list[Recorded] = []
    for row in rows:
        contribution = row.contribution
        try:
            warnings = _judge(row, known)
        except ValidationError as error:
            refused[row.row].merge(error)
            continue
        contribution.pk = next(numbers)
        other = suspect(contribution, known.pool(contribution).find_duplicates(contribution))
        known.add(contribution)
        recorded.append(Recorded(contribution=contribution, warnings=tuple(warnings), suspect_of=other))
    wrong = {number: problems for number, problems in refused.items() if problems.by_field}
    if wrong:
        errors = {number: ValidationError(problems.by_field) for number, problems in sorted(wrong.items())}
        raise RowsRefusedError(Refusals(by_row=errors, foreign=frozenset(foreign)))
    if only_judge:
        return recorded
    _give_codes([row.contribution for row in rows], known)
    _write(rows, by, why)
    return recorded


def _judge(row: ToRecord, known: OnRecord) -> list[str]:
    problems = Problems()
    check_day("since_on", row.since_on, problems)
    plan = row.contribution.plan
    warnings: list[str] = []
    try:
        warnings = judge(row.contribution, known.facts(plan) if plan else None, known)
    except ValidationError as error:
        problems.merge(error)
    problems.raise_if_any()
    return warnings


def _refuse_repeated(rows: Sequence[ToRecord]) -> defaultdict[int, Problems]:
    """Return, by row, that a code or an external identifier stands in a row before."""
    found: defaultdict[int, Problems] = defaultdict(Problems)
    codes: dict[str, int] = {}
    identifiers: dict[tuple[str, str], int] = {}
    for row in rows:
        own = row.contribution
        if own.code and codes.setdefault(own.code, row.row) != row.row:
            found[row.row].add("code", _("Row %(row)s has this code too.") % {"row": codes[own.code]}, "unique")
        key = (own.external_scheme, own.external_id)
        if own.external_id and identifiers.setdefault(key, row.row) != row.row:
            told = _("Row %(row)s has this external identifier too.") % {"row": identifiers[key]}
            found[row.row].add("external_id", told, "unique")
    return found


def _refuse_foreign(rows: Sequence[ToRecord], by: Person | None, found: defaultdict[int, Problems]) -> set[int]:
    """Note and return the rows that somebody may not record. Queries: some for each plan and country."""
    if by is None:
        return set()
    told: dict[tuple[int | None, int | None], str] = {}
    foreign = set()
    for row in rows:
        place = (row.contribution.plan_id, row.contribution.country_id)
        if place not in told:
            is_own = by.has_perm(RIGHT, row.contribution)
            told[place] = "" if is_own else by.explain_missing(RIGHT, row.contribution)
        if told[place]:
            foreign.add(row.row)
            found[row.row].add("country" if place[1] else "plan", told[place], "permission_denied")
    return foreign


def reserve_numbers(number: int) -> Iterator[int]:
    """Return primary keys that no other contribution has or gets, so that rows can name each other before they are
    written. Queries: 1. Call it inside the transaction that writes them.
    """
    table = Contribution._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # there is one writer, and this is it
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            last = (cursor.fetchone() or (0,))[0]
            return iter(range(last + 1, last + number + 1))
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, number])
        return iter([pk for (pk,) in cursor.fetchall()])


def _give_codes(contributions: Sequence[Contribution], known: OnRecord) -> None:
    """Give each without a code that of its plan and the next number. Queries: 2 for each plan and 500 rows."""
    given = {item.code for item in contributions if item.code}
    waiting: defaultdict[str, list[Contribution]] = defaultdict(list)
    for item in contributions:
        if not item.code:
            waiting[code_start(item)].append(item)
    for start, items in waiting.items():
        number = last_number(items[0], start)
        while items:
            codes = [f"{start}{number + place:04d}" for place in range(1, len(items) + 1)]
            number += len(items)
            for part in in_groups(codes):  # one that was moved to another plan since has its code still
                given.update(Contribution.objects.filter(code__in=part).values_list("code", flat=True))
            free = [code for code in codes if code not in given]
            for item, code in zip(items, free, strict=False):
                item.code = code
            items = items[len(free) :]  # noqa: PLW2901 (those whose number was taken)


def _write(rows: Sequence[ToRecord], by: Person | None, why: str) -> None:
    with done(by=by, why=why):
        contributions = bulk_create(Contribution, [row.contribution for row in rows])
        steps = [first_step(row.contribution, since_on=row.since_on, note=row.note, by=by) for row in rows]
        bulk_create(StatusChange, steps)
    log_many(((contribution, why) for contribution in contributions), by, ADDITION)
