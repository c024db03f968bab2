"""The one way by which a test reads what lies outside the project."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent


def shared_path(relative: str) -> Path:
    """Return a file or folder of the material that CRP is developed from; skip the test where it is not there.

    It lies in the folder ``shared`` beside the project, or where CRP_SHARED says. It does not ship with CRP, so a test
    that needs it checks something on top of what the others check.
    """
    folder = Path(os.environ.get("CRP_SHARED") or PROJECT.parent / "shared")
    path = folder / relative
    if not path.exists():
        pytest.skip(f"{relative} is not there: set CRP_SHARED to the folder that holds it")
    return path
