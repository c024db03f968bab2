"""Which network a request is counted for, behind proxies and without them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crp.common.addresses import UNKNOWN, network_of, read_address, read_networks

HERE = "127.0.0.0/8, ::1, 10.0.0.0/8"


def network(remote: str, forwarded: str | None = None, trusted: str = HERE) -> str:
    meta = {"REMOTE_ADDR": remote} | ({} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded})
    return network_of(meta, read_networks(trusted))


@pytest.mark.parametrize(
    ("remote", "forwarded", "found"),
    [
        ("198.51.100.7", None, "198.51.100.7"),
        # Whoever is no proxy of ours may write what they like.
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9:51234", "203.0.113.9"),
        # Through two proxies; what stands left of the first stranger was made up by them.
        ("10.0.0.2", "192.0.2.1, 203.0.113.9, 10.0.0.1", "203.0.113.9"),
        ("10.0.0.2", "10.0.0.9, 10.0.0.1", "10.0.0.9"),
        ("10.0.0.2", "nonsense", "10.0.0.2"),
        ("10.0.0.2", "203.0.113.9, nonsense, 10.0.0.1", "10.0.0.1"),
        ("10.0.0.2", "", "10.0.0.2"),
        # An IPv6 line is one network of 64 bits, whatever the rest.
        ("2001:db8:1:2:aaaa::1", None, "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", None, "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", None, "2001:db8:1:3::/64"),
        ("::1", "[2001:db8:1:2::7]:443", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.7", None, "198.51.100.7"),
        ("fe80::1%eth0", None, "fe80::/64"),
        # A Unix socket has no address, and only a proxy on this machine speaks through it.
        ("", "203.0.113.9", "203.0.113.9"),
        ("", None, UNKNOWN),
    ],
)
def test_the_network_of_a_request(remote: str, forwarded: str | None, found: str) -> None:
    assert network(remote, forwarded) == found


def test_without_a_proxy_of_ours_nobody_is_believed() -> None:
    assert network("127.0.0.1", "203.0.113.9", trusted="") == "127.0.0.1"


def test_a_long_header_is_read_from_its_end() -> None:
    assert network("10.0.0.2", "203.0.113.9," * 5_000 + "198.51.100.7") == "198.51.100.7"
    assert network("10.0.0.2", "203.0.113.9" + ",10.0.0.1" * 500) == "10.0.0.1"


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_none(text: str) -> None:
    assert read_address(text) is None or network(text)
    assert network("10.0.0.2", text)


@pytest.mark.parametrize("text", ["10.0.0.1/8", "proxy.example.org", "10.0.0.0/33", "*"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_networks(text)
