"""``python -m tests.benchmarks.build S``: fill the empty database at DATABASE_URL."""

from __future__ import annotations

import os
import sys
from time import perf_counter

import django


def main(size: str) -> None:
    """Build, telling on standard error how far it is."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crp.settings")
    django.setup()
    from tests.benchmarks.loading import build  # noqa: PLC0415 (models exist only now)
    from tests.benchmarks.sizes import SIZES  # noqa: PLC0415

    start = perf_counter()
    build(SIZES[size], lambda text: sys.stderr.write(f"\r{perf_counter() - start:6.0f} s  {text}          "))
    sys.stderr.write(f"\r{perf_counter() - start:6.0f} s  built{' ' * 40}\n")


if __name__ == "__main__":
    main(sys.argv[1])
