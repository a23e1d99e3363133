"""The state file: what runs, under which pids, since when."""

import json
import os
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import psutil

FILE_NAME = "services.json"
FORMAT_VERSION = 1
Phase = Literal["starting", "ready", "stopping", "stopped", "failed"]
ServiceState = Literal["waiting", "starting", "ready", "done", "backoff", "stopped"]

# A pid can be reused; a pid with the same birth time is the same process.
BIRTH_TOLERANCE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class ProcessIdentity:
    """A process which a reused pid cannot be mistaken for."""

    pid: int
    born_at_seconds: float

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity | None":
        """Return the identity of the living process `pid`, or None when there is none."""
        try:
            return cls(pid=pid, born_at_seconds=psutil.Process(pid).create_time())
        except psutil.Error:
            return None

    def find(self) -> psutil.Process | None:
        """Return the process when it still lives, else None."""
        try:
            process = psutil.Process(self.pid)
            born_at_seconds = process.create_time()
            alive = process.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return None
        same = abs(born_at_seconds - self.born_at_seconds) < BIRTH_TOLERANCE_SECONDS
        return process if alive and same else None


@dataclass(kw_only=True)
class ServiceRecord:
    """What the supervisor knows of one service."""

    name: str
    state: ServiceState = "waiting"
    process: ProcessIdentity | None = None
    port: int | None = None
    started_at: str | None = None
    restarts: int = 0
    last_exit: str | None = None


@dataclass(kw_only=True)
class StackRecord:
    """What the supervisor of one run directory wrote last."""

    phase: Phase
    supervisor: ProcessIdentity
    started_at: str
    ports: dict[str, int]
    services: list[ServiceRecord] = field(default_factory=list)
    error: str | None = None

    def living_processes(self) -> list[tuple[str, psutil.Process]]:
        """Return the recorded services whose processes still live, in start order."""
        found = ((each.name, each.process.find()) for each in self.services if each.process)
        return [(name, process) for name, process in found if process is not None]


def now_text() -> str:
    """Return the present moment as ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def write(run_dir: Path, record: StackRecord) -> None:
    """Replace the state file in one step: a reader sees the old or the new one, never a part."""
    path = run_dir / FILE_NAME
    fresh = path.with_suffix(".new")
    document = {"version": FORMAT_VERSION, **asdict(record)}
    fresh.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    os.replace(fresh, path)


def read(run_dir: Path) -> StackRecord | None:
    """Return the last written state; None when there is none or it cannot be understood.

    Not understood is the same as none: the file only says what may still run, and a lock, not this
    file, keeps two stacks apart.
    """
    try:
        document = json.loads((run_dir / FILE_NAME).read_text(encoding="utf-8"))
        if document.pop("version") != FORMAT_VERSION:
            return None
        return StackRecord(
            **{
                **document,
                "supervisor": ProcessIdentity(**document["supervisor"]),
                "services": [_service(each) for each in document["services"]],
            }
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _service(document: dict[str, Any]) -> ServiceRecord:
    process = document["process"]
    return ServiceRecord(
        **{**document, "process": ProcessIdentity(**process) if process is not None else None}
    )
