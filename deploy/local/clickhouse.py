"""Starts ClickHouse's own HTTP and native listeners out of the chdb-core wheel, and stays.

`python -m deploy.local.clickhouse --run-dir DIR` runs until SIGTERM or SIGINT.

The wheel's public calls cannot start listeners; a private one can. It blocks while its last
statement runs, so that statement reads a pipe whose other end this process holds open: closing it
is the clean stop. A kill -9 loses nothing that ClickHouse acknowledged.
"""

import argparse
import contextlib
import fcntl
import importlib.metadata
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import IO, NoReturn

from deploy.local.clickhouse_definitions import Definitions
from deploy.local.clickhouse_files import (
    DATABASE,
    DEFAULT_MEMORY_BYTES,
    HTTP_PORT_VARIABLE,
    MEMORY_VARIABLE,
    TCP_PORT_VARIABLE,
    EngineFolder,
    EngineSettings,
)
from deploy.local.errors import AlreadyRunningError, LocalStackError, MissingPartError
from deploy.local.passwords import load_or_create
from deploy.local.ports import require_free

# The entry point is private and changes without notice: 26.5 of the lite wheel lacks it.
SUPPORTED_CHDB_CORE = "26.9.0"
OPEN_FILES = 10_240  # as many as macOS gives any process

Query = Callable[..., object]


def main(arguments: list[str] | None = None) -> int:
    """Run ClickHouse until told to stop; return 0 after a clean stop, 1 with a message if not."""
    options = _parse(arguments)
    try:
        return _serve(options)
    except LocalStackError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def check_version() -> None:
    """Raise MissingPartError unless exactly the supported chdb-core is installed."""
    remedy = f"Run: pip install chdb-core=={SUPPORTED_CHDB_CORE}"
    try:
        installed = importlib.metadata.version("chdb-core")
    except importlib.metadata.PackageNotFoundError as error:
        raise MissingPartError(
            f"The local ClickHouse comes with the chdb-core wheel, which is not installed. {remedy}"
        ) from error
    if installed != SUPPORTED_CHDB_CORE:
        raise MissingPartError(
            f"The local ClickHouse starts through a private function of chdb-core "
            f"{SUPPORTED_CHDB_CORE}; {installed} is installed and may behave otherwise. {remedy}"
        )


def load_query_function() -> Query:
    """Return the private function that can start listeners; raise MissingPartError without it.

    To be called before changing into the engine's folder: importing chdb opens a throw-away engine,
    which there would read the configuration and lock the data.
    """
    check_version()
    try:
        from chdb import _chdb
    except ImportError as error:
        raise MissingPartError(
            f"chdb-core is installed and cannot be loaded ({error}). "
            f"Run: pip install --force-reinstall chdb-core=={SUPPORTED_CHDB_CORE}"
        ) from error
    query: Query | None = getattr(_chdb, "query", None)
    if query is None:
        raise MissingPartError(
            "chdb-core has no chdb._chdb.query, the private function that starts listeners. "
            f"Run: pip install --force-reinstall chdb-core=={SUPPORTED_CHDB_CORE}, or point "
            "ESCUCHA_CLICKHOUSE_URL at a ClickHouse server."
        )
    return query


def allow_open_files() -> None:
    """Let this process open enough files: a terminal of macOS gives 256, fewer than tables have.

    ClickHouse raises the limit by itself, to the hard one: infinite, says macOS, and refuses it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError):  # the system gives no more: ClickHouse says so
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def start_script(descriptor: int) -> str:
    """Return the statements that open the listeners and then wait for the end of a pipe.

    The pipe goes by its number: a path would be searched for * ? and {}.
    """
    statements = (
        f"CREATE DATABASE IF NOT EXISTS {DATABASE} ENGINE = Atomic",
        "SYSTEM START LISTEN HTTP",
        "SYSTEM START LISTEN TCP",
        f"SELECT * FROM file({descriptor}, 'LineAsString', 'line String')",  # noqa: S608
    )
    return "; ".join(statements)


def _serve(options: argparse.Namespace) -> int:
    run_dir: Path = options.run_dir.absolute()
    begun_in = Path.cwd()
    settings = EngineSettings(
        http_port=options.http_port, tcp_port=options.tcp_port, memory_bytes=options.memory_bytes
    )
    folder = EngineFolder.of(run_dir)
    folder.path.mkdir(parents=True, exist_ok=True)
    allow_open_files()
    with folder.lock.open("a") as lock:
        _take(lock, folder)
        remedy = "choose another with --http-port and --tcp-port"
        require_free(settings.http_port, "ClickHouse's HTTP interface", remedy)
        require_free(settings.tcp_port, "ClickHouse's native interface", remedy)
        os.environ.update(settings.as_environment(load_or_create(run_dir)))
        query = load_query_function()
        folder.prepare()
        os.chdir(folder.path)
        definitions = folder.definitions()
        ended = _run_engine(query, folder, definitions, stop_with_parent=options.stop_with_parent)
    if not ended:
        os.chdir(begun_in)
        _start_again()
    return 0


def _start_again() -> NoReturn:
    """Become this command anew, under the same process id.

    To the engine it is a kill, as it ends the process when it ends, and as two in one process are
    not to be had.
    """
    sys.stderr.write(
        "A full disk has emptied the definitions of tables. There is room again: ClickHouse starts "
        "again, and they are put back.\n"
    )
    sys.stderr.flush()
    for descriptor in map(int, os.listdir("/dev/fd")):
        with contextlib.suppress(OSError):  # closed since it was listed
            os.set_inheritable(descriptor, descriptor <= 2)
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - this very command line


def _run_engine(
    query: Query, folder: EngineFolder, definitions: Definitions, *, stop_with_parent: bool
) -> bool:
    """Run until told to stop, and return True; False, still running, when it has to start again."""
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    failures: list[BaseException] = []

    reader, writer = os.pipe()

    def run() -> None:
        try:
            # The format also becomes the default of every HTTP query that names none.
            query(start_script(reader), "TabSeparated", path="data")
        except BaseException as error:  # noqa: BLE001 - handed to the main thread
            failures.append(error)

    parent = os.getppid()
    engine = threading.Thread(target=run, name="clickhouse", daemon=True)
    engine.start()
    while engine.is_alive() and not stop.wait(timeout=1):
        if stop_with_parent and os.getppid() != parent:
            stop.set()
        if definitions.look() and definitions.has_room():
            return False
    os.close(writer)
    engine.join(timeout=30)
    if stop.is_set() and not failures:
        return True
    reason = f": {failures[0]}" if failures else "; what it said is above"
    raise LocalStackError(
        f"ClickHouse ended by itself{reason}. If it speaks of damaged data or of a table it cannot "
        f"load, move {folder.path / 'data'} away and start again: it begins empty."
    )


def _take(lock: IO[str], folder: EngineFolder) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise AlreadyRunningError(
            f"A ClickHouse already runs on {folder.path}: one process per folder. "
            "Stop it, or choose another --run-dir."
        ) from error


def _parse(arguments: list[str] | None) -> argparse.Namespace:
    environment = os.environ
    parser = argparse.ArgumentParser(prog="python -m deploy.local.clickhouse", description=__doc__)
    parser.add_argument(
        "--run-dir", type=Path, default=Path(environment.get("ESCUCHA_RUN_DIR", ".escucha"))
    )
    parser.add_argument(
        "--http-port", type=int, default=int(environment.get(HTTP_PORT_VARIABLE, "8123"))
    )
    parser.add_argument(
        "--tcp-port", type=int, default=int(environment.get(TCP_PORT_VARIABLE, "9000"))
    )
    parser.add_argument(
        "--memory-bytes",
        type=int,
        default=int(environment.get(MEMORY_VARIABLE, str(DEFAULT_MEMORY_BYTES))),
        help="What all queries together may use; more is refused with MEMORY_LIMIT_EXCEEDED.",
    )
    parser.add_argument(
        "--stop-with-parent", action="store_true", help="Stop when the starting process is gone."
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
