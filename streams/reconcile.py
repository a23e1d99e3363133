"""Compares what Kafka holds, what the ledger says, and what the tables have."""

import time
from collections.abc import Mapping
from typing import Any

import msgspec
from clickhouse_connect.driver.client import Client

from streams.ledger import MAY_SHRINK
from streams.migrate import clickhouse_errors_as_ours, connect
from streams.settings import Settings
from streams.topic_admin import TopicAdmin

STORED = ("mentions", "interactions", "heartbeats", "dead_letters")

READINGS = 3


class PartitionBalance(msgspec.Struct, frozen=True, kw_only=True):
    """The books of one partition."""

    partition: int
    log_start: int
    log_end: int
    committed: int
    lag: int
    batches: int
    planned_from: int
    planned_to: int  # the offset after the last planned one
    gaps: int  # offsets between two plans, or plans that overlap
    records: int
    duplicates: int
    filtered: int
    planned: Mapping[str, int]  # rows per table as the ledger says
    stored: Mapping[str, int]  # rows per table as the tables have

    @property
    def problems(self) -> list[str]:
        """What does not balance, in words."""
        found = []
        if self.gaps:
            found.append(f"{self.gaps} gaps or overlaps between planned batches")
        if self.batches and self.planned_from > self.log_start:
            found.append(f"offsets {self.log_start}…{self.planned_from - 1} were never planned")
        if self.committed > max(self.planned_to, self.log_start):
            found.append(f"committed up to {self.committed}, planned only to {self.planned_to}")
        for table in STORED:
            planned, stored = self.planned[table], self.stored[table]
            wrong = stored > planned if table in MAY_SHRINK else stored != planned
            if wrong and self.committed >= self.planned_to:
                found.append(f"{table}: {planned} rows planned, {stored} stored")
        return found


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """The books of a topic, with the views against their table."""

    topic: str
    topic_id: str
    partitions: list[PartitionBalance]
    mentions: int  # rows in the table, of all topics ever
    mentions_hourly: int
    brand_mentions: int  # one for each mention and brand
    brand_mentions_hourly: int
    in_flight: bool  # something is still on its way: figures may differ for a moment

    @property
    def problems(self) -> list[str]:
        """What does not balance, in words; nothing when all is exact."""
        found = [
            f"partition {p.partition}: {problem}" for p in self.partitions for problem in p.problems
        ]
        if not self.topic_id:
            found.append(f"there is no topic {self.topic}: run escucha migrate")
        if self.in_flight:
            return found
        if self.mentions != self.mentions_hourly:
            found.append(f"mentions has {self.mentions} rows, its view {self.mentions_hourly}")
        if self.brand_mentions != self.brand_mentions_hourly:
            found.append(
                f"mentions name {self.brand_mentions} brands, the view {self.brand_mentions_hourly}"
            )
        return found


@clickhouse_errors_as_ours()
def reconcile(settings: Settings) -> Balance:
    """Read the books; raises SinkUnavailableError or BrokerUnavailableError.

    Rows land between one question and the next, so a problem counts when it stays.
    """
    for _ in range(READINGS - 1):
        balance = _read(settings)
        if not balance.problems:
            return balance
        time.sleep(1.0)
    return _read(settings)


def _read(settings: Settings) -> Balance:
    admin = TopicAdmin(settings.kafka_bootstrap)
    client = connect(settings, in_database=True)
    name = settings.mentions_topic
    topic = admin.topic(name)
    topic_id, partitions = (topic.topic_id, topic.partitions) if topic else ("", 0)
    ends = admin.log_offsets(name, range(partitions)) if partitions else {}
    committed = admin.committed(settings.kafka_group, name, range(partitions)) if partitions else {}
    planned = _by_partition(client, _LEDGER, topic_id)
    stored = {t: _by_partition(client, _STORED.format(table=t), topic_id) for t in STORED}
    balances = [
        _partition(
            number,
            ends[number],
            committed.get(number, 0),
            planned.get(number, {}),
            {table: rows.get(number, {}).get("stored", 0) for table, rows in stored.items()},
        )
        for number in range(partitions)
    ]
    [sums] = client.query(_SUMS).result_rows
    return Balance(
        topic=name,
        topic_id=topic_id,
        partitions=balances,
        mentions=sums[0],
        brand_mentions=sums[1],
        mentions_hourly=sums[2],
        brand_mentions_hourly=sums[3],
        in_flight=any(b.lag or (b.batches and b.committed != b.planned_to) for b in balances),
    )


def _by_partition(client: Client, query: str, topic_id: str) -> dict[int, dict[str, Any]]:
    rows = client.query(query, {"topic_id": topic_id}).named_results()
    return {row["kafka_partition"]: row for row in rows}


def _partition(
    number: int,
    ends: tuple[int, int],
    committed: int,
    plan: Mapping[str, Any],
    stored: Mapping[str, int],
) -> PartitionBalance:
    log_start, log_end = ends
    return PartitionBalance(
        partition=number,
        log_start=log_start,
        log_end=log_end,
        committed=committed,
        lag=log_end - max(committed, log_start),
        batches=plan.get("batches", 0),
        planned_from=plan.get("planned_from", 0),
        planned_to=plan.get("planned_to", 0),
        gaps=plan.get("gaps", 0),
        records=plan.get("records", 0),
        duplicates=plan.get("duplicates", 0),
        filtered=plan.get("filtered", 0),
        planned={table: plan.get(table, 0) for table in STORED},
        stored=stored,
    )


_LEDGER = """
SELECT
    kafka_partition,
    count() AS batches,
    min(position) AS planned_from,
    max(last_offset) + 1 AS planned_to,
    countIf(position != before AND before != 0) AS gaps,
    sum(records) AS records,
    sum(mentions) AS mentions,
    sum(interactions) AS interactions,
    sum(heartbeats) AS heartbeats,
    sum(duplicates) AS duplicates,
    sum(dead_letters) AS dead_letters,
    sum(filtered) AS filtered
FROM
(
    SELECT
        *,
        lagInFrame(last_offset + 1, 1, 0) OVER (
            PARTITION BY kafka_partition ORDER BY position
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS before
    FROM ledger
    WHERE topic_id = {topic_id:String}
)
GROUP BY kafka_partition
"""

_STORED = """
SELECT kafka_partition, count() AS stored
FROM {table}
WHERE topic_id = {{topic_id:String}}
GROUP BY kafka_partition
"""

_SUMS = """
SELECT
    (SELECT count() FROM mentions),
    (SELECT sum(if(empty(brands), 1, length(brands))) FROM mentions),
    (SELECT sum(mentions) FROM mentions_hourly),
    (SELECT sum(mentions) FROM brand_mentions_hourly)
"""


def describe(balance: Balance) -> str:
    """The books as text for people."""
    lines = [
        f"{balance.topic}: {sum(p.records for p in balance.partitions):,} records read in"
        f" {sum(p.batches for p in balance.partitions):,} batches =",
        *(
            f"  {sum(p.planned[table] for p in balance.partitions):>12,} {table.replace('_', ' ')}"
            for table in STORED
        ),
        f"  {sum(p.duplicates for p in balance.partitions):>12,} duplicates of a source",
        f"  {sum(p.filtered for p in balance.partitions):>12,} filtered out",
        f"lag {sum(p.lag for p in balance.partitions):,};"
        f" {balance.mentions:,} mentions in the table, {balance.mentions_hourly:,} in its view",
    ]
    if balance.problems:
        lines += ["NOT EXACT:", *(f"  {problem}" for problem in balance.problems)]
    elif balance.in_flight:
        lines.append("exact so far; some records are still on their way")
    else:
        lines.append("exact: every record is accounted for")
    return "\n".join(lines)
