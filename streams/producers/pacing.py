"""When the next row is due: as fast as said, or in the rhythm it was written."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from streams.errors import InputError

_TIMES = re.compile(r"(\d+(?:\.\d+)?)x", re.ASCII)
# So far behind, rows are not hurried to catch up: an outage is no reason for a burst of its own.
_BURST_SEC = 0.25


@dataclass(frozen=True)
class Speed:
    """`times` is how many times faster than written; None is as fast as Kafka takes it."""

    times: float | None = None

    @classmethod
    def parse(cls, text: str) -> "Speed":
        """From `max`, `original` or `60x`; raises InputError."""
        word = text.strip().lower()
        if word == "max":
            return cls(None)
        if word == "original":
            return cls(1.0)
        match = _TIMES.fullmatch(word)
        if not match or float(match[1]) <= 0:
            raise InputError(f"--speed {text!r}: give max, original, or how many times: 60x")
        return cls(float(match[1]))


class Pacer:
    """Says how long to wait before a row.

    Rows older than one already sent are due at once, so disorder never holds the stream.
    """

    def __init__(
        self, speed: Speed, rate: float | None, monotonic_sec: Callable[[], float]
    ) -> None:
        self._times = speed.times
        self._row_sec = 1.0 / rate if rate else 0.0
        self._now = monotonic_sec
        self._due_by_rate = monotonic_sec()
        self._first: tuple[datetime, float] | None = None
        self._newest: datetime | None = None
        self.rows = 0
        self.out_of_order = 0

    @property
    def idle(self) -> bool:
        """Whether rows are never due later than now."""
        return self._times is None and not self._row_sec

    def wait_sec(self, event_time: datetime) -> float:
        """Seconds until the row is due; call once per row, in the file's order."""
        now = self._now()
        wait = 0.0
        if self._times is not None:
            wait = max(wait, self._due(event_time, now, self._times) - now)
        if self._row_sec:
            due = max(self._due_by_rate, now - _BURST_SEC)
            self._due_by_rate = due + self._row_sec
            wait = max(wait, due - now)
        return wait

    def _due(self, event_time: datetime, now: float, times: float) -> float:
        self.rows += 1
        if self._first is None or self._newest is None:
            self._first, self._newest = (event_time, now), event_time
            return now
        if event_time < self._newest:
            self.out_of_order += 1
            return now
        self._newest = event_time
        first_time, started = self._first
        return started + (event_time - first_time).total_seconds() / times
