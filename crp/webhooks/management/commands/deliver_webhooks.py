"""``manage.py deliver_webhooks``: tells other systems what happened; for cron each minute, or without end."""

from __future__ import annotations

import signal
from threading import Event
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from crp.webhooks.delivering import Run


class Command(BaseCommand):
    """Finds what happened and sends what is due."""

    help = (
        "Find what was published, recorded and crossed since the last run, and send what is due to the endpoints of "
        "webhooks. Safe to repeat and to run twice at a time. What fails is tried again by later runs, ten times in "
        "three days. For cron each minute, or with --loop as a service."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true", help="Go on until told to stop (SIGTERM, Ctrl-C).")
        parser.add_argument("--pause", type=float, default=5.0, help="Seconds between two looks, with --loop.")

    def handle(self, *args: Any, loop: bool, pause: float, **options: Any) -> None:
        run = Run()
        if loop:
            over = Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: over.set())
            outcome = run.forever(over.is_set, max(0.1, pause))
        else:
            outcome = run.once()
        self.stdout.write(
            f"Events found: {outcome.found:,}. Delivered: {outcome.delivered:,}. Failed: {outcome.failed:,}, "
            f"of these not tried again: {outcome.died:,}. Webhooks disabled: {outcome.disabled:,}."
        )
