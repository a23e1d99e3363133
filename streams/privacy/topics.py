"""Takes a person out of a Kafka topic: what others said is written again, what was before is cut.

Kafka deletes only from the front of a partition. So every kept record of the partition is
appended once more (the pipeline counts it as a duplicate, whose id it knows), and then everything
up to where that began is deleted. Offsets go on, the topic keeps its id, the worker notices
nothing. First it must have read that far. A partition without a record of the person is not
touched. A broker that cannot delete records leaves them until they expire; the receipt says when.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ResourceType,
)

from schemas.topics import TopicSpec
from streams import clock
from streams.errors import BrokerUnavailableError, InputError
from streams.kafka_access import LARGEST_RECORD_BYTES, KafkaAccess
from streams.privacy.receipts import Remainder
from streams.privacy.scrub import Scrubber
from streams.privacy.subject import Subject
from streams.topic_admin import TopicAdmin

TIMEOUT_SEC = 30.0
PATIENCE_SEC = 60.0  # for workers to read what is still before them
SEGMENT_MS = "segment.ms"
# A segment is deleted whole, so the one that is written to is closed first.
CLOSE_SEGMENTS_MS = "1000"
DISK_DELAYS = ("log.retention.check.interval.ms", "log.segment.delete.delay.ms")
SCRATCH_GROUP = "escucha-privacy"  # never joined: partitions are assigned by hand


@dataclass(frozen=True)
class TopicPlace:
    """One topic. `groups` have to have read what is to be cut; `erased` names dead offsets.

    `note_left` is told of the person's own records that no broker took away, by topic id,
    partition and offset: nobody may store them again.
    """

    kafka: KafkaAccess
    spec: TopicSpec
    topic: str
    make_scrubber: Callable[[Subject], Scrubber]
    groups: tuple[str, ...] = ()
    erased: Callable[[str, int], frozenset[int]] = lambda _topic_id, _partition: frozenset()
    note_left: Callable[[str, list[tuple[int, int]]], None] = lambda _topic_id, _places: None

    @property
    def name(self) -> str:
        """Its name in Kafka."""
        return f"kafka {self.topic}"

    def find(self, subject: Subject) -> int:
        """Records that hold something of the person."""
        return len(self._matches(self.make_scrubber(subject), self._offsets()))

    def rows(self, subject: Subject) -> Iterator[dict[str, Any]]:
        """The records as they are, their bytes as text."""
        for message in self._matches(self.make_scrubber(subject), self._offsets()):
            yield {
                "partition": message.partition(),
                "offset": message.offset(),
                "timestamp_ms": message.timestamp()[1],
                "key": (message.key() or b"").decode(errors="replace"),
                "value": (message.value() or b"").decode(errors="replace"),
            }

    def erase(self, subject: Subject) -> list[Remainder]:
        """Rewrite the partitions that hold something of the person.

        Raises InputError when workers have not read that far in time: nothing is cut then.
        """
        offsets = self._offsets()
        scrubber = self.make_scrubber(subject)
        found = self._matches(scrubber, offsets)
        partitions = sorted({p for m in found if (p := m.partition()) is not None})
        if not partitions:
            return []
        if self.spec.compacted:
            return self._tombstones(found)
        starts = {partition: offsets[partition][0] for partition in partitions}
        if not self._can_cut(starts):
            self._note_left(scrubber, found)
            return [self._until_expiry(found)]
        with _segments_closing(self._admin, self.topic):
            cuts = self._close_segments(partitions)
            self._wait_for_workers(starts, cuts)
            self._copy(scrubber, starts, cuts)
            self._cut(cuts)
        return [Remainder(self.name, "disk", len(found), clock.now() + self._disk_delay())]

    @cached_property  # kept: its futures never end once it is gone
    def _admin(self) -> AdminClient:
        return AdminClient(self.kafka.client_settings())

    def _offsets(self) -> Mapping[int, tuple[int, int]]:
        admin = TopicAdmin(self.kafka)
        topic = admin.topic(self.topic)
        return {} if topic is None else admin.log_offsets(self.topic, range(topic.partitions))

    def _matches(self, scrubber: Scrubber, offsets: Mapping[int, tuple[int, int]]) -> list[Message]:
        spans = {p: span for p, span in offsets.items() if span[0] < span[1]}
        found: list[Message] = []
        before = -1
        while before != len(scrubber.post_ids):  # a post may be answered before it is known
            before = len(scrubber.post_ids)
            found = [
                message
                for message in self._read(spans)
                if scrubber.holds(_bytes(message.key()), _bytes(message.value()))
            ]
        return found

    def _read(self, spans: Mapping[int, tuple[int, int]]) -> Iterator[Message]:
        """Committed records of partitions from one offset to before another."""
        consumer = Consumer(
            {
                **self.kafka.client_settings(),
                "group.id": SCRATCH_GROUP,
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
            }
        )
        left = {partition: end for partition, (_, end) in spans.items()}
        try:
            consumer.assign([TopicPartition(self.topic, p, spans[p][0]) for p in spans])
            quiet_since = time.monotonic()
            while left:
                for message in consumer.consume(1_000, 0.2):
                    quiet_since = time.monotonic()
                    partition, offset = message.partition(), message.offset()
                    error = message.error()
                    if error is not None and error.code() != KafkaError._PARTITION_EOF:
                        raise BrokerUnavailableError(f"{self.topic}: {error.str()}")
                    if partition is None or offset is None:
                        continue
                    if error is None and partition in left and offset < left[partition]:
                        yield message
                    at_end = error is not None or offset + 1 >= left.get(partition, 0)
                    if at_end and partition in left:
                        del left[partition]
                        consumer.incremental_unassign([TopicPartition(self.topic, partition)])
                if time.monotonic() - quiet_since > TIMEOUT_SEC:
                    raise BrokerUnavailableError(
                        f"{self.topic} could not be read to its end: partitions {sorted(left)}"
                    )
        finally:
            consumer.close()

    def _can_cut(self, starts: Mapping[int, int]) -> bool:
        """Whether the broker deletes records, asked by deleting none."""
        partition, start = next(iter(starts.items()))
        place = TopicPartition(self.topic, partition, start)
        try:
            self._admin.delete_records([place], request_timeout=5)[place].result(timeout=10)
        except (KafkaException, FutureTimeoutError):
            return False
        return True

    def _close_segments(self, partitions: list[int]) -> dict[int, int]:
        """Begin a segment in each partition; returns the offsets at which they begin.

        Done by a record of a transaction that is aborted: no reader of committed records sees it.
        """
        began: dict[int, int] = {}
        producer = Producer(
            {
                **self.kafka.client_settings(),
                "transactional.id": f"escucha-privacy-{self.topic}",
            }
        )

        def delivered(error: object, message: Message) -> None:
            partition, offset = message.partition(), message.offset()
            if error is None and partition is not None and offset is not None:
                began[partition] = offset

        try:
            # Segments are closed by the age of their first record.
            time.sleep(int(CLOSE_SEGMENTS_MS) / 1000 + 0.2)
            producer.init_transactions(TIMEOUT_SEC)
            producer.begin_transaction()
            for partition in partitions:
                producer.produce(self.topic, b"", partition=partition, on_delivery=delivered)
            producer.flush(TIMEOUT_SEC)
            producer.abort_transaction(TIMEOUT_SEC)
        except KafkaException as error:
            raise BrokerUnavailableError(f"{self.topic}: {error.args[0].str()}") from error
        if len(began) < len(partitions):
            raise BrokerUnavailableError(f"{self.topic}: a segment could not be closed")
        return began

    def _wait_for_workers(self, starts: Mapping[int, int], cuts: Mapping[int, int]) -> None:
        admin = TopicAdmin(self.kafka)
        deadline = time.monotonic() + PATIENCE_SEC
        for group in self.groups:
            while True:
                read = admin.committed(group, self.topic, sorted(cuts))
                left = {p: (max(starts[p], read.get(p, 0)), cut) for p, cut in cuts.items()}
                unread = sum(1 for _ in self._read({p: s for p, s in left.items() if s[0] < s[1]}))
                if not unread:
                    break
                if time.monotonic() > deadline:
                    raise InputError(
                        f"{self.topic}: workers of {group} have still to read {unread} records;"
                        " start one (escucha worker) and repeat"
                    )
                time.sleep(0.5)

    def _copy(self, scrubber: Scrubber, starts: Mapping[int, int], cuts: Mapping[int, int]) -> None:
        """Append what stays, in order and with its own time, so that it expires when it would."""
        topic = TopicAdmin(self.kafka).topic(self.topic)
        topic_id = topic.topic_id if topic else ""
        gone = {partition: self.erased(topic_id, partition) for partition in cuts}
        failures: list[str] = []
        producer = Producer(
            {
                **self.kafka.client_settings(),
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.max.bytes": LARGEST_RECORD_BYTES,
            }
        )

        def delivered(error: Any, _message: Message) -> None:
            if error is not None:
                failures.append(error.str())

        for message in self._read({p: (starts[p], cut) for p, cut in cuts.items()}):
            partition, value = message.partition(), _bytes(message.value())
            if partition is None or value is None or message.offset() in gone[partition]:
                continue
            kept = scrubber.without(_bytes(message.key()), value)
            if kept is not None:
                _produce_patiently(producer, message, kept, delivered)
        if producer.flush(PATIENCE_SEC) or failures:
            raise BrokerUnavailableError(
                f"{self.topic}: not everything was written again, so nothing was cut:"
                f" {failures[:1] or 'no answer'}. Run the command once more"
            )

    def _cut(self, cuts: Mapping[int, int]) -> None:
        places = [TopicPartition(self.topic, partition, cut) for partition, cut in cuts.items()]
        try:
            for future in self._admin.delete_records(places, request_timeout=TIMEOUT_SEC).values():
                future.result()
        except KafkaException as error:
            raise BrokerUnavailableError(f"{self.topic}: {error.args[0].str()}") from error

    def _tombstones(self, found: list[Message]) -> list[Remainder]:
        producer = Producer(self.kafka.client_settings())
        for key, partition in {(_bytes(m.key()), m.partition()) for m in found}:
            if partition is not None:
                producer.produce(self.topic, value=None, key=key, partition=partition)
        if producer.flush(TIMEOUT_SEC):
            raise BrokerUnavailableError(f"{self.topic}: tombstones were not delivered")
        return [Remainder(self.name, "compaction", len(found), None)]

    def _note_left(self, scrubber: Scrubber, found: list[Message]) -> None:
        topic = TopicAdmin(self.kafka).topic(self.topic)
        places = [
            (partition, offset)
            for m in found
            if scrubber.is_of_the_person(_bytes(m.value()) or b"")
            and (partition := m.partition()) is not None
            and (offset := m.offset()) is not None
        ]
        if topic is not None and places:
            self.note_left(topic.topic_id, places)

    def _until_expiry(self, found: list[Message]) -> Remainder:
        last = None
        if self.spec.retention_ms is not None:
            newest = clock.from_milliseconds(max(message.timestamp()[1] for message in found))
            last = newest + timedelta(milliseconds=self.spec.retention_ms)
        return Remainder(self.name, "expiry", len(found), last)

    def _disk_delay(self) -> timedelta:
        """How long the broker takes at most to remove the files of what was cut."""
        brokers = self._admin.list_topics(timeout=TIMEOUT_SEC).brokers
        resource = ConfigResource(ResourceType.BROKER, str(min(brokers)))
        [(_, future)] = self._admin.describe_configs([resource]).items()
        settings = future.result()
        return timedelta(milliseconds=sum(int(settings[name].value) for name in DISK_DELAYS))


class _segments_closing:  # noqa: N801 - used as a function
    """While it lasts, a topic closes its segments after a second."""

    def __init__(self, admin: AdminClient, topic: str) -> None:
        self._admin, self._topic = admin, topic

    def __enter__(self) -> None:
        self._before = self._own_value()
        self._alter(ConfigEntry(SEGMENT_MS, CLOSE_SEGMENTS_MS), AlterConfigOpType.SET)

    def __exit__(self, *_: object) -> None:
        if self._before is None:
            self._alter(ConfigEntry(SEGMENT_MS, None), AlterConfigOpType.DELETE)
        else:
            self._alter(ConfigEntry(SEGMENT_MS, self._before), AlterConfigOpType.SET)

    def _own_value(self) -> str | None:
        resource = ConfigResource(ResourceType.TOPIC, self._topic)
        [(_, future)] = self._admin.describe_configs([resource]).items()
        entry = future.result()[SEGMENT_MS]
        own = not entry.is_default and entry.value != CLOSE_SEGMENTS_MS
        return str(entry.value) if own else None

    def _alter(self, entry: ConfigEntry, operation: AlterConfigOpType) -> None:
        entry.incremental_operation = operation
        resource = ConfigResource(ResourceType.TOPIC, self._topic, incremental_configs=[entry])
        [(_, future)] = self._admin.incremental_alter_configs([resource]).items()
        try:
            future.result()
        except KafkaException as error:
            raise BrokerUnavailableError(f"{self._topic}: {error.args[0].str()}") from error


def _produce_patiently(
    producer: Producer, message: Message, value: bytes, delivered: Callable[[Any, Message], None]
) -> None:
    while True:
        try:
            producer.produce(
                message.topic() or "",
                value,
                _bytes(message.key()),
                partition=message.partition() or 0,
                timestamp=message.timestamp()[1],
                headers=message.headers(),
                on_delivery=delivered,
            )
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value
