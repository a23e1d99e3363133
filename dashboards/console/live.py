"""The live stream: one look a second for everybody who watches, sent on as server-sent events.

Why pushed and not polled: mentions are asked for once, however many watch, and nobody's request
waits in ClickHouse's queue behind another's. Why sampled: twenty thousand mentions a second can be
counted and not be read, so who watches gets some of them and the number of all. Who reads slowly
loses looks, never their numbers.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from dashboards.console.answers import as_json
from dashboards.console.database import Database, Shared
from dashboards.console.errors import BusyError, ConsoleError
from dashboards.console.tail import Came, Tail, shown
from dashboards.console.wanted import wanted_of
from dashboards.named import read_query
from schemas.search import Wanted

EVERY_SEC: Final = 1.0
LONGEST_PAUSE_SEC: Final = 10.0
BEAT_SEC: Final = 15.0  # so that proxies keep a quiet stream, and the page knows it lives
LOOKS_KEPT: Final = 3  # for somebody who reads slowly
MAX_VIEWERS: Final = 200
MAX_FILTERS: Final = 32  # that differ

STREAM_HEADERS: Final = {"cache-control": "no-store", "x-accel-buffering": "no"}


class Viewer:
    """Somebody who watches: what waits for them, bounded."""

    def __init__(self) -> None:
        self._looks: deque[tuple[int, bytes]] = deque()
        self._missed = 0
        self._state = b""
        self._has_ended = False
        self._more = asyncio.Event()

    def give(self, count: int, frame: bytes) -> None:
        """Leave what one look found; where too much waits the oldest goes, but for its count."""
        self._looks.append((count, frame))
        if len(self._looks) > LOOKS_KEPT:
            self._missed += self._looks.popleft()[0]
        self._more.set()

    def tell(self, state: bytes) -> None:
        """Leave how ClickHouse is; only the newest counts."""
        self._state = state
        self._more.set()

    def end(self) -> None:
        """Nothing comes any more."""
        self._has_ended = True
        self._more.set()

    async def frames(self) -> AsyncIterator[bytes]:
        """What was left, as it comes; a beat when nothing does."""
        while not self._has_ended:
            try:
                async with asyncio.timeout(BEAT_SEC):
                    await self._more.wait()
            except TimeoutError:
                yield event("beat", {})
                continue
            self._more.clear()
            if self._state:
                state, self._state = self._state, b""
                yield state
            if self._missed:
                missed, self._missed = self._missed, 0
                yield event("mentions", {"came": missed, "mentions": []})
            while self._looks:
                yield self._looks.popleft()[1]


class Hub:
    """Looks while somebody watches, and gives everybody what their filter lets through."""

    def __init__(self, make_tail: Callable[[], Tail]) -> None:
        self._make_tail = make_tail
        self._viewers: dict[Wanted, list[Viewer]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._state = b""  # what everybody was told last

    def make_room(self, wanted: Wanted) -> None:
        """Raises BusyError when there is none for one more."""
        if sum(map(len, self._viewers.values())) >= MAX_VIEWERS or (
            wanted not in self._viewers and len(self._viewers) >= MAX_FILTERS
        ):
            raise BusyError("too many people watch at once", "Try again in a while.")

    def join(self, wanted: Wanted) -> Viewer:
        """Begin to watch: told "live", whatever is stored from then on will be seen."""
        viewer = Viewer()
        self._viewers.setdefault(wanted, []).append(viewer)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_on())
        elif self._state:
            viewer.tell(self._state)
        return viewer

    def leave(self, wanted: Wanted, viewer: Viewer) -> None:
        """Watch no more; after the last one nobody asks ClickHouse anything."""
        watching = self._viewers[wanted]
        watching.remove(viewer)
        if not watching:
            del self._viewers[wanted]
        if not self._viewers and self._looking is not None:
            self._looking.cancel()
            self._looking, self._state = None, b""

    def end(self) -> None:
        """The console goes: let everybody go."""
        for viewers in self._viewers.values():
            for viewer in viewers:
                viewer.end()

    async def close(self) -> None:
        """Stop looking."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking
            self._looking = None

    async def _look_on(self) -> None:
        tail, has_begun, failures = self._make_tail(), False, 0
        while True:
            started = time.monotonic()
            try:
                if has_begun:
                    await self._look(tail)
                else:
                    await tail.begin()
                    has_begun = True
            except ConsoleError as error:
                failures += 1
                self._tell(event("state", {"state": "away", "code": error.code}))
            else:
                failures = 0
                self._tell(_LIVE)
            # At least as long idle as busy, whatever a look takes; longer while it fails.
            took = time.monotonic() - started
            pause = max(EVERY_SEC - took, took, EVERY_SEC * (2 ** min(failures, 8) - 1))
            await asyncio.sleep(min(pause, LONGEST_PAUSE_SEC))

    async def _look(self, tail: Tail) -> None:
        filters = list(self._viewers)
        for wanted, came in zip(filters, await tail.look(filters), strict=True):
            if came.count:
                frame = _frame(came)  # once for all who want the same
                for viewer in self._viewers.get(wanted, ()):
                    viewer.give(came.count, frame)

    def _tell(self, state: bytes) -> None:
        if state == self._state:
            return
        self._state = state
        for viewers in self._viewers.values():
            for viewer in viewers:
                viewer.tell(state)


class Live:
    """The routes of the live stream."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._before_sql = read_query("live_before")
        self._before = Shared(1.0)
        self.hub = Hub(lambda: Tail(database))

    def routes(self) -> list[Route]:
        """What the page asks."""
        return [
            Route("/api/live", self.stream),
            Route("/api/live/before", self.before),
        ]

    async def stream(self, request: Request) -> Response:
        """Mentions from now on as server-sent events, until whoever reads them leaves."""
        wanted = wanted_of(request.query_params)
        self.hub.make_room(wanted)
        return StreamingResponse(
            self._frames(wanted), media_type="text/event-stream", headers=STREAM_HEADERS
        )

    async def before(self, request: Request) -> Response:
        """The newest mentions that are there already."""
        wanted = wanted_of(request.query_params)

        async def ask() -> dict[str, Any]:
            rows = await self._database.run(self._before_sql, wanted.parameters)
            return {"mentions": shown(rows)}

        return as_json(await self._before.get(wanted, ask))

    async def close(self) -> None:
        """Let everybody go."""
        await self.hub.close()
        await self._before.close()

    async def _frames(self, wanted: Wanted) -> AsyncIterator[bytes]:
        viewer = self.hub.join(wanted)
        try:
            yield b"retry: 3000\n\n"
            async for frame in viewer.frames():
                yield frame
        finally:
            self.hub.leave(wanted, viewer)


def event(name: str, content: object) -> bytes:
    """A server-sent event; JSON has no line breaks of its own."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), msgspec.json.encode(content))


def _frame(came: Came) -> bytes:
    return event("mentions", {"came": came.count, "mentions": came.mentions})


_LIVE: Final = event("state", {"state": "live", "code": ""})
