"""Keeps a producer from being led into the network it stands in (SSRF).

Feeds, and what they redirect to, are written by others: a name may be made to point at
169.254.169.254, a redirect may lead to a database next door. So each address is looked at where a
socket is about to be opened: after the name was resolved, for redirects too, so that no answer of
a name server can be other when it counts.
"""

import errno
import ipaddress
import socket
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import aiohttp

WHY = "an address of a private network; --private-networks lets it through"
_PORTS = {"http": 80, "https": 443}
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # NAT64: an IPv4 address in its last bytes
_Place = tuple[str, int]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet at large."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip in _TRANSLATED:
            inner = ipaddress.IPv4Address(ip.packed[-4:])
        if inner is not None:
            ip = inner
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def written_out(urls: Iterable[str]) -> frozenset[_Place]:
    """Address and port of those URLs that name no host but an address, or localhost.

    Whoever wrote those meant them; what a name leads to is decided by others.
    """
    places: set[_Place] = set()
    for url in urls:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 0)
        if host == "localhost":
            places |= {("127.0.0.1", port), ("::1", port)}
            continue
        try:
            places.add((str(ipaddress.ip_address(host)), port))
        except ValueError:
            continue
    return frozenset(places)


def connector(urls: Iterable[str], *, private_networks: bool) -> aiohttp.TCPConnector:
    """A connector to public addresses and to those that `urls` write out; else to any."""
    factory = None if private_networks else _guarded(written_out(urls))
    return aiohttp.TCPConnector(socket_factory=factory)


def _guarded(allowed: frozenset[_Place]) -> Callable[[Any], socket.socket]:
    def opened(info: Any) -> socket.socket:
        family, kind, protocol, _, place = info
        if tuple(place[:2]) not in allowed and not is_public(place[0]):
            raise OSError(errno.EACCES, WHY)
        return socket.socket(family, kind, protocol)

    return opened
