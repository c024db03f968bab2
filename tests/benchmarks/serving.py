"""The server as it is deployed: gunicorn with the project's own configuration and two workers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.shared import PROJECT

START_SECONDS = 60
WORKERS = 2


@dataclass(frozen=True)
class Server:
    """A running gunicorn."""

    port: int
    pid: int

    def memory_mb(self, what: str = "VmRSS") -> float | None:
        """Return the memory of its workers together; ``VmHWM`` is the most they ever had. None: not Linux."""
        sizes = []
        for worker in workers_of(self.pid):
            status = Path(f"/proc/{worker}/status")
            lines = [line for line in status.read_text().splitlines() if line.startswith(f"{what}:")]
            sizes += [int(line.split()[1]) / 1024 for line in lines]
        return sum(sizes) if sizes else None

    def forget_peak(self) -> None:
        """Let ``VmHWM`` start again from what is used now."""
        for worker in workers_of(self.pid):
            Path(f"/proc/{worker}/clear_refs").write_text("5")


def workers_of(pid: int) -> list[int]:
    """Return the children of a process; none where the system does not tell."""
    file = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in file.read_text().split()] if file.exists() else []


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def serve(application: str, **environment: str) -> Iterator[Server]:
    """Run gunicorn on a free port until the block ends."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    command += ["--access-logfile", os.devnull, "--log-level", "error", application]
    settings = {"HOST": "127.0.0.1", "PORT": str(port), "WEB_CONCURRENCY": str(WORKERS), "ALLOWED_HOSTS": "127.0.0.1"}
    with subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **settings, **environment}) as running:
        try:
            _wait(port, running)
            yield Server(port, running.pid)
        finally:
            running.terminate()


def _wait(port: int, running: subprocess.Popen[bytes]) -> None:
    """Return when somebody answers. Raises: RuntimeError where nobody does."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=START_SECONDS) as probe:
                # gunicorn listens before its workers can answer; any answer will do, the cheaper the better
                probe.sendall(b"GET /api/v1/ HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
                if probe.recv(1):
                    return
        except OSError:
            pass
        if running.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("The server did not start.")
        time.sleep(0.05)
