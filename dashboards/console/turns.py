"""How often something may be done: a bucket of turns for each name, which fills up with time."""

import math
import time
from collections.abc import Callable
from typing import Final

MOST_NAMES: Final = 10_000


class Turns:
    """At most `most` turns at once for each name, and `per_sec` more as time goes.

    In memory, so each process has its own bounds, and of so many names only: who is forgotten has
    been silent longest.
    """

    def __init__(
        self, per_sec: float, most: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_sec = per_sec
        self._most = float(most)
        self._now = now
        self._left: dict[str, tuple[float, float]] = {}  # turns, and when they were counted

    def wait_sec(self, name: str) -> float:
        """Return how long until there is a turn, 0 if there is one now; takes none."""
        left = self._counted(name, self._now())
        if left >= 1.0:
            return 0.0
        return (1.0 - left) / self._per_sec if self._per_sec else math.inf

    def take(self, name: str) -> float:
        """Take a turn and return 0, or return how long until there is one."""
        wait_sec, now = self.wait_sec(name), self._now()
        left = self._counted(name, now)
        self._left.pop(name, None)  # whoever asked last stands last
        self._left[name] = (left if wait_sec else left - 1.0, now)
        if len(self._left) > MOST_NAMES:
            del self._left[next(iter(self._left))]
        return wait_sec

    def __len__(self) -> int:
        """How many names are remembered."""
        return len(self._left)

    def _counted(self, name: str, now: float) -> float:
        left, counted = self._left.get(name, (self._most, now))
        return min(left + (now - counted) * self._per_sec, self._most)
