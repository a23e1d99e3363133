"""Bounds how often somebody may try to sign in, before anything is asked or written for it."""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

WINDOW_SEC: Final = 60.0
MOST_PLACES: Final = 10_000


class Throttle:
    """Counts tries of each place and of all; in memory, so each process has its own bounds."""

    def __init__(
        self, per_place: int, overall: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_place = per_place
        self._overall = overall
        self._now = now
        self._tries: dict[str, deque[float]] = {}
        self._all: deque[float] = deque()

    def lets(self, place: str) -> bool:
        """Whether one more try from there is in bounds; it then counts."""
        now = self._now()
        tries = self._tries.setdefault(place, deque())
        for times in (tries, self._all):
            while times and now - times[0] > WINDOW_SEC:
                times.popleft()
        is_let = len(tries) < self._per_place and len(self._all) < self._overall
        if is_let:
            tries.append(now)
            self._all.append(now)
        if len(self._tries) > MOST_PLACES:
            self._tries = {name: kept for name, kept in self._tries.items() if kept}
        return is_let
