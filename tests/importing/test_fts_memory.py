"""An import needs as much memory for a large file as for a small one."""

from __future__ import annotations

import gc
import tracemalloc
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from funding.models import Contribution

from .fts_files import flows, requirements, run

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def peak_of(path: Path) -> int:
    """Return the most bytes that Python holds at once while it reads and writes a file, undone at the end."""
    gc.collect()
    tracemalloc.start()
    try:
        call_command("import_fts", str(path), dry_run=True, stdout=StringIO(), verbosity=0, skip_checks=True)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def generated(path: Path, rows: int) -> Path:
    """Write flows in no order of their numbers, some of them broken, some twice."""
    numbers = (number * 7_919 % rows + 1 for number in range(rows))
    return flows(
        path,
        *(
            {
                "id": str(number - 1 if number % 50 == 0 else number),
                "amountUSD": "0" if number % 100 == 1 else str(1_000 + number),
                "destOrganization": f"Partner {number % 40}",
                "description": "Assistance in the north. " * 10,
            }
            for number in numbers
        ),
    )


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """The large file has four times the rows; what is held may be a fifth more, for the problems that are listed."""
    run(requirements(tmp_path / "plans.csv", {}), as_of=date(2024, 6, 30))
    small, large = generated(tmp_path / "small.csv", 400), generated(tmp_path / "large.csv", 1_600)
    peak_of(generated(tmp_path / "first.csv", 100))  # what is made once, such as prepared queries and compiled patterns
    of_small, of_large = peak_of(small), peak_of(large)
    assert not Contribution.objects.filter(external_scheme="fts").exists()
    assert of_large < of_small * 1.2, f"{of_small:,} and {of_large:,} bytes"
