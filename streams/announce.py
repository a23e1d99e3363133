"""Tells other programs, by Kafka, of what has landed. ClickHouse holds the truth of it."""

import asyncio
import logging

import faust
import msgspec
from aiokafka.errors import KafkaError
from faust.exceptions import ProducerSendError

from schemas.pipeline import DeadLetter, Progress
from schemas.topics import DEAD_LETTERS, PROGRESS
from streams.clock import from_milliseconds
from streams.steps.decode import Rejected

SEND_TIMEOUT_SEC = 10.0
# Of a value or a key: brokers refuse messages of over a megabyte, and base64 adds a third.
MAX_VALUE_BYTES = 256 * 1024

log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


class Announcer:
    """Sends progress and copies of dead letters through the app's producer."""

    def __init__(self, app: faust.App) -> None:
        self._progress = app.topic(PROGRESS.name, value_serializer="raw", internal=False)
        self._dead_letters = app.topic(DEAD_LETTERS.name, value_serializer="raw", internal=False)

    async def __call__(self, progress: Progress, rejected: list[Rejected]) -> None:
        """Send; a message that cannot be sent in time is logged and given up."""
        try:
            async with asyncio.timeout(SEND_TIMEOUT_SEC):
                for letter in rejected:
                    await self._send_dead_letter(progress, letter)
                key = f"{progress.topic}/{progress.partition}".encode()
                await self._progress.send(key=key, value=_encode(progress))
        except (KafkaError, ProducerSendError, TimeoutError) as error:
            log.warning("progress and dead letters not announced by Kafka: %r", error)

    async def _send_dead_letter(self, progress: Progress, rejected: Rejected) -> None:
        letter = dead_letter(progress, rejected)
        key = f"{letter.topic}/{letter.partition}/{letter.offset}".encode()
        await self._dead_letters.send(key=key, value=_encode(letter))


def dead_letter(progress: Progress, rejected: Rejected) -> DeadLetter:
    """What other programs are told; small enough for any broker, however large the record is."""
    record = rejected.record
    key, value, size = record.key, record.value, len(record.value or b"")
    return DeadLetter(
        topic=progress.topic,
        partition=progress.partition,
        offset=record.offset,
        stage=rejected.stage,
        reason=rejected.reason,
        key=key if len(key or b"") <= MAX_VALUE_BYTES else b"",
        value=value if size <= MAX_VALUE_BYTES else b"",
        value_size=size,
        kafka_timestamp=from_milliseconds(record.timestamp),
    )
