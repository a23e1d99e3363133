"""What the broker knows of topics: their ids, partitions and end offsets; and creating them."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec  # type: ignore[attr-defined]

from schemas.topics import TopicSpec
from streams import retry
from streams.errors import BrokerUnavailableError, MigrationError

REQUEST_TIMEOUT_SEC = 10.0
TOPIC_ID_AGE_SEC = 2.0


@dataclass(frozen=True)
class Topic:
    """A topic as the broker has it."""

    name: str
    topic_id: str
    partitions: int


class TopicAdmin:
    """Blocking calls to the broker; `BrokerUnavailableError` when it does not answer."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._admin = AdminClient(
            {
                "bootstrap.servers": bootstrap,
                "log_level": 0,
                "socket.timeout.ms": int(REQUEST_TIMEOUT_SEC * 1000),
            }
        )

    def topic(self, name: str) -> Topic | None:
        """The topic, or None when there is none of this name."""
        try:
            [(_, future)] = self._admin.describe_topics(
                TopicCollection([name]), request_timeout=REQUEST_TIMEOUT_SEC
            ).items()
            found = future.result()
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                return None
            raise self._unavailable(error) from error
        return Topic(name, str(found.topic_id), len(found.partitions))

    def create(self, spec: TopicSpec, *, partitions: int, replication: int) -> None:
        """Create the topic; raises MigrationError when the broker refuses."""
        new = NewTopic(
            spec.name,
            num_partitions=spec.partitions or partitions,
            replication_factor=replication,
            config=spec.config(),
        )
        [(_, future)] = self._admin.create_topics(
            [new], request_timeout=REQUEST_TIMEOUT_SEC
        ).items()
        try:
            future.result()
        except KafkaException as error:
            if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
                return
            if error.args[0].retriable():
                raise self._unavailable(error) from error
            raise MigrationError(f"topic {spec.name}: {error.args[0].str()}") from error

    def log_offsets(self, topic: str, partitions: Sequence[int]) -> Mapping[int, tuple[int, int]]:
        """First and next offset of each partition.

        The next offset is found by reading to the end: Tansu answers "latest" with the offset
        after the first record of its last batch.
        """
        tps = [TopicPartition(topic, partition) for partition in partitions]
        try:
            first = self._admin.list_offsets({tp: OffsetSpec.earliest() for tp in tps})  # type: ignore[no-untyped-call]
            last = self._admin.list_offsets({tp: OffsetSpec.latest() for tp in tps})  # type: ignore[no-untyped-call]
            starts = {tp.partition: first[tp].result().offset for tp in tps}
            about = {tp.partition: last[tp].result().offset for tp in tps}
        except KafkaException as error:
            raise self._unavailable(error) from error
        ends = self._read_to_end(topic, about)
        return {partition: (starts[partition], ends[partition]) for partition in partitions}

    def _read_to_end(self, topic: str, about: Mapping[int, int]) -> Mapping[int, int]:
        ends: dict[int, int] = {}
        consumer = Consumer(
            {
                "bootstrap.servers": self._bootstrap,
                "group.id": "escucha-reconcile",  # never joined: partitions are assigned by hand
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "log_level": 0,
            }
        )
        try:
            consumer.assign([TopicPartition(topic, p, offset) for p, offset in about.items()])
            deadline = time.monotonic() + REQUEST_TIMEOUT_SEC
            while len(ends) < len(about):
                if time.monotonic() > deadline:
                    raise BrokerUnavailableError(
                        f"Kafka at {self._bootstrap} did not say in {REQUEST_TIMEOUT_SEC:.0f} s"
                        f" where {topic} ends"
                    )
                message = consumer.poll(0.2)
                if message is None or (error := message.error()) is None:
                    continue
                partition, offset = message.partition(), message.offset()
                at_end = error.code() == KafkaError._PARTITION_EOF
                if at_end and partition is not None and offset is not None:
                    ends[partition] = offset
        finally:
            consumer.close()
        return ends

    def committed(self, group: str, topic: str, partitions: Sequence[int]) -> Mapping[int, int]:
        """Committed offset of each partition; partitions without one are left out."""
        asked = ConsumerGroupTopicPartitions(
            group, [TopicPartition(topic, partition) for partition in partitions]
        )
        try:
            [(_, future)] = self._admin.list_consumer_group_offsets([asked]).items()
            answer = future.result().topic_partitions
        except KafkaException as error:
            raise self._unavailable(error) from error
        return {tp.partition: tp.offset for tp in answer if tp.offset >= 0}

    def _unavailable(self, error: KafkaException) -> BrokerUnavailableError:
        return BrokerUnavailableError(
            f"Kafka at {self._bootstrap} does not answer: {error.args[0].str()}."
            " Is it up, and is ESCUCHA_KAFKA_BOOTSTRAP right?"
        )


class TopicIds:
    """Ids of topics for the event loop; a topic that was deleted and made again has a new one."""

    def __init__(self, admin: TopicAdmin, deadline_sec: float) -> None:
        self._admin = admin
        self._deadline_sec = deadline_sec
        self._known: dict[str, tuple[float, str]] = {}

    async def __call__(self, topic: str) -> str:
        """The id, at most two seconds old; waits for the broker until the deadline."""
        asked_at, topic_id = self._known.get(topic, (-TOPIC_ID_AGE_SEC, ""))
        if time.monotonic() - asked_at < TOPIC_ID_AGE_SEC:
            return topic_id
        topic_id = await retry.until_deadline(
            lambda: asyncio.to_thread(self._ask, topic),
            retry_on=BrokerUnavailableError,
            deadline_sec=self._deadline_sec,
            what="Kafka",
        )
        self._known[topic] = (time.monotonic(), topic_id)
        return topic_id

    def _ask(self, name: str) -> str:
        topic = self._admin.topic(name)
        if topic is None:
            raise BrokerUnavailableError(f"there is no topic {name} yet: run escucha migrate")
        return topic.topic_id
