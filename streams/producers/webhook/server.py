"""Serves the receiver; a client that is slow to say what it wants is let go."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from streams.errors import BrokerUnavailableError, SettingsError
from streams.kafka_access import KafkaAccess
from streams.producers.webhook.app import create_app
from streams.producers.webhook.gateway import Gateway
from streams.producers.webhook.options import ReceiverOptions

MAX_HEADER_BYTES = 16 * 1024
MAX_CONNECTIONS = 2_000
KEEP_ALIVE_SEC = 15
WATCH_INTERVAL_SEC = 0.5


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with a limit on the time that headers take, which uvicorn has not."""

    header_timeout_sec = 10.0
    _header_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for the first request."""
        super().connection_made(transport)
        # asyncio does so only where a socket names its protocol, and create_server's do not; an
        # answer's second part would wait 40 ms for the first one's acknowledgement.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        """Let the time run from a request's first byte to the end of its headers."""
        if self._header_deadline is None and not self._serving:
            self._await_headers()
        super().data_received(data)
        if self._serving:
            self._headers_came()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._headers_came()
        super().connection_lost(exc)

    @property
    def _serving(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _await_headers(self) -> None:
        self._header_deadline = self.loop.call_later(self.header_timeout_sec, self._too_slow)

    def _headers_came(self) -> None:
        if self._header_deadline is not None:
            self._header_deadline.cancel()
            self._header_deadline = None

    def _too_slow(self) -> None:
        self._header_deadline = None
        if not self.transport.is_closing():
            self.transport.close()


class Server(uvicorn.Server):
    """A server that answers what is under way when a signal comes, and then returns."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn would raise the signal again, and nothing after it would run."""
        loop = asyncio.get_running_loop()
        numbers = (signal.SIGTERM, signal.SIGINT)
        for number in numbers:
            loop.add_signal_handler(number, self._on_signal)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def _on_signal(self) -> None:
        self.force_exit = self.should_exit  # the second one ends it at once
        self.should_exit = True


def server_of(app: ASGIApp, options: ReceiverOptions) -> Server:
    """A server that is ready to run."""

    class Protocol(PatientProtocol):
        header_timeout_sec = options.header_timeout_sec

    return Server(
        uvicorn.Config(
            app,
            http=Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            limit_concurrency=MAX_CONNECTIONS,
            timeout_keep_alive=KEEP_ALIVE_SEC,
            timeout_graceful_shutdown=int(options.kafka_deadline_sec) + 2,
        )
    )


def listen(options: ReceiverOptions) -> socket.socket:
    """The socket to serve at; raises SettingsError when the address cannot be had."""
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        return socket.create_server((options.host, options.port), family=family, backlog=512)
    except OSError as error:
        raise SettingsError(
            f"cannot listen at {options.host}, port {options.port} ({error.strerror or error});"
            " choose another with --host and --port"
        ) from error


async def serve(
    options: ReceiverOptions,
    kafka: KafkaAccess,
    mentions_topic: str,
    *,
    say: Callable[[str], None] = lambda address: None,
) -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered first.

    `say` is told the address once requests are taken. Raises SettingsError when it cannot be had,
    BrokerUnavailableError when Kafka is away at the start or its client broke for good.
    """
    with listen(options) as listener:
        gateway = await asyncio.to_thread(
            Gateway.connect,
            kafka,
            mentions_topic,
            heartbeat_sec=options.heartbeat_sec,
            deadline_sec=options.kafka_deadline_sec,
        )
        async with gateway:
            server = server_of(create_app(gateway, options), options)
            watch = asyncio.create_task(_end_with(gateway, server))
            say(address_of(listener))
            try:
                await server.serve([listener])
            finally:
                watch.cancel()
    if gateway.ended_by:
        raise BrokerUnavailableError(
            f"the Kafka client gave up for good ({gateway.ended_by}); start the receiver again"
        )


def address_of(listener: socket.socket) -> str:
    """Where a browser finds it."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


async def _end_with(gateway: Gateway, server: Server) -> None:
    while True:
        await asyncio.sleep(WATCH_INTERVAL_SEC)
        if gateway.ended_by:
            server.should_exit = True
