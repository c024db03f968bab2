"""``manage.py build_dumps``: writes the whole public dataset as files; for cron, once a night."""

from __future__ import annotations

import re
import signal
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from crp.exchange.dumps.building import build
from crp.exchange.dumps.tables import DumpError

KEEP = re.compile(r"(?P<days>[0-9]{1,4}),(?P<months>[0-9]{1,4})")


class Command(BaseCommand):
    """Makes a dump where anything has changed, and removes old ones by a rule."""

    help = (
        "Write everything that is published as CSV (zip), NDJSON (gz), SQLite and, where pyarrow is installed, "
        "Parquet, into a folder of its own in DUMPS_DIR, with checksums and a description. Writes nothing where "
        "nothing has changed since the last dump. Safe to repeat, to kill and to run beside writers: readers see whole "
        "dumps only. For cron, once a night."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--keep",
            default="7,12",
            metavar="DAYS,MONTHS",
            help="Which dumps stay: all of the last DAYS days, and the newest of each of the last MONTHS months; the "
            "newest of all always does. 7,12 when not given.",
        )
        parser.add_argument("--force", action="store_true", help="Make a dump although nothing has changed.")

    def handle(self, *args: Any, keep: str, force: bool, **options: Any) -> None:
        read = KEEP.fullmatch(keep)
        if read is None:
            raise CommandError(f"--keep {keep!r}: expected two whole numbers, days and months, such as 7,12.")
        before = signal.signal(signal.SIGTERM, _stop)
        try:
            outcome = build(
                timezone.now().replace(microsecond=0),
                days=int(read["days"]),
                months=int(read["months"]),
                force=force,
                say=self.stdout.write if options["verbosity"] > 1 else lambda line: None,
            )
        except (DumpError, OSError) as error:
            raise CommandError(f"No dump was made: {error}") from error
        finally:
            signal.signal(signal.SIGTERM, before)
        if outcome.made:
            self.stdout.write(f"Made {outcome.made}.")
        else:
            self.stdout.write(f"Nothing has changed since {outcome.last}: no dump was made.")
        if outcome.removed:
            self.stdout.write(f"Removed by the rule {keep}: {', '.join(outcome.removed)}.")


def _stop(number: int, frame: FrameType | None) -> None:
    """End as by Ctrl-C, so that what is half written is removed."""
    raise SystemExit(128 + number)
