"""Every metric of Escucha, and the one place where they are kept: per batch, never per mention.

Names are `escucha_<what>_<unit>`; counters end in `_total`. They are Literals, so mypy rejects a
misspelt one. The comment of each says what to look at it for; deploy/RUNBOOK.md has the alarms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final, Literal, get_args

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import generate_latest

CONTENT_TYPE: Final = "text/plain; version=1.0.0; charset=utf-8"

Counted = Literal[
    "escucha_records_total",  # throughput, duplicates and dead letters: by what became of a record
    "escucha_batches_total",  # with records: how large batches are
    "escucha_batches_repeated_total",  # planned by a worker that did not finish them
    "escucha_batches_given_up_total",  # their partition went to another worker
    "escucha_sink_failures_total",  # attempts at ClickHouse that will be made again
]
Observed = Literal[
    "escucha_batch_records",  # small batches cost as much as large ones
    "escucha_step_seconds",  # where the time of a batch goes
    "escucha_freshness_seconds",  # end to end, by heartbeats: from a producer to the table
]
Shown = Literal[
    "escucha_lag_records",  # the alarm of all alarms: what waits to be read and stored
    "escucha_group_lag_records",  # of the whole group, by upkeep: when no worker lives, too
    "escucha_in_flight_records",  # fetched and not yet stored; at its limit the sink is slow
    "escucha_last_acknowledged_timestamp_seconds",  # stands still while lag grows: a hang
    "escucha_last_heartbeat_timestamp_seconds",  # now minus this is how fresh the tables are
    "escucha_alive",  # 0: to start the worker again helps
    "escucha_ready",  # 0: it stores nothing now; /readyz says why
    "escucha_model_info",  # which model judges, and which in shadow; two at once: mid-promotion
    "escucha_model_trouble",  # 1: a promoted model was refused
    "escucha_rules_info",  # which rules hold; two at once for more than a minute: look
    "escucha_memory_bytes",  # what the process has of the machine
    "escucha_ledger_gaps",  # of the last day; anything but 0 is an alarm
    "escucha_dead_letters_waiting",  # nobody has replayed them
    "escucha_sources_stalled",  # sources that should speak and do not
    "escucha_round_timestamp_seconds",  # of upkeep and signals: absent or old, and nobody does it
    "escucha_last_backup_timestamp_seconds",  # absent: none was ever taken of this database
    "escucha_clickhouse_free_ratio",  # by disk: look before it is full
]
Step = Literal["fetch", "wait", "decide", "plan", "store", "announce", "whole"]

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
FRESHNESS: Final = (0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0)
RECORDS: Final = (1.0, 10.0, 100.0, 500.0, 1_000.0, 2_500.0, 5_000.0, 10_000.0)


@dataclass(frozen=True, slots=True)
class Definition:
    """What Prometheus is told of a metric."""

    help: str
    labels: Sequence[str] = ()
    buckets: Sequence[float] = ()


COUNTED: Final[Mapping[Counted, Definition]] = {
    "escucha_records_total": Definition(
        "Records of stored batches, by what became of them.", ("topic", "fate")
    ),
    "escucha_batches_total": Definition("Batches stored and acknowledged.", ("topic",)),
    "escucha_batches_repeated_total": Definition(
        "Stored batches that were planned before, by this or another worker.", ("topic",)
    ),
    "escucha_batches_given_up_total": Definition(
        "Batches dropped because their partition went to another worker.", ("topic",)
    ),
    "escucha_sink_failures_total": Definition(
        "Calls of ClickHouse that failed in a way that passes, and are tried again."
    ),
}
OBSERVED: Final[Mapping[Observed, Definition]] = {
    "escucha_batch_records": Definition("Records in a stored batch.", ("topic",), RECORDS),
    "escucha_step_seconds": Definition("How long a step took for a batch.", ("step",), SECONDS),
    "escucha_freshness_seconds": Definition(
        "From a producer's heartbeat to its row: of the oldest one in each batch.", (), FRESHNESS
    ),
}
SHOWN: Final[Mapping[Shown, Definition]] = {
    "escucha_lag_records": Definition(
        "Records in Kafka that are not stored yet, of assigned partitions.", ("topic", "partition")
    ),
    "escucha_group_lag_records": Definition(
        "Records in Kafka that the group has not committed yet, as upkeep sees it.", ("topic",)
    ),
    "escucha_in_flight_records": Definition("Records fetched and not yet acknowledged."),
    "escucha_last_acknowledged_timestamp_seconds": Definition(
        "When this worker last acknowledged a batch."
    ),
    "escucha_last_heartbeat_timestamp_seconds": Definition(
        "When the newest heartbeat was sent that this worker has stored."
    ),
    "escucha_alive": Definition("1 unless to start this program again would help."),
    "escucha_ready": Definition("1 while this worker takes part and stores."),
    "escucha_model_info": Definition("1 for each model that judges here.", ("version", "role")),
    "escucha_model_trouble": Definition("1 while a promoted model is refused."),
    "escucha_rules_info": Definition("1 for the rules in force.", ("version", "sequence")),
    "escucha_memory_bytes": Definition("Resident memory of the process."),
    "escucha_ledger_gaps": Definition("Gaps or overlaps between batches planned in the last day."),
    "escucha_dead_letters_waiting": Definition("Dead letters that were never replayed."),
    "escucha_sources_stalled": Definition("Sources that are silent for longer than they should."),
    "escucha_round_timestamp_seconds": Definition(
        "When upkeep or signals last did all that they do again and again.", ("program",)
    ),
    "escucha_last_backup_timestamp_seconds": Definition("When the newest backup was begun."),
    "escucha_clickhouse_free_ratio": Definition(
        "Share of a disk of ClickHouse that is free.", ("disk",)
    ),
}


class Metrics:
    """The metrics of one process, in a registry of their own. Safe to call from any thread."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # processor, memory, open files; Linux only
        self._counters = {
            name: Counter(name, one.help, one.labels, registry=self.registry)
            for name, one in COUNTED.items()
        }
        self._histograms = {
            name: Histogram(
                name, one.help, one.labels, buckets=tuple(one.buckets), registry=self.registry
            )
            for name, one in OBSERVED.items()
        }
        # Made when first shown: a process that does not know must not say 0.
        self._gauges: dict[Shown, Gauge] = {}
        self._making = Lock()

    def count(self, name: Counted, by: float = 1, **labels: str) -> None:
        """Add to a counter."""
        counter = self._counters[name]
        (counter.labels(**labels) if labels else counter).inc(by)

    def observe(self, name: Observed, value: float, **labels: str) -> None:
        """Add one value to a distribution."""
        histogram = self._histograms[name]
        (histogram.labels(**labels) if labels else histogram).observe(value)

    def show(self, name: Shown, value: float, **labels: str) -> None:
        """Say what a gauge reads now."""
        gauge = self._gauge(name)
        (gauge.labels(**labels) if labels else gauge).set(value)

    def show_all(self, name: Shown, values: Mapping[tuple[str, ...], float]) -> None:
        """Say what a labelled gauge reads now; whatever it read under other labels is gone."""
        gauge = self._gauge(name)
        gauge.clear()
        for labels, value in values.items():
            gauge.labels(*labels).set(value)

    def show_memory(self) -> None:
        """Say how much memory this process has."""
        self.show("escucha_memory_bytes", psutil.Process().memory_info().rss)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self.registry)

    def _gauge(self, name: Shown) -> Gauge:
        with self._making:
            if name not in self._gauges:
                one = SHOWN[name]
                self._gauges[name] = Gauge(name, one.help, one.labels, registry=self.registry)
            return self._gauges[name]


ROUND: Final = "escucha_round_timestamp_seconds"
NAMES: Final[tuple[str, ...]] = (*get_args(Counted), *get_args(Observed), *get_args(Shown))
