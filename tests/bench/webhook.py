"""How many requests and events a second the receiver takes, on loopback, acknowledged by Kafka.

    python -m tests.bench.webhook [--seconds 5]

Receiver, broker and senders share this machine; the senders sign beforehand, so that what is
measured is the receiver's work and Kafka's.
"""

import argparse
import asyncio
import json
import multiprocessing
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec

from deploy.local.handles import start_broker
from schemas.topics import TOPICS
from streams.kafka_access import KafkaAccess
from streams.producers.webhook.signatures import signature_header
from streams.topic_admin import TopicAdmin
from tests.integration.producers.webhook.helpers import SECRET, ReceiverProcess

SHAPES = ((1, 1), (1, 32), (100, 8), (1_000, 4))  # events in a request, connections


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What one shape of traffic reached."""

    events_per_request: int
    connections: int
    requests_per_second: float
    events_per_second: float
    p50_ms: float
    p99_ms: float
    refused: int


def body_of(events: int) -> bytes:
    text = "La cafetera nueva de Nimbara me tienta, ¿alguien sabe dónde está más barata? " * 2
    return json.dumps(
        [
            {
                "type": "mention",
                "mention_id": f"bench:{number}",
                "source": "bench",
                "author": {"id": f"author-{number % 50}", "handle": "ana", "followers": 120},
                "text": text,
                "published_at": "2026-07-04T10:00:00Z",
                "lang": "es",
                "url": "https://example.org/a/post",
            }
            for number in range(events)
        ],
        ensure_ascii=False,
    ).encode()


async def _connection(port: int, request: bytes, until: float, took: list[float]) -> int:
    """Send the same request again and again; returns how many were not accepted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    refused = 0
    while time.monotonic() < until:
        started = time.monotonic()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
        took.append(time.monotonic() - started)
        refused += not head.startswith(b"HTTP/1.1 202")
    writer.close()
    await writer.wait_closed()
    return refused


def _send(port: int, events: int, connections: int, seconds: float, answers: Any) -> None:
    body = body_of(events)
    signature = signature_header(body, SECRET, int(time.time()))
    request = (
        f"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"X-Escucha-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body

    async def all_connections() -> tuple[list[float], int]:
        took: list[float] = []
        until = time.monotonic() + seconds
        refused = await asyncio.gather(
            *(_connection(port, request, until, took) for _ in range(connections))
        )
        return took, sum(refused)

    answers.put(asyncio.run(all_connections()))


def measure(port: int, events: int, connections: int, seconds: float) -> Figures:
    """Figures of one shape, sent by a process of its own."""
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    sender = context.Process(target=_send, args=(port, events, connections, seconds, answers))
    sender.start()
    took, refused = answers.get(timeout=seconds + 60)
    sender.join()
    cuts = statistics.quantiles(took, n=100)
    done = len(took) - refused
    return Figures(
        events_per_request=events,
        connections=connections,
        requests_per_second=round(done / seconds, 1),
        events_per_second=round(done * events / seconds),
        p50_ms=round(cuts[49] * 1000, 1),
        p99_ms=round(cuts[98] * 1000, 1),
        refused=refused,
    )


class _Kafka:
    """As much of a stack as the receiver's process asks for."""

    def __init__(self, bootstrap: str) -> None:
        self.settings = self
        self.kafka_bootstrap = bootstrap


def main() -> None:
    """Print a line of JSON for each shape."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as name, start_broker(Path(name) / "broker") as broker:
        admin = TopicAdmin(KafkaAccess(broker.bootstrap))
        for topic in TOPICS:
            admin.create(topic, partitions=topic.partitions or 6, replication=1)
        kafka: Any = _Kafka(broker.bootstrap)
        with ReceiverProcess(kafka, Path(name), "--requests-per-sec", "0") as receiver:
            for events, connections in SHAPES:
                figures = measure(receiver.port, events, connections, seconds)
                print(msgspec.json.encode(figures).decode(), flush=True)


if __name__ == "__main__":
    main()
