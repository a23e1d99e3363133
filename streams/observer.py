"""Watches a worker's batches: how long steps take, what becomes of records, how fresh rows are."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from streams.delivery import RecordBatch
from streams.ledger import Plan
from streams.metrics import Metrics, Step
from streams.tracing import NoTracer, Tracer

FATES = (
    "mentions",
    "edits",
    "interactions",
    "deletions",
    "heartbeats",
    "orders",
    "gestures",
    "labels",
    "duplicates",
    "dead_letters",
    "filtered",
)


class Observer:
    """Metrics and spans of batches; knows the pipeline's words and none of its decisions."""

    def __init__(self, metrics: Metrics | None = None, tracer: Tracer | None = None) -> None:
        self.metrics = metrics or Metrics()
        self.tracer: Tracer = tracer or NoTracer()

    @contextmanager
    def batch(self, batch: RecordBatch) -> Iterator[None]:
        """Around everything that happens to a batch, from the moment the pipeline has it."""
        began = time.monotonic()
        attributes = {
            "messaging.destination.name": batch.tp.topic,
            "messaging.destination.partition.id": str(batch.tp.partition),
            "escucha.position": batch.position,
            "escucha.last_offset": batch.last_offset,
            "escucha.records": batch.count,
            "escucha.repeated": batch.was_planned,
        }
        with self.tracer.span("batch", attributes):
            if batch.fetched_at:
                waited = max(0.0, began - batch.fetched_at)
                self.metrics.observe("escucha_step_seconds", batch.fetch_sec, step="fetch")
                self.metrics.observe("escucha_step_seconds", waited, step="wait")
                self.tracer.past("fetch", batch.fetch_sec, ended_sec_ago=waited)
            yield
        self.metrics.observe("escucha_step_seconds", time.monotonic() - began, step="whole")

    @contextmanager
    def step(self, step: Step) -> Iterator[None]:
        """Around one step; a step that failed is timed as well."""
        began = time.monotonic()
        try:
            with self.tracer.span(step, {}):
                yield
        finally:
            self.metrics.observe("escucha_step_seconds", time.monotonic() - began, step=step)

    def stored(self, batch: RecordBatch, plan: Plan, heartbeats: pa.Table | None) -> None:
        """A batch was acknowledged."""
        metrics, topic, now = self.metrics, plan.topic, time.time()
        for fate in FATES:
            if number := getattr(plan, fate):
                metrics.count("escucha_records_total", number, topic=topic, fate=fate)
        metrics.count("escucha_batches_total", topic=topic)
        if batch.was_planned:
            metrics.count("escucha_batches_repeated_total", topic=topic)
        metrics.observe("escucha_batch_records", plan.records, topic=topic)
        metrics.show("escucha_last_acknowledged_timestamp_seconds", now)
        if heartbeats is not None and heartbeats.num_rows:
            ends: dict[str, datetime] = cast(Any, pc.min_max(heartbeats["sent_at"])).as_py()
            metrics.observe("escucha_freshness_seconds", max(0.0, now - ends["min"].timestamp()))
            newest = ends["max"].timestamp()
            metrics.show("escucha_last_heartbeat_timestamp_seconds", newest)

    def given_up(self, batch: RecordBatch) -> None:
        """A batch was dropped, since its partition went to another worker."""
        self.metrics.count("escucha_batches_given_up_total", topic=batch.tp.topic)
