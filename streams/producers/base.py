"""The way into Kafka that every producer shares: idempotent, bounded, each record reported.

One idea of what can go wrong:
- the queue is full: `send` says False, the caller polls and tries again;
- a record can never be taken (too large): RecordRefusedError, the caller rejects the row;
- Kafka does not answer: BrokerUnavailableError, nothing is lost, run the command again.
"""

import logging
from collections.abc import Callable
from typing import Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from streams.errors import BrokerUnavailableError, EscuchaError
from streams.kafka_access import PARTITIONER, KafkaAccess, Refusals, not_allowed
from streams.producers.deliveries import PERMANENT_FAULTS, OnDelivery

log = logging.getLogger(__name__)

CONNECT_TIMEOUT_SEC = 10.0
LOOK_TIMEOUT_SEC = 3.0
DELIVERY_TIMEOUT_SEC = 120.0
RECORDS_IN_FLIGHT = 50_000
BYTES_IN_FLIGHT_KIB = 64 * 1024
ANY_PARTITION = -1
_NO_SUCH_PARTITION = frozenset(
    {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_PARTITION, KafkaError._UNKNOWN_TOPIC}
)


class RecordRefusedError(EscuchaError):
    """Kafka will never take this record."""


class KafkaClient(Protocol):
    """The part of confluent_kafka.Producer that is used; `memory.MemoryProducer` is its twin."""

    def produce(
        self,
        topic: str,
        value: bytes | None = ...,
        key: bytes | None = ...,
        partition: int = ...,
        *,
        on_delivery: OnDelivery | None = ...,
    ) -> None: ...
    def poll(self, timeout: float = ...) -> int: ...
    def flush(self, timeout: float = ...) -> int: ...
    def purge(self, in_queue: bool = ..., in_flight: bool = ..., blocking: bool = ...) -> None: ...
    def __len__(self) -> int: ...


class EventWriter:
    """Writes records to one topic; a callback tells the fate of each.

    `poll` or `flush` must be called for the callbacks to run.
    """

    def __init__(
        self,
        topic: str,
        client: KafkaClient,
        *,
        kafka: KafkaAccess | None = None,
        partitions: int = 1,
    ) -> None:
        self.partitions = partitions
        self.topic = topic
        self._client = client
        self._kafka = kafka
        self._bootstrap = kafka.bootstrap if kafka else ""

    @classmethod
    def connect(
        cls,
        kafka: KafkaAccess,
        topic: str,
        *,
        client_id: str,
        records_in_flight: int = RECORDS_IN_FLIGHT,
        delivery_timeout_sec: float = DELIVERY_TIMEOUT_SEC,
    ) -> "EventWriter":
        """A writer whose broker has answered and has the topic; else BrokerUnavailableError."""
        refusals = Refusals(kafka)
        client = Producer(
            producer_settings(
                kafka,
                client_id=client_id,
                records_in_flight=records_in_flight,
                delivery_timeout_sec=delivery_timeout_sec,
                refusals=refusals,
            )
        )
        return cls.over(client, kafka, topic, refusals)

    @classmethod
    def over(
        cls, client: Producer, kafka: KafkaAccess, topic: str, refusals: Refusals
    ) -> "EventWriter":
        """A writer over `client`, whose broker has the topic; else BrokerUnavailableError."""
        try:
            described = client.list_topics(topic, timeout=CONNECT_TIMEOUT_SEC).topics[topic]
        except KafkaException as error:
            raise BrokerUnavailableError(
                refusals.remedy(client.poll) or _cannot_reach(kafka.bootstrap, _text_of(error))
            ) from error
        if described.error is not None:
            raise BrokerUnavailableError(
                not_allowed(described.error, kafka.user)
                or f"Kafka at {kafka.bootstrap} has no topic {topic!r} ({described.error.str()}); "
                "`escucha migrate` creates it"
            )
        return cls(topic, client, kafka=kafka, partitions=len(described.partitions))

    def send(
        self, value: bytes, key: bytes, on_delivery: OnDelivery, partition: int = ANY_PARTITION
    ) -> bool:
        """Queue one record; False when the queue is full. Raises RecordRefusedError."""
        try:
            self._client.produce(self.topic, value, key, partition, on_delivery=on_delivery)
        except BufferError:
            return False
        except KafkaException as error:
            reason = _text_of(error)
            if error.args[0].code() in PERMANENT_FAULTS:
                raise RecordRefusedError(f"Kafka does not take it: {reason}") from error
            raise BrokerUnavailableError(_gave_up(self._bootstrap, reason)) from error
        return True

    def poll(self, timeout_sec: float = 0.0) -> None:
        """Run the callbacks that are due; wait for the first up to `timeout_sec`."""
        self._client.poll(timeout_sec)

    def flush(self, timeout_sec: float) -> int:
        """Wait until everything queued has been reported; returns how many are not."""
        return self._client.flush(timeout_sec)

    def abandon(self) -> None:
        """Forget what is queued, so that the process can end; callbacks report failures."""
        self._client.purge()
        self._client.flush(1.0)

    def holds(self, partition: int, offset: int) -> bool:
        """Whether the topic still has this record, or has had it and let it go by retention."""
        if self._kafka is None:
            return True
        reader = Consumer(
            {
                **self._kafka.client_settings(),
                "group.id": "escucha-ingest-look",  # never joined: partitions are assigned by hand
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
            }
        )
        place = TopicPartition(self.topic, partition, offset)
        try:
            ends = reader.get_watermark_offsets(place, timeout=CONNECT_TIMEOUT_SEC)
            if ends is None or offset < ends[1]:
                return True
            # Tansu counts only the first record of the last batch, so a record may lie past the
            # end it tells: look.
            reader.assign([place])
            record = reader.poll(LOOK_TIMEOUT_SEC)
            return record is not None and record.error() is None
        except KafkaException as error:
            if error.args[0].code() in _NO_SUCH_PARTITION:
                return False
            raise BrokerUnavailableError(_cannot_reach(self._bootstrap, _text_of(error))) from error
        finally:
            reader.close()

    def failure(self, reason: str) -> BrokerUnavailableError:
        """The error to raise when a callback reported `reason`."""
        return BrokerUnavailableError(_gave_up(self._bootstrap, reason))

    def __len__(self) -> int:
        """Records queued or on their way."""
        return len(self._client)


def producer_settings(
    kafka: KafkaAccess,
    *,
    client_id: str,
    records_in_flight: int = RECORDS_IN_FLIGHT,
    delivery_timeout_sec: float = DELIVERY_TIMEOUT_SEC,
    refusals: Refusals | None = None,
) -> dict[str, str | int | float | bool | Callable[[KafkaError], None]]:
    """Settings that every producer of events uses; `refusals` is told why brokers refuse it."""

    def on_error(error: KafkaError) -> None:
        if refusals is not None:
            refusals.note(error)
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            log.warning(
                "Kafka at %s does not answer; records wait up to %.0f s for it",
                kafka.bootstrap,
                delivery_timeout_sec,
            )

    return {
        **kafka.client_settings(),
        "client.id": client_id,
        "enable.idempotence": True,
        "acks": "all",
        "partitioner": PARTITIONER,
        "compression.type": "lz4",
        "linger.ms": 20,
        "batch.num.messages": 10_000,
        "batch.size": 1_000_000,
        "queue.buffering.max.messages": records_in_flight,
        "queue.buffering.max.kbytes": BYTES_IN_FLIGHT_KIB,
        "delivery.timeout.ms": int(delivery_timeout_sec * 1000),
        "error_cb": on_error,  # says it in words; librdkafka's own log is off
    }


def _text_of(error: KafkaException) -> str:
    return str(error.args[0].str())


def _cannot_reach(kafka_bootstrap: str, reason: str) -> str:
    return (
        f"Kafka at {kafka_bootstrap} does not answer ({reason}); start it (`escucha up` for the "
        "local one) or say where it is with ESCUCHA_KAFKA_BOOTSTRAP=host:port"
    )


def _gave_up(kafka_bootstrap: str, reason: str) -> str:
    return (
        f"Kafka at {kafka_bootstrap} stopped taking records ({reason}); what it confirmed is "
        "remembered: run the command again to go on from there"
    )
