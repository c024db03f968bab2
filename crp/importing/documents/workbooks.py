"""A workbook of CRP among the documents: it changes the draft that it was downloaded for, by the code of workbooks.

It is no document: what it says is compared with what it held at the download, cell by cell, and needs no reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils.translation import gettext as _

from crp.accounts.models import User
from crp.importing.tables import FileRefused
from crp.importing.workbook.entry import Entry, enter_workbook
from crp.importing.workbook.reading import origin_of, read_workbook
from crp.importing.workbook.telling import tell_entry
from plans.models import Plan, Revision

from .formats import NotRead, signs


@dataclass(frozen=True)
class WorkbookReport:
    """What became of a workbook, told as :class:`.report.FileReport` tells of a document."""

    name: str
    refused: str = ""
    revision: Revision | None = None
    entry: Entry | None = None
    notes: Sequence[str] = ()
    unsaved: Sequence[str] = ()
    is_dry_run: bool = False

    @property
    def is_read(self) -> bool:
        """Whether every cell could be used."""
        return not self.refused

    def as_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        told: dict[str, Any] = {"file": self.name, "refused": self.refused}
        if self.revision is None:
            return told
        told |= {"format": "workbook", "plan": self.revision.plan.code, "revision": self.revision.number}
        entry = self.entry
        return told | {
            "rows_changed": 0 if entry is None or entry.problems else len(entry.changes),
            "problems": [] if entry is None else [str(problem) for problem in entry.problems.kept],
            "notes": list(self.notes),
            "unsaved": list(self.unsaved),
        }

    def as_text(self) -> Iterator[str]:
        """Yield the report line by line."""
        if self.revision is not None:
            yield _("%(file)s: workbook of %(revision)s") % {"file": self.name, "revision": self.revision}
        if self.entry is not None:
            yield from tell_entry(self.entry, self.notes)
        if self.refused:
            yield _("%(file)s: REFUSED: %(why)s") % {"file": self.name, "why": self.refused}
        elif self.unsaved:
            yield _("Not saved:")
            yield from (f"  {message}" for message in self.unsaved)
        elif self.entry is not None:
            yield _("Rows that change: %(count)s.") % {"count": len(self.entry.changes)}

    def summary(self) -> tuple[str, str, str, str, str]:
        """Return file, plan, values, coverage and what became of it, for a table."""
        code = "" if self.revision is None else self.revision.plan.code
        changes = "" if self.entry is None else str(len(self.entry.changes))
        result = _("read") if self.is_dry_run else _("saved as a draft")
        if self.refused:
            result = _("refused")
        elif self.unsaved:
            result = _("read, not saved")
        return (self.name, code, changes, "", result)


def is_workbook(content: bytes) -> bool:
    """Tell whether a file is a workbook (.xlsx), by its content."""
    try:
        signs.format_of(content)
    except NotRead as refusal:
        return refusal.notice.code == "workbook"
    return False


def revision_of_workbook(content: bytes) -> Revision:
    """Return the open draft that a workbook goes to, of the plan that it was downloaded from.

    Raises FileRefused where it is none of CRP's, or there is no such plan or draft. Queries: 2.
    """
    origin = origin_of(content)
    plan = Plan.objects.filter(code=origin.plan_code).first()
    if plan is None:
        raise FileRefused(
            _("It is a workbook of the plan %(code)s, which CRP does not have: it changes a draft, and makes no plan.")
            % {"code": origin.plan_code}
        )
    draft = plan.revisions.open().select_related("plan").first()
    if draft is None:
        raise FileRefused(
            _("It is a workbook of %(code)s, which has no draft: start a revision first, then take the workbook.")
            % {"code": plan.code}
        )
    return draft


def import_workbook(
    name: str, content: bytes, *, plan_code: str = "", by: User | None, dry_run: bool = False
) -> WorkbookReport:
    """Write what was changed in a workbook into its draft, all of it or nothing, and return what became of it.

    ``plan_code``: which plan it has to be of, where somebody has said so. Raises FileRefused.
    """
    revision = revision_of_workbook(content)
    if plan_code not in ("", revision.plan.code):
        raise FileRefused(
            _("It is a workbook of %(found)s, not of %(expected)s.")
            % {"found": revision.plan.code, "expected": plan_code}
        )
    upload = read_workbook(content, revision)
    try:
        entry = enter_workbook(upload.edits, revision, by=by, name=name, problems=upload.problems, dry_run=dry_run)
    except (ValidationError, PermissionDenied) as error:
        why = error.messages if isinstance(error, ValidationError) else [str(error)]
        return WorkbookReport(name, revision=revision, notes=upload.notes, unsaved=why, is_dry_run=dry_run)
    refused = _("Cells of it can't be used, so nothing was applied.") if entry.problems else ""
    return WorkbookReport(name, refused=refused, revision=revision, entry=entry, notes=upload.notes, is_dry_run=dry_run)
