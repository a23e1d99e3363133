"""Serves /metrics, /healthz and /readyz from a thread of its own, so that it answers while all
else hangs.

/healthz is 503 when to start the process again would help, /readyz also when it waits for
something. Nothing of it is secret, and it listens on this machine only unless told otherwise.
"""

import logging
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec

from streams.errors import SettingsError
from streams.metrics import CONTENT_TYPE, Metrics
from streams.vitals import Verdict

REQUEST_TIMEOUT_SEC = 5.0

log = logging.getLogger(__name__)


class VitalsServer:
    """Answers until `close`. `judge` is called for each question about health, in its thread."""

    def __init__(
        self,
        metrics: Metrics,
        judge: Callable[[], Verdict],
        *,
        host: str,
        port: int,
        port_file: Path | None = None,
        of_worker: bool = True,
    ) -> None:
        """Listen; port 0 takes any free one. `port_file` then says which, until the next start.

        Only a worker shows escucha_ready: the alarm that none is would be silent for others.
        Raises SettingsError when the port is taken.
        """
        handler = type(
            "Handler",
            (_Handler,),
            {"metrics": metrics, "judge": staticmethod(judge), "of_worker": of_worker},
        )
        try:
            self._server = ThreadingHTTPServer((host, port), handler)
        except OSError as error:
            raise SettingsError(
                f"ESCUCHA_METRICS_PORT: cannot listen on {host}:{port}: {error.strerror or error}."
                " Choose another, or 0 for any that is free"
            ) from error
        self._server.daemon_threads = True
        self.port: int = self._server.server_address[1]
        if port_file is not None:
            port_file.parent.mkdir(parents=True, exist_ok=True)
            staged = port_file.with_name(f".{port_file.name}.new")
            staged.write_text(str(self.port), encoding="ascii")
            staged.replace(port_file)  # a reader finds a port or nothing
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(1.0,), name="vitals", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(REQUEST_TIMEOUT_SEC)


class _Handler(BaseHTTPRequestHandler):
    metrics: Metrics
    judge: Callable[[], Verdict]
    of_worker: bool
    timeout = REQUEST_TIMEOUT_SEC  # of a client that says nothing

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            verdict = self.judge()
            self.metrics.show("escucha_alive", verdict.alive)
            if self.of_worker:
                self.metrics.show("escucha_ready", verdict.ready)
            self.metrics.show_memory()
            self._answer(200, CONTENT_TYPE, self.metrics.text())
        elif path in {"/healthz", "/readyz"}:
            verdict = self.judge()
            well = verdict.alive if path == "/healthz" else verdict.ready
            body = {"ok": well, "hangs": verdict.hangs, "waits": verdict.waits}
            self._answer(200 if well else 503, "application/json", msgspec.json.encode(body))
        else:
            self._answer(404, "text/plain", b"/metrics, /healthz or /readyz\n")

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.send_header("cache-control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its signature
        log.debug(format, *args)
