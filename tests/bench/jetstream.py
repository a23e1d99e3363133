"""How fast Bluesky is heard: `python -m tests.bench.jetstream --rate 3000 --seconds 20`.

A Jetstream server of our own says messages at a fixed rate, mixed as on the network, each with
the time at which it is said. The real `escucha listen bluesky` takes them over a websocket to
Kafka; with --pipeline the real worker stores them in ClickHouse meanwhile. Rate 0 is flat out:
all messages lie ready. The lag is from when a message is said to Kafka's timestamp of it, and to
`stored_at`. Server, producer, broker and pipeline share this machine's processors.
"""

import asyncio
import contextlib
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import psutil
from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from deploy.local.handles import start_broker
from tests.bench import report
from tests.bench.contenders import ESCUCHA
from tests.bench.measure import Watched, processor_seconds
from tests.bench.stack import REPOSITORY, running, train_models
from tests.fakes.bluesky_lines import mix
from tests.fakes.jetstream import Jetstream

PROGRAM = "from streams.producers.live.cli import listen_command; listen_command()"
TOPIC = "mentions.raw.v1"
TICK_SEC = 0.01
SETTLE_SEC = 120.0
FLAT_OUT_EVENTS = 100_000
_LEAD_SEC = 4.0  # to start the producer before the first message is due
_REFERENCE_RATE = 1_000  # spreads the times of messages that lie ready


@dataclass(frozen=True)
class Heard:
    """What the producer did with the messages."""

    messages: int
    seconds: float
    producer_cpu_sec: float
    server_cpu_sec: float
    peak_rss_mb: float
    summary: dict[str, Any]


async def listen(
    lines: Sequence[bytes], rate: int, start_us: int, environment: dict[str, str], run_dir: Path
) -> Heard:
    """Play the lines to a producer; return when it has delivered the last of them."""
    server, checkpoint = Jetstream(), run_dir / "bluesky.json"
    last = {"time_us": json.loads(lines[-1])["time_us"]}
    own = psutil.Process()
    async with server.serving() as server:
        producer = Watched(
            [
                *(sys.executable, "-c", PROGRAM, "bluesky", "--endpoint", server.url),
                *("--checkpoint", str(checkpoint)),
            ],
            environment,
            run_dir / "producer.log",
        )
        try:
            await _until(lambda: bool(server.queries), producer)
            before, own_before = producer.sample(), processor_seconds(own)
            began = time.monotonic()
            if rate:
                began = await _say(server, lines, rate, start_us)
            else:
                server.add(*lines)
            await _until(lambda: _cursor(checkpoint) == last, producer)
            seconds = time.monotonic() - began
            used, own_used = producer.sample() - before, processor_seconds(own) - own_before
        finally:
            await asyncio.to_thread(producer.stop)
    log = producer.log.read_text().splitlines()
    summary = next(json.loads(line) for line in log if line.startswith("{"))
    return Heard(len(lines), seconds, used, own_used, producer.peak_rss_mb, summary)


async def _say(server: Jetstream, lines: Sequence[bytes], rate: int, start_us: int) -> float:
    """Each line when it is due; returns when the first one was."""
    wait_sec = start_us / 1e6 - time.time()
    if wait_sec < 0:
        raise click.ClickException(f"the producer took {-wait_sec:.1f} s too long to start")
    await asyncio.sleep(wait_sec)
    began, said = time.monotonic(), 0
    while said < len(lines):
        due = min(int((time.monotonic() - began) * rate), len(lines))
        server.add(*lines[said:due])
        said = due
        await asyncio.sleep(TICK_SEC)
    return began


async def _until(holds: Any, producer: Watched) -> None:
    deadline = time.monotonic() + SETTLE_SEC
    while not holds():
        producer.sample()
        if time.monotonic() > deadline:
            raise click.ClickException(f"not done in {SETTLE_SEC:.0f} s:\n{producer.tail()}")
        await asyncio.sleep(0.1)


def create_topic(bootstrap: str) -> None:
    """The topic that the producer writes to."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    admin.create_topics([NewTopic(TOPIC, 4, 1)])[TOPIC].result(10)


def _cursor(checkpoint: Path) -> Any:
    with contextlib.suppress(FileNotFoundError):
        return json.loads(checkpoint.read_bytes())["cursor"]


@dataclass(frozen=True)
class Landed:
    """What is in Kafka."""

    records: int
    seconds: float  # from the first record's timestamp to the last one's
    lags_ms: list[float]  # Kafka's timestamp minus the message's own


def read_back(bootstrap: str) -> Landed:
    """Look at every mention and interaction."""
    reader = Consumer({"bootstrap.servers": bootstrap, "group.id": "bench-look"})
    partitions = reader.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions
    reader.assign([TopicPartition(TOPIC, partition, 0) for partition in partitions])
    found = list(_records(reader))
    reader.close()
    stamps = [stamp_ms for stamp_ms, _ in found]
    lags = sorted(stamp_ms - said_ms for stamp_ms, said_ms in found if said_ms is not None)
    return Landed(len(found), (max(stamps) - min(stamps)) / 1_000, lags)


def _records(reader: Consumer) -> Iterator[tuple[float, float | None]]:
    """Timestamp and time said of every event; edits and deletions say only the first."""
    empty = 0
    while empty < 10:
        block = reader.consume(10_000, 0.2)
        empty = 0 if block else empty + 1
        for record in block:
            event = json.loads(record.value() or b"{}")
            if event["type"] == "heartbeat":
                continue
            moment = event.get("published_at") or event.get("occurred_at")
            said_ms = datetime.fromisoformat(moment).timestamp() * 1_000 if moment else None
            yield record.timestamp()[1], said_ms


def print_heard(heard: Heard, landed: Landed, rate: int) -> None:
    """The producer's figures."""
    us = heard.producer_cpu_sec / heard.messages * 1e6
    share = heard.producer_cpu_sec / landed.seconds
    asked = f"{rate} messages/s asked for" if rate else "flat out"
    click.echo(
        f"{asked}: {landed.records / landed.seconds:,.0f} records/s reached Kafka, "
        f"{landed.records:,} in {landed.seconds:.1f} s\n"
        f"producer {us:.0f} us of processor a message ({share:.0%} of one), "
        f"{heard.peak_rss_mb:.0f} MB at most; the playing server "
        f"{heard.server_cpu_sec / heard.messages * 1e6:.0f} us a message"
    )
    summary = heard.summary
    click.echo(
        f"delivered {summary['delivered']:,}, skipped {summary['skipped']:,}, "
        f"rejected {summary['rejected']}, reconnects {summary['reconnects']}"
    )


def print_lags(what: str, lags: Sequence[float]) -> None:
    """50th, 95th, 99th and highest."""
    cuts = statistics.quantiles(lags, n=100)
    click.echo(
        f"{what:32}{len(lags):9,}{cuts[49]:8,.0f}{cuts[94]:8,.0f}{cuts[98]:8,.0f}{lags[-1]:8,.0f}"
    )


def wait_until_stored(client: Client, records: int, worker: Watched) -> float:
    """Return when the ledger accounts for all records; how long that took."""
    began = time.monotonic()
    while True:
        worker.sample()
        found = int(client.command("SELECT sum(records) - sum(heartbeats) FROM ledger"))
        if found >= records:
            return time.monotonic() - began
        if time.monotonic() - began > SETTLE_SEC:
            raise click.ClickException(f"{found} of {records} stored:\n{worker.tail()}")
        time.sleep(0.1)


def stored_lags_ms(client: Client) -> list[float]:
    """`stored_at` minus when it was said, of every first version of a mention."""
    rows = client.query(
        "SELECT toUnixTimestamp64Milli(stored_at) - toUnixTimestamp64Milli(published_at)"
        " FROM mentions WHERE kafka_timestamp > now() - INTERVAL 1 HOUR"
    ).result_rows
    return sorted(float(lag) for (lag,) in rows)


def measure(rate: int, seconds: float, *, pipeline: bool, run_dir: Path) -> None:
    """Measure once and print."""
    with ExitStack() as exits:
        if pipeline:
            train_models(run_dir, ["shipped"])
            stack = exits.enter_context(running(run_dir)).with_model("shipped")
            bootstrap, environment = stack.settings.kafka_bootstrap, stack.environment()
            client = exits.enter_context(stack.fresh_database())
            rules = run_dir / "listening.yaml"
            rules.write_text("keep: {default: everything, bluesky: everything}\n")
            worker = Watched(
                ESCUCHA.command(),
                stack.environment(
                    ESCUCHA_KAFKA_GROUP="bench-jetstream", ESCUCHA_LISTENING_FILE=str(rules)
                ),
                stack.logs / "worker.log",
            )
            exits.callback(worker.stop)
            time.sleep(6)  # until it has its partitions
        else:
            bootstrap = exits.enter_context(start_broker(run_dir)).bootstrap
            create_topic(bootstrap)
            environment = {
                "PATH": "/usr/bin:/bin",
                "PYTHONPATH": str(REPOSITORY),
                "ESCUCHA_KAFKA_BOOTSTRAP": bootstrap,
                "ESCUCHA_RUN_DIR": str(run_dir),
            }
        count = int(rate * seconds) if rate else FLAT_OUT_EVENTS
        making_sec = count * 30e-6
        start_us = int((time.time() + making_sec + _LEAD_SEC) * 1e6)
        if not rate:
            start_us -= int(3_600e6)
        lines = mix(count, start_us=start_us, rate=rate or _REFERENCE_RATE)
        worker_before = worker.sample() if pipeline else 0.0
        heard = asyncio.run(listen(lines, rate, start_us, environment, run_dir))
        click.echo(report.machine())
        landed = read_back(bootstrap)
        print_heard(heard, landed, rate)
        if pipeline:
            late = wait_until_stored(client, heard.summary["delivered"], worker)
            time.sleep(1)
            used = worker.sample() - worker_before
            click.echo(
                f"worker {used / heard.messages * 1e6:.0f} us of processor a message, "
                f"{worker.peak_rss_mb:.0f} MB at most; all stored {late:.1f} s after the producer"
            )
        if rate:
            click.echo(f"{'ms since it was said':32}{'events':>9}     p50     p95     p99     max")
            print_lags("Kafka's timestamp", landed.lags_ms)
            if pipeline and (lags := stored_lags_ms(client)):
                print_lags("stored (mentions)", lags)


@click.command(help=__doc__)
@click.option("--rate", type=click.IntRange(min=0), default=3_000, show_default=True)
@click.option("--seconds", type=click.FloatRange(min=1), default=20.0, show_default=True)
@click.option("--pipeline", is_flag=True, help="With ClickHouse and a worker behind it.")
def main(rate: int, seconds: float, pipeline: bool) -> None:
    """Measure once and print."""
    with TemporaryDirectory(prefix="escucha-bench-") as folder:
        measure(rate, seconds, pipeline=pipeline, run_dir=Path(folder))


if __name__ == "__main__":
    main()
