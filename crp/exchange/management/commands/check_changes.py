"""``manage.py check_changes``: does the feed of changes tell of exactly what the lists hold?"""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from crp.exchange.changes.proof import differences
from crp.exchange.changes.taking_up import announce_all, catch_up
from crp.exchange.changes.triggers import NOTES
from crp.exchange.models import Change

SHOWN = 50


class Command(BaseCommand):
    """Compares the feed with the lists; status 1 where anything differs."""

    help = "Take up what was written, then compare the feed of changes with the lists that it tells of."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--announce",
            action="store_true",
            help="Make the triggers anew and announce every published object again first: after a load without them.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["announce"]:
            NOTES.install(connection)
            self.stdout.write(f"Triggers were made anew, and {announce_all():,} objects announced.")
        elif lacking := NOTES.missing(connection):
            raise CommandError(f"Triggers are missing ({', '.join(lacking)}): run check_changes --announce.")
        state = catch_up()
        if state.is_behind:
            raise CommandError("Somebody is writing: the feed could not catch up. Try again.")
        found = differences()
        shown = list(islice(found, SHOWN))
        for difference in shown:
            self.stdout.write(difference)
        number = len(shown) + sum(1 for _difference in found)
        there = Change.objects.filter(is_deleted=False).count()
        gone = Change.objects.filter(is_deleted=True).count()
        told = (
            f"{number:,} differences over {there:,} objects and {gone:,} deleted ones, up to position {state.head:,}."
        )
        if number:
            raise CommandError(f"{told} check_changes --announce tells all clients of everything again.")
        self.stdout.write(told)
