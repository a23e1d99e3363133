"""The comparison that runs, at most one at a time, and how it ends."""

import contextlib
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable

import msgspec

from schemas.model_acts import Ask, Running
from streams import clock
from streams.modelling.comparing import Found, Line, Question


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison that has ended: with what it found, with why it could not, or by somebody."""

    running: Running
    state: str  # done, failed or cancelled
    found: Found | None = None
    why: str = ""


class ComparisonJob:
    """Runs comparisons in processes of their own, one after the other has ended.

    A thread follows the process, so it may be started from one event loop and ended from another.
    """

    def __init__(self, keep: Callable[[Ended], None]) -> None:
        """`keep` is called with each that has ended, before the next one may begin."""
        self._keep = keep
        self._lock = threading.Lock()
        self._running: Running | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._is_cancelled = False
        self.trouble = ""  # why the last one could not be kept

    @property
    def running(self) -> Running | None:
        """What runs, None when nothing does."""
        return self._running

    def start(self, ask: Ask, question: Question) -> str:
        """Begin one and return its id; empty when another one runs."""
        with self._lock:
            if self._running is not None:
                return ""
            job = Running(
                id=str(uuid.uuid4()),
                a=ask.a,
                b=ask.b,
                by=ask.made_by,
                asked_at=clock.now(),
                done=0,
                of=1,
            )
            self._running, self._is_cancelled, self.trouble = job, False, ""
            self._thread = threading.Thread(
                target=self._run, args=(job, question), name="comparison", daemon=True
            )
            self._thread.start()
        return job.id

    def cancel(self, job_id: str) -> bool:
        """End it; False when it does not run any more."""
        with self._lock:
            if self._running is None or self._running.id != job_id:
                return False
            self._is_cancelled = True
            if self._process is not None:
                self._process.kill()
        return True

    def stop(self) -> None:
        """End whatever runs, and return once it has ended."""
        running, thread = self._running, self._thread
        if running is not None:
            self.cancel(running.id)
        if thread is not None:
            thread.join()

    def _run(self, asked: Running, question: Question) -> None:
        try:
            try:
                last = self._lines(question)
            except (OSError, msgspec.DecodeError) as error:
                last = Line(failed=f"it could not be run: {type(error).__name__}")
            if self._is_cancelled:
                ended = Ended(running=asked, state="cancelled")
            elif last.found is not None:
                ended = Ended(running=asked, state="done", found=last.found)
            else:
                why = last.failed or "the process ended before it had an answer"
                ended = Ended(running=asked, state="failed", why=why)
            self._keep(ended)
        finally:
            with self._lock:
                self._running, self._process = None, None

    def _lines(self, question: Question) -> Line:
        """Follow the process to its end, and return its last word."""
        with self._lock:
            if self._is_cancelled:
                return Line()
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "streams.modelling.comparing"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        last = Line()
        with process:  # waits for it, and closes the pipes
            if process.stdin is None or process.stdout is None:
                raise OSError("no pipes")
            with contextlib.suppress(BrokenPipeError):  # it has ended; its last word says why
                process.stdin.write(msgspec.json.encode(question) + b"\n")
                process.stdin.flush()
            try:
                for said in process.stdout:
                    last = msgspec.json.decode(said, type=Line)
                    if self._running is not None and last.of:
                        self._running = msgspec.structs.replace(
                            self._running, done=last.done, of=last.of
                        )
            except msgspec.DecodeError:
                process.kill()
                raise
        return last
