"""``manage.py verify_revisions``: is what was published still what it was when it was sealed?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from plans.models import Plan, Revision
from plans.sealing import Verified, seal_published, verify
from plans.sealing.triggers import SEALS


class Command(BaseCommand):
    """Seals every published revision again and compares; status 1 and the first broken one where any differs."""

    help = "Recompute the seal of every published revision and compare. Names the first one that does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("plans", nargs="*", metavar="PLAN", help="Codes of plans; all of them if none is named.")
        parser.add_argument(
            "--seal",
            action="store_true",
            help="First seal what is published and not sealed: after loaddata, or an import that was interrupted.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        revisions = Revision.objects.public().select_related("plan").order_by("plan__code", "number")
        codes = [code.upper() for code in options["plans"]]
        if codes:
            unknown = sorted(set(codes) - set(Plan.objects.filter(code__in=codes).values_list("code", flat=True)))
            if unknown:
                raise CommandError(f"No plan has the code {', '.join(unknown)}.")
            revisions = revisions.filter(plan__code__in=codes)
        missing = SEALS.missing(connection)
        if missing:
            raise CommandError(
                f"The database does not keep sealed revisions as they are: {len(missing)} triggers are missing or "
                f"switched off, {missing[0]} first. Run migrate, then this again."
            )
        if options["seal"]:
            self.stdout.write(f"Sealed now: {seal_published():,}.")
        checked = 0
        for found in verify(revisions.iterator()):
            if not found.holds:
                raise CommandError(self._explain(found, checked))
            checked += 1
        self.stdout.write(f"{checked:,} published revisions are what they were when they were sealed.")

    def _explain(self, found: Verified, checked: int) -> str:
        revision = found.revision
        name = f"{revision.plan.code} revision {revision.number}"
        if not revision.seal:
            return f"{name} is published and not sealed (verify_revisions --seal seals it); {checked:,} before it hold."
        return (
            f"{name} is not what was sealed: its seal is {revision.seal}, what it says now gives {found.expected}. "
            f"{checked:,} before it hold; those after it were not looked at."
        )
