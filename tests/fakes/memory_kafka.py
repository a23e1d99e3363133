"""A run of a live source into the in-memory Kafka, ended once something holds."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streams.producers.base import EventWriter
from streams.producers.live.backoff import Backoff
from streams.producers.live.progress import (
    ListenObserver,
    ListenOptions,
    ListenProgress,
    ListenSummary,
)
from streams.producers.live.runner import run_source
from streams.producers.live.source import Source
from streams.producers.memory import MemoryProducer

TOPIC = "mentions.raw.v1"


def quick_backoff() -> Backoff:
    """Pauses of milliseconds."""
    return Backoff(first_sec=0.01, longest_sec=0.05)


@dataclass
class Notebook(ListenObserver):
    """Remembers what a run said."""

    notes: list[str] = field(default_factory=list)
    progresses: list[ListenProgress] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.notes.append(text)

    def progress(self, progress: ListenProgress) -> None:
        self.progresses.append(progress)


@dataclass
class Listening:
    """Runs of one source into one topic with one checkpoint."""

    checkpoint: Path
    kafka: MemoryProducer = field(default_factory=MemoryProducer)
    notebook: Notebook = field(default_factory=Notebook)

    async def run(
        self,
        source: Source,
        until: Callable[[], bool] = lambda: False,
        *,
        within_sec: float = 20.0,
        **options: Any,
    ) -> ListenSummary:
        """Listen until `until` holds or the source ends; fails after `within_sec`."""
        given = {"heartbeat_sec": 0, "checkpoint_sec": 0.02, "backoff": quick_backoff, **options}
        stop = asyncio.Event()

        async def watch() -> None:
            while not until():  # noqa: ASYNC110 - anything may be asked
                await asyncio.sleep(0.005)
            stop.set()

        watching = asyncio.create_task(watch())
        try:
            async with asyncio.timeout(within_sec):
                return await run_source(
                    source,
                    EventWriter(TOPIC, self.kafka),
                    checkpoint_path=self.checkpoint,
                    options=ListenOptions(**given),
                    stop=stop,
                    observer=self.notebook,
                )
        finally:
            watching.cancel()

    def events(self) -> list[dict[str, Any]]:
        """What arrived, heartbeats left out."""
        events = [json.loads(record.body) for record in self.kafka.delivered]
        return [event for event in events if event["type"] != "heartbeat"]

    def heartbeats(self) -> int:
        """How many signs of life arrived."""
        return len(self.kafka.delivered) - len(self.events())

    def ids(self) -> list[str]:
        """Of the events that arrived, in order."""
        return [identity(event) for event in self.events()]

    def rejected(self) -> list[dict[str, Any]]:
        """What was kept, with its reasons."""
        path = self.checkpoint.with_name(f"{self.checkpoint.stem}.rejected.jsonl")
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()]

    def cursor(self) -> Any:
        """The cursor on disk."""
        return json.loads(self.checkpoint.read_bytes())["cursor"]


def identity(event: dict[str, Any]) -> str:
    """What tells an event from others: a deletion is not the thing it deletes."""
    if event["type"] == "deletion":
        return f"deletion of {event['target']} {event['target_id']}"
    return str(event.get("mention_id") or event.get("interaction_id"))
