"""What a model in shadow costs, and how fast history is replayed and judged anew.

    python -m tests.bench.models_live --mentions 100000

Random coefficients over the fast profile's features: speed does not depend on what was learnt.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
from clickhouse_connect.driver.client import Client

from deploy.local.handles import start_broker, start_clickhouse
from models.heads import N_OUTPUTS, Model
from models.labels import load_corpus
from models.training import DEFAULT_TEXT
from streams.migrate import connect, migrate
from streams.modelling.replay import replay
from streams.modelling.rescore import rescore
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from tests.builders import FakeRecord, FixedModels, deliver, make_worker, mention, process_all, raw

START = datetime(2026, 7, 1, tzinfo=UTC)
END = START + timedelta(days=3_650)
BATCH = 5_000


def random_model(seed: int, version: str) -> Model:
    """One that judges as fast as any."""
    dice = np.random.default_rng(seed)
    shape = (DEFAULT_TEXT.n_features, N_OUTPUTS)
    coefficients = dice.normal(0, 0.3, shape).astype(np.float32)
    return Model(DEFAULT_TEXT, coefficients, np.zeros(N_OUTPUTS, np.float32), version=version)


def records(count: int, name: str) -> list[FakeRecord]:
    """Labelled texts of the corpus, over and over, two a second."""
    texts = islice(cycle(item.text for item in load_corpus()), count)
    return [
        FakeRecord(
            n,
            raw(
                mention(
                    f"csv:{name}-{n}",
                    text=text,
                    published_at=(START + timedelta(seconds=n / 2)).isoformat(),
                )
            ),
        )
        for n, text in enumerate(texts)
    ]


async def stored_in(clickhouse: ClickHouse, log: list[FakeRecord], models: FixedModels) -> float:
    """Processor seconds of the worker to store the log."""

    async def topic_id(_: str) -> str:
        return f"topic-{time.monotonic_ns()}"

    worker = make_worker(clickhouse, topic_id=topic_id, models=models)  # type: ignore[arg-type]
    _, batches = await deliver(worker.pipeline, log, max_records=BATCH)
    began = time.process_time()
    for batch in batches:
        assert await process_all(worker.pipeline, [batch]) == [None]
    return time.process_time() - began


async def timed(work: Awaitable[Any]) -> tuple[float, float]:
    """Seconds by the clock, and of this process's processor."""
    clock, processor = time.monotonic(), time.process_time()
    await work
    return time.monotonic() - clock, time.process_time() - processor


def bytes_of(client: Client, table: str) -> int:
    """On the disk."""
    [[size]] = client.query(
        "SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = {table:String}"
        " AND database = currentDatabase()",
        {"table": table},
    ).result_rows
    return int(size)


def joined(client: Client, rounds: int = 9) -> float:
    """A panel's query with its labels from a table of judgements, by that over `mentions`."""
    plain = (
        "SELECT toStartOfHour(published_at) AS hour, {} AS label, count() FROM mentions AS m FINAL"
        " {} GROUP BY hour, label"
    )
    join = (
        "LEFT JOIN (SELECT mention_id, edited_at, intent FROM shadow_judgements FINAL) AS j"
        " ON j.mention_id = m.mention_id AND j.edited_at = m.edited_at"
    )
    queries = (plain.format("m.intent", ""), plain.format("j.intent", join))
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for query, spent in zip(queries, times, strict=True):
            began = time.monotonic()
            client.query(query)
            spent.append(time.monotonic() - began)
    return sorted(times[1])[rounds // 2] / sorted(times[0])[rounds // 2]


async def main(count: int) -> None:
    """Measure and print."""
    one, two = random_model(1, "one"), random_model(2, "two")
    with (
        tempfile.TemporaryDirectory() as folder,
        start_broker(Path(folder) / "broker") as broker,
        start_clickhouse(Path(folder) / "ch") as server,
    ):
        settings = Settings(
            kafka_bootstrap=broker.bootstrap,
            clickhouse_url=server.url,
            clickhouse_user=server.user,
            clickhouse_password=server.password,
            run_dir=Path(folder) / "run",
        )
        migrate(settings, dry_run=False, say=lambda _: None)
        async with ClickHouse(settings) as clickhouse:
            await stored_in(clickhouse, records(BATCH, "warm"), FixedModels(one, two))
            alone = await stored_in(clickhouse, records(count, "a"), FixedModels(one))
            beside = await stored_in(clickhouse, records(count, "b"), FixedModels(one, two))
            us = 1e6 / count
            print(f"worker: {alone * us:.1f} µs a mention; with a shadow {beside * us:.1f} µs")
            with connect(settings, in_database=True) as client:
                client.command("OPTIMIZE TABLE shadow_judgements FINAL")
                size = bytes_of(client, "shadow_judgements") / (count + BATCH)
                print(f"shadow_judgements: {size:.0f} bytes a mention on the disk")
                print(f"labels joined at reading: {joined(client):.1f} times a panel's query")
            total = 2 * count + BATCH
            for name, work in (
                ("replay", replay(clickhouse, two, since=START, until=END)),
                ("rescore", rescore(clickhouse, two, since=START, until=END)),
                ("rescore again", rescore(clickhouse, two, since=START, until=END)),
            ):
                clock, processor = await timed(work)
                print(
                    f"{name}: {total / clock:,.0f} mentions/s by the clock,"
                    f" {processor / total * 1e6:.1f} µs of processor a mention"
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=100_000)
    asyncio.run(main(parser.parse_args().mentions))
