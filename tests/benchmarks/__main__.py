"""``python -m tests.benchmarks --sizes S,M,L --on postgresql,sqlite``: what ``make bench`` runs."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests import postgres
from tests.benchmarks import databases, report
from tests.benchmarks.sizes import SIZES
from tests.shared import PROJECT

ROUNDS = 3
SECONDS = 0.4


def names(text: str, known: tuple[str, ...]) -> list[str]:
    """Return the names in a list with commas. Raises: argparse.ArgumentTypeError for one that is not known."""
    found = [name for name in text.replace(" ", ",").split(",") if name]
    if unknown := [name for name in found if name not in known]:
        raise argparse.ArgumentTypeError(f"{unknown[0]} is not one of {', '.join(known)}")
    return found


def main() -> None:
    """Build what is missing, measure, tell; write the figures into the documentation where asked to."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--sizes", type=lambda text: names(text, tuple(SIZES)), default=["S"])
    parser.add_argument("--on", type=lambda text: names(text, databases.VENDORS), default=list(databases.VENDORS))
    parser.add_argument("--seconds", type=float, default=SECONDS, help="for each item, each way, each round")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", action="store_true", help="put the figures into docs/performance.md")
    arguments = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, postgres.leave_tidily)
    results: dict[str, dict[str, Any]] = {}
    for vendor in arguments.on:
        with databases.server(vendor) as start:
            for size in arguments.sizes:
                url = databases.prepare(vendor, start, size)
                results.setdefault(vendor, {})[size] = measure(url, arguments.seconds, arguments.rounds)
                sys.stdout.write(report.text_of(vendor, size, results[vendor][size]))
                sys.stdout.flush()
    if arguments.write:
        report.write(results, datetime.now(UTC).date())


def measure(url: str, seconds: float, rounds: int) -> dict[str, Any]:
    """Return the figures of one database, measured by a process that knows no other."""
    with tempfile.NamedTemporaryFile() as file:
        command = [sys.executable, "-m", "tests.benchmarks.measure", str(seconds), str(rounds), file.name]
        # Requests are counted as ever, and never too many.
        settings = {"DATABASE_URL": url, "ALLOWED_HOSTS": "127.0.0.1,testserver", "API_LIMIT": "1000000"}
        environment = {**os.environ, **settings}
        subprocess.run(command, check=True, cwd=PROJECT, env=environment)
        return json.loads(Path(file.name).read_text())


if __name__ == "__main__":
    main()
