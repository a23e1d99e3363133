"""A Jetstream server (version 1) over a real websocket, which can be told to misbehave.

What a real one does and this one too: `wantedCollections` with prefixes, `wantedDids`,
`maxMessageSizeBytes`, account and identity events whatever is wanted, `cursor` as the time from
which messages are played again, `requireHello` with `options_update`, `compress` with a shared
dictionary, and 400 for what it does not understand.
"""

import asyncio
import json
import random
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web
from backports import zstd
from multidict import MultiMapping

PATH = "/subscribe"
_MOST_DIDS = 10_000
_MOST_COLLECTIONS = 100
# The head of a text frame that promises 4096 bytes, and less than it promises.
_HALF_FRAME = b"\x81\x7e\x10\x00" + b'{"did":"did:plc:half"'


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How one connection is served; by default well."""

    refuse: int = 0  # this status in place of a websocket
    headers: Mapping[str, str] = field(default_factory=dict)
    cut_after: int | None = None  # messages; then half a frame and a broken connection
    close_after: int | None = None  # messages; then a close frame
    hang_after: int | None = None  # messages; then not a byte, not even to a ping
    garbage: Sequence[str | bytes] = ()  # sent before anything else
    repeats: int = 1
    shuffle: int = 1  # how many neighbours change places
    pause_sec: float = 0.0  # before each message


@dataclass(slots=True)
class _Message:
    time_us: int
    did: str
    kind: str
    collection: str
    text: str


@dataclass
class _Filter:
    collections: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    dids: frozenset[str] = frozenset()
    max_bytes: int = 0

    @classmethod
    def of(cls, collections: Iterable[str], dids: Iterable[str], max_bytes: str) -> "_Filter":
        wanted, people = set(collections), frozenset(dids)
        if len(wanted) > _MOST_COLLECTIONS or len(people) > _MOST_DIDS:
            raise web.HTTPBadRequest(text="too many wanted")
        if wrong := next((did for did in people if not did.startswith("did:")), ""):
            raise web.HTTPBadRequest(text=f"invalid DID: {wrong}")
        prefixes = {name for name in wanted if name.endswith(".*")}
        return cls(
            frozenset(wanted - prefixes),
            tuple(name.removesuffix("*") for name in prefixes),
            people,
            int(max_bytes) if max_bytes.isdecimal() else 0,
        )

    def wants(self, message: _Message) -> bool:
        if self.dids and message.did not in self.dids:
            return False
        if self.max_bytes and len(message.text.encode()) > self.max_bytes:
            return False
        if message.kind != "commit" or not message.collection:
            return True
        if not self.collections and not self.prefixes:
            return True
        return message.collection in self.collections or message.collection.startswith(
            self.prefixes or ("\0",)
        )


@dataclass
class Jetstream:
    """The server's history, and how it behaves to those who connect."""

    lines: Sequence[bytes | str] = ()
    play_all: bool = True  # to who comes without a cursor; a real one plays from now
    manners: deque[Manners] = field(default_factory=deque)  # one per connection; then good ones
    dictionary: bytes | None = None
    seed: int = 0
    queries: list[dict[str, list[str]]] = field(default_factory=list)  # of each connection
    sent: int = 0
    url: str = ""
    _messages: list[_Message] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _closing: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, *lines: bytes | str) -> None:
        """What happens on the network now."""
        for line in lines:
            text = line.decode() if isinstance(line, bytes) else line
            known = json.loads(text)
            self._messages.append(
                _Message(
                    known["time_us"],
                    known["did"],
                    known["kind"],
                    known.get("commit", {}).get("collection", ""),
                    text.rstrip("\n"),
                )
            )
        self._news.set()
        self._news = asyncio.Event()

    @asynccontextmanager
    async def serving(self, port: int = 0) -> AsyncIterator["Jetstream"]:
        """Listen on a port of this machine until the block ends."""
        self.add(*self.lines)
        application = web.Application()
        application.router.add_get(PATH, self._subscribe)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", port)
        await site.start()
        address = runner.addresses[0]
        self.url = f"ws://127.0.0.1:{address[1]}{PATH}"
        try:
            yield self
        finally:
            self._closing.set()
            self._news.set()
            await runner.cleanup()

    async def _subscribe(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        self.queries.append({name: query.getall(name) for name in query})
        manners = self.manners.popleft() if self.manners else Manners()
        if manners.refuse:
            return web.Response(status=manners.refuse, headers=manners.headers, text="no")
        wanted = _Filter.of(
            query.getall("wantedCollections", []),
            query.getall("wantedDids", []),
            query.get("maxMessageSizeBytes", ""),
        )
        start = self._start(query)
        compress = query.get("compress") == "true"
        if compress and "permessage-deflate" in request.headers.get("Sec-WebSocket-Extensions", ""):
            raise web.HTTPBadRequest(text="choose one compression scheme")
        pack = self._pack() if compress else None
        socket = web.WebSocketResponse(autoping=False, compress=False, timeout=0.5)
        await socket.prepare(request)
        if query.get("requireHello") == "true":
            wanted = await _hello(socket)
        reading = asyncio.create_task(_answer_pings(socket))
        try:
            with suppress(ConnectionError):
                await self._play(request, socket, manners, wanted, start, pack, reading)
        finally:
            reading.cancel()
        return socket

    def _start(self, query: "MultiMapping[str]") -> int:
        raw = query.get("cursor", "")
        if not raw:
            return 0 if self.play_all else len(self._messages)
        if not raw.isdecimal():
            raise web.HTTPBadRequest(text=f"invalid cursor: {raw}")
        cursor, end = int(raw), len(self._messages)
        return next((n for n in range(end) if self._messages[n].time_us >= cursor), end)

    def _pack(self) -> Callable[[bytes], bytes]:
        assert self.dictionary is not None
        dictionary = zstd.ZstdDict(self.dictionary)
        return lambda data: zstd.compress(data, zstd_dict=dictionary)

    async def _play(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        manners: Manners,
        wanted: _Filter,
        start: int,
        pack: Callable[[bytes], bytes] | None,
        reading: "asyncio.Task[None]",
    ) -> None:
        for piece in manners.garbage:
            await (socket.send_str(piece) if isinstance(piece, str) else socket.send_bytes(piece))
        async with aclosing(self._wanted(start, wanted, manners)) as messages:
            await self._send(request, socket, manners, messages, pack, reading)

    async def _send(
        self,
        request: web.Request,
        socket: web.WebSocketResponse,
        manners: Manners,
        messages: AsyncIterator[_Message],
        pack: Callable[[bytes], bytes] | None,
        reading: "asyncio.Task[None]",
    ) -> None:
        served = 0
        async for message in messages:
            if served == manners.hang_after:
                reading.cancel()
                await self._closing.wait()
                return
            if served == manners.cut_after:
                assert request.transport is not None
                request.transport.write(_HALF_FRAME)
                await asyncio.sleep(0.05)
                request.transport.abort()
                return
            if served == manners.close_after:
                await socket.close(code=1001)
                return
            if manners.pause_sec:
                await asyncio.sleep(manners.pause_sec)
            for _ in range(manners.repeats):
                if pack:
                    await socket.send_bytes(pack(message.text.encode()))
                else:
                    await socket.send_str(message.text)
                self.sent += 1
            served += 1
            if socket.closed:
                return

    async def _wanted(
        self, start: int, wanted: _Filter, manners: Manners
    ) -> AsyncGenerator[_Message, None]:
        """History from `start` on, then what is added, for as long as the client stays."""
        mix, position = random.Random(self.seed), start
        while not self._closing.is_set():
            news = self._news
            block = self._messages[position : position + max(manners.shuffle, 64)]
            position += len(block)
            if manners.shuffle > 1:
                mix.shuffle(block)
            for message in block:
                if wanted.wants(message):
                    yield message
            if not block:
                await news.wait()


async def _hello(socket: web.WebSocketResponse) -> _Filter:
    message: dict[str, Any] = json.loads(await socket.receive_str())
    assert message["type"] == "options_update"
    payload = message["payload"]
    return _Filter.of(
        payload["wantedCollections"],
        payload["wantedDids"],
        str(payload.get("maxMessageSizeBytes", "")),
    )


async def _answer_pings(socket: web.WebSocketResponse) -> None:
    while not socket.closed:
        message = await socket.receive()
        if message.type is WSMsgType.PING:
            await socket.pong(message.data)
        elif message.type in (WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED):
            return
