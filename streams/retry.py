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
    deadline = time.monotonic() + deadline_sec
    pause = FIRST_PAUSE_SEC
    while True:
        try:
            return await attempt()
        except retry_on as error:
            left = deadline - time.monotonic()
            if left <= 0:
                raise
            log.warning("%s: %s; trying again for %.0f s", what, error, left)
        await asyncio.sleep(min(left, pause * random.uniform(0.5, 1.5)))  # noqa: S311 - jitter
        pause = min(pause * 2, LONGEST_PAUSE_SEC)
