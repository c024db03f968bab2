"""One request to a receiver on this machine: signed, over TLS for its name, ended in time, nothing followed."""

from __future__ import annotations

import hmac
import socket
import ssl
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import trustme

from crp.webhooks import sending, targets
from crp.webhooks.models import EndpointSecret
from crp.webhooks.sending import AGENT, LONGEST_WAIT, post
from crp.webhooks.signing import SecretLostError, new_secret, sign, write_secret
from tests.webhooks.receiver import Receiver, receiving

pytestmark = pytest.mark.once

KNOWN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""The secret of the example in the documentation of Standard Webhooks' libraries."""


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with receiving() as receiver:
        settings.WEBHOOK_TEST_RECEIVERS = frozenset([receiver.origin])
        yield receiver


def test_a_signature_that_others_computed() -> None:
    """The values of the test of the reference library."""
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = sign([KNOWN], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}')
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_two_secrets_give_two_signatures() -> None:
    other = "whsec_" + b64encode(b"o" * 32).decode()
    at = datetime.fromtimestamp(1614265330, UTC)
    first, second = sign([other, KNOWN], "msg_1", at, "{}")["webhook-signature"].split(" ")
    for secret, signature in ((other, first), (KNOWN, second)):
        mac = hmac.new(b64decode(secret.removeprefix("whsec_")), b"msg_1.1614265330.{}", "sha256")
        assert signature == f"v1,{b64encode(mac.digest()).decode()}"


def test_a_secret_needs_the_key_of_the_installation(settings: Any) -> None:
    row = EndpointSecret()
    secret = new_secret(row)
    assert len(b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret != new_secret(EndpointSecret())
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another-key"
    with pytest.raises(SecretLostError):
        write_secret(row)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert write_secret(row) == secret


def test_what_is_sent(receiver: Receiver) -> None:
    answer = post(f"{receiver.origin}/hook?a=1", '{"é":1}', {"webhook-id": "msg_1"})
    assert (answer.code, answer.text, answer.is_delivered) == (200, "ok", True)
    (request,) = receiver.requests
    assert (request.path, request.body) == ("/hook?a=1", '{"é":1}')
    sent = {
        "content-type": "application/json",
        "user-agent": AGENT,
        "webhook-id": "msg_1",
        "accept-encoding": "identity",
    }
    assert sent.items() <= request.headers.items()
    assert request.headers["host"] == receiver.origin.removeprefix("http://")
    assert not {"cookie", "authorization", "referer"} & request.headers.keys()


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.reply = lambda _request: (302, b"", {"Location": f"{receiver.origin}/other"})
    answer = post(f"{receiver.origin}/hook", "{}", {})
    assert (answer.code, answer.is_delivered, len(receiver.requests)) == (302, False, 1)


def test_of_a_long_answer_500_bytes_are_read(receiver: Receiver) -> None:
    receiver.reply = lambda _request: (500, b"\x00\x1b[31m" + b"x" * 2_000_000, {})
    answer = post(receiver.origin, "{}", {})
    assert answer.code == 500
    assert answer.text == "  [31m" + "x" * 494


@pytest.mark.parametrize(
    ("value", "expected"), [("120", 120), ("999999999", 0), ("99999999", LONGEST_WAIT), ("-1", 0), ("Fri, 31 Dec", 0)]
)
def test_how_long_a_receiver_asks_to_be_left_alone(value: str, expected: int, receiver: Receiver) -> None:
    receiver.reply = lambda _request: (503, b"", {"Retry-After": value})
    assert post(receiver.origin, "{}", {}).retry_after_seconds == expected


def test_nobody_listens(settings: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{free.getsockname()[1]}"
        settings.WEBHOOK_TEST_RECEIVERS = frozenset([origin])
        answer = post(origin, "{}", {})
    assert (answer.code, answer.text) == (None, "There was no answer: the connection was refused")


@contextmanager
def stubborn(behave: Callable[[socket.socket, Event], None]) -> Iterator[str]:
    """Yield the origin of a receiver that does with its connection what it likes."""
    over = Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _address = server.accept()
            with connection:
                behave(connection, over)

        thread = Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        over.set()
        thread.join(5)


def drip(connection: socket.socket, over: Event) -> None:
    """Send a byte now and then, so that no single wait is long."""
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not over.wait(0.02):
            connection.sendall(b"x")
    except OSError:
        return


def silent(_connection: socket.socket, over: Event) -> None:
    over.wait(20)


@pytest.mark.parametrize("behave", [drip, silent])
def test_who_takes_too_long_is_left(behave: Any, settings: Any) -> None:
    """Without its own end a drip would hold the thread for hours, however short each wait is."""
    with stubborn(behave) as origin:
        settings.WEBHOOK_TEST_RECEIVERS = frozenset([origin])
        answer = post(origin, "{}", {}, seconds=0.3)
    assert (answer.code, answer.text) == (None, "There was no answer in time.")


def nonsense(connection: socket.socket, _over: Event) -> None:
    connection.recv(1)
    connection.sendall(b"\x00\xff not HTTP at all\r\n\r\n" * 50)


def endless_headers(connection: socket.socket, _over: Event) -> None:
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-Many: header\r\n" * 5_000 + b"\r\n")
    except OSError:
        return


@pytest.mark.parametrize("behave", [nonsense, endless_headers])
def test_what_is_no_answer(behave: Any, settings: Any) -> None:
    with stubborn(behave) as origin:
        settings.WEBHOOK_TEST_RECEIVERS = frozenset([origin])
        answer = post(origin, "{}", {})
    assert answer.code is None
    assert answer.text.startswith("There was no answer: ")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.mark.parametrize(
    ("certified", "is_trusted", "code"),
    [("hooks.example.org", True, 200), ("other.example.org", True, None), ("hooks.example.org", False, None)],
)
def test_tls_is_for_the_name_and_the_connection_for_the_number(
    certified: str,
    is_trusted: bool,
    code: int | None,
    authority: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
) -> None:
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(certified).configure_cert(server)
    names: list[Any] = []
    server.sni_callback = lambda _socket, name, _context: names.append(name)
    if is_trusted:
        authority.configure_trust(client)
    monkeypatch.setattr(sending, "tls_context", lambda: client)

    def getaddrinfo(_host: str, port: int, *_arguments: Any, **_options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(targets.socket, "getaddrinfo", getaddrinfo)
    with receiving(server, host="hooks.example.org") as receiver:
        settings.WEBHOOK_TEST_RECEIVERS = frozenset([receiver.origin])
        answer = post(f"{receiver.origin}/x", "{}", {})
    assert answer.code == code
    assert names == ["hooks.example.org"]
    assert len(receiver.requests) == (code is not None)
    assert answer.text == "ok" if code else answer.text.startswith("The certificate was refused: ")


def test_certificates_are_checked_by_default() -> None:
    context = sending.tls_context()
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_only_one_module_speaks_to_others() -> None:
    """A second way out would have to be judged as this one is."""
    folder = Path(sending.__file__).parent
    speaking = {path.name for path in folder.rglob("*.py") if "http.client" in path.read_text()}
    assert speaking == {"sending.py"}
