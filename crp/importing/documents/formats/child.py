"""The process in which one file is read: ``python -m crp.importing.documents.formats.child pdf`` with it as input.

It holds nothing worth taking: no settings, no database, no name of the file. Before it looks at the file it gives up
the network, other programs, writing, and more memory and time than a plan needs. What it found is JSON on its output.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any

from . import Extract, Notice, NotRead

if sys.platform != "win32":  # which has no limits of this kind: the time limit of the parent is left
    import resource

FORMATS = {"html", "pdf", "docx"}
MOST_MEMORY_BYTES = 1_500_000_000
MOST_SECONDS = 20
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
REFUSED_EVENTS = (
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.startfile",
    "os.kill",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.link",
    "os.symlink",
    "os.truncate",
    "os.chmod",
    "os.chown",
    "os.utime",
    "os.putenv",
    "shutil.",
    "tempfile.",
    "pty.",
    "ftplib.",
    "http.",
    "smtplib.",
    "urllib.",
    "webbrowser.",
    "winreg.",
    "ctypes.",
)


def main() -> None:
    """Read the file on the input and write what it says to the output."""
    format_name = sys.argv[1]
    if format_name not in FORMATS:
        raise SystemExit(2)
    limit_resources()
    module = import_module(f"{__package__}.{format_name}")
    sys.addaudithook(refuse)
    content = sys.stdin.buffer.read()
    try:
        answer = told(module.read(content))
    except NotRead as refusal:
        answer = {"refused": _told_notice(refusal.notice)}
    except MemoryError:
        answer = {"refused": _told_notice(Notice("too_heavy"))}
    except Exception as error:  # noqa: BLE001 (a library broke on the file: that is the answer)
        answer = {"refused": _told_notice(Notice("broken")), "error": type(error).__name__}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()


def told(extract: Extract) -> dict[str, Any]:
    """Return what was taken out of a file, as JSON has it."""
    return {
        "lines": extract.lines,
        "pages": extract.pages,
        "notices": [_told_notice(notice) for notice in extract.notices],
    }


def limit_resources() -> None:
    """Give up memory, time and files, where the system can."""
    if sys.platform == "win32":
        return
    for limit, most in (
        (resource.RLIMIT_AS, MOST_MEMORY_BYTES),
        (resource.RLIMIT_CPU, MOST_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        _soft, hard = resource.getrlimit(limit)
        resource.setrlimit(limit, (most, most) if hard == resource.RLIM_INFINITY else (min(most, hard), hard))


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuse what reading a file never needs. Raises PermissionError."""
    if event.startswith(REFUSED_EVENTS):
        raise PermissionError(event)
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
        raise PermissionError(event)


def _told_notice(notice: Notice) -> list[Any]:
    return [notice.code, dict(notice.figures)]


if __name__ == "__main__":
    main()
