"""What is sent: distinct mentions, some twice, some malformed; a header says what each is."""

import json
import math
import random
import threading
import time
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, Message, Producer

from streams.settings import Settings
from tests.end_to_end.malformed import MALFORMED, start_time, valid

HEADER = "lab"
BAD = b"bad"
DELIVERY_TIMEOUT_SEC = 1_800  # outlasts whatever a scenario does to the broker


@dataclass
class Sent:
    """What was sent, as the sender knows it."""

    good: int = 0
    again: int = 0
    bad: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def records(self) -> int:
        """All of it."""
        return self.good + self.again + self.bad


class Sender:
    """Writes to the mentions' topic; `finish` raises when anything was not delivered."""

    def __init__(self, settings: Settings, seed: int) -> None:
        self.sent = Sent()
        self.random = random.Random(seed)
        self._topic = settings.mentions_topic
        self._tag, self._start = str(seed), start_time()
        self._kinds = list(MALFORMED)
        self._earlier: list[dict[str, object]] = []
        self._producer = Producer(
            {
                "bootstrap.servers": settings.kafka_bootstrap,
                "enable.idempotence": True,
                "linger.ms": 20,
                "delivery.timeout.ms": DELIVERY_TIMEOUT_SEC * 1_000,
                "message.max.bytes": 1_040_000,  # one oversized record fits, alone in its batch
                "batch.size": 100_000,
                "queue.buffering.max.messages": 400_000,
                "partitioner": "murmur2_random",
                "log_level": 0,
            }
        )

    def good(self, **changes: object) -> None:
        """A mention that nobody has sent yet."""
        number = self.sent.good
        event = valid(number, self.random, self._start, self._tag) | changes
        self._produce(json.dumps(event).encode(), event, str(event["mention_id"]).encode())
        self.sent.good += 1
        if number % 50 == 0:
            self._earlier.append(event)

    def again(self) -> None:
        """A mention that was sent before."""
        event = self.random.choice(self._earlier)
        self._produce(json.dumps(event).encode(), event, str(event["mention_id"]).encode())
        self.sent.again += 1

    def bad(self, kind: str | None = None, *, partition: int = -1) -> None:
        """A malformed record: of this kind, or of the next."""
        kind = kind or self._kinds[self.sent.bad % len(self._kinds)]
        event = valid(10**9 + self.sent.bad, self.random, self._start, f"{self._tag}-bad")
        self._produce(MALFORMED[kind](event), event, BAD, partition)
        self.sent.bad += 1
        self.sent.kinds[kind] = self.sent.kinds.get(kind, 0) + 1

    def any(self, bad_share: float = 0.01, again_share: float = 0.01) -> None:
        """One of the three, by lot."""
        lot = self.random.random()
        if lot < bad_share:
            self.bad()
        elif lot < bad_share + again_share and self._earlier:
            self.again()
        else:
            self.good()

    def burst(self, count: int) -> None:
        """So many at once."""
        for _ in range(count):
            self.any()
        self._producer.poll(0)

    def finish(self) -> None:
        """Return when Kafka has confirmed every record."""
        left = self._producer.flush(DELIVERY_TIMEOUT_SEC)
        if left or self.sent.failures:
            raise AssertionError(f"{left} records not delivered, failures: {self.sent.failures}")

    def _produce(
        self, value: bytes | None, event: dict[str, object], says: bytes, partition: int = -1
    ) -> None:
        key = str(event["author"]["id"]).encode()  # type: ignore[index]
        while True:
            try:
                self._producer.produce(
                    self._topic,
                    value,
                    key,
                    partition,
                    on_delivery=self._delivered,
                    headers={HEADER: says},
                )
                return
            except BufferError:
                self._producer.poll(0.1)

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self.sent.failures.append(error.str())


class Stream:
    """Sends at a steady rate from a thread, from `with` to its end or to a number of records."""

    def __init__(self, sender: Sender, per_second: float, at_most: float = math.inf) -> None:
        self._sender, self._per_second, self._at_most = sender, per_second, at_most
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Stream":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()

    def wait(self) -> None:
        """Return when the number is sent."""
        self._thread.join()

    def _run(self) -> None:
        began, sent = time.monotonic(), 0
        while sent < self._at_most and not self._end.wait(0.02):
            due = min((time.monotonic() - began) * self._per_second, self._at_most)
            while sent < due and not self._end.is_set():
                self._sender.any()
                sent += 1
            self._sender.burst(0)
