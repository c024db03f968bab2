"""``manage.py import_workbook``: what was changed in a workbook into the draft it belongs to, all of it or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from crp.importing.tables import FileRefused
from crp.importing.workbook.entry import enter_workbook
from crp.importing.workbook.reading import read_workbook
from crp.importing.workbook.telling import tell_entry

from .export_workbook import find_revision


class Command(BaseCommand):
    """Shows what a workbook would change in a draft, and with ``--apply`` changes it."""

    help = (
        "Show what a workbook would change in the newest revision of its plan, or with --apply change it: all of it or "
        "nothing. Ends with status 1 where a cell or the file was refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("plan", metavar="PLAN", help="Code of the plan.")
        parser.add_argument("path", type=Path, metavar="PATH", help="The workbook.")
        parser.add_argument("--apply", action="store_true", help="Write the changes. Default: show them.")
        parser.add_argument("--by", default="", metavar="USER", help="In whose name. Default: nobody's.")

    def handle(self, *args: Any, plan: str, path: Path, apply: bool, by: str, **options: Any) -> None:
        user = get_user_model().objects.filter(username=by).first() if by else None
        if by and user is None:
            raise CommandError(f"--by: there is no user “{by}”.")
        revision = find_revision(plan, None)
        try:
            upload = read_workbook(path.read_bytes(), revision)
            entry = enter_workbook(
                upload.edits, revision, by=user, name=path.name, problems=upload.problems, dry_run=not apply
            )
        except OSError as error:
            raise CommandError(f"{path}: it can't be read: {error.strerror}.") from None
        except FileRefused as refusal:
            raise CommandError(f"{path.name}: REFUSED, nothing changed: {refusal}") from None
        except PermissionDenied as refusal:
            raise CommandError(f"Nothing changed: {refusal}") from None
        except ValidationError as refusal:
            raise CommandError(f"Nothing changed: {' '.join(refusal.messages)}") from None
        for line in tell_entry(entry, upload.notes):
            self.stdout.write(line)
        if entry.problems:
            raise CommandError("Nothing was applied: put the workbook right and run this again.")
        told = f"Applied to {revision}" if apply else f"Nothing was applied to {revision}: --apply does it"
        self.stdout.write(f"{told}. Rows that change: {len(entry.changes):,}.")
