"""One batch with something of everything in it, and what it comes to in ClickHouse."""

from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client

from streams.sinks.clickhouse import ClickHouse
from tests.builders import (
    FakeRecord,
    Worker,
    deliver,
    heartbeat,
    interaction,
    make_worker,
    mention,
    process_all,
    raw,
)

NOW = datetime.now(UTC)  # heartbeats of long ago are gone

# Over three years, so that a block is three parts, and with a dead letter, a duplicate and an edit.
LOG = [
    *(
        FakeRecord(n, raw(mention(f"csv:{n}", published_at=f"{2024 + n % 3}-03-01T10:00:00Z")))
        for n in range(30)
    ),
    FakeRecord(30, b"{"),
    FakeRecord(31, raw(mention("csv:1", published_at="2025-03-01T10:00:00Z"))),
    FakeRecord(32, raw(interaction("csv:like"))),
    FakeRecord(
        33, raw(heartbeat(1, sent_at=NOW.isoformat())), timestamp=int(NOW.timestamp() * 1000)
    ),
    FakeRecord(
        34,
        raw(
            mention(
                "csv:2",
                text="otra vez",
                published_at="2026-03-01T10:00:00Z",
                edited_at="2026-03-01T11:00:00Z",
            )
        ),
    ),
]

TABLES = (
    "mentions",
    "mentions_by_hour",
    "interactions",
    "heartbeats",
    "dead_letters",
    "ledger",
    "rule_versions",
)


def worker_of(clickhouse: ClickHouse, topic_id: str, name: str) -> Worker:
    async def the_topic_id(_: str) -> str:
        return topic_id

    return make_worker(clickhouse, name, topic_id=the_topic_id)  # type: ignore[arg-type]


async def process(worker: Worker) -> bool:
    """Take the log to ClickHouse; returns whether it was planned before."""
    delivery, batches = await deliver(worker.pipeline, LOG)
    assert await process_all(worker.pipeline, batches) == [None]
    assert delivery.committable == len(LOG)
    return batches[0].was_planned


def exact(client: Client) -> None:
    """Each event is there once, and counted once."""
    row = client.query(
        "SELECT (SELECT count() FROM mentions FINAL), (SELECT uniqExact(mention_id) FROM mentions),"
        " (SELECT sum(mentions) FROM mentions_by_hour), (SELECT count() FROM interactions FINAL),"
        " (SELECT count() FROM heartbeats), (SELECT count() FROM dead_letters),"
        " (SELECT count() FROM ledger), (SELECT sum(mentions + edits) FROM ledger)"
    ).first_row
    assert row == (30, 30, 30, 1, 1, 1, 1, 31)
    hours = client.query(
        "SELECT toYear(hour), sum(mentions) FROM mentions_by_hour GROUP BY 1 ORDER BY 1"
    ).result_rows
    assert hours == [(2024, 10), (2025, 10), (2026, 10)]
