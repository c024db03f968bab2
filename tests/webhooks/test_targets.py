"""Where CRP never sends: whatever is no public machine, however it is written or named."""

from __future__ import annotations

import socket
from ipaddress import ip_address
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from crp.settings import read_test_receivers
from crp.webhooks import sending, targets
from crp.webhooks.sending import post
from crp.webhooks.targets import RefusedError, Target, is_public, read_target, resolve

pytestmark = pytest.mark.once

PRIVATE = [
    "0.0.0.0",  # noqa: S104 (nothing listens)
    "0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:db8::1", "3fff::1",
    "5f00::1", "100::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "2606:4700::1111%eth0", "fec0::1",
    "ff02::1", "ff0e::1",
]  # fmt: skip
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "172.32.0.1",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2002:808:808::1",
]


@pytest.mark.parametrize("number", PRIVATE)
def test_a_number_that_is_not_public(number: str) -> None:
    assert not is_public(ip_address(number))


@pytest.mark.parametrize("number", PUBLIC)
def test_a_number_that_is_public(number: str) -> None:
    assert is_public(ip_address(number))


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example.org", "//hooks.example.org/", "ftp://hooks.example.org/", "file:///etc/passwd", "https://",
        "https:///path", "gopher://hooks.example.org/", "javascript:alert(1)",
        "http://hooks.example.org/",
        "https://user@hooks.example.org/", "https://user:password@hooks.example.org/", "https://@hooks.example.org/",
        "https://:x@hooks.example.org/",
        "https://hooks.example.org/#part", "https://hooks.example.org/#",
        "https://hooks.example.org/a b", "https://hooks.example.org/\r\nX-Evil: 1", "https://hooks.example.org\\@evil/",
        "https://hooks.example.org/\x00", "https://höoks.example.org/",
        "https://hooks.example.org/\N{FULLWIDTH SOLIDUS}",
        "https://hooks.example.org:80/", "https://hooks.example.org:22/", "https://hooks.example.org:0/",
        "https://hooks.example.org:65536/", "https://hooks.example.org:x/", "https://hooks.example.org:-1/",
        "https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://a.localhost/", "https://db.internal/",
        "https://printer.local/", "https://machine/", "https://router.lan/",
        "https://127.0.0.1/", "https://8.8.8.8/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
        "https://0x7f.1/", "https://0177.0.0.1/", "https://0x/", "https://1.2.3.4.5/", "https://a.0x1/",
        "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[2606:4700::1111]/", "https://[fe80::1%25eth0]/",
        "https://hooks..example.org/", "https://-a.example.org/", "https://a-.example.org/", "https://*.example.org/",
        "https://" + "a" * 64 + ".org/", "https://" + "a." * 127 + "org/", "https://hooks.example.org/" + "a" * 500,
    ],
)  # fmt: skip
def test_an_address_that_is_refused_as_it_is_written(url: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        read_target(url)
    assert str(refusal.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hooks.example.org", ("https", "hooks.example.org", 443, "/")),
        ("https://Hooks.Example.ORG./a/b?c=d&e", ("https", "hooks.example.org", 443, "/a/b?c=d&e")),
        ("https://xn--hks-1na.example.org:8443/x", ("https", "xn--hks-1na.example.org", 8443, "/x")),
        ("HTTPS://hooks.example.org:443/", ("https", "hooks.example.org", 443, "/")),
    ],
)
def test_an_address_that_may_be_sent_to(url: str, expected: tuple[str, str, int, str]) -> None:
    target = read_target(url)
    assert (target.scheme, target.host, target.port, target.path) == expected


def stands_for(*numbers: str) -> Any:
    """Return a resolver that knows one answer."""

    def getaddrinfo(host: str, port: int, **_options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers]

    return getaddrinfo


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Note what is connected to, and refuse it."""
    made: list[tuple[str, int]] = []

    def create_connection(address: tuple[str, int], timeout: float) -> socket.socket:
        made.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(sending.socket, "create_connection", create_connection)
    return made


@pytest.mark.parametrize("numbers", [("127.0.0.1",), ("8.8.8.8", "10.0.0.1"), ("::1",), ("169.254.169.254", "8.8.8.8")])
def test_a_name_that_leads_inside_is_refused_whatever_else_it_leads_to(
    numbers: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, connections: list[Any]
) -> None:
    monkeypatch.setattr(targets.socket, "getaddrinfo", stands_for(*numbers))
    answer = post("https://hooks.example.org/", "{}", {})
    assert answer.code is None
    assert answer.text == "“hooks.example.org” leads to a machine that is not public."
    assert connections == []


def test_a_name_that_changes_in_between_leads_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, connections: list[Any]
) -> None:
    """DNS rebinding: the name is asked once, and the connection is made to the number that was judged."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_options: Any) -> list[Any]:
        asked.append(host)
        number = "8.8.8.8" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port))]

    monkeypatch.setattr(targets.socket, "getaddrinfo", getaddrinfo)
    post("https://hooks.example.org:8443/", "{}", {})
    assert asked == ["hooks.example.org"]
    assert connections == [("8.8.8.8", 8443)]


def test_no_name_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_arguments: Any, **_options: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(targets.socket, "getaddrinfo", getaddrinfo)
    answer = post("https://hooks.example.org/", "{}", {})
    assert (answer.code, answer.text) == (None, "There was no answer: the name is not known")
    monkeypatch.setattr(targets.socket, "getaddrinfo", stands_for())
    with pytest.raises(OSError, match="no address"):
        resolve(Target("https", "hooks.example.org", 443, "/"))


def test_the_switch_for_development_allows_exactly_its_receiver(settings: Any) -> None:
    settings.WEBHOOK_TEST_RECEIVERS = frozenset(["http://127.0.0.1:9000"])
    assert read_target("http://127.0.0.1:9000/x").is_own
    for other in (
        "http://127.0.0.1:9001/x",
        "https://127.0.0.1:9000/x",
        "http://127.0.0.2:9000/",
        "http://localhost:9000/",
    ):
        with pytest.raises(RefusedError):
            read_target(other)


@pytest.mark.parametrize("value", ["127.0.0.1:9000", "http://127.0.0.1", "http://a:9/x", "*", "http://u@a:9000"])
def test_the_switch_refuses_what_is_no_origin(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_TEST_RECEIVERS", f"http://127.0.0.1:9000,{value}")
    with pytest.raises(ImproperlyConfigured, match="WEBHOOK_TEST_RECEIVERS"):
        read_test_receivers()
