"""Which network a request comes from, for counting requests. No address is kept, shown or written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
IPV6_HOME = 64
"""How many bits name whom an IPv6 address was given to: the rest they choose themselves, a new one for each request."""
MOST_HOPS = 10
UNKNOWN = "unknown"


def read_networks(text: str) -> tuple[Network, ...]:
    """Return the networks that a list with commas names: ``10.0.0.0/8, ::1``. Raises: ValueError for what is none."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def network_of(meta: Mapping[str, Any], trusted: Sequence[Network]) -> str:
    """Return the network that a request comes from: an IPv4 address, or the first 64 bits of an IPv6 one.

    Who speaks to us is believed about whom it speaks for (``X-Forwarded-For``) where it is a proxy of ours; from
    anybody else the header could be made up. A Unix socket has no address: who speaks there is a proxy on this machine.
    :data:`UNKNOWN` where it does not say for whom.
    """
    return _network_of(meta.get("REMOTE_ADDR", ""), meta.get("HTTP_X_FORWARDED_FOR", ""), tuple(trusted))


@lru_cache(maxsize=2_000)
def _network_of(remote: str, forwarded: str, trusted: tuple[Network, ...]) -> str:
    address = read_address(remote)
    # The header grows to the right: the last entry was written by the proxy that speaks to us, the first by anybody.
    for hop in reversed(forwarded.split(",")[-MOST_HOPS:]):
        if address is not None and not any(address in network for network in trusted):
            break
        before = read_address(hop)
        if before is None:
            break
        address = before
    if address is None:
        return UNKNOWN
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), IPV6_HOME), strict=False))
    return str(address)


def read_address(text: str) -> Address | None:
    """Return the address that an entry names, with or without a port. None: it names none."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
