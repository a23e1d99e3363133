"""Faust apps on the record-batch transport that note what they are given."""

import asyncio
import contextlib
import itertools
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, cast

import faust
from confluent_kafka import Consumer as PlainConsumer
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions, NewTopic

from streams.app import faust_app
from streams.delivery import BatchOptions, RecordBatch
from streams.settings import Settings
from streams.transport import Consumer, RecordBatchSchema, Transport

_names = itertools.count(1)
TIMEOUT_SEC = 60.0


class Topic:
    """A topic of its own for one test, and the group that reads it."""

    def __init__(self, bootstrap: str, partitions: int = 1, **config: str) -> None:
        number = f"{next(_names)}-{time.time_ns()}"
        self.bootstrap = bootstrap
        self.name = f"contract-{number}"
        self.group = f"group-{number}"
        self.partitions = partitions
        admin = AdminClient({"bootstrap.servers": bootstrap})
        new = NewTopic(self.name, partitions, 1, config=config)
        [future] = admin.create_topics([new]).values()
        future.result(30)

    def grow(self, partitions: int) -> None:
        """Give the topic more partitions."""
        admin = AdminClient({"bootstrap.servers": self.bootstrap})
        [future] = admin.create_partitions([NewPartitions(self.name, partitions)]).values()
        future.result(30)
        self.partitions = partitions

    def produce(self, count: int, *, start: int = 0, **config: Any) -> None:
        """Records with values b"0", b"1", … spread over the partitions in turn."""
        producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5, **config})
        for number in range(start, start + count):
            producer.produce(
                self.name, str(number).encode(), b"key", partition=number % self.partitions
            )
            if number % 1_000 == 0:
                producer.poll(0)
        assert producer.flush(30) == 0

    def committed(self) -> list[int]:
        """Committed offset of each partition, 0 where there is none."""
        consumer = PlainConsumer({"bootstrap.servers": self.bootstrap, "group.id": self.group})
        try:
            tps = [TopicPartition(self.name, p) for p in range(self.partitions)]
            return [max(tp.offset, 0) for tp in consumer.committed(tps, timeout=10)]
        finally:
            consumer.close()


class Reader:
    """One worker; `handle` decides what becomes of a batch and must acknowledge it."""

    def __init__(
        self,
        topic: Topic,
        handle: Callable[["Reader", RecordBatch], Awaitable[None]],
        *,
        max_records: int = 100,
        max_in_flight: int = 40_000,
        max_batches: int = 64,
    ) -> None:
        settings = Settings(
            kafka_bootstrap=topic.bootstrap,
            kafka_group=topic.group,
            commit_interval_sec=0.2,
            run_dir=Path(tempfile.mkdtemp(prefix="escucha-contract-")),
        )
        self.batches: list[RecordBatch] = []
        self.errors: list[BaseException] = []
        self.app: faust.App = faust_app(settings)
        self.transport = cast(Transport, self.app.transport)
        self.transport.options = BatchOptions(
            max_records=max_records, max_in_flight=max_in_flight, max_batches=max_batches
        )
        channel = self.app.topic(topic.name, schema=RecordBatchSchema())

        @self.app.agent(channel, name=f"reader-{next(_names)}")
        async def read(stream: Any) -> None:
            tasks: set[asyncio.Task[None]] = set()
            async for event in stream.noack().events():
                task = asyncio.create_task(self._one(event, handle))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

    async def _one(
        self, event: Any, handle: Callable[["Reader", RecordBatch], Awaitable[None]]
    ) -> None:
        batch: RecordBatch = event.value
        self.batches.append(batch)
        try:
            await handle(self, batch)
        except ValueError as error:  # what the tests raise on purpose
            self.errors.append(error)
        finally:
            event.ack()

    @property
    def consumer(self) -> Consumer:
        """The consumer under test."""
        return cast(Consumer, self.app.consumer)

    @property
    def records_in_flight(self) -> int:
        """Delivered and not done."""
        return self.consumer.in_flight

    @property
    def values(self) -> list[int]:
        """Values of all records delivered, in order of delivery."""
        return [int(record.value) for batch in self.batches for record in batch.records]


async def acknowledge(_: Reader, batch: RecordBatch) -> None:
    """The simplest handler: done at once."""
    batch.ack()


@contextlib.asynccontextmanager
async def running(reader: Reader) -> AsyncIterator[Reader]:
    """Start the reader's app, and stop it at the end."""
    await reader.app.start()
    try:
        yield reader
    finally:
        async with asyncio.timeout(30):
            await reader.app.stop()


async def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for `condition`; fails naming `what` after a minute."""
    deadline = time.monotonic() + TIMEOUT_SEC
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        await asyncio.sleep(0.05)


async def until_committed(topic: Topic, wanted: list[int]) -> None:
    """Wait until the group has committed exactly these offsets."""
    deadline = time.monotonic() + TIMEOUT_SEC
    while (found := await asyncio.to_thread(topic.committed)) != wanted:
        assert time.monotonic() < deadline, f"committed {found}, not {wanted}"
        await asyncio.sleep(0.2)
