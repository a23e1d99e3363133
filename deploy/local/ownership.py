"""One supervisor per run directory, kept by a lock that the system drops when its holder dies."""

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from deploy.local import state
from deploy.local.errors import AlreadyRunningError, LocalStackError

LOCK_NAME = "supervisor.lock"
# is_owned() holds the lock for an instant: an instant later it is free again.
PATIENCE_SECONDS = 0.5


@contextlib.contextmanager
def sole_owner(run_dir: Path) -> Iterator[None]:
    """Hold the run directory's lock; raise AlreadyRunningError when another supervisor does.

    While it is held the file says which process holds it.
    """
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
        lock = (run_dir / LOCK_NAME).open("a")
    except OSError as error:
        raise LocalStackError(
            f"Cannot make {run_dir} or write there: {error}. If it is another user's, as after"
            " sudo, give it back with chown -R; or choose another with --run-dir or"
            " ESCUCHA_RUN_DIR."
        ) from error
    with lock:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _taken(lock.fileno(), fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                raise _already_running(run_dir)
            time.sleep(0.05)
        _note(lock.fileno(), state.ProcessIdentity.of(os.getpid()))
        try:
            yield
        finally:
            _note(lock.fileno(), None)  # else whoever holds it next would be taken for this process


def is_owned(run_dir: Path) -> bool:
    """Tell whether a supervisor lives in this run directory, however it was started or killed."""
    try:
        with (run_dir / LOCK_NAME).open("r") as lock:
            return not _taken(lock.fileno(), fcntl.LOCK_SH)
    except OSError:
        return False


def owner(run_dir: Path) -> state.ProcessIdentity | None:
    """The process that holds the run directory's lock; None when none does, or it is not known."""
    if not is_owned(run_dir):
        return None
    try:
        noted = json.loads((run_dir / LOCK_NAME).read_text(encoding="utf-8"))
        return state.ProcessIdentity(**noted)
    except (OSError, ValueError, TypeError):
        return None


def _note(descriptor: int, identity: state.ProcessIdentity | None) -> None:
    text = json.dumps(asdict(identity)) if identity is not None else ""
    with contextlib.suppress(OSError):  # a full disk: the lock itself keeps two stacks apart
        os.ftruncate(descriptor, 0)
        os.write(descriptor, text.encode())


def _taken(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _already_running(run_dir: Path) -> AlreadyRunningError:
    record, holder = state.read(run_dir), owner(run_dir)
    known = record.supervisor if record else holder
    since = f" since {record.started_at}" if record else ""
    pid = f" (supervisor pid {known.pid})" if known else ""
    return AlreadyRunningError(
        f"A stack already runs in {run_dir}{since}{pid}. See it with `escucha status`, "
        "stop it with `escucha down`, or start another with --run-dir and other ports."
    )
