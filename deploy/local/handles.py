"""A broker or a ClickHouse alone, for tests and benches: start, stop, kill, start again."""

import os
import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.local import broker, health
from deploy.local.child import Child
from deploy.local.clickhouse_files import (
    DATABASE,
    DEFAULT_MEMORY_BYTES,
    READER_USER,
    WRITER_USER,
    EngineSettings,
    launcher_command,
)
from deploy.local.config import REPOSITORY
from deploy.local.errors import ServiceFailedError
from deploy.local.logs import last_lines, log_path
from deploy.local.passwords import load_or_create
from deploy.local.ports import LOOPBACK, free_ports

READY_TIMEOUT_SECONDS = 60.0


class ProcessHandle(ABC):
    """A service under the caller's control; leaving the context stops it."""

    def __init__(
        self,
        name: str,
        run_dir: Path,
        environment: dict[str, str],
        probe: health.Probe,
        stop_grace_seconds: float,
    ) -> None:
        self.run_dir = run_dir.absolute()
        self.log_path = log_path(self.run_dir, name)
        self._name = name
        self._environment = {**os.environ, "NO_COLOR": "1", **environment}
        self._probe = probe
        self._stop_grace_seconds = stop_grace_seconds
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return None if self._child is None else self._child.pid

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._child is not None and self._child.exit_code() is None

    def start(self, timeout_seconds: float = READY_TIMEOUT_SECONDS) -> Self:
        """Return when the service answers; raise ServiceFailedError when it does not."""
        if self.is_running:
            return self
        self._child = Child(self._command(), self._environment, self.log_path)
        return self.wait_until_ready(timeout_seconds)

    def wait_until_ready(self, timeout_seconds: float = READY_TIMEOUT_SECONDS) -> Self:
        """Return when the service answers; raise ServiceFailedError when it does not."""
        deadline = time.monotonic() + timeout_seconds
        while (trouble := self._probe()) is not None:
            ended = None if self._child is None else self._child.exit_text()
            if ended is not None or time.monotonic() > deadline:
                self.kill()
                tail = "\n".join(last_lines(self.log_path, 20))
                raise ServiceFailedError(f"{self._name}: {ended or trouble}\n{tail}")
            time.sleep(0.05)
        return self

    def stop(self) -> None:
        """Stop it cleanly; return when it is gone."""
        if self._child is not None:
            self._child.stop(self._stop_grace_seconds)
            self._child = None

    def kill(self) -> None:
        """Stop it as a power cut would; return when it is gone."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def restart(self) -> Self:
        """Stop it cleanly and start it again on the same port and data."""
        self.stop()
        return self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @abstractmethod
    def _command(self) -> list[str]:
        """The command line of the service."""


class BrokerHandle(ProcessHandle):
    """A Tansu broker. Everything in it is gone after stop() or kill()."""

    def __init__(self, run_dir: Path, port: int) -> None:
        super().__init__("broker", run_dir, {}, health.kafka(port), stop_grace_seconds=0.5)
        self.port = port
        self.bootstrap = f"{LOOPBACK}:{port}"

    def _command(self) -> list[str]:
        return broker.command(self.port)


class ClickHouseHandle(ProcessHandle):
    """A ClickHouse whose data stay in the run directory."""

    def __init__(
        self,
        run_dir: Path,
        http_port: int,
        tcp_port: int,
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
    ) -> None:
        passwords = load_or_create(run_dir)
        settings = EngineSettings(http_port=http_port, tcp_port=tcp_port, memory_bytes=memory_bytes)
        super().__init__(
            "clickhouse",
            run_dir,
            {**settings.as_environment(passwords), "PYTHONPATH": str(REPOSITORY)},
            health.clickhouse(http_port, WRITER_USER, passwords.writer),
            stop_grace_seconds=10.0,
        )
        self.http_port = http_port
        self.tcp_port = tcp_port
        self.url = f"http://{LOOPBACK}:{http_port}"
        self.database = DATABASE
        self.user = WRITER_USER
        self.password = passwords.writer
        self.reader_user = READER_USER
        self.reader_password = passwords.reader

    def _command(self) -> list[str]:
        return launcher_command(self.run_dir)


def start_broker(run_dir: Path, port: int | None = None) -> BrokerHandle:
    """Return a broker that answers, on `port` or on a free one."""
    return BrokerHandle(run_dir, port or free_ports(1)[0]).start()


def start_clickhouse(
    run_dir: Path,
    http_port: int | None = None,
    tcp_port: int | None = None,
    memory_bytes: int = DEFAULT_MEMORY_BYTES,
) -> ClickHouseHandle:
    """Return a ClickHouse that answers, on the given ports or on free ones."""
    http, tcp = free_ports(2)
    return ClickHouseHandle(run_dir, http_port or http, tcp_port or tcp, memory_bytes).start()
