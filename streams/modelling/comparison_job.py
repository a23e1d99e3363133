"""The comparison that runs, at most one at a time, and how it ends."""

import asyncio
import contextlib
import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from schemas.model_acts import Ask, Running
from streams import clock
from streams.modelling.comparing import Found, Line, Question

_LONGEST_LINE: Final = 4 * 1024 * 1024


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison that has ended: with what it found, with why it could not, or by somebody."""

    running: Running
    state: str  # done, failed or cancelled
    found: Found | None = None
    why: str = ""


class ComparisonJob:
    """Runs comparisons in processes of their own, one after the other has ended."""

    def __init__(self, keep: Callable[[Ended], Awaitable[None]]) -> None:
        """`keep` is called with each that has ended, before the next one may begin."""
        self._keep = keep
        self._running: Running | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_cancelled = False
        self.trouble = ""  # why the last one could not be kept

    @property
    def running(self) -> Running | None:
        """What runs, None when nothing does."""
        return self._running

    def start(self, ask: Ask, question: Question) -> str:
        """Begin one and return its id; empty when another one runs."""
        if self._running is not None:
            return ""
        self._running = Running(
            id=str(uuid.uuid4()),
            a=ask.a,
            b=ask.b,
            by=ask.made_by,
            asked_at=clock.now(),
            done=0,
            of=1,
        )
        self._is_cancelled, self.trouble = False, ""
        self._task = asyncio.create_task(self._run(self._running, question))
        return self._running.id

    def cancel(self, job_id: str) -> bool:
        """End it; False when it does not run any more."""
        if self._running is None or self._running.id != job_id:
            return False
        self._is_cancelled = True
        self.kill()
        return True

    def kill(self) -> None:
        """End the process, whatever it is at."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def _run(self, asked: Running, question: Question) -> None:
        try:
            try:
                last = await self._lines(question)
            except (OSError, ValueError) as error:
                last = Line(failed=f"it could not be run: {type(error).__name__}")
            if self._is_cancelled:
                ended = Ended(running=asked, state="cancelled")
            elif last.found is not None:
                ended = Ended(running=asked, state="done", found=last.found)
            else:
                why = last.failed or "the process ended before it had an answer"
                ended = Ended(running=asked, state="failed", why=why)
            await self._keep(ended)
        finally:
            self._running, self._process = None, None

    async def _lines(self, question: Question) -> Line:
        """Follow the process to its end, and return its last word."""
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "streams.modelling.comparing",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LONGEST_LINE,
        )  # fmt: skip
        if self._is_cancelled:
            self.kill()
        if process.stdin is None or process.stdout is None:
            raise ValueError("no pipes")
        process.stdin.write(msgspec.json.encode(question) + b"\n")
        with contextlib.suppress(ConnectionError):  # it has ended; its last word says why
            await process.stdin.drain()
        last = Line()
        async for said in process.stdout:
            last = msgspec.json.decode(said, type=Line)
            if self._running is not None and last.of:
                self._running = msgspec.structs.replace(self._running, done=last.done, of=last.of)
        process.stdin.close()
        await process.wait()
        return last
