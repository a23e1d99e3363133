"""A producer is not led into the network it stands in, whoever writes names and redirects."""

import gzip
import resource
import socket
from typing import Any
from zlib import compress

import pytest
from backports import zstd

from streams.producers.live.addresses import connector, is_public, written_out
from streams.producers.live.http import HttpOptions, open_session
from streams.producers.live.rss_fetch import fetch_feed
from streams.producers.live.source import SourceRefusedError, SourceUnavailableError
from tests.fakes.feeds import FeedServer, item, rss
from tests.fakes.listening import hear
from tests.fakes.polled import Trouble

BOMB_BYTES = 400 * 1024 * 1024
FEED_LIMIT_BYTES = 1024 * 1024


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3",  # noqa: S104
        "172.16.0.1", "192.168.1.1", "100.64.0.1",
        "169.254.169.254", "192.0.2.7", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1",
        "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::",
        "a name", "",
    ],
)  # fmt: skip
def test_what_is_no_address_of_the_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1", "::ffff:1.1.1.1"])
def test_what_is(address: str) -> None:
    assert is_public(address)


def test_only_addresses_that_were_written_out_are_taken_at_their_word() -> None:
    urls = ("http://127.0.0.1:8000/a", "https://[::1]/b", "http://localhost/c", "http://blog.lan/d")
    assert written_out(urls) == {
        ("127.0.0.1", 8000),
        ("::1", 443),
        ("127.0.0.1", 80),
        ("::1", 80),
    }


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f000001", "localhost"])
async def test_a_redirect_does_not_lead_to_a_service_next_door(host: str) -> None:
    async with FeedServer() as next_door, FeedServer() as server:
        next_door.put("/secret", rss([item(9)]))
        port = next_door.url.rpartition(":")[2]
        url = server.put("/feed", b"", status=302, Location=f"http://{host}:{port}/secret")
        with pytest.raises(SourceUnavailableError, match="private network"):
            await fetched(url)
        assert next_door.asked == []
        assert (await fetched(url, private_networks=True)) == next_door.documents["/secret"].body


@pytest.mark.parametrize("host", ["127.1", "2130706433"])
async def test_an_address_in_disguise_is_none(host: str) -> None:
    async with FeedServer() as server:
        port = server.url.rpartition(":")[2]
        with pytest.raises(SourceRefusedError, match="not a URL"):
            await fetched(f"http://{host}:{port}/feed")
        assert server.asked == []


async def test_a_name_that_is_made_to_point_here_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a name server answers is looked at when the socket is opened, not before."""
    asked = []

    def hostile(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    async with FeedServer() as server:
        server.put("/feed", rss([item(1)]))
        monkeypatch.setattr(socket, "getaddrinfo", hostile)
        url = f"http://feed.hostile.example:{server.url.rpartition(':')[2]}/feed"
        with pytest.raises(SourceUnavailableError, match="private network"):
            await fetched(url)
        assert (asked, server.asked) == (["feed.hostile.example"], [])
        assert await fetched(url, private_networks=True) is not None


@pytest.mark.parametrize(
    "where", ["file:///etc/passwd", "gopher://a/", "ftp://a/b", "//", "http://"]
)
async def test_a_redirect_leads_to_the_web_only(where: str) -> None:
    async with FeedServer() as server:
        url = server.put("/feed", b"", status=301, Location=where)
        with pytest.raises((SourceRefusedError, SourceUnavailableError)):
            await fetched(url)
        assert len(server.asked) <= 6


async def test_one_feed_that_leads_astray_does_not_stop_the_others() -> None:
    async with FeedServer() as next_door, FeedServer() as server:
        next_door.put("/secret", rss([item(9)]))
        server.put("/evil", b"", status=302, Location=f"{next_door.url}/secret")
        server.put("/feed", rss([item(1)]))
        heard = await hear(server.source("/evil", "/feed"), lambda it: it.empty > 2 and it.events)
        assert heard.ids == ["rss:https://blog.example/?p=1"]
        assert next_door.asked == []


@pytest.mark.parametrize("packing", ["gzip", "deflate", "zstd"])
async def test_a_bomb_is_let_go_before_it_has_unpacked(packing: str) -> None:
    whole = bytes(BOMB_BYTES)
    packed = {"gzip": gzip.compress, "deflate": compress, "zstd": zstd.compress}[packing](whole)
    del whole
    assert len(packed) < FEED_LIMIT_BYTES
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with FeedServer() as server:
        url = server.put("/feed", packed, Content_Encoding=packing)
        with pytest.raises(SourceRefusedError, match="more than 1048576 bytes"):
            await fetched(url)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak_kib
    assert grown < 64 * 1024


async def test_a_body_that_trickles_is_let_go_in_time() -> None:
    async with FeedServer() as server:
        server.put("/feed", rss([item(1)]))
        server.troubles.append(Trouble("hang"))
        with pytest.raises(SourceUnavailableError, match="does not answer in time"):
            await fetched(f"{server.url}/feed", total_sec=0.2)


async def fetched(
    url: str, *, private_networks: bool = False, total_sec: float = 20.0
) -> bytes | None:
    """What a feed's producer reads at an address that an operator has written."""
    options = HttpOptions(total_sec=None, max_response_bytes=FEED_LIMIT_BYTES)
    reachable = connector([url], private_networks=private_networks)
    async with open_session(options, reachable) as session:
        return (await fetch_feed(session, options, url, total_sec=total_sec)).body
