"""Compares what Kafka holds, what the ledger says, and what the tables have."""

import time
from collections.abc import Mapping
from typing import Any

import msgspec
from clickhouse_connect.driver.client import Client

from streams.ledger import TABLES, Account
from streams.migrate import clickhouse_errors_as_ours, connect
from streams.privacy.retention import MAX_DAYS, Retention
from streams.settings import Settings
from streams.steps.business import KIND_OF_TOPIC
from streams.topic_admin import TopicAdmin

READINGS = 3
BUSINESS_TABLES = {kind.name for kind in KIND_OF_TOPIC.values()}


class PartitionBalance(msgspec.Struct, frozen=True, kw_only=True):
    """The books of one partition."""

    topic: str
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
    empty: int = 0  # planned offsets that held no record
    accounts: Mapping[str, Account]  # rows per table: as the ledger says, as the tables have
    erased: int  # of the stored ones, rows that are gone since

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
        for table, account in self.accounts.items():
            balances = account.least <= account.stored <= account.planned
            if not balances and self.committed >= self.planned_to:
                found.append(f"{table}: {account.planned} rows planned, {account.stored} stored")
        return found


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """The books of the mentions and of the business topics, with the view against its table."""

    topic: str
    topic_id: str
    partitions: list[PartitionBalance]
    business: list[PartitionBalance]  # of orders, gestures and labels
    mentions: int  # as the table has them now: newest versions, without what was taken back
    mentions_planned: int  # of all topics ever, as the ledger and the backfills say
    mentions_by_hour: int  # as the view has counted them
    in_flight: bool  # something is still on its way: figures may differ for a moment

    @property
    def problems(self) -> list[str]:
        """What does not balance, in words; nothing when all is exact."""
        found = [
            f"{p.topic}/{p.partition}: {problem}"
            for p in (*self.partitions, *self.business)
            for problem in p.problems
        ]
        if not self.topic_id:
            found.append(f"there is no topic {self.topic}: run escucha migrate")
        if self.in_flight:
            return found
        if self.mentions_planned != self.mentions_by_hour:
            found.append(
                f"{self.mentions_planned} mentions planned, the view counts {self.mentions_by_hour}"
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
    admin = TopicAdmin(settings.kafka)
    client = connect(settings, in_database=True)
    name = settings.mentions_topic
    topic_id, partitions = _topic(settings, admin, client, name)
    business = [
        partition
        for topic in KIND_OF_TOPIC
        for partition in _topic(settings, admin, client, topic)[1]
        if partition.log_end or partition.batches
    ]
    [sums] = client.query(_SUMS).result_rows
    return Balance(
        topic=name,
        topic_id=topic_id,
        partitions=partitions,
        business=business,
        mentions=sums[0],
        mentions_planned=sums[1],
        mentions_by_hour=sums[2],
        in_flight=any(b.lag or (b.batches and b.committed != b.planned_to) for b in partitions),
    )


def _topic(
    settings: Settings, admin: TopicAdmin, client: Client, name: str
) -> tuple[str, list[PartitionBalance]]:
    topic = admin.topic(name)
    if topic is None:
        return "", []
    numbers = range(topic.partitions)
    ends = admin.log_offsets(name, numbers)
    committed = admin.committed(settings.kafka_group, name, numbers)
    lags = admin.lag(name, ends, committed)
    planned = _by_partition(client, _LEDGER, topic.topic_id, **_retention(settings))
    for number, more in _by_partition(client, _BACKFILLED, topic.topic_id).items():
        _add(planned.setdefault(number, {}), more)
    stored = {t: _by_partition(client, _STORED.format(table=t), topic.topic_id) for t in TABLES}
    return topic.topic_id, [
        _partition(
            name,
            number,
            ends[number],
            committed.get(number, 0),
            lags[number],
            planned.get(number, {}),
            {table: rows.get(number, {}) for table, rows in stored.items()},
        )
        for number in numbers
    ]


def _retention(settings: Settings) -> dict[str, int]:
    """For how many days rows of each table are surely there; a day less, since clocks differ."""
    days = Retention.parse(settings.retention_days).tables
    return {f"days_{table}": max(0, (days.get(table) or MAX_DAYS) - 1) for table in TABLES}


def _by_partition(
    client: Client, query: str, topic_id: str, **parameters: int
) -> dict[int, dict[str, Any]]:
    rows = client.query(query, {"topic_id": topic_id, **parameters}).named_results()
    return {row["kafka_partition"]: row for row in rows}


def _add(plan: dict[str, Any], backfilled: Mapping[str, int]) -> None:
    """Count as stored what a backfill took out of the filtered."""
    mentions, interactions = backfilled["rows_of_mentions"], backfilled["rows_of_interactions"]
    for name, more in (
        ("planned_mentions", mentions),
        ("least_mentions", backfilled["least_mentions"]),
        ("planned_interactions", interactions),
        ("filtered", -mentions - interactions),
    ):
        plan[name] = plan.get(name, 0) + more


def _partition(
    topic: str,
    number: int,
    ends: tuple[int, int],
    committed: int,
    lag: int,
    plan: Mapping[str, Any],
    stored: Mapping[str, Mapping[str, int]],
) -> PartitionBalance:
    log_start, log_end = ends
    return PartitionBalance(
        topic=topic,
        partition=number,
        log_start=log_start,
        log_end=log_end,
        committed=committed,
        lag=lag,
        batches=plan.get("batches", 0),
        planned_from=plan.get("planned_from", 0),
        planned_to=plan.get("planned_to", 0),
        gaps=plan.get("gaps", 0),
        records=plan.get("records", 0),
        duplicates=plan.get("duplicates", 0),
        filtered=plan.get("filtered", 0),
        empty=plan.get("empty", 0),
        accounts={
            table: Account(
                planned=plan.get(f"planned_{table}", 0),
                least=plan.get(f"least_{table}", 0),
                stored=stored.get(table, {}).get("stored", 0),
            )
            for table in TABLES
        },
        erased=sum(rows.get("erased", 0) for rows in stored.values()),
    )


# Past their retention rows go without being noted anywhere.
_PLANNED = ",\n    ".join(
    f"sum({planned.rows}) AS planned_{table},"
    f" sumIf({planned.least}, planned_at > now() - toIntervalDay({{days_{table}:UInt32}}))"
    f" AS least_{table}"
    for table, planned in TABLES.items()
)

_LEDGER = f"""
SELECT
    kafka_partition,
    count() AS batches,
    min(position) AS planned_from,
    max(last_offset) + 1 AS planned_to,
    countIf(position != before AND before != 0) AS gaps,
    sum(records) AS records,
    sum(duplicates) AS duplicates,
    sum(filtered) AS filtered,
    sum(last_offset + 1 - position) - records AS empty,
    {_PLANNED}
FROM
(
    SELECT
        *,
        lagInFrame(last_offset + 1, 1, 0) OVER (
            PARTITION BY kafka_partition ORDER BY position
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS before
    FROM ledger
    WHERE topic_id = {{topic_id:String}}
)
GROUP BY kafka_partition
"""  # noqa: S608 - made of constants

# What was filtered out when it came, and kept when newer rules ran over Kafka's history.
_BACKFILLED = """
SELECT
    kafka_partition,
    sum(mentions + edits) AS rows_of_mentions,
    sum(mentions) AS least_mentions,
    sum(interactions) AS rows_of_interactions
FROM backfills
WHERE topic_id = {topic_id:String}
GROUP BY kafka_partition
"""

# A row may be there in two versions, and merging takes the older one away: offsets are counted.
_STORED = """
SELECT
    kafka_partition,
    groupBitmap(kafka_offset) AS stored,
    groupBitmapIf(kafka_offset, is_erased) AS erased
FROM
(
    SELECT kafka_partition, kafka_offset, 0 AS is_erased
    FROM {table}
    WHERE topic_id = {{topic_id:String}}
    UNION ALL
    SELECT kafka_partition, kafka_offset, 1 AS is_erased
    FROM erased
    WHERE topic_id = {{topic_id:String}} AND table_name = '{table}'
)
GROUP BY kafka_partition
"""

_SUMS = """
SELECT
    (SELECT count() FROM mentions FINAL),
    (SELECT sum(mentions) FROM ledger) + (SELECT sum(mentions) FROM backfills),
    (SELECT sum(mentions) FROM mentions_by_hour)
"""


def describe(balance: Balance) -> str:
    """The books as text for people."""
    partitions = balance.partitions
    business = sum(p.records for p in balance.business)
    empty = sum(p.empty for p in partitions)
    lines = [
        f"{balance.topic}: {sum(p.records for p in partitions):,} records read in"
        f" {sum(p.batches for p in partitions):,} batches =",
        *(
            f"  {sum(p.accounts[table].planned for p in partitions):>12,} {table.replace('_', ' ')}"
            for table in TABLES
            if table not in BUSINESS_TABLES
        ),
        f"  {sum(p.duplicates for p in partitions):>12,} duplicates of a source",
        f"  {sum(p.filtered for p in partitions):>12,} filtered out by the rules",
        f"lag {sum(p.lag for p in partitions):,}; {balance.mentions:,} mentions stand,"
        f" {balance.mentions_by_hour:,} were counted, {sum(p.erased for p in partitions):,} rows"
        " erased since",
        f"orders, gestures and labels: {business:,} records",
    ]
    if empty:
        lines.append(
            f"{empty:,} offsets among them held no record when they were read: marks of Kafka's"
            " own, as an erasure leaves them, or records that had expired"
        )
    if balance.problems:
        lines += ["NOT EXACT:", *(f"  {problem}" for problem in balance.problems)]
    elif balance.in_flight:
        lines.append("exact so far; some records are still on their way")
    else:
        lines.append("exact: every record is accounted for")
    return "\n".join(lines)
