"""One child process: its output into a rotated log, its end noticed, its whole group stopped."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

from deploy.local.errors import MissingPartError
from deploy.local.logs import RotatingLog
from deploy.local.state import ProcessIdentity

_LEASH = Path(__file__).with_name("leash.py")
_READ_BYTES = 65_536


class Child:
    """A running command. On Linux it gets SIGTERM when the thread that started it ends."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], log_path: Path) -> None:
        """Start `argv`; raise MissingPartError when there is no such program."""
        log = RotatingLog(log_path)
        try:
            self._popen = subprocess.Popen(  # noqa: S603 - argv comes from our own configuration
                leashed(argv),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                # Its own group, so that Ctrl-C reaches the supervisor alone, which then stops
                # the children in order.
                start_new_session=True,
            )
        except OSError as error:
            log.close()
            raise MissingPartError(
                f"Cannot start {argv[0]}: {error}. Reinstall the environment."
            ) from error
        self.pid = self._popen.pid
        self.identity = ProcessIdentity.of(self.pid)
        assert self._popen.stdout is not None  # noqa: S101 - PIPE was asked for
        self._pump = threading.Thread(
            target=_pump, args=(self._popen.stdout, log), name=f"log of {self.pid}", daemon=True
        )
        self._pump.start()

    def exit_text(self) -> str | None:
        """Return how the process ended, or None while it runs."""
        code = self._popen.poll()
        return None if code is None else describe_exit(code)

    def exit_code(self) -> int | None:
        """Return the exit code, negative for a signal, or None while it runs."""
        return self._popen.poll()

    def terminate(self) -> None:
        """Ask the process to stop."""
        if self._popen.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self._popen.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process and whatever it started; return when it is gone."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()
        self._pump.join(timeout=1)

    def wait(self, timeout_seconds: float) -> bool:
        """Wait for the end; return whether it came."""
        try:
            self._popen.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return False
        self._pump.join(timeout=1)
        return True

    def stop(self, grace_seconds: float) -> None:
        """Ask, wait `grace_seconds`, then kill; return when it is gone."""
        self.terminate()
        self.wait(grace_seconds)
        self.kill()


def leashed(argv: Sequence[str]) -> list[str]:
    """Return `argv`, on Linux wrapped so that the process does not outlive this one."""
    on_main_thread = threading.current_thread() is threading.main_thread()
    if sys.platform == "linux" and on_main_thread:
        return [sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), *argv]
    return list(argv)


def describe_exit(code: int) -> str:
    """Return an exit code in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def stop_processes(processes: Sequence[psutil.Process], grace_seconds: float) -> None:
    """Stop processes that are not our children, first asking; return when they are gone."""
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, stubborn = psutil.wait_procs(processes, timeout=grace_seconds)
    for process in stubborn:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(stubborn, timeout=5)


def wait_until_gone(process: psutil.Process, timeout_seconds: float) -> bool:
    """Wait for the end of a process that is not our child; return whether it came."""
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(psutil.NoSuchProcess):
            if process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.05)
                continue
        return True
    return False


def _pump(source: IO[bytes], log: RotatingLog) -> None:
    # A full disk must not stop the child: keep reading, drop what cannot be written.
    with source:
        while data := source.read(_READ_BYTES):
            with contextlib.suppress(OSError):
                log.write(data)
    log.close()
