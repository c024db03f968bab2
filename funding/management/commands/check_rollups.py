"""``manage.py check_rollups``: are the sums that the database keeps what the rows behind them add to?"""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS, connections

from funding import summaries
from funding.models import Contribution
from funding.rollups.proof import differences
from plans.models import Plan

SHOWN = 50


def count(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 plan``, ``1,200 plans``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


class Command(BaseCommand):
    """Adds everything up again and compares; status 1 where anything differs."""

    help = "Add up every plan from its contributions and compare with the sums that the database keeps."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--database", default=DEFAULT_DB_ALIAS, help="Which database; the default one if not named."
        )
        parser.add_argument(
            "--rebuild", action="store_true", help="Make the triggers and all sums anew first, then compare."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        using = options["database"]
        connection = connections[using]
        if options["rebuild"]:
            summaries.TRIGGERS.install(connection)
            summaries.rebuild(connection)
            self.stdout.write("Triggers and sums were made anew.")
        elif not summaries.TRIGGERS.is_current(connection):
            raise CommandError("Triggers are missing or old: run migrate, or check_rollups --rebuild.")
        found = differences(using)
        shown = list(islice(found, SHOWN))
        for difference in shown:
            self.stdout.write(str(difference))
        number = len(shown) + sum(1 for _difference in found)
        plans = Plan.objects.using(using).count()
        contributions = Contribution.objects.using(using).count()
        told = f"{count(number, 'difference')} over {count(plans, 'plan')} and {count(contributions, 'contribution')}."
        if number:
            rest = f" The first {SHOWN} stand above." if number > SHOWN else ""
            raise CommandError(f"{told}{rest} check_rollups --rebuild makes the sums anew.")
        self.stdout.write(told)
