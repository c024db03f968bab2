"""``manage.py export_workbook``: a revision as a workbook, as its page in the admin gives it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crp.importing.workbook.writing import write_workbook
from plans.models import Plan, Revision


def find_revision(code: str, number: int | None) -> Revision:
    """Return a revision of a plan; without a number its newest one. Raises: CommandError."""
    plan = Plan.objects.filter(code=code.upper()).first()
    if plan is None:
        raise CommandError(f"There is no plan {code}.")
    revisions = plan.revisions.select_related("plan").order_by("-number")
    found = revisions.first() if number is None else revisions.filter(number=number).first()
    if found is None:
        raise CommandError(f"{plan.code} has no revision{'' if number is None else f' {number}'}.")
    return found


class Command(BaseCommand):
    """Writes a revision's objectives, sectors, projects and amounts as one workbook."""

    help = "Write a revision of a plan as a workbook (.xlsx) to edit; import_workbook reads it back."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("plan", metavar="PLAN", help="Code of the plan.")
        parser.add_argument("path", type=Path, metavar="PATH", help="The file to write.")
        parser.add_argument("--revision", type=int, metavar="N", help="Default: the newest one.")

    def handle(self, *args: Any, plan: str, path: Path, revision: int | None, **options: Any) -> None:
        found = find_revision(plan, revision)
        try:
            path.write_bytes(write_workbook(found))
        except OSError as error:
            raise CommandError(f"{path}: it can't be written: {error.strerror}.") from None
        self.stdout.write(f"{path.name}: {found}")
