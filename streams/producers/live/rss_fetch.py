"""One conditional GET of a feed: redirects followed by hand, so that lasting ones are noticed."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

import aiohttp

from streams import clock
from streams.producers.live.http import (
    HttpOptions,
    network_errors,
    pause_asked,
    read_limited,
    refuse,
)
from streams.producers.live.source import SourceRefusedError

_MOST_REDIRECTS = 5
_LASTING = frozenset({301, 308})
_REDIRECTS = frozenset({302, 303, 307}) | _LASTING
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,9})", re.ASCII | re.IGNORECASE)
_ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"
_REMEDY = "check the feed's address in a browser"


class FeedGoneError(Exception):
    """The server says that the feed is gone for good."""


@dataclass(frozen=True, slots=True)
class FetchedFeed:
    """An answer; `body` is None if nothing has changed since."""

    body: bytes | None
    headers: Mapping[str, str]
    url: str  # where it was found
    moved_to: str | None  # where it lives from now on, if the server says so
    pause_sec: float  # how long the answer is fresh, by its own word; 0 if it says nothing


async def fetch_feed(
    session: aiohttp.ClientSession,
    options: HttpOptions,
    url: str,
    *,
    etag: str = "",
    modified: str = "",
    total_sec: float = 60.0,
) -> FetchedFeed:
    """The feed at `url` if it is other than `etag` and `modified` say.

    Raises FeedGoneError for 410, SourceUnavailableError for what may pass, SourceRefusedError for
    what a person should look at.
    """
    headers = {"Accept": _ACCEPT}
    if etag:
        headers["If-None-Match"] = etag
    if modified:
        headers["If-Modified-Since"] = modified
    what, here, lasting = shown_url(url), url, True
    with network_errors(what):
        async with asyncio.timeout(total_sec):
            for _ in range(_MOST_REDIRECTS + 1):
                async with session.get(here, headers=headers, allow_redirects=False) as response:
                    status = response.status
                    if status in _REDIRECTS and (where := response.headers.get("Location")):
                        here, lasting = _next(what, here, where), lasting and status in _LASTING
                        continue
                    if status == 410:
                        raise FeedGoneError(f"{what} is gone for good (410)")
                    if status not in (200, 304):
                        refuse(status, response.headers, what=what, remedy=_REMEDY)
                    body = None
                    if status == 200:
                        body = await read_limited(response, options.max_response_bytes, what=what)
                    return FetchedFeed(
                        body,
                        response.headers,
                        here,
                        here if lasting and here != url else None,
                        _fresh_sec(response.headers),
                    )
    raise SourceRefusedError(f"{what} redirects more than {_MOST_REDIRECTS} times; {_REMEDY}")


def _next(what: str, here: str, where: str) -> str:
    """Where a redirect leads; raises SourceRefusedError if that is no web address."""
    try:
        found = urljoin(here, where)
        parts = urlsplit(found)
    except ValueError as error:
        raise SourceRefusedError(f"{what} redirects to no address; {_REMEDY}") from error
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SourceRefusedError(f"{what} redirects to something that is no web page; {_REMEDY}")
    return found


def _fresh_sec(headers: Mapping[str, str]) -> float:
    found = _MAX_AGE.search(headers.get("Cache-Control", ""))
    asked = pause_asked(headers, clock.now()) if "Retry-After" in headers else None
    return max(float(found[1]) if found else 0.0, asked or 0.0)


def shown_url(url: str) -> str:
    """The address without what may be a key in its query or before its host."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
