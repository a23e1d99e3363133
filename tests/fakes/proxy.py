"""What proxies of tests share: a listener of this machine in a thread of its own."""

import asyncio
import contextlib
import ssl
import threading
from types import TracebackType
from typing import Self


class Proxy:
    """Hands the bytes of connections on to a port of this machine, and back."""

    def __init__(self, target_port: int, context: ssl.SSLContext | None = None) -> None:
        """`context` ends the clients' TLS."""
        self._target_port = target_port
        self._context = context
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)

    async def _close(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:  # nobody is there: to the client it is as if nobody were here
            writer.transport.abort()
            return
        try:
            with contextlib.suppress(asyncio.CancelledError):  # by `_close`, which waits for it
                await asyncio.gather(self._carry(reader, there[1]), self._carry(there[0], writer))
        finally:
            for each in (writer, there[1]):
                each.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError):  # either side may hang up
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()
