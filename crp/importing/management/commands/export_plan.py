"""``manage.py export_plan``: a published revision as a table in CSV, which import_plan reads."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from crp.importing.documents.table_export import write_table
from plans.models import Plan, Revision


class Command(BaseCommand):
    """Writes the values of a revision one a line, each with how it follows from its source."""

    help = (
        "Write a published revision of a plan as CSV, one value a line; import_plan reads it, here or in another CRP. "
        "See docs/importing.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("plan", metavar="PLAN", help="Code of the plan.")
        parser.add_argument("--revision", type=int, metavar="N", help="Default: the one in force.")

    def handle(self, *args: Any, plan: str, revision: int | None, **options: Any) -> None:
        self.stdout.write(write_table(_published(plan.upper(), revision)), ending="")


def _published(code: str, number: int | None) -> Revision:
    """Return a revision that readers see. Raises CommandError."""
    plan = Plan.objects.filter(code=code).first()
    if plan is None:
        raise CommandError(f"There is no plan {code}.")
    public = plan.revisions.select_related("plan").filter(status__in=Revision.PUBLIC)
    found = (
        public.filter(status=Revision.Status.PUBLISHED) if number is None else public.filter(number=number)
    ).first()
    if found is None:
        which = "no published revision" if number is None else f"no published revision {number}"
        raise CommandError(f"{code} has {which}.")
    return found
