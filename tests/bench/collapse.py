"""How many mentions a second `escucha upkeep` collapses in bulk: `python -m tests.bench.collapse`.

Real posts, posts spliced of pieces of four of them, and copies of either as people and programs
make them, said over some days and stored in that order; then one pass over all of them. Prints
also a hash of what was found, to compare two versions by.
"""

import argparse
import asyncio
import json
import random
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

import pyarrow as pa
from clickhouse_connect.driver.client import Client

from deploy.local.handles import start_clickhouse
from streams.migrate import connect, migrations
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from streams.steps.columns import INSTANT
from streams.steps.copies import signatures
from streams.steps.normalise import normalise
from streams.upkeep.near_duplicates import collapse
from tests.bench.copies import PERTURBATIONS
from tests.bench.posts import texts

SEED = 13
PIECES = 4  # of different posts in one: like none of them, in words that people use
BLOCK = 5_000
SPAN = timedelta(days=5)
BEGIN = datetime(2026, 7, 4, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def said(count: int, share_of_copies: float) -> list[str]:
    """So many texts in the order in which they are said."""
    rng = random.Random(SEED)
    found = texts()
    rng.shuffle(found)
    made: list[str] = []
    for number in range(count):
        if made and rng.random() < share_of_copies:
            text = made[-rng.randrange(1, min(len(made), 20_000) + 1)]
            made.append(rng.choice(list(PERTURBATIONS.values()))(text, rng))
        elif number < len(found):
            made.append(found[number])
        else:
            posts = [rng.choice(found).split(" ") for _ in range(PIECES)]
            cut = [[len(p) * n // PIECES, len(p) * (n + 1) // PIECES] for n, p in enumerate(posts)]
            pieces = [p[first:last] for p, (first, last) in zip(posts, cut, strict=True)]
            made.append(" ".join(word for piece in pieces for word in piece))
    return made


def store(client: Client, found: list[str]) -> None:
    """Put them into `mentions`, a block at a time."""
    for first in range(0, len(found), BLOCK):
        block = normalise(found[first : first + BLOCK])
        fingerprints, bands = signatures(block)
        numbers = range(first, first + len(block))
        client.insert_arrow(
            "mentions",
            pa.table(
                {
                    "mention_id": [f"bench:{number:09}" for number in numbers],
                    "source": ["bench"] * len(block),
                    "kind": ["post"] * len(block),
                    "author_id": [f"author-{number % 1_000}" for number in numbers],
                    "text": block,
                    "published_at": pa.array(
                        [BEGIN + SPAN * (number / len(found)) for number in numbers], INSTANT
                    ),
                    "fingerprint": pa.array(fingerprints),
                    "bands": pa.array(
                        [bands[row].tolist() for row in range(len(block))], pa.list_(pa.uint64())
                    ),
                    "kafka_offset": pa.array(list(numbers), pa.uint64()),
                }
            ),
        )


async def timed(settings: Settings) -> tuple[int, float]:
    """One pass over everything: how many mentions, and how many seconds."""
    async with ClickHouse(settings) as clickhouse:
        await clickhouse.rows("SELECT 1")
        since, considered, began = LONG_AGO, 0, time.monotonic()
        while True:
            report = await collapse(clickhouse, since)
            considered, since = considered + report.considered, report.next_since
            if report.is_complete:
                return considered, time.monotonic() - began


def main() -> None:
    """Print how fast the pass was and what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mentions", type=int, default=100_000)
    parser.add_argument("--copies", type=float, default=0.15, help="share of copies made")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        start_clickhouse(Path(folder)) as server,
    ):
        settings = Settings(
            clickhouse_url=server.url,
            clickhouse_user=server.user,
            clickhouse_password=server.password,
        )
        with connect(settings, in_database=True) as client:
            for migration in migrations():
                for statement in migration.statements:
                    client.command(statement)
            store(client, said(options.mentions, options.copies))
            before_sec = time.process_time()
            considered, took_sec = asyncio.run(timed(settings))
            used_sec = time.process_time() - before_sec
            links = client.query(
                "SELECT mention_id, original, parent, reason, round(similarity, 4)"
                " FROM near_duplicates FINAL ORDER BY mention_id"
            ).result_rows
        server.kill()
    digest = blake2b(json.dumps([list(link) for link in links]).encode(), digest_size=8)
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{considered:,} mentions in {took_sec:.1f} s: {considered / took_sec:,.0f}/s"
        f" ({used_sec:.1f} s of them in Python; {memory_mb} MB at most, the loading included)"
    )
    print(f"{len(links):,} copies, hash {digest.hexdigest()}")


if __name__ == "__main__":
    main()
