"""``manage.py import_fts``: files of OCHA's Financial Tracking Service, as HDX publishes them, into CRP."""

from __future__ import annotations

import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from crp.importing import values
from crp.importing.fts.context import Run
from crp.importing.fts.kinds import ORDER, Inspected
from crp.importing.fts.run import files_in, import_file, inspect_or_refuse
from crp.importing.lists import load_lists
from crp.importing.report import Outcome, Report
from plans.models import Country
from plans.sealing import seal_published


def read_day(text: str) -> date:
    """Return the day of an argument. Raises: ArgumentTypeError."""
    try:
        return values.read_date(text)
    except ValueError as error:
        raise ArgumentTypeError(str(error)) from None


class Command(BaseCommand):
    """Imports files, each in one transaction, and says what became of every row."""

    help = (
        "Import CSV files of OCHA's Financial Tracking Service (FTS): requirements and funding, by cluster, by global "
        "cluster, flows. What a file is, its columns tell. A second run changes nothing. Ends with status 1 where a "
        "file was refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "paths", nargs="+", type=Path, metavar="PATH", help="A CSV file, plain or gzip, or a folder."
        )
        parser.add_argument("--dry-run", action="store_true", help="Report what would change, and change nothing.")
        parser.add_argument(
            "--country", default="", metavar="ISO3", help="Only plans of this country, and money for it."
        )
        parser.add_argument(
            "--as-of",
            type=read_day,
            metavar="DATE",
            help="The day that the files speak of, such as 2026-04-30. Without it: the newest change among the flows "
            "of a file, and for other files the day of their first import.",
        )

    def handle(
        self,
        *args: Any,
        paths: list[Path],
        dry_run: bool,
        country: str,
        as_of: date | None,
        verbosity: int,
        **options: Any,
    ) -> None:
        run = Run(timezone.now(), as_of, country)
        if as_of is not None and as_of > run.today:
            raise CommandError(f"--as-of {as_of}: this day is still to come.")
        found = [inspect_or_refuse(path) for path in files_in(paths)]
        if not found:
            raise CommandError("No CSV file in there.")
        with transaction.atomic() if dry_run else nullcontext():
            if not Country.objects.exists():
                added = load_lists()
                self.stdout.write(
                    f"No countries here yet: the lists that come with CRP are loaded first ({added:,} rows)."
                )
            if country and not Country.objects.filter(iso3=country).exists():
                raise CommandError(f"--country {country}: CRP has no country with this ISO3 code.")
            reports = list(self._import(run, found, sys.stderr if verbosity else None))
            # Only now: several files of a run may add to one first revision. What a run that broke off left comes too.
            if not all(report.refused for report in reports):
                seal_published()
            if dry_run:
                transaction.set_rollback(True)
        self._sum_up(reports, dry_run=dry_run)

    def _import(self, run: Run, found: list[Inspected | Report], progress: TextIO | None) -> Iterator[Report]:
        """Show and yield the report of each file, first of those that were refused at once."""
        for report in (file for file in found if isinstance(file, Report)):
            self._show(report)
            yield report
        files = (file for file in found if isinstance(file, Inspected))
        for file in sorted(files, key=lambda file: ORDER.index(file.kind)):
            report = import_file(run, file, progress)
            self._show(report)
            yield report

    def _show(self, report: Report) -> None:
        for number, line in enumerate(report.text()):
            self.stdout.write(self.style.MIGRATE_HEADING(line) if number == 0 else line)

    def _sum_up(self, reports: list[Report], *, dry_run: bool) -> None:
        refused = sum(bool(report.refused) for report in reports)
        rows = {
            outcome: sum(report.of("rows", outcome) for report in reports)
            for outcome in (Outcome.READ, Outcome.SKIPPED)
        }
        changed = [
            f"{sum(report.total(outcome) - report.of('sources', outcome) for report in reports):,} {outcome}"
            for outcome in (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)
        ]
        files = len(reports) - refused
        self.stdout.write(
            f"{files} {'file' if files == 1 else 'files'}. Rows: {rows[Outcome.READ]:,} read, "
            f"{rows[Outcome.SKIPPED]:,} skipped. Of all that they tell: {', '.join(changed)}."
        )
        if dry_run:
            self.stdout.write("A dry run: nothing was changed.")
        if refused:
            raise CommandError(f"{refused} of {len(reports)} files refused.")
