"""A load generator: ``python -m tests.benchmarks.load`` reads a job as JSON and writes what it measured as JSON.

A process of its own, so that it takes no time from the server's interpreter; plain sockets that stay open, so that it
takes little of the machine's.
"""

from __future__ import annotations

import json
import socket
import sys
from dataclasses import asdict, dataclass, field
from itertools import count
from statistics import quantiles
from threading import Barrier, Thread
from time import perf_counter
from typing import Any

END_OF_HEAD = b"\r\n\r\n"
END_OF_CHUNKS = b"\r\n0\r\n\r\n"


@dataclass(frozen=True)
class Job:
    """What to ask, of whom, how many at once and for how long."""

    port: int
    paths: list[str]
    seconds: float
    clients: int = 1
    fewest: int = 3
    headers: dict[str, str] = field(default_factory=dict)
    host: str = "127.0.0.1"


@dataclass(frozen=True)
class Measured:
    """What came of it."""

    p50_ms: float
    p95_ms: float
    per_second: float
    requests: int
    bytes: int
    status: int


class Client:
    """One connection that stays open."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.socket: Any = None

    def ask(self, path: str) -> tuple[int, int]:
        """Return the status and the bytes of the body of an answer."""
        lines = [f"GET {path} HTTP/1.1", f"Host: {self.job.host}", *(f"{k}: {v}" for k, v in self.job.headers.items())]
        request = "\r\n".join([*lines, "", ""]).encode()
        for attempt in range(2):
            if self.socket is None:
                self.socket = socket.create_connection((self.job.host, self.job.port), timeout=120)
                self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                self.socket.sendall(request)
                return self._read()
            except (ConnectionError, EOFError):  # a server may close what has been open for long
                self.socket = None
                if attempt:
                    raise
        raise AssertionError

    def _read(self) -> tuple[int, int]:
        got = b""
        while END_OF_HEAD not in got:
            got += self._more()
        head, _, body = got.partition(END_OF_HEAD)
        status = int(head[9:12])
        small = head.lower()
        if b"transfer-encoding: chunked" in small:
            size, tail = len(body), body[-len(END_OF_CHUNKS) :]
            while not tail.endswith(END_OF_CHUNKS):
                more = self._more()
                size, tail = size + len(more), (tail + more)[-len(END_OF_CHUNKS) :]
        else:
            at = small.find(b"content-length: ")
            length = int(small[at + 16 :].partition(b"\r")[0]) if at >= 0 else 0
            size = len(body)
            while size < length:
                size += len(self._more())
        if b"connection: close" in small:
            self.socket.close()
            self.socket = None
        return status, size

    def _more(self) -> bytes:
        data = self.socket.recv(262_144)
        if not data:
            raise EOFError
        return data


def run(job: Job) -> Measured:
    """Ask until the time is over, and at least a few times."""
    times: list[list[float]] = [[] for _ in range(job.clients)]
    seen: list[tuple[int, int]] = []
    barrier = Barrier(job.clients + 1)

    def work(mine: list[float], first: int) -> None:
        client = Client(job)
        try:
            seen.append(client.ask(job.paths[first % len(job.paths)]))
        except BaseException:
            barrier.abort()
            raise
        barrier.wait()
        end = perf_counter() + job.seconds
        for number in count(first):
            start = perf_counter()
            if start >= end and len(mine) >= job.fewest:
                return
            client.ask(job.paths[number % len(job.paths)])
            mine.append(perf_counter() - start)

    threads = [Thread(target=work, args=(mine, number * 17), daemon=True) for number, mine in enumerate(times)]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = perf_counter()
    for thread in threads:
        thread.join()
    seconds = perf_counter() - start
    every = sorted(time * 1000 for mine in times for time in mine)
    cuts = quantiles(every, n=20, method="inclusive")
    status, size = seen[0]
    return Measured(cuts[9], cuts[18], len(every) / seconds, len(every), size, status)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(run(Job(**json.load(sys.stdin))))))
