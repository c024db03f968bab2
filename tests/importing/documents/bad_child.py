"""Programs that stand in for the one that reads a file: ``python -m tests.importing.documents.bad_child hang``."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from crp.importing.documents.formats import Extract, child, html

TRIES: dict[str, Callable[[Path], object]] = {
    "network": lambda place: socket.create_connection(("127.0.0.1", 9), timeout=1),
    "name": lambda place: socket.getaddrinfo("localhost", 9),
    "program": lambda place: subprocess.run(["true"], check=False),
    "shell": lambda place: os.system("true"),  # noqa: S605 (it is refused)
    "file": lambda place: (place / "written").write_text("x"),
    "append": lambda place: (place / "kept").open("a"),
    "delete": lambda place: (place / "kept").unlink(),
    "folder": lambda place: (place / "made").mkdir(),
}


def main() -> None:
    """Behave as badly as the first argument says."""
    how = sys.argv[1]
    if how == "hang":
        time.sleep(60)
    elif how == "die":
        os.abort()
    elif how == "babble":
        sys.stdout.write("no JSON")
    else:
        html.read = try_everything  # the reader of a format, as if it had been taken over by a file
        sys.argv[1] = "html"
        child.main()


def try_everything(content: bytes) -> Extract:
    """Do in a folder what no reader may do; say what came of each, and of taking too much memory."""
    extract = Extract()
    for name, act in TRIES.items():
        try:
            act(Path(content.decode()))
        except PermissionError as refusal:
            extract.add(f"{name}: refused {refusal}")
        else:
            extract.add(f"{name}: done")
    if content.endswith(b"greedy"):
        extract.add(str(len(bytearray(child.MOST_MEMORY_BYTES))))
    return extract


if __name__ == "__main__":
    main()
