"""Bluesky by Jetstream: posts, likes, reposts and follows of the whole network, without a key."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import aiohttp
import click
from aiohttp import WSMsgType

from schemas.mention import Event
from streams import clock
from streams.errors import InputError
from streams.producers.live import bluesky_wire
from streams.producers.live.bluesky_mapping import COLLECTIONS, MappingError, map_message
from streams.producers.live.bluesky_wire import Inflate
from streams.producers.live.http import USER_AGENT, HttpOptions, network_errors, open_session
from streams.producers.live.options import user_agent_option
from streams.producers.live.source import (
    Cursor,
    Received,
    SourceRefusedError,
    SourceUnavailableError,
    Unmapped,
)

ENDPOINT = "wss://jetstream2.us-east.bsky.network/subscribe"
KINDS = {"posts": "post", "likes": "like", "reposts": "repost", "follows": "follow"}
MAX_MESSAGE_BYTES = 2 * 1024 * 1024
MOST_DIDS = 10_000
_DIDS_IN_URL = 50  # more would make a URL that proxies refuse
_MICROSECONDS = 1_000_000
_GAP = timedelta(minutes=1)  # the whole network is never silent for so long

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Bluesky:
    """One connection to a Jetstream server (protocol version 1)."""

    endpoint: str = ENDPOINT
    kinds: tuple[str, ...] = tuple(KINDS)
    dids: tuple[str, ...] = ()  # of these accounts only; none: everybody
    rewind_sec: float = 5.0  # the order of time_us is rough; what comes twice has the same id
    zstd_dictionary: bytes | None = None
    user_agent: str = USER_AGENT
    stall_sec: float = 30.0
    ping_sec: float = 10.0  # of silence; an answer is a sign of life
    max_message_bytes: int = MAX_MESSAGE_BYTES
    now: Callable[[], datetime] = clock.now
    name: str = "bluesky"

    @property
    def scope(self) -> str:
        """Another set of accounts is another stream; another endpoint is the same one."""
        if not self.dids:
            return ""
        return f"dids-{blake2b(' '.join(sorted(self.dids)).encode(), digest_size=6).hexdigest()}"

    async def listen(self, cursor: Cursor | None) -> AsyncIterator[Received]:
        """Everything from `cursor` on, a few seconds before it again."""
        what = f"Jetstream at {self.endpoint}"
        inflate = Inflate(self.zstd_dictionary, self.max_message_bytes)
        newest_us = asked_us = _time_us(cursor)
        options = HttpOptions(user_agent=self.user_agent, total_sec=None, read_sec=None)
        with network_errors(what):
            async with open_session(options) as session:
                socket = await session.ws_connect(
                    self.endpoint,
                    params=self._parameters(newest_us),
                    autoping=False,  # pings and their answers are signs of life
                    heartbeat=self.ping_sec,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                    # Some above what the server is asked for, else one message ends every try.
                    max_msg_size=2 * self.max_message_bytes,
                )
                try:
                    if self._says_hello:
                        hello = bluesky_wire.options_update(
                            self._wanted(), self.dids, self.max_message_bytes
                        )
                        await socket.send_str(hello)
                    yield Received()  # connected
                    while True:
                        message = await socket.receive()
                        kind = message.type
                        if kind is WSMsgType.TEXT or kind is WSMsgType.BINARY:
                            received = self._received(message.data, inflate, newest_us)
                            if received.as_of is not None and asked_us:
                                self._warn_of_gap(asked_us, received.as_of)
                                asked_us = 0
                            if received.cursor is not None:
                                newest_us = received.cursor["time_us"]
                            yield received
                        elif kind is WSMsgType.PING:
                            await socket.pong(message.data)
                            yield Received()
                        elif kind is WSMsgType.PONG:
                            yield Received()
                        else:
                            raise _broken_off(what, socket, message)
                finally:
                    await socket.close()

    def _received(self, data: str | bytes, inflate: Inflate, newest_us: int) -> Received:
        payload = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        now = self.now()
        try:
            if not isinstance(data, str):
                payload = inflate(payload)
            time_us, event = map_message(payload, now)
        except MappingError as error:
            return Received(unmapped=(Unmapped(payload, str(error)),))
        as_of = clock.from_milliseconds(time_us // 1_000)
        # A server whose clock is wrong must not carry the cursor to where nothing comes.
        time_us = min(time_us, int(now.timestamp() * _MICROSECONDS))
        cursor = {"time_us": max(time_us, newest_us)}
        if event is None:
            return Received(cursor=cursor, skipped=1, as_of=as_of)
        events: tuple[Event, ...] = (event,)
        return Received(events=events, cursor=cursor, as_of=as_of)

    def _warn_of_gap(self, asked_us: int, first: datetime) -> None:
        """A server keeps a day or three, and begins with its oldest when asked for more."""
        asked = clock.from_milliseconds(asked_us // 1_000)
        if first - asked > _GAP and not self.dids:  # a few accounts may well have been silent
            log.warning(
                "Bluesky: the server no longer has what was said from %s to %s; it is missing",
                asked.isoformat(timespec="seconds"),
                first.isoformat(timespec="seconds"),
            )

    @property
    def _says_hello(self) -> bool:
        """Whether what is wanted goes in a message, being too long for a URL."""
        return len(self.dids) > _DIDS_IN_URL

    def _wanted(self) -> list[str]:
        return [COLLECTIONS[KINDS[kind]] for kind in self.kinds]

    def _parameters(self, newest_us: int) -> list[tuple[str, str]]:
        parameters = [("wantedCollections", name) for name in self._wanted()]
        parameters.append(("maxMessageSizeBytes", str(self.max_message_bytes)))
        if self._says_hello:
            parameters.append(("requireHello", "true"))
        else:
            parameters += [("wantedDids", did) for did in self.dids]
        if newest_us:
            rewound_us = newest_us - int(self.rewind_sec * _MICROSECONDS)
            parameters.append(("cursor", str(max(rewound_us, 1))))
        if self.zstd_dictionary is not None:
            parameters.append(("compress", "true"))
        return parameters


def _broken_off(
    what: str, socket: aiohttp.ClientWebSocketResponse, message: aiohttp.WSMessage
) -> SourceUnavailableError:
    if message.type is WSMsgType.ERROR:
        return SourceUnavailableError(f"{what} broke off: {message.data!r}"[:300])
    return SourceUnavailableError(f"{what} ended the connection (code {socket.close_code})")


def _time_us(cursor: Cursor | None) -> int:
    value = (cursor or {}).get("time_us", 0)
    if not isinstance(value, int) or value < 0:
        raise SourceRefusedError(
            f"the cursor {cursor} of the checkpoint is not one of Jetstream; --restart forgets it"
        )
    return value


def _read(path: Path | None) -> bytes | None:
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def from_options(
    *,
    endpoint: str,
    want: Sequence[str],
    did: Sequence[str],
    rewind_sec: float,
    zstd_dictionary: Path | None,
    user_agent: str,
) -> Bluesky:
    """The source as the command line describes it; raises InputError."""
    if len(did) > MOST_DIDS:
        raise InputError(f"--did: {len(did)} accounts, and Jetstream takes {MOST_DIDS} at most")
    if wrong := next((name for name in did if not bluesky_wire.is_did(name)), None):
        raise InputError(f"--did {wrong}: not a DID; it looks like did:plc:…, found by the handle")
    source = Bluesky(
        endpoint=endpoint,
        dids=tuple(dict.fromkeys(did)),
        rewind_sec=rewind_sec,
        zstd_dictionary=_read(zstd_dictionary),
        user_agent=user_agent,
    )
    Inflate(source.zstd_dictionary, source.max_message_bytes)  # says now if the file is no good
    return replace(source, kinds=tuple(dict.fromkeys(want))) if want else source


def _option(*names: str, **attributes: Any) -> click.Option:
    return click.Option(list(names), **attributes)


OPTIONS: Sequence[click.Parameter] = (
    _option(
        "--endpoint",
        default=ENDPOINT,
        show_default=True,
        envvar="ESCUCHA_BLUESKY_ENDPOINT",
        help="Another Jetstream server.",
    ),
    _option(
        "--want",
        multiple=True,
        type=click.Choice(list(KINDS)),
        help="Only these; may be repeated.  [default: all four]",
    ),
    _option("--did", multiple=True, help="Only this account; may be repeated."),
    _option(
        "--rewind-sec",
        type=click.FloatRange(min=0),
        default=5.0,
        show_default=True,
        help="On coming back, ask again for this long before.",
    ),
    _option(
        "--zstd-dictionary",
        type=click.Path(path_type=Path, dir_okay=False),
        help="Jetstream's dictionary file: the stream comes compressed, at about half the size.",
    ),
    user_agent_option(),
)
