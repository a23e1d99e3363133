"""What a run of a live source was asked, how it goes, and what it did."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import click
import msgspec

from streams import clock
from streams.producers.live.backoff import Backoff

LINE_EVERY_SEC = 5.0
QUIET_LINE_EVERY_SEC = 60.0


@dataclass(frozen=True, kw_only=True)
class ListenOptions:
    """How a run delivers, whatever the source."""

    restart: bool = False  # forget the cursor: from what the source offers now
    resume_anyway: bool = False  # go on from the cursor though the topic lost what came before
    limit: int | None = None  # end after about so many events
    heartbeat_sec: float = 5.0  # 0: none
    checkpoint_sec: float = 1.0
    stop_flush_sec: float = 5.0  # how long a stop waits for Kafka
    backoff: Callable[[], Backoff] = Backoff
    rejects_max_bytes: int = 64 * 1024 * 1024


class ListenSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What one run did: received = delivered + rejected + still waiting for Kafka at the end."""

    source: str
    scope: str
    topic: str
    received: int  # events and payloads that should have been one
    delivered: int
    rejected: int  # kept with their reasons
    skipped: int  # understood, and not an event
    reconnects: int
    stalls: int  # of the reconnects, those after a silence
    finished: bool  # the source came to its end, or the limit was reached
    seconds: float
    events_per_second: float
    lag_sec: float | None  # of the newest event behind the clock, when last looked at
    checkpoint: str
    rejected_events: str | None  # the file that holds them, when there are any


class ListenProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How a run goes."""

    received: int
    delivered: int
    rejected: int
    skipped: int
    waiting: int  # for Kafka
    reconnects: int
    lag_sec: float | None
    state: str  # "" while it listens


@dataclass
class Lag:
    """How far the newest event of a while is behind the clock."""

    now: Callable[[], datetime] = clock.now
    _newest: datetime | None = None

    def saw(self, moment: datetime) -> None:
        """An event of that moment came by."""
        if self._newest is None or moment > self._newest:
            self._newest = moment

    def seconds(self) -> float | None:
        """Behind the clock, by the newest event since this was last asked."""
        newest, self._newest = self._newest, None
        return None if newest is None else round(max((self.now() - newest).total_seconds(), 0), 3)


class ListenObserver:
    """Hears how a run goes; this one keeps silent."""

    def plan(self, lines: list[str]) -> None:
        """What is listened to, in lines for people."""

    def progress(self, progress: ListenProgress) -> None:
        """Called about once a second."""

    def note(self, text: str) -> None:
        """Something a person should know."""


@dataclass
class ListenLines(ListenObserver):
    """Plain lines on standard error: every few seconds on a terminal, every minute in a log."""

    every_sec: float = LINE_EVERY_SEC
    monotonic_sec: Callable[[], float] = time.monotonic
    _last: float = field(init=False)
    _last_received: int = 0

    def __post_init__(self) -> None:
        self._last = self.monotonic_sec()

    def plan(self, lines: list[str]) -> None:
        for number, line in enumerate(lines):
            click.echo(f"  {line}" if number else line, err=True)

    def progress(self, progress: ListenProgress) -> None:
        moment = self.monotonic_sec()
        if moment - self._last < self.every_sec:
            return
        rate = (progress.received - self._last_received) / (moment - self._last)
        self._last, self._last_received = moment, progress.received
        click.echo(describe(progress, rate), err=True)

    def note(self, text: str) -> None:
        click.echo(text, err=True)


def describe(progress: ListenProgress, rate: float) -> str:
    """One line: how fast, how many, how far behind."""
    parts = [
        f"{rate:,.0f} events/s" if rate >= 10 or not rate else f"{rate:.1f} events/s",
        f"{progress.delivered:,} delivered",
        f"{progress.waiting:,} waiting for Kafka" if progress.waiting > 1_000 else "",
        f"{progress.rejected:,} rejected" if progress.rejected else "",
        f"{progress.lag_sec:.1f} s behind" if progress.lag_sec is not None else "",
        f"{progress.reconnects} reconnects" if progress.reconnects else "",
        progress.state,
    ]
    return ", ".join(part for part in parts if part)
