"""Labels that a person gave in the console, into Kafka: few, and each answered for."""

import asyncio
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

import msgspec

from schemas.business import Label
from schemas.topics import LABELS
from streams.errors import BrokerUnavailableError
from streams.kafka_access import KafkaAccess
from streams.producers.base import EventWriter, RecordRefusedError
from streams.producers.deliveries import DeliveredRecord, KafkaFault

DEADLINE_SEC = 10.0


class LabelWriter:
    """Saves labels; connects at the first one, so that a console starts without Kafka."""

    def __init__(self, kafka: KafkaAccess, *, deadline_sec: float = DEADLINE_SEC) -> None:
        self._kafka = kafka
        self._deadline_sec = deadline_sec
        self._writer: EventWriter | None = None
        self._lock = threading.Lock()  # one client, whose callbacks one thread runs

    async def save(self, labels: Sequence[Label]) -> str:
        """Return "" once Kafka has acknowledged all of them, else why not and what helps.

        Some may be there even so; to save a label again is harmless.
        """
        return await asyncio.to_thread(self._save, labels)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    def _save(self, labels: Sequence[Label]) -> str:
        faults: list[str] = []

        def on_delivery(fault: KafkaFault | None, record: DeliveredRecord) -> None:
            if fault is not None:
                faults.append(fault.str())

        with self._lock:
            try:
                writer = self._connected()
                for label in labels:
                    value, key = msgspec.json.encode(label), label.mention_id.encode()
                    while not writer.send(value, key, on_delivery):
                        writer.poll(0.05)
                left = writer.flush(self._deadline_sec + 1.0)
            except (BrokerUnavailableError, RecordRefusedError) as error:
                self._leave()
                return str(error)
            if not faults and not left:
                return ""
            self._leave()  # a client that gave up a record is not trusted with the next one
        reason = faults[0] if faults else "no answer in time"
        return (
            f"Kafka at {self._kafka.bootstrap} did not take all labels ({reason}); it may be"
            " starting, or `escucha migrate` has to create its topics"
        )

    def _connected(self) -> EventWriter:
        if self._writer is None:
            self._writer = EventWriter.connect(
                self._kafka,
                LABELS.name,
                client_id="escucha-console",
                delivery_timeout_sec=self._deadline_sec,
            )
        return self._writer

    def _leave(self) -> None:
        if self._writer is not None:
            writer, self._writer = self._writer, None
            if len(writer):
                writer.abandon()
