"""A bad network to a port of this machine: slow, uneven, narrow, stalled, cut."""

import asyncio
import contextlib
import random
from dataclasses import dataclass

from tests.fakes.proxy import Proxy

_PIECE_BYTES = 16_384
_PIECES_UNDER_WAY = 64  # of one direction; more wait where they come from, as on a full pipe
_LOOK_SEC = 0.05


@dataclass(frozen=True)
class Weather:
    """What the network does to each direction of each connection."""

    latency_sec: float = 0.0
    jitter_sec: float = 0.0
    bytes_per_sec: float = 0.0  # 0: as many as fit
    stalled: bool = False  # bytes stay where they are, and connections open


CALM = Weather()


class SlowProxy(Proxy):
    """Hands bytes on, in order, as `weather` has it; may be changed from any thread."""

    def __init__(self, target_port: int, *, seed: int = 7) -> None:
        super().__init__(target_port)
        self.weather = CALM
        self._random = random.Random(seed)
        self._open: set[asyncio.WriteTransport] = set()

    def cut(self) -> None:
        """Break every connection off without a word; new ones may be made."""

        def abort() -> None:
            for transport in list(self._open):
                transport.abort()

        self._loop.call_soon_threadsafe(abort)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_PIECES_UNDER_WAY)
        self._open.add(writer.transport)
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._take(reader, under_way))
                both.create_task(self._deliver(under_way, writer))
        except* ConnectionError:
            pass  # either side may hang up
        finally:
            self._open.discard(writer.transport)
            with contextlib.suppress(ConnectionError):
                writer.close()

    async def _take(
        self, reader: asyncio.StreamReader, under_way: asyncio.Queue[tuple[float, bytes]]
    ) -> None:
        while data := await reader.read(_PIECE_BYTES):
            weather = self.weather
            delay = weather.latency_sec + self._random.random() * weather.jitter_sec
            await under_way.put((asyncio.get_running_loop().time() + delay, data))
        await under_way.put((0.0, b""))

    async def _deliver(
        self, under_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        while True:
            due, data = await under_way.get()
            if not data:
                return
            await asyncio.sleep(due - asyncio.get_running_loop().time())
            while self.weather.stalled:  # noqa: ASYNC110 - set by another thread
                await asyncio.sleep(_LOOK_SEC)
            if self.weather.bytes_per_sec:
                await asyncio.sleep(len(data) / self.weather.bytes_per_sec)
            writer.write(data)
            await writer.drain()
