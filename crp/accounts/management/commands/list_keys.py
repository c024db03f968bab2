"""List API keys, or only those that run out soon: for cron, which sends on what is written."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crp.accounts.keys import WARNED_BEFORE, expiring, state_of
from crp.accounts.models import ApiKey


class Command(BaseCommand):
    """Tells of keys what their list in the admin tells."""

    help = (
        f"List API keys: beginning, state, last day, last use, user, name. --expiring lists those alone that run out "
        f"within {WARNED_BEFORE.days} days and are not replaced, and writes nothing where there are none."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--expiring", action="store_true", help="Only keys that run out soon; for cron.")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = expiring() if options["expiring"] else ApiKey.objects.select_related("user")
        for key in keys.prefetch_related("followers"):
            used = key.last_used_on.isoformat() if key.last_used_on else "never"
            self.stdout.write(
                f"{key.shown}  {state_of(key).value:<8}  until {key.expires_on.isoformat()}  last used {used:<10}  "
                f"{key.user.get_username()}  {key.name}"
            )
