"""Reconcile plans with themselves, from the command line."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from funding.checks import Check, Verdict, check_revision
from plans.models import Revision

MARKS = {
    Verdict.OK: "ok",
    Verdict.NOTE: "note",
    Verdict.WARNING: "WARNING",
    Verdict.ERROR: "ERROR",
    Verdict.NOT_REPORTED: "-",
}


NAMES = {
    Verdict.OK: "agree",
    Verdict.NOTE: "notes",
    Verdict.WARNING: "warnings",
    Verdict.ERROR: "errors",
    Verdict.NOT_REPORTED: "not reported",
}


class Command(BaseCommand):
    """Runs every rule on every published revision, and on drafts where asked."""

    help = (
        "Check that plans agree with themselves: sums of frameworks, objectives, sectors and projects, shares, people, "
        "printed percentages, sources. Ends with status 1 where a check fails with an error."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("codes", nargs="*", metavar="PLAN", help="Codes of plans; all of them when not given.")
        parser.add_argument("--drafts", action="store_true", help="Check open drafts as well.")
        parser.add_argument("--quiet", action="store_true", help="Show only notes, warnings and errors.")

    def handle(self, *args: Any, codes: list[str], drafts: bool, quiet: bool, **options: Any) -> None:
        revisions = self._revisions(codes, drafts=drafts)
        counts = dict.fromkeys(Verdict, 0)
        for revision in revisions:
            self.stdout.write(self.style.MIGRATE_HEADING(f"{revision} ({revision.get_status_display()})"))
            for check in check_revision(revision):
                counts[check.verdict] += 1
                if not (quiet and check.verdict in {Verdict.OK, Verdict.NOT_REPORTED}):
                    self.stdout.write(f"  {MARKS[check.verdict]:<8}{check.title}: {check.sentence}{_gap(check)}")
        summary = ", ".join(f"{count} {NAMES[verdict]}" for verdict, count in counts.items() if count)
        self.stdout.write(f"{len(revisions)} revisions checked: {summary or 'nothing to check'}.")
        if counts[Verdict.ERROR]:
            raise CommandError(f"{counts[Verdict.ERROR]} checks failed.")

    def _revisions(self, codes: list[str], *, drafts: bool) -> list[Revision]:
        revisions = Revision.objects.in_force() | (Revision.objects.open() if drafts else Revision.objects.none())
        if codes:
            revisions = revisions.filter(plan__code__in=codes)
            missing = set(codes) - set(revisions.values_list("plan__code", flat=True))
            if missing:
                raise CommandError(f"No such plan with a revision to check: {', '.join(sorted(missing))}.")
        return list(revisions.select_related("plan").order_by("plan__code", "number"))


def _gap(check: Check) -> str:
    return f" (difference {check.difference:+,f})" if check.difference else ""
