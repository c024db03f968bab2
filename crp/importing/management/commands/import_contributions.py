"""``manage.py import_contributions``: a filled-in workbook or CSV file into the ledger, all of it or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from crp.common.numbers import write_number
from crp.importing.ledger.entry import Entry, Outcome, enter
from crp.importing.ledger.reading import read_entries
from crp.importing.tables import FileRefused

MOST_SHOWN = 50


class Command(BaseCommand):
    """Records the contributions of a file, or says line by line why none of them was."""

    help = (
        "Record the contributions of a workbook (.xlsx) or a CSV file, all of them or none. A second run changes "
        "nothing. Ends with status 1 where a row or the file was refused. The columns are those of the template under "
        "“Bulk entry” in the admin."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, metavar="PATH", help="The file.")
        parser.add_argument("--dry-run", action="store_true", help="Report what would change, and change nothing.")
        parser.add_argument("--by", default="", metavar="USER", help="In whose name it is recorded. Default: nobody's.")

    def handle(self, *args: Any, path: Path, dry_run: bool, by: str, **options: Any) -> None:
        user = get_user_model().objects.filter(username=by).first() if by else None
        if by and user is None:
            raise CommandError(f"--by: there is no user “{by}”.")
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path}: it can't be read: {error.strerror}.") from None
        try:
            entry = enter(read_entries(content), by=user, name=path.name, dry_run=dry_run)
        except FileRefused as refusal:
            raise CommandError(f"{path.name}: REFUSED, nothing changed: {refusal}") from None
        self._tell(entry, path.name)
        if entry.problems:
            raise CommandError("Nothing was recorded: put the file right and run this again.")
        told = "Nothing was recorded: this was a dry run." if dry_run else f"Recorded: {entry.writes:,} rows."
        self.stdout.write(told)

    def _tell(self, entry: Entry, name: str) -> None:
        counts = ", ".join(f"{number:,} {outcome.value}" for outcome, number in entry.counts.items() if number)
        self.stdout.write(f"{name}: {counts or 'no rows'}")
        for note in entry.notes:
            self.stdout.write(f"  note: {note}")
        if not entry.problems:  # what some of the rows would do is no figure of anything
            self._tell_effect(entry)
        told = [row for row in entry.rows if row.outcome != Outcome.ERROR and row.messages]
        for row in told[:MOST_SHOWN]:
            self.stdout.write(f"  line {row.line}: {row.outcome.value}: {' '.join(row.messages)}")
        if len(told) > MOST_SHOWN:
            self.stdout.write(f"  {len(told) - MOST_SHOWN:,} more lines with something to tell")
        for problem in entry.problems:
            self.stdout.write(f"  {problem}")

    def _tell_effect(self, entry: Entry) -> None:
        if entry.new_usd is not None:
            self.stdout.write(f"  new: USD {write_number(entry.new_usd)}")
        for change in entry.changes[:MOST_SHOWN]:
            self.stdout.write(f"  {change.sentence}")
        if len(entry.changes) > MOST_SHOWN:
            self.stdout.write(f"  {len(entry.changes) - MOST_SHOWN:,} more plans")
