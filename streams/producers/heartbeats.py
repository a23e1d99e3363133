"""Signs of life: of a producer at work, and of the pipeline partition by partition."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Literal

import msgspec

from schemas.mention import Heartbeat
from streams import clock
from streams.errors import BrokerUnavailableError
from streams.producers.base import ANY_PARTITION, EventWriter, RecordRefusedError
from streams.producers.deliveries import DeliveredRecord, KafkaFault

Sign = Literal["alive", "hello", "goodbye"]


class Pulse:
    """Sends a heartbeat when one is due; a lost one is not sent again."""

    def __init__(
        self, producer: str, every_sec: float, now: Callable[[], datetime] = clock.now
    ) -> None:
        """`every_sec` 0 sends none."""
        self._producer = producer
        self._every_sec = every_sec
        self._now = now
        self._due = 0.0
        self._has_ended = False
        self._encode = msgspec.json.Encoder().encode
        self.sequence = 0
        self.acknowledged = 0
        self.failure = ""

    def beat(self, writer: EventWriter, monotonic_sec: float, partitions: int = 0) -> bool:
        """Send if due; with `partitions`, one to each of them. Says whether it was due."""
        if not self._every_sec or self._has_ended or monotonic_sec < self._due:
            return False
        self._due = monotonic_sec + self._every_sec
        for partition in range(partitions) if partitions else (ANY_PARTITION,):
            self._send(writer, partition, "alive")
        return True

    def hello(self, writer: EventWriter) -> None:
        """Say that the producer starts, so that a source that never answers counts as stalled."""
        if self._every_sec:
            self._send(writer, ANY_PARTITION, "hello")

    def farewell(self, writer: EventWriter) -> None:
        """Say once that the producer ends in good order, if it ever gave a sign of life.

        Then no more heartbeats are sent. A lost farewell is not sent again either.
        """
        if self.sequence and not self._has_ended:
            self._has_ended = True
            try:
                self._send(writer, ANY_PARTITION, "goodbye")
            except BrokerUnavailableError as error:
                self.failure = str(error)

    def _send(self, writer: EventWriter, partition: int, sign: Sign) -> None:
        event = Heartbeat(
            producer=self._producer,
            sequence=self.sequence,
            sent_at=self._now(),
            every_sec=self._every_sec,
            sign=sign,
        )
        key = self._producer.encode()
        try:
            if writer.send(self._encode(event), key, self._on_delivery, partition):
                self.sequence += 1
        except RecordRefusedError as error:
            self.failure = str(error)

    def _on_delivery(self, fault: KafkaFault | None, record: DeliveredRecord) -> None:
        if fault is None:
            self.acknowledged += 1
        else:
            self.failure = fault.str()


def send_heartbeats(
    writer: EventWriter,
    *,
    producer: str = "pulse",
    every_sec: float = 1.0,
    stop: Callable[[], bool],
    monotonic_sec: Callable[[], float] = time.monotonic,
) -> int:
    """Send a heartbeat to every partition each `every_sec` until `stop`; returns how many arrived.

    Stored rows of them tell each partition's freshness: stored_at minus sent_at. The last one, to
    one partition, says goodbye. Raises BrokerUnavailableError when Kafka stops taking them.
    """
    pulse = Pulse(producer, every_sec)
    nap_sec = min(every_sec / 4, 0.1)
    while not stop():
        pulse.beat(writer, monotonic_sec(), writer.partitions)
        writer.poll(nap_sec)
        if pulse.failure:
            raise writer.failure(pulse.failure)
    pulse.farewell(writer)
    writer.flush(5.0)
    return pulse.acknowledged
