"""What more workers bring: `python -m tests.bench.scaling --workers 1,2,3`.

One topic of six partitions on Apache Kafka, full before anybody starts; each run has a fresh group
and a fresh database. The clock runs while all workers of a run store, by the ledger: from the last
worker's first batch to the first worker's last. Processor time is that of worker, ClickHouse and
broker in that time, by event: that figure carries over to a machine with more cores, while events
a second here end where the cores do.
"""

import time
from bisect import bisect
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click
import msgspec
import psutil
from clickhouse_connect.driver.client import Client

from deploy.kafka_jvm import KafkaJvm
from streams.training import train_if_missing
from tests.bench import data, report
from tests.bench.contenders import ESCUCHA
from tests.bench.measure import Watched, processor_seconds
from tests.bench.stack import Stack, running

POLL_SEC = 0.25
TIMEOUT_SEC = 400.0


@dataclass(frozen=True)
class Scaled:
    """One run; microseconds of processor are by event."""

    workers: int
    events_per_second: float
    seconds: float
    worker_us: float  # of all workers together
    clickhouse_us: float
    broker_us: float
    peak_rss_mb: float  # of the largest worker

    @property
    def cores(self) -> float:
        """Processors that were busy for it."""
        return self.events_per_second * self.total_us / 1e6

    @property
    def total_us(self) -> float:
        """Of all parts."""
        return self.worker_us + self.clickhouse_us + self.broker_us


@dataclass(frozen=True)
class Used:
    """Processor seconds so far, by part, at a time of the clock."""

    at: float
    seconds: Mapping[str, float]


def scaled(stack: Stack, broker_pid: int, events: int, workers: int) -> Scaled:
    """Let `workers` store all events; raises when others are stored than were sent."""
    with stack.fresh_database() as client:
        environment = stack.environment(ESCUCHA_KAFKA_GROUP=f"scaling-{time.time_ns()}")
        started = [
            Watched(ESCUCHA.command(), environment, stack.logs / f"scaling-{number}.log")
            for number in range(workers)
        ]
        try:
            used = _watch(client, started, stack.clickhouse_pid, broker_pid, events)
        finally:
            for worker in started:
                worker.stop()
        if _number(client, "SELECT sum(mentions) FROM mentions_by_hour") != events:
            raise click.ClickException("the view counts other events than were sent")
        [(begin, end, stored, seen)] = client.query(_TOGETHER).result_rows
        if seen != workers:
            raise click.ClickException(f"{seen} of {workers} workers stored anything: more events")
        if not stored:
            raise click.ClickException("the workers never stored side by side: more events")
        first, last = (_at(used, moment) for moment in (begin, end))
        per_event = {
            part: (last.seconds[part] - first.seconds[part]) / stored * 1e6 for part in last.seconds
        }
        return Scaled(
            workers,
            stored / (end - begin),
            end - begin,
            per_event["workers"],
            per_event["clickhouse"],
            per_event["broker"],
            max(worker.peak_rss_mb for worker in started),
        )


def _watch(
    client: Client, workers: list[Watched], clickhouse_pid: int, broker_pid: int, events: int
) -> list[Used]:
    clickhouse, broker = psutil.Process(clickhouse_pid), psutil.Process(broker_pid)
    used: list[Used] = []
    deadline = time.monotonic() + TIMEOUT_SEC
    while True:
        used.append(
            Used(
                time.time(),
                {
                    "workers": sum(worker.sample() for worker in workers),
                    "clickhouse": processor_seconds(clickhouse),
                    "broker": processor_seconds(broker),
                },
            )
        )
        stored = _number(client, "SELECT count() FROM mentions")
        if stored >= events:
            return used
        if time.monotonic() > deadline:
            raise click.ClickException(f"{stored} of {events} stored:\n{workers[0].tail()}")
        time.sleep(POLL_SEC)


def _number(client: Client, query: str) -> int:
    return int(client.query(query).result_rows[0][0])


def _at(used: list[Used], moment: float) -> Used:
    return used[min(bisect([one.at for one in used], moment), len(used) - 1)]


_TOGETHER = """
WITH
    (
        SELECT (max(first), min(last), count())
        FROM (SELECT min(planned_at) AS first, max(planned_at) AS last FROM ledger GROUP BY worker)
    ) AS span
SELECT
    toUnixTimestamp64Milli(toDateTime64(span.1, 3)) / 1000,
    toUnixTimestamp64Milli(toDateTime64(span.2, 3)) / 1000,
    sumIf(records, planned_at > span.1 AND planned_at <= span.2),
    span.3
FROM ledger
"""


def lines(runs: list[Scaled], cores: int) -> list[str]:
    """The table: medians of the rounds, and the rate as a multiple of one worker's."""
    found = [
        f"{'workers':>7}{'events/s':>10}{'of one':>8}{'per core':>10}{'cores busy':>12}"
        f"{'worker us':>11}{'CH us':>7}{'broker us':>11}{'all us':>8}{'MB':>6}"
    ]
    one = 0.0
    for workers in sorted({run.workers for run in runs}):
        own = [run for run in runs if run.workers == workers]
        rate = median(run.events_per_second for run in own)
        one = one or rate
        total = median(run.total_us for run in own)
        found.append(
            f"{workers:7}{rate:10,.0f}{rate / one:8.2f}{1e6 / total:10,.0f}"
            f"{median(run.cores for run in own):9.2f}/{cores}"
            f"{median(run.worker_us for run in own):12.1f}"
            f"{median(run.clickhouse_us for run in own):7.1f}"
            f"{median(run.broker_us for run in own):11.1f}{total:8.1f}"
            f"{max(run.peak_rss_mb for run in own):6.0f}"
        )
    return found


@click.command(help=__doc__)
@click.option("--workers", default="1,2,3", show_default=True)
@click.option("--events", type=click.IntRange(min=10_000), default=300_000, show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=2, show_default=True)
@click.option("--json", "json_file", type=click.Path(path_type=Path))
def main(workers: str, events: int, rounds: int, json_file: Path | None) -> None:
    """Measure and print."""
    with TemporaryDirectory(prefix="escucha-bench-") as folder:
        run_dir = Path(folder)
        with running(run_dir, kafka_jvm=True) as plain:
            stack = plain.with_model("shipped")
            train_if_missing(stack.settings, say=lambda _: None)
            [broker_pid] = KafkaJvm(run_dir / "kafka").pids().values()
            topic = stack.settings.mentions_topic
            loaded = data.preload(stack.settings.kafka_bootstrap, topic, events)
            click.echo(f"{report.machine()}\n{loaded}")
            runs = [
                scaled(stack, broker_pid, events, int(number))
                for _ in range(rounds)
                for number in workers.split(",")
            ]
    cores = psutil.cpu_count() or 1
    click.echo("\n".join(lines(runs, cores)))
    if json_file:
        json_file.write_bytes(msgspec.json.encode([asdict(run) for run in runs]))


if __name__ == "__main__":
    main()
