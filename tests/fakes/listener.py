"""A listener in a process of its own, so that it can be killed: a source of a fake into Kafka.

python -m tests.fakes.listener NAME URL BOOTSTRAP TOPIC CHECKPOINT
"""

import asyncio
import signal
import sys
from pathlib import Path

import msgspec

from streams.kafka_access import KafkaAccess
from streams.producers.base import EventWriter
from streams.producers.live.backoff import Backoff
from streams.producers.live.progress import ListenOptions
from streams.producers.live.runner import run_source
from streams.producers.live.source import Source
from tests.fakes import reddit, x, youtube


def source_of(name: str, url: str) -> Source:
    """The source that listens to the fake at `url`."""
    servers = {"reddit": reddit.FakeReddit, "x": x.FakeX, "youtube": youtube.FakeYouTube}
    server = servers[name]()
    server.url = url
    return server.source()  # type: ignore[no-any-return]


async def main(name: str, url: str, bootstrap: str, topic: str, checkpoint: str) -> None:
    """Listen until SIGTERM; print the summary."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    writer = EventWriter.connect(
        KafkaAccess(bootstrap),
        topic,
        client_id="listener",
        records_in_flight=1_000,
        delivery_timeout_sec=30.0,
    )
    options = ListenOptions(
        heartbeat_sec=0, checkpoint_sec=0.05, backoff=lambda: Backoff(0.05, 0.2)
    )
    summary = await run_source(
        source_of(name, url), writer, checkpoint_path=Path(checkpoint), options=options, stop=stop
    )
    sys.stdout.write(msgspec.json.encode(summary).decode())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
