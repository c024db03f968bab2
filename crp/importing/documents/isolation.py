"""Files that only a library can read are read in a process of their own, which may break or be stopped."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import crp

from .formats import Extract, Notice, NotRead

MOST_SECONDS = 20
CHILD = "crp.importing.documents.formats.child"
ROOT = Path(crp.__file__).resolve().parent.parent
PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT")
"""Of the environment: what Python needs to start. Passwords and keys stay here."""

logger = logging.getLogger(__name__)


def read_apart(format_name: str, content: bytes) -> Extract:
    """Return what a child process takes out of a file. Raises NotRead, also where it hangs, is killed or breaks."""
    command = [sys.executable, "-E", "-s", "-B", "-m", CHILD, format_name]
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 (a fixed command, without a shell)
            command,
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env=environment,
            timeout=MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotRead("too_slow", most=MOST_SECONDS) from None
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        logger.warning("Reading a file as %s ended with status %s", format_name, done.returncode)
        raise NotRead("broken") from None
    if "error" in answer:
        logger.warning("Reading a file as %s ended with %s", format_name, answer["error"])
    return _extract(answer)


def _extract(answer: dict[str, Any]) -> Extract:
    """Return what a child said. Raises NotRead where it refused the file."""
    if "refused" in answer:
        code, figures = answer["refused"]
        raise NotRead(code, **figures)
    return Extract(
        lines=answer["lines"],
        pages=answer["pages"],
        notices=[Notice(code, figures) for code, figures in answer["notices"]],
    )
