"""What a live source is: it knows its network and the mention schema, and nothing of Kafka.

A source is a dataclass of its options with an async generator `listen`. What it yields is one
step: events in order, and where to go on after them. `runner` does the rest: delivery,
checkpoint, heartbeats, backoff, watchdog.

SourceError (of EscuchaError)
├── SourceUnavailableError   the network is away or asks for patience: `listen` is called again
└── SourceRefusedError       wrong key, forbidden, gone: the run ends, a person must act
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from schemas.mention import Event
from streams.errors import EscuchaError

JSON = Any  # what json.dumps takes: dict, list, str, int, float, bool, None
Cursor = dict[str, JSON]  # what the source needs to go on; must survive JSON


class SourceError(EscuchaError):
    """Something a source raises on purpose inside `listen`."""


class SourceUnavailableError(SourceError):
    """The network cannot be reached or limits the rate; `listen` is called again after a pause.

    The pause grows from failure to failure and is never shorter than `retry_after_sec`.
    """

    def __init__(self, text: str, *, retry_after_sec: float | None = None) -> None:
        super().__init__(text)
        self.retry_after_sec = retry_after_sec


class SourceRefusedError(SourceError):
    """The network will not serve this until a person acts; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Unmapped:
    """A payload that cannot become an event; kept with its reason."""

    payload: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Received:
    """What one step of a source brought, and where to go on after it.

    Every step is a sign of life, an empty one too: yield `Received()` for a ping or a poll that
    brought nothing.
    """

    events: Sequence[Event] = ()  # in the order of the source
    cursor: Cursor | None = None  # None: not a place to resume at
    unmapped: Sequence[Unmapped] = ()
    skipped: int = 0  # understood and deliberately not an event, such as identity events
    as_of: datetime | None = None  # the network's own clock, where it tells: shows the lag


class Source(Protocol):
    """One network, or one part of it."""

    @property
    def name(self) -> str:
        """The SourceName of its events; also the producer's name in heartbeats."""
        ...

    @property
    def scope(self) -> str:
        """What of the options makes it another stream, as instance or query; "" if nothing does.

        Two runs of one name and scope share a checkpoint, so a cursor never meets a source that
        cannot read it.
        """
        ...

    @property
    def stall_sec(self) -> float:
        """Longest silence of a healthy source; after it no heartbeats, and a new connection.

        A source that polls says some multiple of its interval.
        """
        ...

    def listen(self, cursor: Cursor | None) -> AsyncIterator[Received]:
        """An async generator from `cursor` on (None: from now), best-known place first.

        Ends only when the source is finite. Raises SourceUnavailableError or SourceRefusedError;
        never because of what a payload holds, which is yielded as Unmapped. While it is not asked
        for the next step it must not read on without bound.
        """
        ...
