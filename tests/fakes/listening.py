"""What a source yields, taken until something holds; then the source is closed."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from schemas.mention import Event
from streams.producers.live.source import Cursor, Received, Source, Unmapped


@dataclass
class Heard:
    """Everything that came, and every cursor with the number of events before it."""

    events: list[Event] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    cursors: list[tuple[int, Cursor]] = field(default_factory=list)
    steps: int = 0
    empty: int = 0
    skipped: int = 0

    def add(self, received: Received) -> None:
        self.steps += 1
        self.empty += not (received.events or received.unmapped)
        self.events.extend(received.events)
        self.unmapped.extend(received.unmapped)
        self.skipped += received.skipped
        if received.cursor is not None:
            self.cursors.append((len(self.events), received.cursor))

    @property
    def cursor(self) -> Cursor | None:
        return self.cursors[-1][1] if self.cursors else None

    @property
    def ids(self) -> list[str]:
        return [_id(event) for event in self.events]


async def hear(
    source: Source,
    until: Callable[[Heard], bool],
    *,
    cursor: Cursor | None = None,
    heard: Heard | None = None,
    within_sec: float = 10.0,
) -> Heard:
    """Listen until `until` holds after a step; errors of the source are the caller's."""
    heard = heard or Heard()
    async with asyncio.timeout(within_sec):
        async with aclosing(source.listen(cursor)) as steps:  # type: ignore[type-var]
            async for received in steps:
                heard.add(received)
                if until(heard):
                    break
    return heard


def polls(count: int) -> Callable[[Heard], bool]:
    """Until so many polls brought nothing, counted over the whole."""
    return lambda heard: heard.empty >= count


def _id(event: Event) -> str:
    for name in ("mention_id", "interaction_id", "target_id"):
        if found := getattr(event, name, None):
            return str(found)
    raise AssertionError(f"without an id: {event}")
