"""The loop one would write by hand for this one job: confluent-kafka, threads, and no framework.

Consuming, classifying and inserting overlap; offsets are committed behind the inserts, in order.
At least once: a crash between insert and commit stores a batch again, and nothing notices.
"""

import signal
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa
from confluent_kafka import Consumer, Message, TopicPartition

from streams.settings import Settings
from tests.bench.rivals.common import BATCH, Inserter, Record, Steps, threads, token

BLOCKS_IN_FLIGHT = 20  # tried: 6 is slower, 12 and 4 inserters are no faster
INSERTERS = 3


class Loop:
    """Consume, classify, insert, commit."""

    def __init__(self, settings: Settings) -> None:
        self._steps = Steps(settings)
        self._insert = Inserter(settings)
        self._topic = settings.mentions_topic
        self._classifying = ThreadPoolExecutor(threads())
        self._inserting = ThreadPoolExecutor(INSERTERS)
        self._pending: deque[tuple[Future[None], list[TopicPartition]]] = deque()
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings.kafka_bootstrap,
                "group.id": settings.kafka_group,
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "session.timeout.ms": 6_000,
                "isolation.level": "read_committed",
                "queued.min.messages": 40_000,
                "fetch.wait.max.ms": 50,
            }
        )
        self.stopping = False

    def run(self) -> None:
        """Return after `stopping` was set and what was consumed is stored and committed."""
        self._consumer.subscribe([self._topic])
        while not self.stopping:
            messages = self._consumer.consume(BATCH, timeout=0.2)
            if messages:
                block = self._classifying.submit(self._classify, messages)
                insert = self._inserting.submit(self._store, block)
                self._pending.append((insert, self._ends(messages)))
            self._commit(at_most=BLOCKS_IN_FLIGHT)
        self._commit(at_most=0)
        self._consumer.close()

    def _classify(self, messages: list[Message]) -> tuple[pa.Table, str]:
        records = [Record(m.partition(), m.offset(), m.timestamp()[1], m.value()) for m in messages]
        return self._steps(records), token(records)

    def _store(self, block: "Future[tuple[pa.Table, str]]") -> None:
        self._insert(*block.result())

    def _ends(self, messages: list[Message]) -> list[TopicPartition]:
        ends = {message.partition(): message.offset() + 1 for message in messages}
        return [TopicPartition(self._topic, partition, end) for partition, end in ends.items()]

    def _commit(self, *, at_most: int) -> None:
        while self._pending and (len(self._pending) > at_most or self._pending[0][0].done()):
            insert, ends = self._pending.popleft()
            insert.result()
            self._consumer.commit(offsets=ends, asynchronous=bool(at_most))


def main() -> None:
    """Run until SIGTERM."""
    loop = Loop(Settings.from_environment())

    def stop(*_: object) -> None:
        loop.stopping = True

    signal.signal(signal.SIGTERM, stop)
    loop.run()


if __name__ == "__main__":
    main()
