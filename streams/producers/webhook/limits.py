"""How often somebody may ask: a bucket of turns for each, which fills up again with time."""

import time
from collections.abc import Callable
from typing import Final

MOST_REMEMBERED: Final = 10_000
BURST_SEC: Final = 2.0  # so many seconds' turns may be taken at once


class RateLimit:
    """At most `per_sec` turns a second for each name, on average; 0 is without limit."""

    def __init__(self, per_sec: float, now_sec: Callable[[], float] = time.monotonic) -> None:
        self._per_sec = per_sec
        self._most = max(per_sec * BURST_SEC, 1.0)
        self._now_sec = now_sec
        self._left: dict[str, tuple[float, float]] = {}  # turns and when they were counted

    def wait_sec(self, name: str) -> float:
        """Take a turn and return 0, or return how long until there is one."""
        if not self._per_sec:
            return 0.0
        now_sec = self._now_sec()
        # The one asked last stands last: who is forgotten first has been silent longest.
        left, counted_sec = self._left.pop(name, (self._most, now_sec))
        left = min(left + (now_sec - counted_sec) * self._per_sec, self._most)
        self._left[name] = (left - 1.0 if left >= 1.0 else left, now_sec)
        if len(self._left) > MOST_REMEMBERED:
            del self._left[next(iter(self._left))]
        return 0.0 if left >= 1.0 else (1.0 - left) / self._per_sec
