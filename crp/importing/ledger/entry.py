"""What a file of contributions does to the ledger: row by row, and all of it or nothing."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crp.common.figures import add_known
from crp.common.history import done
from crp.importing.report import Problem
from funding.admin.ledger_figures import Change, tell_uncounted, watch
from funding.models import Contribution
from funding.services import change_status, lock_plans, record_among_many
from funding.services.steps import place_of
from plans.services.workflow import Person

from .reading import Entries, Line
from .rows import COLUMN_OF, Names, Row, read_parent, read_row

GROUP = 500
NOT_COMPARED = {"status", "plan"}
RIGHTS = ("funding.add_contribution", "funding.change_contribution")


class Outcome(models.TextChoices):
    """What becomes of a row."""

    NEW = "new", gettext_lazy("New")
    SUSPECTED = "suspected", gettext_lazy("New, may be a duplicate")
    STEP = "step", gettext_lazy("Next step")
    UNCHANGED = "unchanged", gettext_lazy("Unchanged")
    ERROR = "error", gettext_lazy("Error")


@dataclass
class Entered:
    """One row and what became of it."""

    line: int
    outcome: Outcome
    contribution: Contribution | None = None
    messages: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


@dataclass
class Entry:
    """A whole file and what it does."""

    name: str = ""
    """Of the file."""
    rows: list[Entered] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many rows had each outcome."""
        found = Counter(row.outcome for row in self.rows)
        return {outcome: found[outcome] for outcome in Outcome}

    @property
    def writes(self) -> int:
        """How many rows change something."""
        return sum(row.outcome in {Outcome.NEW, Outcome.SUSPECTED, Outcome.STEP} for row in self.rows)

    @property
    def new_usd(self) -> Decimal | None:
        """What the new contributions add to. None: there is none."""
        new = (Outcome.NEW, Outcome.SUSPECTED)
        return add_known(row.contribution.amount_usd for row in self.rows if row.contribution and row.outcome in new)


@transaction.atomic
def enter(entries: Entries, *, by: Person | None = None, name: str = "", dry_run: bool = False) -> Entry:
    """Write the rows of a file, or nothing where one of them is wrong, and return what became of each.

    ``dry_run``: find out and write nothing. ``name`` of the file, for the history. Queries: some 5 for each row.
    """
    entry = Entry(name=name, problems=list(entries.problems), notes=list(entries.notes))
    names = Names()
    rows = [read_row(line, names) for line in entries.lines]
    _refuse_contradictions(rows)
    _refuse_foreign(rows, by)
    plans = {row.contribution.plan_id for row in rows}
    lock_plans(*plans)
    _none, entry.changes = watch(plans, lambda: _enter_rows(entry, entries.lines, rows, names, by))
    for row in entry.rows:
        entry.problems.extend(row.problems)
    entry.problems.sort(key=lambda problem: problem.line or 0)
    if dry_run or entry.problems:
        transaction.set_rollback(True)
    else:
        _log(entry, by, name)
    return entry


class OnRecord:
    """The contributions that rows name by identifier or code; of one that nobody has the database is not asked again.

    Queries: 2 for each 500 rows.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        self._identifiers: set[tuple[str, str]] = set()
        self._codes: set[str] = set()
        for start in range(0, len(rows), GROUP):
            part = [row.contribution for row in rows[start : start + GROUP]]
            by_id = Contribution.objects.filter(external_id__in=[item.external_id for item in part if item.external_id])
            self._identifiers.update(by_id.values_list("external_scheme", "external_id"))
            by_code = Contribution.objects.filter(code__in=[item.code for item in part if item.code])
            self._codes.update(by_code.values_list("code", flat=True))

    def add(self, contribution: Contribution) -> None:
        """Take in one that was recorded."""
        self._identifiers.add((contribution.external_scheme, contribution.external_id))
        self._codes.add(contribution.code)

    def find(self, row: Row) -> Contribution | None:
        """Return the contribution that has the identifier of a row, or else its code. Queries: 1 where one has."""
        scheme, number, code = row.contribution.external_scheme, row.contribution.external_id, row.contribution.code
        found = Contribution.objects.select_related("plan")
        if number and (scheme, number) in self._identifiers:
            return found.filter(external_scheme=scheme, external_id=number).first()
        return found.filter(code=code).first() if code and code in self._codes else None


class Twins:
    """Contributions without an identifier that were on record before, each to be met by one row at most."""

    def __init__(self, plans: Iterable[int | None]) -> None:
        known = Contribution.objects.filter(plan__in=[pk for pk in plans if pk], external_id="").order_by("pk")
        self._waiting: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for pk, *key in known.values_list("pk", "plan", "donor", "status", "decision_on"):
            self._waiting[tuple(key)].append(pk)

    def meet(self, row: Row) -> Contribution | None:
        """Return the one that says all that a row says. Queries: 1 where there may be one."""
        contribution = row.contribution
        key = (contribution.plan_id, contribution.donor_id, contribution.status, contribution.decision_on)
        waiting = self._waiting.get(key)
        if not waiting:
            return None
        money = {name: getattr(contribution, name) for name in ("amount_usd", "original_amount") if name in row.given}
        alike = Contribution.objects.select_related("plan").filter(pk__in=waiting, **money)
        twin = next((other for other in alike.order_by("pk") if not _differences(row, other)), None)
        if twin is not None:
            waiting.remove(twin.pk)
        return twin


def _enter_rows(entry: Entry, lines: Sequence[Line], rows: Sequence[Row], names: Names, by: Person | None) -> None:
    on_record, twins = OnRecord(rows), Twins({row.contribution.plan_id for row in rows})
    for line, row in zip(lines, rows, strict=True):
        read_parent(line, row)
        with done(by=by, why=f"Bulk entry: {entry.name}, line {line.number}"):
            entered = _fail(row) if row.problems else _enter_row(row, names, by, on_record, twins)
        entry.rows.append(entered)


def _fail(row: Row) -> Entered:
    return Entered(row.line, Outcome.ERROR, row.contribution, problems=row.problems)


def _refuse_contradictions(rows: Sequence[Row]) -> None:
    """Note, at both lines, an external identifier that stands there twice with two amounts."""
    seen: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.contribution.external_id:
            seen[row.contribution.external_scheme, row.contribution.external_id].append(row)
    for (_scheme, external_id), group in seen.items():
        for row in group:
            other = next((other for other in group if _amounts(other) != _amounts(row)), None)
            if other is not None:
                row.fail(
                    "external_id",
                    _("“%(id)s” stands on line %(line)s too, with another amount: one of the two is wrong.")
                    % {"id": external_id, "line": other.line},
                )


def _refuse_foreign(rows: Sequence[Row], by: Person | None) -> None:
    """Note each row of a plan of which this person may not record money. Queries: some for each plan."""
    if by is None:
        return
    refused: dict[int, str] = {}
    for plan in {row.contribution.plan for row in rows if row.contribution.plan}:
        missing = [name for name in RIGHTS if not by.has_perm(name, plan)]
        if missing:
            refused[plan.pk] = by.explain_missing(missing[0], plan)
    for row in rows:
        if row.contribution.plan_id in refused:
            row.fail("plan", refused[row.contribution.plan_id])


def _amounts(row: Row) -> tuple[Any, ...]:
    contribution = row.contribution
    return contribution.amount_usd, contribution.original_amount, contribution.original_currency


def _enter_row(row: Row, names: Names, by: Person | None, on_record: OnRecord, twins: Twins) -> Entered:
    existing = on_record.find(row) or (None if _is_named(row) else twins.meet(row))
    if existing is not None:
        return _compare(row, existing, by)
    plan: Any = row.contribution.plan
    try:
        recorded = record_among_many(
            contribution=row.contribution, facts=names.facts(plan), since_on=row.since_on, by=by
        )
    except ValidationError as error:
        _tell(row, error)
        return _fail(row)
    on_record.add(recorded.contribution)
    messages = [*filter(None, [tell_uncounted(recorded.contribution)]), *recorded.warnings]
    if recorded.suspect_of is None:
        return Entered(row.line, Outcome.NEW, recorded.contribution, messages)
    messages.append(_("May repeat %(code)s: does not count until decided.") % {"code": recorded.suspect_of})
    return Entered(row.line, Outcome.SUSPECTED, recorded.contribution, messages)


def _tell(row: Row, error: ValidationError) -> None:
    """Give each sentence its column."""
    by_field = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    for name, sentences in by_field.items():
        for sentence in sentences:
            row.fail(COLUMN_OF.get(name, ""), sentence)


def _is_named(row: Row) -> bool:
    """Return whether a row says which contribution it is."""
    return bool(row.contribution.external_id or row.contribution.code)


def _differences(row: Row, existing: Contribution) -> dict[str, str]:
    """Return what the file says otherwise than the record, a sentence by field."""
    told = {}
    if row.contribution.plan_id != existing.plan_id:
        told["plan"] = _say_difference(existing, "plan", existing.plan.code if existing.plan else None)
    for name in row.given:
        if name not in NOT_COMPARED and getattr(row.contribution, name) != getattr(existing, name):
            told[name] = _say_difference(existing, name, getattr(existing, name))
    return told


def _say_difference(existing: Contribution, name: str, value: Any) -> str:
    return _("%(code)s is on record with %(value)s: change it there, or correct the file.") % {
        "code": existing,
        "value": _("nothing here") if value in (None, "") else value,
    }


def _compare(row: Row, existing: Contribution, by: Person | None) -> Entered:
    """Take the step that a row tells of a contribution on record; anything else that differs is an error."""
    for name, sentence in _differences(row, existing).items():
        row.fail(COLUMN_OF.get(name, name), sentence)
    if row.problems:
        return _fail(row)
    told = {"code": existing, "now": existing.get_status_display(), "new": row.contribution.get_status_display()}
    if row.contribution.status == existing.status:
        return Entered(row.line, Outcome.UNCHANGED, existing, [_("%(code)s says the same.") % told])
    if place_of(row.contribution.status) < place_of(existing.status):
        return Entered(row.line, Outcome.UNCHANGED, existing, [_("%(code)s is further on already: “%(now)s”.") % told])
    try:
        change_status(contribution=existing, status=row.contribution.status, since_on=row.since_on, by=by)
    except ValidationError as error:
        _tell(row, error)
        return _fail(row)
    return Entered(row.line, Outcome.STEP, existing, [_("%(code)s: from “%(now)s” to “%(new)s”.") % told])


def _log(entry: Entry, by: Person | None, name: str) -> None:
    """Keep in the history of each new contribution which line of which file it comes from."""
    if by is None:
        return
    content_type = ContentType.objects.get_for_model(Contribution)
    LogEntry.objects.bulk_create(
        LogEntry(
            user_id=by.pk,
            content_type=content_type,
            object_id=str(row.contribution.pk),
            object_repr=str(row.contribution)[:200],
            action_flag=ADDITION,
            change_message=_("Bulk entry: %(file)s, line %(line)s.") % {"file": name, "line": row.line},
        )
        for row in entry.rows
        if row.contribution is not None and row.outcome in {Outcome.NEW, Outcome.SUSPECTED}
    )
