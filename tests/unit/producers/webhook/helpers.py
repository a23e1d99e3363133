"""A receiver on a real socket over a Kafka in memory, and a client that signs."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from streams.producers.base import EventWriter
from streams.producers.memory import MemoryProducer
from streams.producers.webhook.app import create_app
from streams.producers.webhook.gateway import Gateway
from streams.producers.webhook.items import ROUTES
from streams.producers.webhook.options import ReceiverOptions
from streams.producers.webhook.server import address_of, listen, server_of
from streams.producers.webhook.signatures import signature_header

SECRET = "a-secret-of-the-tests"  # noqa: S105


def mention(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "type": "mention",
        "mention_id": f"forum:{number}",
        "source": "forum",
        "author": {"id": f"author-{number % 7}"},
        "text": "¿dónde compro un Nimbara?",
        "published_at": "2026-07-04T10:00:00Z",
        **changes,
    }


def order(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "order_id": f"shop-{number}",
        "author_id": "ana",
        "ordered_at": "2026-07-04T10:00:00Z",
        "amount": "19.90",
        "currency": "EUR",
        **changes,
    }


class NappingProducer(MemoryProducer):
    """Waits where the real one would, so that the polling thread leaves the processor alone."""

    def poll(self, timeout: float = 0.0) -> int:
        time.sleep(min(timeout, 0.005))
        return super().poll(timeout)


@dataclass
class Sender:
    """Posts as another system would, signed unless told otherwise."""

    client: httpx.AsyncClient
    secret: str = SECRET

    async def post(
        self,
        path: str,
        body: object,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        at_sec: int | None = None,
    ) -> httpx.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        moment = int(time.time()) if at_sec is None else at_sec
        signed = {
            "content-type": content_type,
            "x-escucha-signature": signature_header(raw, self.secret, moment),
        }
        return await self.client.post(path, content=raw, headers={**signed, **(headers or {})})

    async def lines(self, path: str, events: Sequence[object]) -> httpx.Response:
        raw = "\n".join(json.dumps(event) for event in events).encode()
        return await self.post(path, raw, content_type="application/x-ndjson")


@dataclass
class Running:
    """A receiver that serves."""

    sender: Sender
    client: httpx.AsyncClient
    gateway: Gateway
    address: str
    kafkas: dict[str, MemoryProducer] = field(default_factory=dict)

    def delivered(self, topic: str) -> list[Any]:
        return [json.loads(record.body) for record in self.kafkas[topic].delivered]

    @property
    def port(self) -> int:
        return int(self.address.rstrip("/").rpartition(":")[2])


@asynccontextmanager
async def receiver(
    kafka: MemoryProducer | None = None, *, heartbeat_sec: float = 0, **changes: Any
) -> AsyncIterator[Running]:
    """A receiver with these options; one memory of Kafka for each topic, unless one is given."""
    options = ReceiverOptions(
        port=0, heartbeat_sec=heartbeat_sec, **{"secrets": (SECRET,), **changes}
    )
    shared = NappingProducer() if kafka is None else kafka  # an empty one is false
    writers = {route.topic: EventWriter(route.topic, shared) for route in ROUTES}
    gateway = Gateway(writers, heartbeat_sec=heartbeat_sec, deadline_sec=options.kafka_deadline_sec)
    with listen(options) as listener:
        async with gateway:
            server = server_of(create_app(gateway, options), options)
            task = asyncio.create_task(server.serve([listener]))
            address = address_of(listener)
            async with httpx.AsyncClient(base_url=address, timeout=30) as client:
                try:
                    yield Running(
                        Sender(client),
                        client,
                        gateway,
                        address,
                        dict.fromkeys((route.topic for route in ROUTES), shared),
                    )
                finally:
                    server.should_exit = True
                    await task
