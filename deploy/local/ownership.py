"""One supervisor per run directory, kept by a lock that the system drops when its holder dies."""

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

from deploy.local import state
from deploy.local.errors import AlreadyRunningError, LocalStackError

LOCK_NAME = "supervisor.lock"
# is_owned() holds the lock for an instant: an instant later it is free again.
PATIENCE_SECONDS = 0.5


@contextlib.contextmanager
def sole_owner(run_dir: Path) -> Iterator[None]:
    """Hold the run directory's lock; raise AlreadyRunningError when another supervisor does."""
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
        yield


def is_owned(run_dir: Path) -> bool:
    """Tell whether a supervisor lives in this run directory, however it was started or killed."""
    try:
        with (run_dir / LOCK_NAME).open("r") as lock:
            return not _taken(lock.fileno(), fcntl.LOCK_SH)
    except OSError:
        return False


def _taken(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _already_running(run_dir: Path) -> AlreadyRunningError:
    record = state.read(run_dir)
    since = f" since {record.started_at}" if record else ""
    pid = f" (supervisor pid {record.supervisor.pid})" if record else ""
    return AlreadyRunningError(
        f"A stack already runs in {run_dir}{since}{pid}. See it with `escucha status`, "
        "stop it with `escucha down`, or start another with --run-dir and other ports."
    )
