"""How old a mention is when it is stored: `python -m tests.bench.freshness --rate 2000`.

Mentions come at a fixed rate, with a heartbeat each second; the real worker stores them. The
age is `stored_at` minus `kafka_timestamp`, by SQL, of everything sent after the warm-up. Both
are clocks of this machine: the producer's and the server's.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import msgspec
from clickhouse_connect.driver.client import Client

from schemas.mention import Heartbeat
from tests.bench import data, report
from tests.bench.contenders import ESCUCHA
from tests.bench.measure import Watched
from tests.bench.stack import Stack, running, train_models

WARM_UP_SEC = 5.0
SETTLE_SEC = 30.0
TICK_SEC = 0.01
TABLES = ("mentions", "heartbeats")

_encode = msgspec.json.Encoder().encode


def ticks(rate: int, seconds: float) -> Iterator[range]:
    """Yield the numbers of the mentions that are due, every ten milliseconds."""
    started, sent = time.monotonic(), 0
    while (elapsed := time.monotonic() - started) < seconds:
        due = int(elapsed * rate)
        yield range(sent, due)
        sent = due
        time.sleep(TICK_SEC)


def send(bootstrap: str, topic: str, rate: int, seconds: float, first: int = 0) -> tuple[int, int]:
    """Send at the rate, numbered from `first`; return how many mentions and heartbeats."""
    loader = data.Loader(bootstrap, topic, linger_ms=5)
    found, _ = data.texts()
    mentions = heartbeats = 0
    started = time.monotonic()
    for numbers in ticks(rate, seconds):
        for number in range(first + numbers.start, first + numbers.stop):
            loader.send(
                *data.mention(number, found[number % len(found)], datetime.now(UTC)),
            )
            mentions += 1
        if time.monotonic() - started > heartbeats:
            beat = Heartbeat(producer="bench", sequence=heartbeats, sent_at=datetime.now(UTC))
            loader.send(b"bench", _encode(beat))
            heartbeats += 1
        loader.poll()
    loader.close()
    return mentions, heartbeats


def wait_for(client: Client, table: str, rows: int, process: Watched) -> None:
    """Return when all rows are stored; raise when they do not come."""
    deadline = time.monotonic() + SETTLE_SEC
    while (found := int(client.command(f"SELECT count() FROM {table}"))) < rows:
        process.sample()
        if time.monotonic() > deadline:
            raise click.ClickException(f"{found} of {rows} {table} stored:\n{process.tail()}")
        time.sleep(0.1)
    if found != rows:
        raise click.ClickException(f"{rows} {table} sent, {found} stored")


def ages(client: Client, table: str) -> list[float]:
    """Return count and the 50th, 95th, 99th and highest age in milliseconds, after the warm-up."""
    [row] = client.query(
        "WITH toUnixTimestamp64Milli(stored_at) - toUnixTimestamp64Milli(kafka_timestamp) AS age,"
        f" (SELECT min(kafka_timestamp) FROM {table}) AS started"
        " SELECT count(), quantileExact(0.5)(age), quantileExact(0.95)(age),"
        f" quantileExact(0.99)(age), max(age) FROM {table}"
        " WHERE kafka_timestamp > started + toIntervalMillisecond({warm_up:UInt32})",
        {"warm_up": int(WARM_UP_SEC * 1000)},
    ).result_rows
    return [float(value) for value in row]


def measure(stack: Stack, rate: int, seconds: float) -> None:
    """Run the worker under the rate and print the ages."""
    settings = stack.settings
    with stack.fresh_database() as client:
        environment = stack.environment(ESCUCHA_KAFKA_GROUP="bench-freshness")
        worker = Watched(ESCUCHA.command(), environment, stack.logs / "freshness.log")
        try:
            # One mention first: from when it is stored on, the worker is up.
            send(settings.kafka_bootstrap, settings.mentions_topic, 100, 0.05, first=10**9)
            while not int(client.command("SELECT count() FROM mentions")):
                worker.sample()
                time.sleep(0.1)
            client.command("TRUNCATE TABLE mentions")
            client.command("TRUNCATE TABLE heartbeats")
            before = worker.sample()
            mentions, heartbeats = send(
                settings.kafka_bootstrap, settings.mentions_topic, rate, WARM_UP_SEC + seconds
            )
            wait_for(client, "mentions", mentions, worker)
            wait_for(client, "heartbeats", heartbeats, worker)
            used = worker.sample() - before
        finally:
            worker.stop()
        click.echo(f"{report.machine()}\n{rate} mentions/s for {seconds:.0f} s, {stack.broker}")
        click.echo(
            f"{'ms from Kafka to table':24}{'rows':>9}{'p50':>7}{'p95':>7}{'p99':>7}{'max':>7}"
        )
        for table in TABLES:
            click.echo(
                f"{table:24}" + "{:9,.0f}{:7.0f}{:7.0f}{:7.0f}{:7.0f}".format(*ages(client, table))
            )
        inserts = client.command("SELECT uniqExact(stored_at) FROM mentions")
        click.echo(
            f"{inserts} inserts; worker {used / mentions * 1e6:.0f} us of processor a mention,"
            f" {worker.peak_rss_mb:.0f} MB at most"
        )


@click.command(help=__doc__)
@click.option("--rate", type=click.IntRange(min=1), default=2_000, show_default=True)
@click.option("--seconds", type=click.FloatRange(min=1), default=30.0, show_default=True)
@click.option("--kafka-jvm", is_flag=True, help="Apache Kafka in place of Tansu.")
def main(rate: int, seconds: float, kafka_jvm: bool) -> None:
    """Measure once and print."""
    with TemporaryDirectory(prefix="escucha-bench-") as folder:
        run_dir = Path(folder)
        train_models(run_dir, ["shipped"])
        with running(run_dir, kafka_jvm=kafka_jvm) as stack:
            measure(stack.with_model("shipped"), rate, seconds)


if __name__ == "__main__":
    main()
