"""``manage.py send_alerts``: tells subscribers what was published since; for cron, every few minutes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from crp.following.sending import send_alerts


class Command(BaseCommand):
    """Sends what is due, and deletes requests that nobody confirmed."""

    help = (
        "Tell subscribers by e-mail what was published and recorded since they were last told: at once, or once a "
        "week. Safe to repeat and to run twice at a time. Deletes requests not confirmed within 7 days. Ends with "
        "status 1 where an e-mail could not be sent; a later run tries again. For cron, every few minutes."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Count what would be sent; send and change nothing.")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        outcome = send_alerts(now=timezone.now(), dry_run=dry_run)
        word = "would be sent" if dry_run else "sent"
        self.stdout.write(
            f"E-mails {word}: {outcome.sent:,}. Nothing new for: {outcome.nothing_new:,}. "
            f"Unconfirmed requests deleted: {outcome.unconfirmed_deleted:,}."
        )
        if outcome.failed:
            raise CommandError(f"E-mails that could not be sent: {outcome.failed:,}. A later run tries them again.")
