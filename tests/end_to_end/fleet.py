"""The programs of a run: started, killed, started again when they fall, their memory watched."""

import contextlib
import itertools
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.end_to_end.ground import Ground

STOP_SEC = 20.0
LOOK_SEC = 0.5
WORKER = ("worker",)


@dataclass
class Program:
    """One command that should run; `process` is the one of now."""

    role: str
    arguments: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    once: bool  # it ends by itself when its work is done
    version: Path | None  # where the program's text is, if not here
    process: subprocess.Popen[bytes] | None = None

    def spawn(self) -> None:
        """Start it anew."""
        command = [sys.executable, "-m", "streams.cli", *self.arguments]
        environment = self.environment
        if self.version is not None:
            environment = environment | {"PYTHONPATH": str(self.version)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=environment, cwd=self.version, stdout=log, stderr=subprocess.STDOUT
            )


@dataclass
class Memory:
    """Megabytes that were resident."""

    peak: dict[str, float] = field(default_factory=dict)
    series: list[tuple[float, dict[str, float]]] = field(default_factory=list)  # by the clock


class Fleet:
    """Programs that come back after each fall, as under a supervisor. Leaving it stops them all."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._programs: dict[str, Program] = {}
        self._lock = threading.RLock()
        self._ending = threading.Event()
        self._numbers = itertools.count()
        self._guard = threading.Thread(target=self._watch, daemon=True)
        self.ends: Counter[str] = Counter()  # of their own: role and exit code
        self.memory = Memory()

    def __enter__(self) -> "Fleet":
        self._guard.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._guard.join()
        for name in list(self._programs):
            with contextlib.suppress(ProcessLookupError):
                self._process(name).terminate()
        for name in list(self._programs):
            self.stop(name)

    def add(
        self,
        role: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        once: bool = False,
        version: Path | None = None,
    ) -> str:
        """Start a program, of this version or of another; returns the name it goes by."""
        name = f"{role}-{next(self._numbers)}"
        program = Program(
            role,
            arguments or (role,),
            {**self._ground.environment, **(environment or {})},
            self._ground.folder / f"{name}.log",
            once,
            version,
        )
        with self._lock:
            program.spawn()
            self._programs[name] = program
        return name

    def names(self, *roles: str) -> list[str]:
        """Programs that should run, in order of their start."""
        return [n for n, program in self._programs.items() if not roles or program.role in roles]

    def kill(self, name: str, random_: random.Random) -> None:
        """SIGKILL; it is started again after up to half a second."""
        with self._lock:
            process = self._process(name)
            process.kill()
            process.wait()
            time.sleep(random_.random() / 2)
            self._programs[name].spawn()

    def stop(self, name: str) -> int:
        """SIGTERM, and SIGKILL when that does not help; it stays away. Returns its exit code."""
        with self._lock:
            process = self._process(name)
            del self._programs[name]
        process.terminate()
        try:
            return process.wait(STOP_SEC)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def runs(self, name: str) -> bool:
        """Whether it should still run; a program with an end is dropped when it got there."""
        return name in self._programs

    def log_of(self, name: str) -> str:
        """What it has said."""
        return (self._ground.folder / f"{name}.log").read_text(errors="replace")

    def _process(self, name: str) -> subprocess.Popen[bytes]:
        process = self._programs[name].process
        assert process is not None
        return process

    def _watch(self) -> None:
        while not self._ending.wait(LOOK_SEC):
            with self._lock:
                for name, program in list(self._programs.items()):
                    code = self._process(name).poll()
                    if code is None:
                        continue
                    if program.once and code == 0:
                        del self._programs[name]
                        continue
                    self.ends[f"{program.role} {code}"] += 1
                    program.spawn()
                pids = [(p.role, self._process(name).pid) for name, p in self._programs.items()]
            pids += self._ground.watched().items()
            self._note(list(pids))

    def _note(self, pids: list[tuple[str, int]]) -> None:
        now: dict[str, float] = {}
        for role, pid in pids:
            resident, peak = _memory_mb(pid)
            now[role] = max(now.get(role, 0.0), resident)
            self.memory.peak[role] = max(self.memory.peak.get(role, 0.0), peak)
        self.memory.series.append((time.time(), now))


def _memory_mb(pid: int) -> tuple[float, float]:
    """Resident now and at most so far; nothing for a process that is gone."""
    found = dict.fromkeys(("VmRSS", "VmHWM"), 0.0)
    for name, value in _status(pid):
        if name in found:
            found[name] = int(value.split()[0]) / 1024
    return found["VmRSS"], found["VmHWM"]


def _status(pid: int) -> Iterator[tuple[str, str]]:
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return
    for line in text.splitlines():
        name, _, value = line.partition(":")
        yield name, value
