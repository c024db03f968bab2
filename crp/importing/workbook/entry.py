"""What a workbook does to a draft: all of its changes, or none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from crp.common.history import done
from funding.checks import Check, check_revision
from funding.rollups import requested_of, sums_by_breakdown
from plans.admin.rows import tell_closed
from plans.models import Revision
from plans.services.workflow import Person

from .choices import Choices
from .comparing import RowChange, compare
from .problems import Problems
from .reading import Edit
from .rows import rows_of_workbook
from .saving import Saver


@dataclass(frozen=True)
class Totals:
    """What a revision asks for, and what the checks say of it."""

    requested_usd: Decimal | None
    sums: dict[str, Decimal]
    checks: list[Check]


@dataclass
class Entry:
    """A workbook and what it does. ``choices`` of before: they know the names of what is removed."""

    revision: Revision
    choices: Choices
    before: Totals
    changes: list[RowChange] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)
    after: Totals | None = None
    """None: something is wrong, so that nothing would be written."""

    @property
    def replaced(self) -> list[RowChange]:
        """What would be written over something that somebody else wrote since the download."""
        return [change for change in self.changes if change.replaces]


@transaction.atomic
def enter_workbook(
    edits: Sequence[Edit],
    revision: Revision,
    *,
    by: Person | None = None,
    name: str = "",
    problems: Problems | None = None,
    dry_run: bool = False,
) -> Entry:
    """Write the edits of a workbook into a draft, or nothing where one of them is wrong; return what they do.

    ``problems`` found while it was read. ``name`` of the file, for the history. ``dry_run``: write nothing.
    Raises: ValidationError where the revision can't be edited any more, PermissionDenied where ``by`` may not edit it.
    Queries: some 10 for each row that changes, and those of the checks twice.
    """
    revision = Revision.objects.select_for_update(no_key=True).get(pk=revision.pk)
    if by is not None:
        by.require("plans.change_revision", revision)
    if not revision.is_editable:
        raise ValidationError(tell_closed(revision), code="closed")
    choices = Choices(revision)
    current = rows_of_workbook(revision, choices)
    entry = Entry(revision, choices, totals_of(revision), problems=problems or Problems())
    entry.changes = compare(edits, current, entry.problems)
    with done(by=by, why=f"Workbook: {name}"):
        Saver(revision, choices, entry.problems).save(entry.changes)
    if not entry.problems:
        entry.after = totals_of(revision)
    if dry_run or entry.problems:
        transaction.set_rollback(True)
    return entry


def totals_of(revision: Revision) -> Totals:
    """Return what a revision asks for as it is now. Queries: those of the checks, and 2."""
    return Totals(requested_of(revision), sums_by_breakdown(revision), check_revision(revision))
