"""Where CRP sends, and where it never does: addresses of machines that are not public.

An address is judged twice. As it is written, when somebody saves it; and each time something is sent, by every number
that its name stands for at that moment. The connection is made to one of the numbers that were judged, so that a name
that changes in between leads nowhere else.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

Number = IPv4Address | IPv6Address

NOT_PUBLIC_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "arpa", "test",
                    "invalid", "onion")  # fmt: skip
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?", re.ASCII)
UNICAST = IPv6Network("2000::/3")
"""The only part of IPv6 that is given to public machines."""
NAT64 = IPv6Network("64:ff9b::/96")
REFUSED_4 = (IPv4Network("192.0.0.0/24"), IPv4Network("192.88.99.0/24"))
REFUSED_6 = (IPv6Network("3fff::/20"),)


class RefusedError(Exception):
    """CRP does not send there; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address, taken apart."""

    scheme: str
    host: str
    port: int
    path: str
    """With its query."""
    is_own: bool = False
    """Whether the settings name it: a receiver for development, which may be this machine."""

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def header(self) -> str:
        """What the header ``Host`` says."""
        usual = {"https": 443, "http": 80}[self.scheme]
        return self.host if self.port == usual else f"{self.host}:{self.port}"


def read_target(url: str) -> Target:
    """Return an address that may be sent to, as far as it can be told by looking at it. Raises: RefusedError."""
    if len(url) > 500 or not url.isascii() or re.search(r"[\x00-\x20\x7f\\]", url):
        raise RefusedError(_("Expected an address of ASCII characters without spaces; write names in Punycode."))
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RefusedError(_("This is no address that can be read.")) from error
    if parts.username is not None or parts.password is not None:
        raise RefusedError(_("Leave out the user and the password: what is sent is signed instead."))
    if parts.fragment or "#" in url:
        raise RefusedError(_("Leave out what follows #: it is never sent."))
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise RefusedError(_("Expected an address that begins with https:// and a name."))
    target = Target(
        scheme=parts.scheme,
        host=parts.hostname.rstrip(".").lower(),
        port=port if port is not None else (443 if parts.scheme == "https" else 80),
        path=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
    )
    if target.origin in settings.WEBHOOK_TEST_RECEIVERS:
        return Target(target.scheme, target.host, target.port, target.path, is_own=True)
    _judge(target)
    return target


def _judge(target: Target) -> None:
    if target.scheme != "https":
        raise RefusedError(_("Expected https://: what is sent over http:// can be read on its way."))
    if target.port != 443 and not 1024 <= target.port <= 65535:
        raise RefusedError(_("Expected port 443, or one from 1024 to 65535."))
    labels = target.host.split(".")
    # What ends in a number is one to every resolver: 127.1, 2130706433, 0x7f.1, 0177.0.0.1.
    if ":" in target.host or re.fullmatch(r"[0-9]+|0x[0-9a-f]*", labels[-1]):
        raise RefusedError(_("Expected a name, such as hooks.example.org, and not an address in numbers."))
    if len(target.host) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise RefusedError(_("“%(name)s” is no name of a machine.") % {"name": target.host})
    if len(labels) < 2 or labels[-1] in NOT_PUBLIC_NAMES:
        raise RefusedError(_("“%(name)s” is not a public name.") % {"name": target.host})


def is_public(number: Number) -> bool:
    """Return whether a number of a machine is one that everybody can reach.

    What carries another number inside (IPv4 in IPv6, 6to4, NAT64) is judged by both. An interface (``%eth0``) is local.
    """
    if isinstance(number, IPv4Address):
        return (
            number.is_global
            and not (number.is_multicast or number.is_reserved or number.is_unspecified or number.is_loopback)
            and not any(number in network for network in REFUSED_4)
        )
    if number.scope_id is not None:
        return False
    if number.ipv4_mapped is not None:
        return is_public(number.ipv4_mapped)
    if number in NAT64:
        return is_public(IPv4Address(int(number) & 0xFFFFFFFF))
    if number.sixtofour is not None:
        return is_public(number.sixtofour)
    return number in UNICAST and number.is_global and not any(number in network for network in REFUSED_6)


def resolve(target: Target) -> Sequence[str]:
    """Return the numbers that a name stands for now, all of them judged.

    One that is not public is enough to refuse: which of them is taken would be chance.
    Raises: RefusedError; OSError where it has none.
    """
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    numbers = list(dict.fromkeys(str(address[0]) for *_kind, address in found))
    if not target.is_own and not all(is_public(ip_address(number)) for number in numbers):
        # Which number it is, is not told: it would let somebody learn the names of an inner network.
        raise RefusedError(_("“%(name)s” leads to a machine that is not public.") % {"name": target.host})
    if not numbers:
        raise OSError("no address")
    return numbers
