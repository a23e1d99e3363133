"""`escucha size`: from events a second to partitions, workers, ClickHouse, disk and money.

Every figure is a measured one of this project, or says that it is an assumption. They come from
two slow shared cores; a newer machine does more. Read the result as what is surely enough to begin
with, then look at escucha_lag_records under your own load.
"""

import math
from typing import Final

import msgspec

# Of the figures in README and tests/bench/FIGURES.md, with the command that measures them.
WORKER_US: Final = 36.9  # of processor an event: python -m tests.bench --model shipped --threads 2
# Of ClickHouse, with upkeep: python -m tests.bench.disk --posts 8000, where fixed costs weigh much.
CLICKHOUSE_US: Final = 214.0
FILTERED_US: Final = 20.4  # an event no rule wants, at most: tests.bench.enrichment --path
MENTION_BYTES: Final = 503  # on ClickHouse's disk, merged, 232 of them to find copies: the same
WORKER_GB: Final = 0.6  # while it drains: python -m tests.bench
# Assumptions.
RECORD_BYTES: Final = 330  # in Kafka: a line of a file has 270, names of fields and Kafka the rest
FULL: Final = 0.6  # of a core, so that a peak and a restart find room
KAFKA_DAYS: Final = 14  # schemas/topics.py
COPIES_ON_DISK: Final = 1.5  # room for merges and mutations
PARTITIONS_A_WORKER: Final = 4  # so that workers can be added without adding partitions
SECONDS_A_DAY: Final = 86_400
SECONDS_A_MONTH: Final = 30 * SECONDS_A_DAY

BLUESKY_PER_SEC: Final = 3_000.0  # events of all of it (ANCHORS: thousands)
WARN_PARTITIONS: Final = 200


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be borne."""

    events_per_sec: float
    kept_share: float = 1.0
    peak: float = 3.0
    days: int = 395
    cost_per_core_month: float = 25.0
    cost_per_gb_month: float = 0.1


class Sized(msgspec.Struct, frozen=True, kw_only=True):
    """What bears it; cores and sizes are of all machines together."""

    load: Load
    workers: int
    worker_cores: float
    partitions: int
    worker_memory_gb: float
    clickhouse_cores: float
    clickhouse_disk_gb: float
    kafka_disk_gb: float  # of one copy; times the replication factor
    kafka_mb_per_sec: float
    mentions_a_day: float
    cost_a_month: float
    warnings: list[str]


def size(load: Load) -> Sized:
    """Work it out."""
    at_peak = load.events_per_sec * load.peak
    event_us = load.kept_share * WORKER_US + (1 - load.kept_share) * FILTERED_US
    worker_cores = at_peak * event_us / 1e6 / FULL
    workers = max(1, math.ceil(worker_cores))
    partitions = max(6, workers * PARTITIONS_A_WORKER)
    kept_per_sec = load.events_per_sec * load.kept_share
    clickhouse_cores = max(1.0, kept_per_sec * load.peak * CLICKHOUSE_US / 1e6 / FULL)
    clickhouse_gb = kept_per_sec * SECONDS_A_DAY * load.days * MENTION_BYTES * COPIES_ON_DISK / 1e9
    kafka_gb = load.events_per_sec * SECONDS_A_DAY * KAFKA_DAYS * RECORD_BYTES / 1e9
    cores = workers + clickhouse_cores
    return Sized(
        load=load,
        workers=workers,
        worker_cores=worker_cores,
        partitions=partitions,
        worker_memory_gb=workers * WORKER_GB,
        clickhouse_cores=clickhouse_cores,
        clickhouse_disk_gb=clickhouse_gb,
        kafka_disk_gb=kafka_gb,
        kafka_mb_per_sec=at_peak * RECORD_BYTES / 1e6,
        mentions_a_day=kept_per_sec * SECONDS_A_DAY,
        cost_a_month=cores * load.cost_per_core_month
        + (clickhouse_gb + kafka_gb) * load.cost_per_gb_month,
        warnings=_warnings(load, workers, partitions, clickhouse_gb),
    )


def _warnings(load: Load, workers: int, partitions: int, clickhouse_gb: float) -> list[str]:
    found = []
    if load.events_per_sec > BLUESKY_PER_SEC * 10:
        found.append("beyond ten times all of Bluesky nothing was thought through")
    if workers > 3:
        found.append(
            f"{workers} workers are computed from one: more than three were never measured together"
        )
    if partitions > WARN_PARTITIONS:
        found.append(
            f"{partitions} partitions make small batches: raise ESCUCHA_BATCH_LINGER_MS, and keep"
            " an eye on escucha_batch_records"
        )
    if load.kept_share == 1 and load.events_per_sec > 100:
        found.append(
            "everything is kept; with `keep: {default: matched}` only what your rules want is"
            " stored: say with --kept-share how much that is"
        )
    if clickhouse_gb > 4_000:
        found.append(
            "so much disk wants more than one ClickHouse; copies and erasures rewrite parts, which"
            " was measured on one machine only"
        )
    return found


def describe(plan: Sized) -> str:
    """The plan for people, with the figures it rests on."""
    load = plan.load
    rows = [
        ("events", f"{load.events_per_sec:,.0f} a second, {load.peak:g} times that at its peak"),
        ("kept", f"{load.kept_share:.0%}: {plan.mentions_a_day:,.0f} mentions a day"),
        ("partitions", f"{plan.partitions} of mentions.raw.v1 (ESCUCHA_KAFKA_PARTITIONS)"),
        (
            "workers",
            f"{plan.workers}, a core and {WORKER_GB:g} GB each ({plan.worker_cores:.1f} cores"
            f" busy to {FULL:.0%} at the peak)",
        ),
        (
            "ClickHouse",
            f"{plan.clickhouse_cores:.1f} cores, {plan.clickhouse_disk_gb:,.0f} GB of disk for"
            f" {load.days} days",
        ),
        (
            "Kafka",
            f"{plan.kafka_disk_gb:,.0f} GB for {KAFKA_DAYS} days a copy,"
            f" {plan.kafka_mb_per_sec:.1f} MB/s",
        ),
        (
            "cost",
            f"about {plan.cost_a_month:,.0f} a month at {load.cost_per_core_month:g} a core and"
            f" {load.cost_per_gb_month:g} a GB: one copy of everything, and Kafka's own processors"
            " left out",
        ),
    ]
    lines = [f"{name:<11} {value}" for name, value in rows]
    lines += [f"LOOK        {warning}" for warning in plan.warnings]
    lines.append(
        f"measured: {WORKER_US:g} µs a kept event in the worker, {FILTERED_US:g} one that is"
        f" filtered out, at most {CLICKHOUSE_US:g} in ClickHouse, {MENTION_BYTES} bytes a mention"
        f" on its disk; assumed: {RECORD_BYTES} bytes a record in Kafka, and room for merges"
    )
    return "\n".join(lines)
