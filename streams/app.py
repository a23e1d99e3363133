"""Composition root: the only place where the worker's parts are put together."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import cast

import faust
from faust.types import TP

from models.heads import Model
from streams.agents import mentions
from streams.announce import Announcer
from streams.delivery import BatchOptions, Span
from streams.errors import SettingsError
from streams.pipeline import Pipeline, PipelineOptions
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from streams.steps.match import BrandMatcher, load_brands
from streams.topic_admin import TopicAdmin, TopicIds
from streams.transport import Transport, check_faust

DEFAULT_BRANDS = Path(__file__).with_name("brands.example.yaml")


def build_app(
    settings: Settings,
    clickhouse: ClickHouse,
    model: Model,
    fail: Callable[[BaseException], None],
) -> faust.App:
    """Wire transport, pipeline and agent. Call inside the event loop that will run the app.

    Raises SettingsError when the installed Faust is not one the transport was tested with.
    """
    problems: list[str] = []
    check_faust(problems.append)
    if problems:
        raise SettingsError(f"{'; '.join(problems)}: install from requirements.lock")
    app = faust_app(settings)
    topic_ids = TopicIds(TopicAdmin(settings.kafka_bootstrap), settings.sink_deadline_sec)
    pipeline = Pipeline(
        clickhouse=clickhouse,
        model=model,
        brands=BrandMatcher(load_brands(settings.brands_file or DEFAULT_BRANDS)),
        topic_id=topic_ids,
        announce=Announcer(app),
        options=PipelineOptions(
            worker=f"{socket.gethostname()}-{os.getpid()}",
            dead_letter_ceiling=settings.dead_letter_ceiling,
            inserts_in_flight=settings.inserts_in_flight,
            threads=settings.classify_threads,
        ),
    )

    async def planned_spans(tp: TP, position: int) -> list[Span]:
        return await pipeline.planned_spans(tp.topic, tp.partition, position)

    transport = cast(Transport, app.transport)
    transport.options = BatchOptions(
        max_records=settings.batch_max_records,
        max_in_flight=settings.records_in_flight,
        linger_sec=settings.batch_linger_ms / 1000,
    )
    transport.planned_spans = planned_spans
    mentions.register(app, settings.mentions_topic, pipeline, fail)
    return app


def faust_app(settings: Settings) -> faust.App:
    """A Faust app on the record-batch transport, with the limits of `settings`."""
    brokers = ";".join(f"batchkafka://{s.strip()}" for s in settings.kafka_bootstrap.split(","))
    folder = settings.run_dir / "faust"
    folder.mkdir(parents=True, exist_ok=True)
    return faust.App(
        settings.kafka_group,
        broker=brokers,
        datadir=str(folder),
        web_enabled=False,
        topic_disable_leader=True,
        table_standby_replicas=0,  # no tables: plain round robin instead of the table assignor
        autodiscover=False,
        broker_session_timeout=settings.kafka_session_timeout_sec,
        broker_heartbeat_interval=settings.kafka_session_timeout_sec / 4,
        broker_commit_interval=settings.commit_interval_sec,
        broker_request_timeout=max(30.0, settings.kafka_session_timeout_sec * 2),
        broker_max_poll_interval=3600.0,
        consumer_max_fetch_size=3 * 1024 * 1024,  # of one partition: some 6,000 mentions
        consumer_auto_offset_reset="earliest",
        stream_buffer_maxsize=1_000,  # batches; the transport bounds the records in flight
        stream_recovery_delay=0.0,
        stream_wait_empty=False,  # the transport waits, with a limit
        producer_compression_type="lz4",
    )
