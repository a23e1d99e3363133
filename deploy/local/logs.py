"""Service logs: written with a ceiling, read from the end."""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

MAX_BYTES = 10_000_000
MAX_FILES = 5


def log_path(run_dir: Path, service: str) -> Path:
    """Return where the newest log lines of `service` are."""
    return run_dir / "logs" / f"{service}.log"


class RotatingLog:
    """An append-only log of at most `max_files` files of about `max_bytes` each."""

    def __init__(
        self, path: Path, *, max_bytes: int = MAX_BYTES, max_files: int = MAX_FILES
    ) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._max_files = max_files
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: IO[bytes] = path.open("ab", buffering=0)
        self._size = path.stat().st_size

    def write(self, data: bytes) -> None:
        """Append `data`, first starting a new file when this one is full."""
        if self._size and self._size + len(data) > self._max_bytes:
            self._rotate()
        self._file.write(data)
        self._size += len(data)

    def close(self) -> None:
        """Close the file; closing twice does nothing."""
        self._file.close()

    def _rotate(self) -> None:
        if self._path.exists():  # else the last attempt came no further than this
            for number in range(self._max_files - 1, 0, -1):
                older = self._path if number == 1 else self._numbered(number - 1)
                if older.exists():
                    os.replace(older, self._numbered(number))
        fresh = self._path.open("ab", buffering=0)  # where none is to be had the old one stays
        self._file.close()
        self._file, self._size = fresh, 0

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")


def last_lines(path: Path, count: int) -> list[str]:
    """Return at most the last `count` lines of one file; none when it is not there."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return [line.rstrip("\n") for line in deque(file, maxlen=count)]
    except FileNotFoundError:
        return []


def service_names(run_dir: Path) -> list[str]:
    """Return the services that have a log in this run directory."""
    return sorted(path.stem for path in (run_dir / "logs").glob("*.log"))


class Follower:
    """Reads what is appended to a log, across rotations."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None
        if (file := self._open()) is not None:
            file.seek(0, os.SEEK_END)

    def new_lines(self) -> Iterator[str]:
        """Yield the lines that were completed since the last call."""
        file = self._file or self._open()
        if file is None:
            return
        yield from self._rest(file)
        if self._rotated(file):
            yield from self._rest(file)
            self.close()
            self._open()

    def close(self) -> None:
        """Close the file; the next call of new_lines opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> IO[str] | None:
        try:
            self._file = self._path.open(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            self._file = None
        return self._file

    def _rotated(self, file: IO[str]) -> bool:
        try:
            return os.fstat(file.fileno()).st_ino != self._path.stat().st_ino
        except FileNotFoundError:
            return True

    @staticmethod
    def _rest(file: IO[str]) -> Iterator[str]:
        while True:
            position = file.tell()
            line = file.readline()
            if not line.endswith("\n"):
                file.seek(position)  # half a line: wait for the rest
                return
            yield line.rstrip("\n")


def show(
    run_dir: Path,
    services: list[str],
    *,
    lines: int,
    follow: bool,
    emit: Callable[[str], None],
    keep_going: Callable[[], bool] = lambda: True,
) -> None:
    """Emit the last lines of each service; with `follow`, go on until `keep_going` says no."""
    width = max((len(name) for name in services), default=0)

    def tagged(name: str, line: str) -> str:
        return line if len(services) == 1 else f"{name:{width}} | {line}"

    followers = {name: Follower(log_path(run_dir, name)) for name in services if follow}
    try:
        for name in services:
            for line in last_lines(log_path(run_dir, name), lines):
                emit(tagged(name, line))
        while followers and keep_going():
            quiet = True
            for name, follower in followers.items():
                for line in follower.new_lines():
                    quiet = False
                    emit(tagged(name, line))
            if quiet:
                time.sleep(0.2)
    finally:
        for follower in followers.values():
            follower.close()
