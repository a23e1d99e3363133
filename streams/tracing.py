"""Spans of each batch, where somebody wants them: OpenTelemetry, an extra that is off by default.

ESCUCHA_TRACES_URL=http://127.0.0.1:4318/v1/traces sends one trace a batch, with spans for fetch,
decide, plan and store, to a collector that speaks OTLP over HTTP. Spans carry topic, partition,
offsets and counts; nothing of what anybody said.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Protocol

from streams.errors import SettingsError

EXPORT_TIMEOUT_SEC = 2.0
SERVICE = "escucha-worker"


class Tracer(Protocol):
    """Makes spans; those opened inside another one in the same task are its children."""

    def span(self, name: str, attributes: Mapping[str, Any]) -> AbstractContextManager[None]:
        """A span around what is done inside; an exception marks it as failed and goes on."""
        ...

    def past(self, name: str, seconds: float, ended_sec_ago: float = 0.0) -> None:
        """A span of what is already over."""
        ...

    def close(self) -> None:
        """Send what is left, for a moment at most."""
        ...


class NoTracer:
    """Makes no spans."""

    def span(self, name: str, attributes: Mapping[str, Any]) -> AbstractContextManager[None]:
        """Nothing around it."""
        return nullcontext()

    def past(self, name: str, seconds: float, ended_sec_ago: float = 0.0) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing is left."""


class OpenTelemetry:
    """Spans to a collector, in the background; a collector that is away costs a line of log."""

    def __init__(self, url: str, *, worker: str = "") -> None:
        """Raises SettingsError where the extra is not installed."""
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ModuleNotFoundError as error:
            raise SettingsError(
                "ESCUCHA_TRACES_URL needs OpenTelemetry: pip install '.[tracing]' in the checkout"
            ) from error
        self._provider = TracerProvider(
            resource=Resource({"service.name": SERVICE, "service.instance.id": worker}),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=EXPORT_TIMEOUT_SEC))
        )
        self._tracer = self._provider.get_tracer("escucha")

    @contextmanager
    def _spanning(self, name: str, attributes: Mapping[str, Any]) -> Iterator[None]:
        with self._tracer.start_as_current_span(name, attributes=dict(attributes)):
            yield

    def span(self, name: str, attributes: Mapping[str, Any]) -> AbstractContextManager[None]:
        """A span, the child of the one around it."""
        return self._spanning(name, attributes)

    def past(self, name: str, seconds: float, ended_sec_ago: float = 0.0) -> None:
        """A span of what is over, the child of the one around the call."""
        end_ns = time.time_ns() - int(ended_sec_ago * 1e9)
        span = self._tracer.start_span(name, start_time=end_ns - int(seconds * 1e9))
        span.end(end_time=end_ns)

    def close(self) -> None:
        """Send what is left."""
        self._provider.force_flush(int(EXPORT_TIMEOUT_SEC * 1000))
        self._provider.shutdown()


def make_tracer(url: str, *, worker: str = "") -> Tracer:
    """The tracer a setting asks for; raises SettingsError where it cannot be."""
    return OpenTelemetry(url, worker=worker) if url else NoTracer()
