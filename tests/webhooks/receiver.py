"""A receiver on this machine, and endpoints that lead to it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from crp.webhooks.models import Endpoint
from crp.webhooks.services import begin_endpoint

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Request:
    """What came in."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def payload(self) -> dict[str, Any]:
        return json.loads(self.body)


Reply = tuple[int, bytes, dict[str, str]]
OK: Reply = (200, b"ok", {})


@dataclass
class Receiver:
    """Keeps what comes in, and answers what it is told to."""

    reply: Callable[[Request], Reply] = lambda _request: OK
    requests: list[Request] = field(default_factory=list)
    origin: str = ""

    @property
    def payloads(self) -> list[dict[str, Any]]:
        return [request.payload for request in self.requests]

    @property
    def types(self) -> list[str]:
        return [payload["type"] for payload in self.payloads]


@contextmanager
def receiving(certificate: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Receiver]:
    """Yield a receiver that listens, over TLS where it has a certificate."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.path, headers, body.decode())
            receiver.requests.append(request)
            code, answer, more = receiver.reply(request)
            self.send_response(code)
            for name, value in more.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        server.socket = certificate.wrap_socket(server.socket, server_side=True)
    receiver.origin = f"{'https' if certificate else 'http'}://{host}:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_endpoint(url: str = "https://hooks.example.org/crp", *, at: datetime = NOW, **fields: Any) -> Endpoint:
    """Return an endpoint that is told of everything from a time on."""
    endpoint = Endpoint(url=url, **fields)
    begin_endpoint(endpoint=endpoint, at=at)
    return endpoint
