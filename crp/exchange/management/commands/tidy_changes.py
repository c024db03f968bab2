"""``manage.py tidy_changes``: keep the feed of changes short, every night."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from crp.exchange.changes.taking_up import begin_anew, catch_up, forget_before

DAYS = 400
"""A job that runs once a year finds what was deleted since."""


class Command(BaseCommand):
    """Takes up what was written, and forgets what was deleted long ago."""

    help = "Take up what was written since somebody read the feed of changes, and forget old deletions. For cron."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--days", type=int, default=DAYS, help=f"For how many days deletions are known; {DAYS} if not named."
        )
        parser.add_argument(
            "--restored",
            action="store_true",
            help="The database was put back from a copy: end every cursor, so that all clients begin again.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 1:
            raise CommandError("--days: expected 1 or more.")
        catch_up()
        if options["restored"]:
            self.stdout.write(f"The feed is another one now: {begin_anew()}.")
        number = forget_before(timezone.now() - timedelta(days=options["days"]))
        self.stdout.write(f"Deletions forgotten: {number:,}.")
