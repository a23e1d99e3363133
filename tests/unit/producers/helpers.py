"""Small files to ingest, and a run against the in-memory Kafka."""

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streams.kafka_access import KafkaAccess
from streams.producers.base import EventWriter
from streams.producers.files import ingest, never
from streams.producers.memory import MemoryProducer
from streams.producers.options import IngestOptions, IngestSummary, Observer

NOW = datetime(2026, 7, 4, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class PlainSettings:
    """Settings an ingestion needs."""

    run_dir: Path
    kafka: KafkaAccess = field(default_factory=lambda: KafkaAccess("nowhere:1"))
    mentions_topic: str = "mentions.raw.v1"


@dataclass
class Notebook(Observer):
    """Remembers what a run said."""

    plans: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def plan(self, lines: list[str]) -> None:
        self.plans += lines

    def note(self, text: str) -> None:
        self.notes.append(text)


def write_lines(path: Path, rows: Sequence[object], *, packed: bool = False) -> Path:
    text = "".join(
        (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n"
        for row in rows
    )
    data = text.encode("utf-8")
    path.write_bytes(gzip.compress(data) if packed else data)
    return path


def tweet(number: int, **fields: object) -> dict[str, Any]:
    return {
        "tweet_id": number,
        "author": f"user_{number % 7}",
        "created_at": f"2026-07-04T10:{number // 60 % 60:02}:{number % 60:02}Z",
        "text": f"text number {number}",
        **fields,
    }


def stop_after(calls: int) -> Callable[[], bool]:
    left = iter(range(calls))
    return lambda: next(left, None) is None


@dataclass
class Ingestion:
    """Runs ingestions of one file into one in-memory topic."""

    run_dir: Path
    kafka: MemoryProducer = field(default_factory=MemoryProducer)
    notebook: Notebook = field(default_factory=Notebook)

    def run(
        self,
        file: Path,
        *,
        stop: Callable[[], bool] = never,
        kafka: MemoryProducer | None = None,
        **options: Any,
    ) -> IngestSummary:
        options = {"heartbeat_sec": 0, "checkpoint_sec": 0, **options}
        return ingest(
            IngestOptions(file=file, **options),
            PlainSettings(self.run_dir),
            observer=self.notebook,
            stop=stop,
            connect=lambda: EventWriter("mentions.raw.v1", self.kafka if kafka is None else kafka),
            now=lambda: NOW,
        )

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(record.body) for record in self.kafka.delivered]

    def rejected(self) -> list[dict[str, Any]]:
        return [
            json.loads(line)
            for path in (self.run_dir / "checkpoints").glob("*.rejected.jsonl")
            for line in path.read_bytes().splitlines()
        ]
