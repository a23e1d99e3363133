"""How the stack of a run directory is doing, asked from outside."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import psutil

from deploy.local import health, passwords, state
from deploy.local.clickhouse_files import WRITER_USER
from deploy.local.config import default_run_dir
from deploy.local.ownership import is_owned, owner


@dataclass(frozen=True, kw_only=True)
class ServiceStatus:
    """One service as seen now."""

    name: str
    state: str
    healthy: bool
    detail: str | None
    pid: int | None
    port: int | None
    started_at: str | None
    restarts: int
    last_exit: str | None
    memory_mb: float | None


@dataclass(frozen=True, kw_only=True)
class StackStatus:
    """The stack as seen now; phase `absent` when nothing runs in the run directory.

    `unknown`: something runs there, and nothing says what.
    """

    run_dir: str
    phase: str
    supervisor_pid: int | None
    started_at: str | None
    error: str | None
    ports: dict[str, int]
    services: list[ServiceStatus]

    @property
    def healthy(self) -> bool:
        """Whether the stack is up and each service answers."""
        return self.phase == "ready" and all(each.healthy for each in self.services)

    def as_json(self) -> dict[str, Any]:
        """Return the status as plain data."""
        return {**asdict(self), "healthy": self.healthy}

    def table(self) -> str:
        """Return the status as aligned text."""
        head = f"{self.phase} in {self.run_dir}"
        if self.supervisor_pid is not None:
            head += f", supervisor pid {self.supervisor_pid}"
        if self.started_at is not None:
            head += f", since {self.started_at}"
        if self.error:
            head += f"\n{self.error}"
        if not self.services:
            return head
        rows = [("SERVICE", "STATE", "PID", "PORT", "RESTARTS", "MEMORY", "")]
        rows += [
            (
                each.name,
                each.state,
                str(each.pid or "-"),
                str(each.port or "-"),
                str(each.restarts),
                "-" if each.memory_mb is None else f"{each.memory_mb:.0f} MB",
                each.detail or "",
            )
            for each in self.services
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        return "\n".join([head, *lines])


def status(run_dir: Path | None = None) -> StackStatus:
    """Return how the stack of `run_dir` is doing, after asking each service that can be asked."""
    directory = (run_dir or default_run_dir()).absolute()
    record = state.read(directory)
    if record is None and is_owned(directory):
        return _unknown(directory)
    if record is None or record.phase == "stopped":
        return _absent(directory, None if record is None else record.error)
    supervisor = record.supervisor.find() if is_owned(directory) else None
    if supervisor is None and record.phase == "failed" and not record.living_processes():
        return _absent(directory, record.error)
    error = record.error
    phase: str = record.phase
    if supervisor is None:
        phase = "orphaned"
        error = "The supervisor is gone. `escucha down` or `escucha up` cleans up."
    return StackStatus(
        run_dir=str(directory),
        phase=phase,
        supervisor_pid=None if supervisor is None else supervisor.pid,
        started_at=record.started_at,
        error=error,
        ports=record.ports,
        services=[_look_at(directory, each, record.ports) for each in record.services],
    )


def _unknown(directory: Path) -> StackStatus:
    holder = owner(directory)
    return replace(
        _absent(directory, f"{state.FILE_NAME} is lost or unreadable. `escucha down` stops it."),
        phase="unknown",
        supervisor_pid=None if holder is None else holder.pid,
    )


def _absent(directory: Path, error: str | None) -> StackStatus:
    return StackStatus(
        run_dir=str(directory),
        phase="absent",
        supervisor_pid=None,
        started_at=None,
        error=error,
        ports={},
        services=[],
    )


def _look_at(run_dir: Path, record: state.ServiceRecord, ports: dict[str, int]) -> ServiceStatus:
    process = record.process.find() if record.process else None
    trouble = record.last_exit if record.state == "backoff" else None
    memory_mb = None
    if process is not None:
        probe = _probe(run_dir, record.name, ports)
        trouble = probe() if probe else None
        try:
            memory_mb = process.memory_info().rss / 1e6
        except psutil.Error:
            process = None
    current = record.state
    if process is None and current in ("ready", "starting"):
        current, trouble = "backoff", "its process is gone"
    return ServiceStatus(
        name=record.name,
        state=current,
        healthy=trouble is None and current in ("ready", "done"),
        detail=trouble,
        pid=None if process is None else process.pid,
        port=record.port or _said_port(run_dir, record.name, process),
        started_at=record.started_at,
        restarts=record.restarts,
        last_exit=record.last_exit,
        memory_mb=memory_mb,
    )


def _said_port(run_dir: Path, name: str, process: psutil.Process | None) -> int | None:
    """The port that a service took by itself."""
    try:
        text = health.port_file(run_dir, name).read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    return int(text) if process is not None and text.isdigit() else None


def _probe(run_dir: Path, name: str, ports: dict[str, int]) -> health.Probe | None:
    if name == "broker":
        return health.kafka(ports["broker_port"])
    if name == "clickhouse":
        writer = passwords.load_or_create(run_dir).writer
        return health.clickhouse(ports["clickhouse_http_port"], WRITER_USER, writer)
    if name == "console":
        return health.tcp(ports["console_port"])
    if name.startswith("worker-"):
        return health.alive(health.port_file(run_dir, name), "/readyz")
    return None
