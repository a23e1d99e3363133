"""What is asked of a Mastodon server: timelines page by page, streams, and where it streams."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

import aiohttp
import msgspec

from streams import clock
from streams.errors import InputError
from streams.producers.live.http import (
    Fetched,
    HttpOptions,
    get,
    network_errors,
    pause_asked,
    refuse,
)
from streams.producers.live.source import SourceRefusedError, SourceUnavailableError

log = logging.getLogger(__name__)

PAGE_STATUSES = 40  # the most a server gives
KEY_REMEDY = (
    "register an application on the instance (Preferences, Development, scope read) "
    "and set ESCUCHA_MASTODON_TOKEN to its access token"
)
_NO_STREAM = frozenset({400, 401, 403, 404, 405, 410, 422, 501})
_SNOWFLAKE_FROM = 10**15  # smaller ids count up and hold no time


@dataclass(frozen=True)
class StreamName:
    """One stream: all public posts, those of the instance itself, those of others, or a tag's."""

    text: str  # as a user writes it; also its name in the cursor
    tag: str = ""
    where: str = ""  # "", "local" or "remote"

    @classmethod
    def parse(cls, text: str) -> "StreamName":
        """public, public:local, public:remote, hashtag:TAG or hashtag:local:TAG; InputError."""
        head, _, rest = text.strip().partition(":")
        if head == "public" and rest in ("", "local", "remote"):
            return cls(text.strip(), where=rest)
        if head == "hashtag" and rest:
            where = "local" if rest.startswith("local:") else ""
            tag = rest.removeprefix("local:").removeprefix("#")
            if tag and not any(it.isspace() or it in "#/?&:" for it in tag):
                return cls(f"hashtag:{where and 'local:'}{tag}", tag=tag, where=where)
        raise InputError(
            f"--stream {text!r}: write public, public:local, public:remote, hashtag:WORD "
            "or hashtag:local:WORD"
        )

    @property
    def timeline(self) -> tuple[str, dict[str, str]]:
        """Path and parameters of the timeline."""
        path = f"/api/v1/timelines/tag/{quote(self.tag, safe='')}" if self.tag else ""
        return path or "/api/v1/timelines/public", {self.where: "true"} if self.where else {}

    @property
    def stream(self) -> tuple[str, dict[str, str]]:
        """Path and parameters of the stream."""
        where = f"/{self.where}" if self.where else ""
        if self.tag:
            return f"/api/v1/streaming/hashtag{where}", {"tag": self.tag}
        return f"/api/v1/streaming/public{where}", {}


@dataclass(frozen=True)
class Page:
    """A page of a timeline, newest first as the server has it."""

    statuses: list[msgspec.Raw]
    newer_than: str | None  # where the next newer page begins, if the server says so
    pause_sec: float  # what a spent rate limit asks for before the next page


class NoStreamError(Exception):
    """The server does not stream this to us; its timelines may still be read."""


@dataclass(frozen=True)
class MastodonApi:
    """One server, over one session that carries the key."""

    session: aiohttp.ClientSession
    options: HttpOptions
    instance: str
    has_token: bool
    request_sec: float

    async def page(self, stream: StreamName, *, limit: int, min_id: str | None = None) -> Page:
        """The page next newer than `min_id`, or the newest; raises as `http.get` does."""
        path, params = stream.timeline
        params = {**params, "limit": str(limit), **({"min_id": min_id} if min_id else {})}
        fetched = await self._get(f"{self.instance}{path}", params, f"timeline {stream.text}")
        try:
            statuses = msgspec.json.decode(fetched.body, type=list[msgspec.Raw])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise SourceUnavailableError(
                f"{self.instance}: timeline {stream.text} is no list in JSON ({error})"
            ) from error
        pause_sec = pause_asked(fetched.headers, clock.now()) or 0.0
        return Page(statuses, _newer_than(fetched.headers), pause_sec)

    async def streaming_base(self) -> str:
        """Where the server says that it streams, else the instance itself."""
        for path, way in (
            ("/api/v2/instance", ("configuration", "urls", "streaming")),
            ("/api/v1/instance", ("urls", "streaming_api")),
        ):
            try:
                fetched = await self._get(f"{self.instance}{path}", {}, "instance")
                found = msgspec.json.decode(fetched.body)
            except (SourceRefusedError, msgspec.DecodeError, UnicodeDecodeError):
                continue  # an older server, or a fork
            for key in way:
                found = found.get(key) if isinstance(found, dict) else None
            if isinstance(found, str) and (base := self._streaming_address(found)):
                return base
        return self.instance

    @asynccontextmanager
    async def open_stream(
        self, base: str, stream: StreamName
    ) -> AsyncIterator[aiohttp.StreamReader]:
        """The bytes of a stream that has begun.

        Raises NoStreamError if it is not to be had, SourceRefusedError for a wrong key,
        SourceUnavailableError for anything that may pass.
        """
        path, params = stream.stream
        what = f"{self.instance}: stream {stream.text}"
        with network_errors(what):
            async with self.session.get(
                f"{base}{path}", params=params, headers={"Accept": "text/event-stream"}
            ) as response:
                if response.status == 401 and self.has_token:
                    refuse(401, response.headers, what=what, remedy=KEY_REMEDY)
                if response.status in _NO_STREAM:
                    raise NoStreamError(f"{what} is not given ({response.status})")
                if response.status != 200:
                    refuse(response.status, response.headers, what=what, remedy=KEY_REMEDY)
                if response.content_type != "text/event-stream":
                    raise NoStreamError(f"{what} is {response.content_type}, no event stream")
                yield response.content

    async def _get(self, url: str, params: Mapping[str, str], what: str) -> Fetched:
        what = f"{self.instance}: {what}"
        with network_errors(what):
            async with asyncio.timeout(self.request_sec):
                return await get(
                    self.session,
                    url,
                    what=what,
                    remedy=KEY_REMEDY,
                    options=self.options,
                    params=params,
                    accept=frozenset({200}),
                )

    def _streaming_address(self, found: str) -> str:
        """The http(s) address of a websocket's; empty if a key would travel in the clear."""
        parts = urlsplit(found)
        scheme = {"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme)
        if scheme not in ("http", "https") or not parts.netloc:
            return ""
        if scheme == "http" and self.instance.startswith("https:"):
            log.warning("%s streams without encryption at %s: not used", self.instance, found)
            return ""
        return f"{scheme}://{parts.netloc}"


def _newer_than(headers: Mapping[str, str]) -> str | None:
    """`min_id` of the Link header's rel="prev"; nothing else of that address is believed."""
    for part in headers.get("Link", "").split(","):
        address, _, rest = part.partition(";")
        if 'rel="prev"' in rest.replace(" ", "").replace("'", '"'):
            try:
                values = parse_qs(urlsplit(address.strip().strip("<>")).query)
            except ValueError:
                return None
            return next(iter(values.get("min_id", ())), None)
    return None


def id_order(local_id: str) -> tuple[int, str]:
    """Sorts ids by age: servers promise length, then letters."""
    return len(local_id), local_id


def back_in_time(local_id: str, seconds: float) -> str:
    """The id that a status so much older would have; itself where ids hold no time."""
    if not local_id.isascii() or not local_id.isdigit() or int(local_id) < _SNOWFLAKE_FROM:
        return local_id
    return str(max(int(local_id) - (int(seconds * 1000) << 16), 0))
