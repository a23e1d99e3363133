"""Told by progress.v1 that mentions have landed; a silent or absent broker only makes it slower."""

import logging
import time

import msgspec
from confluent_kafka import OFFSET_END, Consumer, KafkaException, TopicPartition

from schemas.pipeline import Progress
from schemas.topics import PROGRESS
from streams.kafka_access import KafkaAccess

log = logging.getLogger(__name__)


class Wakeups:
    """Reads progress.v1 from its end; every process for itself, so none waits for a group."""

    def __init__(self, kafka: KafkaAccess) -> None:
        self._consumer = Consumer(
            {
                **kafka.client_settings(),
                "group.id": "escucha-signals",  # never joined: the partition is assigned by hand
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 500,
            }
        )
        self._consumer.assign([TopicPartition(PROGRESS.name, 0, OFFSET_END)])

    def wait(self, at_most_sec: float) -> bool:
        """Return True as soon as mentions have landed, False when the time is over."""
        deadline = time.monotonic() + at_most_sec
        while (left := deadline - time.monotonic()) > 0:
            try:
                messages = self._consumer.consume(1_000, min(left, 0.5))
            except KafkaException as error:
                log.warning("progress cannot be read: %s", error)
                time.sleep(min(left, 1.0))
                continue
            if any(_has_mentions(m.value()) for m in messages if m.error() is None):
                return True
        return False

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()


def _has_mentions(value: bytes | None) -> bool:
    try:
        return msgspec.json.decode(value or b"", type=Progress).mentions > 0
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True  # of another version, perhaps; to look is harmless
