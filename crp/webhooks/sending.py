"""One request to one receiver. Knows no database, so that threads can do it.

Made on the standard library, whose parts are all at hand: a socket to the number that was judged, TLS for the name,
no redirects, no proxies, and an end after which the socket is shut whatever it is waiting for. A receiver that sends
a byte now and then would hold any library that only limits the wait for each byte.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from time import monotonic

from django.utils.translation import gettext as _

from crp.webhooks.models import LONGEST_ANSWER
from crp.webhooks.targets import RefusedError, Target, read_target, resolve

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
MOST_NUMBERS = 3
AGENT = "CRP-Webhooks/1"
LONGEST_WAIT = 24 * 60 * 60


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came of an attempt."""

    code: int | None = None
    """None: there was no answer."""
    text: str = ""
    """The first 500 bytes of it, or why there is none."""
    retry_after_seconds: int = 0

    @property
    def is_delivered(self) -> bool:
        return self.code is not None and 200 <= self.code < 300

    @property
    def is_gone(self) -> bool:
        return self.code == http.HTTPStatus.GONE


def tls_context() -> ssl.SSLContext:
    """Return how certificates are checked: by the list of authorities of this machine."""
    return ssl.create_default_context()


def post(url: str, body: str, headers: Mapping[str, str], *, seconds: float = TOTAL_SECONDS) -> Answer:
    """Return what a receiver answers. Never raises: what fails is an answer without a code."""
    end = monotonic() + seconds
    try:
        target = read_target(url)
        numbers = resolve(target)
        return _ask(target, numbers, body, headers, end)
    except RefusedError as refusal:
        return Answer(text=str(refusal))
    except ssl.SSLCertVerificationError as error:
        return Answer(text=_("The certificate was refused: %(why)s") % {"why": error.verify_message})
    except (OSError, http.client.HTTPException, ValueError) as error:
        if monotonic() >= end or isinstance(error, TimeoutError):
            return Answer(text=_("There was no answer in time."))
        return Answer(text=_("There was no answer: %(why)s") % {"why": tell(error)})


def tell(error: Exception) -> str:
    """Return what went wrong without numbers of machines."""
    if isinstance(error, socket.gaierror):
        return _("the name is not known")
    if isinstance(error, ConnectionRefusedError):
        return _("the connection was refused")
    return type(error).__name__


def _ask(target: Target, numbers: Sequence[str], body: str, headers: Mapping[str, str], end: float) -> Answer:
    with _connected(target, numbers, end) as connection:
        sent = {
            "Host": target.header,
            "User-Agent": AGENT,
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        connection.request("POST", target.path, body.encode(), sent)
        response = connection.getresponse()
        if monotonic() >= end:  # its headers were cut off here, which looks like their end
            raise TimeoutError
        return Answer(
            code=response.status,
            text=_tidy(response.read(LONGEST_ANSWER)),
            retry_after_seconds=_wait(response.getheader("Retry-After", "")),
        )


@contextmanager
def _connected(target: Target, numbers: Sequence[str], end: float) -> Iterator[http.client.HTTPConnection]:
    """Yield a connection to one of the numbers, which ends when its time is over."""
    plain = _open(numbers, target.port, end)
    with plain, plain.dup() as guard, _ending(guard.shutdown, end):
        plain.settimeout(max(0.1, end - monotonic()))
        connection = http.client.HTTPConnection(target.host, target.port)
        if target.scheme == "https":
            with tls_context().wrap_socket(plain, server_hostname=target.host) as secured:
                connection.sock = secured
                yield connection
        else:
            connection.sock = plain
            yield connection


def _open(numbers: Sequence[str], port: int, end: float) -> socket.socket:
    problem: OSError = TimeoutError()
    for number in numbers[:MOST_NUMBERS]:
        left = end - monotonic()
        if left <= 0:
            break
        try:
            return socket.create_connection((number, port), timeout=min(CONNECT_SECONDS, left))
        except OSError as error:
            problem = error
    raise problem


@contextmanager
def _ending(shut: Callable[[int], None], end: float) -> Iterator[None]:
    """Shut a socket when its time is over: whoever reads from it gets an end, not a wait."""

    def stop() -> None:
        try:
            shut(socket.SHUT_RDWR)
        except OSError:  # the other side was first
            return

    timer = Timer(max(0.0, end - monotonic()), stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _tidy(raw: bytes) -> str:
    """Return text that any database and any page can hold."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", " ", raw.decode("utf-8", "replace"))[:LONGEST_ANSWER]


def _wait(value: str) -> int:
    """Return the seconds that a receiver asks to be left alone; days of HTTP are not read."""
    return min(int(value), LONGEST_WAIT) if value.isascii() and value.isdigit() and len(value) < 9 else 0
