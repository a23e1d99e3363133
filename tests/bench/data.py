"""The events of a bench: real texts where there are any, as mentions in Kafka."""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from confluent_kafka import KafkaError, Message, Producer

from models.labels import load_corpus
from schemas.mention import Author, Engagement, Interaction, Mention

DATA = Path(os.environ.get("ESCUCHA_DATA", "../shared/data"))
FILES = (
    "airlines_en_sentiment.jsonl",
    "airlines_es_sentiment.jsonl",
    "laptop_tweets_unlabelled.jsonl",
)
AUTHORS = 20_000
SPAN = timedelta(hours=1)

_encode = msgspec.json.Encoder().encode


def texts() -> tuple[list[str], str]:
    """Return texts, each once, and where they are from."""
    paths = [DATA / name for name in FILES if (DATA / name).is_file()]
    found = [json.loads(line)["text"] for path in paths for line in path.open(encoding="utf-8")]
    if found:
        return found, f"{len(found):,} tweets"
    corpus = [item.text for item in load_corpus()]
    return corpus, f"the {len(corpus):,} mentions of the corpus"


def mention(number: int, text: str, published_at: datetime) -> tuple[bytes, bytes]:
    """Return key and value of one event; an author has about ten mentions in 200,000."""
    author = f"author-{number * 7919 % AUTHORS}"
    value = Mention(
        mention_id=f"bench:{number}",
        source="bench",
        author=Author(
            id=author, handle=author, name=f"Author {number % 97}", followers=number % 5_000
        ),
        text=text,
        published_at=published_at,
        lang="en",
        engagement=Engagement(likes=number % 50, reposts=number % 7),
    )
    return author.encode(), _encode(value)


def interaction(number: int, occurred_at: datetime) -> tuple[bytes, bytes]:
    """Return key and value of a like: no text, so neither enrichment nor model is asked."""
    author = f"author-{number * 7919 % AUTHORS}"
    value = Interaction(
        interaction_id=f"bench:like-{number}",
        source="bench",
        author=Author(id=author, handle=author),
        kind="like",
        target_id=f"bench:{number % 997}",
        target_author_id=f"author-{number % 97}",
        occurred_at=occurred_at,
    )
    return author.encode(), _encode(value)


def events(count: int, table: str) -> Iterator[tuple[bytes, bytes]]:
    """Yield `count` events of the last hour, evenly spaced: a backlog to catch up with."""
    found, _ = texts()
    start = datetime.now(UTC) - SPAN
    for number in range(count):
        at = start + SPAN * (number / count)
        if table == "interactions":
            yield interaction(number, at)
        else:
            yield mention(number, found[number % len(found)], at)


class Loader:
    """Writes to a topic; `close` raises when anything was not delivered."""

    def __init__(self, bootstrap: str, topic: str, linger_ms: int = 20) -> None:
        self._topic = topic
        self._failed: list[str] = []
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "linger.ms": linger_ms,
                "compression.type": "lz4",
                "enable.idempotence": True,
                "queue.buffering.max.messages": 200_000,
                "partitioner": "murmur2_random",
            }
        )

    def _delivered(self, error: KafkaError | None, _: Message) -> None:
        if error is not None:
            self._failed.append(str(error))

    def send(self, key: bytes, value: bytes) -> None:
        """Queue one record; wait when the queue is full."""
        while True:
            try:
                self._producer.produce(self._topic, value, key=key, on_delivery=self._delivered)
            except BufferError:
                self._producer.poll(0.1)
            else:
                return

    def poll(self) -> None:
        """Serve delivery reports."""
        self._producer.poll(0)

    def close(self) -> None:
        """Deliver what is queued."""
        left = self._producer.flush(60)
        if left or self._failed:
            raise RuntimeError(f"{left} records not delivered, {len(self._failed)} failed")


def preload(bootstrap: str, topic: str, count: int, table: str = "mentions") -> str:
    """Fill the topic; return what is in it, in words."""
    loader = Loader(bootstrap, topic)
    size, started = 0, time.monotonic()
    for number, (key, value) in enumerate(events(count, table)):
        size += len(value)
        loader.send(key, value)
        if number % 1_000 == 0:
            loader.poll()
    loader.close()
    took = time.monotonic() - started
    made_of = "likes" if table == "interactions" else f"made of {texts()[1]}"
    return f"{count:,} events of {size // count} bytes {made_of}, loaded in {took:.0f} s"
