"""An in-memory twin of the Kafka producer, for tests: same duties, no broker."""

from collections import deque
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, KafkaException

from streams.producers.deliveries import OnDelivery


@dataclass(frozen=True)
class MemoryRecord:
    """One delivered record."""

    key: bytes
    body: bytes
    partition_id: int
    offset_in_partition: int

    def partition(self) -> int:
        return self.partition_id

    def offset(self) -> int:
        return self.offset_in_partition

    def value(self) -> bytes:
        return self.body


@dataclass
class MemoryProducer:
    """Delivers on poll; can be told to be slow, full, down or picky."""

    queue_records: int = 10_000
    max_value_bytes: int = 1_000_000
    broker_max_value_bytes: int = 1_000_000  # what the broker refuses, after it was queued
    down: bool = False  # nothing is delivered any more
    fail_after: int | None = None  # deliveries that succeed before all others fail
    delivered: list[MemoryRecord] = field(default_factory=list)
    _queue: deque[tuple[bytes, bytes, int, OnDelivery | None]] = field(default_factory=deque)

    def produce(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int = -1,
        *,
        on_delivery: OnDelivery | None = None,
    ) -> None:
        """Queue one record; raises BufferError when full, as the real one does."""
        if len(self._queue) >= self.queue_records:
            raise BufferError("Local: Queue full")
        if len(value or b"") > self.max_value_bytes:
            raise KafkaException(KafkaError(KafkaError.MSG_SIZE_TOO_LARGE))
        self._queue.append((key or b"", value or b"", max(partition, 0), on_delivery))

    def poll(self, timeout: float = 0.0) -> int:
        """Deliver everything queued and report it."""
        reports = 0
        while self._queue and not self.down:
            key, value, partition, on_delivery = self._queue.popleft()
            record = MemoryRecord(key, value, partition, len(self.delivered))
            fault = None
            if len(value) > self.broker_max_value_bytes:
                fault = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)
            elif self.fail_after is not None and len(self.delivered) >= self.fail_after:
                fault = KafkaError(KafkaError._MSG_TIMED_OUT)
            else:
                self.delivered.append(record)
            if on_delivery:
                on_delivery(fault, record)
            reports += 1
        return reports

    def flush(self, timeout: float = -1.0) -> int:
        """Deliver everything unless down; returns how many remain."""
        self.poll()
        return len(self._queue)

    def purge(self, in_queue: bool = True, in_flight: bool = True, blocking: bool = True) -> None:
        """Forget what is queued; its callbacks hear of a failure."""
        while self._queue:
            key, value, partition, on_delivery = self._queue.popleft()
            if on_delivery:
                on_delivery(
                    KafkaError(KafkaError._PURGE_QUEUE), MemoryRecord(key, value, partition, -1)
                )

    def __len__(self) -> int:
        return len(self._queue)
