"""Stock Faust: an agent that takes batches, on its own aiokafka transport."""

import asyncio
import signal
from tempfile import mkdtemp

import faust
from faust.types import EventT

from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from tests.bench.rivals.common import BATCH, TABLE, Record, Steps, threads, token

WITHIN_SEC = 1.0


def build_app(settings: Settings) -> faust.App:
    """Return an app without web, leader and tables, and with buffers that hold several batches."""
    return faust.App(
        settings.kafka_group,
        broker=f"kafka://{settings.kafka_bootstrap}",
        datadir=mkdtemp(),
        web_enabled=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        autodiscover=False,
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=6.0,
        broker_heartbeat_interval=1.5,
        consumer_max_fetch_size=2 * 1024 * 1024,
        stream_buffer_maxsize=4 * BATCH,
        stream_recovery_delay=0.0,
    )


def record(event: EventT[bytes]) -> Record:
    """Return what the steps need of an event."""
    message = event.message
    return Record(message.partition, message.offset, int(message.timestamp * 1000), event.value)


async def run(settings: Settings) -> None:
    """Run until SIGTERM."""
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    steps = Steps(settings, threads())
    app = build_app(settings)
    async with ClickHouse(settings) as clickhouse:

        @app.agent(app.topic(settings.mentions_topic, value_serializer="raw", internal=False))
        async def mentions(stream: faust.StreamT[bytes]) -> None:
            async for events in stream.take_events(BATCH, within=WITHIN_SEC):
                records = [record(event) for event in events]
                block = await asyncio.to_thread(steps, records)
                await clickhouse.insert(TABLE, block, token(records))

        await app.start()
        await stopping.wait()
        await app.stop()


if __name__ == "__main__":
    asyncio.run(run(Settings.from_environment()))
