"""One way to try again: exponential backoff with jitter, up to a deadline."""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")
log = logging.getLogger(__name__)

FIRST_PAUSE_SEC = 0.05
LONGEST_PAUSE_SEC = 5.0


async def until_deadline(
    attempt: Callable[[], Awaitable[T]],
    *,
    retry_on: type[Exception],
    deadline_sec: float,
    what: str,
) -> T:
    """Return what `attempt` returns; after `deadline_sec` raise its last `retry_on` error."""
    pauses = _Pauses(deadline_sec, what)
    while True:
        try:
            return await attempt()
        except retry_on as error:
            pause = pauses.after(error)
        await asyncio.sleep(pause)


def blocking_until_deadline(
    attempt: Callable[[], T],
    *,
    retry_on: type[Exception],
    deadline_sec: float,
    what: str,
) -> T:
    """The same for a thread that may wait."""
    pauses = _Pauses(deadline_sec, what)
    while True:
        try:
            return attempt()
        except retry_on as error:
            pause = pauses.after(error)
        time.sleep(pause)


class _Pauses:
    """How long to wait before the next attempt; when there is none, the error is raised."""

    def __init__(self, deadline_sec: float, what: str) -> None:
        self._deadline = time.monotonic() + deadline_sec
        self._pause = FIRST_PAUSE_SEC
        self._what = what

    def after(self, error: Exception) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise error
        log.warning("%s: %s; trying again for %.0f s", self._what, error, left)
        pause = min(left, self._pause * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SEC)
        return pause
