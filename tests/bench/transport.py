"""What the record-batch transport alone carries: `python -m tests.bench.transport`.

The same topic is read by an agent on Escucha's transport that acknowledges at once, by a stock
Faust agent that takes events one by one, and by plain aiokafka's getmany; nothing is decoded.
Each reads in a process of its own; rounds are interleaved.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory, mkdtemp

import click
import faust
from aiokafka import AIOKafkaConsumer

from streams.app import faust_app
from streams.settings import Settings
from streams.transport import RecordBatchSchema
from tests.bench import data, report
from tests.bench.rivals import faust_take
from tests.bench.stack import REPOSITORY, running

SLOW = 5  # the event-by-event reader gets a fifth of the records: it would take minutes


class Meter:
    """Counts records, and knows the time from the first to the last of `expected`."""

    def __init__(self, expected: int) -> None:
        self._expected = expected
        self._records = 0
        self._first = 0
        self._started = 0.0
        self.rate: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def add(self, records: int) -> None:
        """Note that so many more have come; the first to come only start the clock."""
        now = time.perf_counter()
        if not self._records:
            self._started, self._first = now, records
        self._records += records
        if self._records >= self._expected and not self.rate.done():
            self.rate.set_result((self._records - self._first) / (now - self._started))


async def record_batches(settings: Settings, meter: Meter) -> None:
    """Read through Escucha's transport."""
    app = faust_app(settings)
    channel = app.topic(settings.mentions_topic, schema=RecordBatchSchema(), internal=False)

    @app.agent(channel)
    async def count(stream: faust.StreamT) -> None:
        async for event in stream.noack().events():
            meter.add(len(event.value.records))
            event.value.ack()
            event.ack()

    await _run(app, meter)


async def stock_faust(settings: Settings, meter: Meter) -> None:
    """Read event by event, as Faust's documentation shows."""
    app = faust_take.build_app(settings)

    @app.agent(app.topic(settings.mentions_topic, value_serializer="raw", internal=False))
    async def count(stream: faust.StreamT[bytes]) -> None:
        async for _ in stream:
            meter.add(1)

    await _run(app, meter)


async def _run(app: faust.App, meter: Meter) -> None:
    await app.start()
    await meter.rate
    await app.stop()


async def plain_aiokafka(settings: Settings, meter: Meter) -> None:
    """Read with getmany and nothing around it."""
    consumer = AIOKafkaConsumer(
        settings.mentions_topic,
        bootstrap_servers=settings.kafka_bootstrap,
        group_id=settings.kafka_group,
        auto_offset_reset="earliest",
        session_timeout_ms=6_000,
        max_partition_fetch_bytes=2 * 1024 * 1024,
    )
    await consumer.start()
    while not meter.rate.done():
        fetched = await consumer.getmany(timeout_ms=200)
        meter.add(sum(map(len, fetched.values())))
    await consumer.stop()


READERS: dict[str, Callable[[Settings, Meter], Awaitable[None]]] = {
    "aiokafka, getmany": plain_aiokafka,
    "Escucha's transport": record_batches,
    "stock Faust, per event": stock_faust,
}


def read(name: str, records: int) -> float:
    """Read `records` in this process; return the rate."""

    async def reading() -> float:
        meter = Meter(records)
        await READERS[name](Settings.from_environment(), meter)
        return meter.rate.result()

    return asyncio.run(reading())


@click.command(help=__doc__)
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option("--records", type=click.IntRange(min=10_000), default=300_000, show_default=True)
@click.option("--kafka-jvm", is_flag=True, help="Apache Kafka in place of Tansu.")
@click.option("--reader", type=click.Choice(list(READERS)), hidden=True)
def main(rounds: int, records: int, kafka_jvm: bool, reader: str | None) -> None:
    """Compare; with `--reader`, be one of the compared."""
    if reader:
        click.echo(read(reader, records))
        return
    rates: dict[str, list[float]] = {name: [] for name in READERS}
    with (
        TemporaryDirectory(prefix="escucha-bench-") as folder,
        running(Path(folder), kafka_jvm=kafka_jvm) as stack,
    ):
        settings = stack.settings
        loaded = data.preload(settings.kafka_bootstrap, settings.mentions_topic, records)
        for _ in range(rounds):
            for name in READERS:
                count = records // SLOW if READERS[name] is stock_faust else records
                environment = stack.environment(
                    ESCUCHA_KAFKA_GROUP=f"bench-{time.time_ns()}",
                    ESCUCHA_RUN_DIR=mkdtemp(dir=folder),
                )
                command = [sys.executable, "-m", "tests.bench.transport"]
                done = subprocess.run(
                    [*command, "--reader", name, "--records", str(count)],
                    env=environment,
                    cwd=REPOSITORY,
                    capture_output=True,
                    text=True,
                    timeout=300,
                )
                if done.returncode:
                    raise click.ClickException(f"{name}:\n{done.stderr[-1_500:]}")
                rates[name].append(float(done.stdout.split()[-1]))
                click.echo(f"{name:24}{rates[name][-1]:12,.0f}/s", err=True)
    click.echo(f"{report.machine()}\n{loaded}; medians of {rounds} rounds")
    plain = rates["aiokafka, getmany"]
    for name, own in rates.items():
        ratio = median(a / b for a, b in zip(own, plain, strict=True))
        rate = median(own)
        click.echo(f"{name:24}{rate:12,.0f}/s{1e6 / rate:9.2f} us{ratio:8.2f}")


if __name__ == "__main__":
    main()
