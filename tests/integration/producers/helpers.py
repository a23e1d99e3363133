"""A topic of one's own, its records, and the command as a user runs it."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True)
class Topic:
    """A fresh topic and what is in it."""

    bootstrap: str
    name: str
    partitions: int = 3

    def create(self) -> "Topic":
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        admin.create_topics([NewTopic(self.name, self.partitions, 1)])[self.name].result(10)
        return self

    def records(self, at_least: int, idle_sec: float = 2.0) -> list[tuple[bytes, bytes, int]]:
        """Key, value, partition of every record; waits while fewer than `at_least` came."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": "reader",
                "enable.auto.commit": False,
                "fetch.max.bytes": 10_000_000,
            }
        )
        consumer.assign([TopicPartition(self.name, p, 0) for p in range(self.partitions)])
        found: list[tuple[bytes, bytes, int]] = []
        idle_since = time.monotonic()
        try:
            while time.monotonic() - idle_since < (idle_sec if len(found) >= at_least else 15):
                for message in consumer.consume(5_000, 0.2):
                    assert message.error() is None
                    key, value, partition = message.key(), message.value(), message.partition()
                    assert key is not None
                    assert value is not None
                    assert partition is not None
                    found.append((key, value, partition))
                    idle_since = time.monotonic()
        finally:
            consumer.close()
        return found

    def mentions(self, at_least: int) -> list[dict[str, Any]]:
        events = [json.loads(value) for _, value, _ in self.records(at_least)]
        return [event for event in events if event["type"] == "mention"]


@dataclass
class Command:
    """`escucha ingest` in a process of its own."""

    topic: Topic
    run_dir: Path
    arguments: list[str] = field(default_factory=list)

    def start(self, file: Path, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "streams.cli", "ingest", str(file), *arguments],
            cwd=REPOSITORY,
            env={
                **os.environ,
                "ESCUCHA_KAFKA_BOOTSTRAP": self.topic.bootstrap,
                "ESCUCHA_MENTIONS_TOPIC": self.topic.name,
                "ESCUCHA_RUN_DIR": str(self.run_dir),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, file: Path, *arguments: str) -> dict[str, Any]:
        process = self.start(file, *arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        summary: dict[str, Any] = json.loads(out)
        return summary


def real_file(name: str) -> Path:
    """A file of real data, or skip: they are not part of the project."""
    folder = Path(os.environ.get("ESCUCHA_DATA", REPOSITORY.parent / "shared" / "data"))
    path = folder / name
    if not path.exists():
        pytest.skip(f"real data: {name} is absent; say where it is with ESCUCHA_DATA")
    return path
