"""Bounds how often somebody may try to sign in, before anything is asked or written for it."""

import time
from collections.abc import Callable
from typing import Final

from dashboards.console.turns import Turns

WINDOW_SEC: Final = 60.0
_ALL: Final = ""


class Throttle:
    """So many tries a minute from each place and from all; as many at once after a silence."""

    def __init__(
        self, per_place: int, overall: int, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._places = Turns(per_place / WINDOW_SEC, per_place, now)
        self._all = Turns(overall / WINDOW_SEC, overall, now)

    def lets(self, place: str) -> bool:
        """Whether one more try from there is in bounds; it then counts, and only then."""
        if self._places.wait_sec(place) or self._all.wait_sec(_ALL):
            return False
        self._places.take(place)
        self._all.take(_ALL)
        return True
