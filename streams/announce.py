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
MAX_VALUE_BYTES = 256 * 1024  # brokers refuse messages of over a megabyte, and base64 adds a third

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
        record = rejected.record
        value, size = record.value, len(record.value or b"")
        letter = DeadLetter(
            topic=progress.topic,
            partition=progress.partition,
            offset=record.offset,
            stage=rejected.stage,
            reason=rejected.reason,
            key=record.key,
            value=value if size <= MAX_VALUE_BYTES else b"",
            value_size=size,
            kafka_timestamp=from_milliseconds(record.timestamp),
        )
        key = f"{letter.topic}/{letter.partition}/{letter.offset}".encode()
        await self._dead_letters.send(key=key, value=_encode(letter))
