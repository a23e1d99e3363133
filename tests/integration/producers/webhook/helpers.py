"""The receiver as a process of its own, what it wrote to Kafka, and the way to ClickHouse."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from confluent_kafka import TIMESTAMP_CREATE_TIME, Consumer, TopicPartition
from faust.types import TP

from deploy.local.handles import BrokerHandle, ClickHouseHandle
from deploy.local.ports import free_ports
from streams.batches.business import BusinessBatches
from streams.delivery import PartitionDelivery
from streams.migrate import connect
from streams.pipeline import Pipeline, PipelineOptions
from streams.producers.webhook.signatures import signature_header
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from streams.topic_admin import TopicAdmin
from tests.builders import FakeRecord

SECRET = "a-secret-of-the-tests"  # noqa: S105
START_SEC = 30.0
READ_SEC = 30.0


@dataclass(frozen=True)
class Stack:
    """The services all tests of this folder share."""

    broker: BrokerHandle
    clickhouse: ClickHouseHandle
    folder: Path

    @property
    def settings(self) -> Settings:
        return Settings(
            kafka_bootstrap=self.broker.bootstrap,
            clickhouse_url=self.clickhouse.url,
            clickhouse_user=self.clickhouse.user,
            clickhouse_password=self.clickhouse.password,
            run_dir=self.folder / "run",
            kafka_partitions=2,
        )

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.settings, in_database=True) as client:
            return list(client.query(query).result_rows)

    def records(self, topic: str) -> dict[int, list[FakeRecord]]:
        """All records of a topic by partition, up to where it ends now."""
        admin = TopicAdmin(self.settings.kafka)
        described = admin.topic(topic)
        assert described is not None
        ends = admin.log_offsets(topic, range(described.partitions))
        consumer = Consumer(
            {
                "bootstrap.servers": self.settings.kafka_bootstrap,
                "group.id": "reader",
                "enable.auto.commit": False,
            }
        )
        consumer.assign([TopicPartition(topic, p, start) for p, (start, _) in ends.items()])
        found: dict[int, list[FakeRecord]] = {p: [] for p in ends}
        left = sum(end - start for start, end in ends.values())
        deadline = time.monotonic() + READ_SEC
        try:
            while left:
                assert time.monotonic() < deadline, f"{left} records of {topic} did not come"
                for message in consumer.consume(left, 0.2):
                    assert message.error() is None
                    kind, moment_ms = message.timestamp()
                    assert kind == TIMESTAMP_CREATE_TIME
                    partition, offset = message.partition(), message.offset()
                    assert partition is not None
                    assert offset is not None
                    found[partition].append(
                        FakeRecord(offset, message.value(), message.key(), moment_ms)
                    )
                    left -= 1
        finally:
            consumer.close()
        return found

    def events(self, topic: str) -> list[dict[str, Any]]:
        found = self.records(topic)
        return [json.loads(r.value or b"") for records in found.values() for r in records]

    async def store(self, topic: str, worker: str, *, max_records: int = 1_000) -> None:
        """Take a topic to its table as a worker that begins at the first offset would."""
        admin = TopicAdmin(self.settings.kafka)
        described = admin.topic(topic)
        assert described is not None
        topic_id = described.topic_id

        async def id_of(_: str) -> str:
            return topic_id

        async def announce(*_: object) -> None:
            return None

        async with ClickHouse(self.settings) as clickhouse:
            pipeline = Pipeline(
                clickhouse=clickhouse,
                open_partition=lambda origin: BusinessBatches(origin, worker=worker),
                topic_id=id_of,
                announce=announce,
                options=PipelineOptions(),
            )
            for partition, records in self.records(topic).items():
                delivery = PartitionDelivery(TP(topic, partition), 0, max_records=max_records)
                delivery.follow_plan(await pipeline.planned_spans(topic, partition, 0))
                for batch in list(delivery.cut(list(records))):  # type: ignore[arg-type]
                    await pipeline.process(batch)
                assert delivery.committable == delivery.position


class ReceiverProcess:
    """`escucha receive` in a process of its own, killed at the end if it has not ended before."""

    def __init__(self, stack: Stack, folder: Path, *arguments: str, **changes: str) -> None:
        [self.port] = free_ports(1)
        self.address = f"http://127.0.0.1:{self.port}"
        self._log = folder / "receiver.log"
        environment = {
            **{name: value for name, value in os.environ.items() if "ESCUCHA" not in name},
            "ESCUCHA_KAFKA_BOOTSTRAP": stack.settings.kafka_bootstrap,
            "ESCUCHA_RUN_DIR": str(folder / "run"),
            "ESCUCHA_WEBHOOK_SECRETS": SECRET,
            "PYTHONUNBUFFERED": "1",
            **changes,
        }
        code = "from streams.producers.webhook.cli import receive_command as c; c()"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code, "--port", str(self.port), *arguments],
                env=environment,
                stdout=log,
                stderr=log,
            )

    @property
    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def __enter__(self) -> Self:
        deadline = time.monotonic() + START_SEC
        while "receiving at" not in self.said:
            assert self.process.poll() is None, self.said
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait()
        if error is not None:
            sys.stderr.write(f"--- the receiver said\n{self.said[-5_000:]}\n")

    def post(self, path: str, body: object) -> tuple[int, dict[str, Any]]:
        """Status and answer."""
        raw = json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - our own address
            self.address + path,
            data=raw,
            headers={
                "Content-Type": "application/json",
                "X-Escucha-Signature": signature_header(raw, SECRET, int(time.time())),
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())
