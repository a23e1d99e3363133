"""Composition root: the only place where the worker's parts are put together."""

import os
import secrets
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import faust
from faust.types import TP

from models.encoder.sentences import shared_encoder
from models.errors import EncoderMissingError
from models.profiles import FAST
from models.store import ModelStore
from streams.agents import batches
from streams.announce import Announcer
from streams.batches.business import BusinessBatches
from streams.batches.mentions import MentionDecider, MentionSteps
from streams.delivery import BatchOptions, Span
from streams.errors import SettingsError
from streams.faust_inside import check_faust
from streams.kafka_access import KafkaAccess
from streams.model_book import ModelBook
from streams.observer import Observer
from streams.pipeline import Decider, Pipeline, PipelineOptions
from streams.rule_book import RuleBook, text_of
from streams.rules.loading import EXAMPLE
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse
from streams.steps.business import KIND_OF_TOPIC
from streams.steps.columns import Origin
from streams.steps.enrich import Enricher
from streams.steps.pseudonyms import AuthorKeys
from streams.topic_admin import TopicAdmin, TopicIds
from streams.transport import Transport

# A group whose leader looks while the broker starts is given no partitions, and is at rest with it
# until the next look: stock, five minutes.
METADATA_MAX_AGE_SEC = 10


def make_rule_book(settings: Settings, clickhouse: ClickHouse) -> RuleBook:
    """The listening rules; call `open` on it. Raises InputError with every mistake in the file."""
    path = settings.listening_file or EXAMPLE
    return RuleBook(
        clickhouse,
        text_of(path),
        name=str(path),
        keys=AuthorKeys.parse(settings.author_keys),
    )


def make_model_book(settings: Settings, clickhouse: ClickHouse) -> ModelBook:
    """The models of this process; call `open` on it.

    Raises SettingsError with the remedy when the profile needs sentence encoders that are missing.
    """
    # Two containers of one host may share name and pid; the ledger tells workers by this.
    worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
    if settings.model_profile != FAST:
        try:
            shared_encoder()
        except EncoderMissingError as error:
            raise SettingsError(str(error)) from error
    return ModelBook(
        clickhouse,
        ModelStore(settings.model_store),
        worker=worker,
        profile=settings.model_profile,
    )


def build_app(
    settings: Settings,
    clickhouse: ClickHouse,
    models: ModelBook,
    rules: RuleBook,
    fail: Callable[[BaseException], None],
    observer: Observer | None = None,
) -> faust.App:
    """Wire transport, pipeline and agent. Call inside the event loop that will run the app.

    Raises SettingsError when the installed Faust is not one the transport was tested with.
    """
    problems: list[str] = []
    check_faust(problems.append)
    if problems:
        raise SettingsError(f"{'; '.join(problems)}: install from requirements.lock")
    app = faust_app(settings)
    topic_ids = TopicIds(TopicAdmin(settings.kafka), settings.sink_deadline_sec)
    steps = MentionSteps(
        clickhouse=clickhouse,
        models=models,
        rules=rules,
        enricher=Enricher(),
        threads=ThreadPoolExecutor(settings.classify_threads, thread_name_prefix="steps"),
        worker=models.worker,
    )

    def open_partition(origin: Origin) -> Decider:
        if origin.topic in KIND_OF_TOPIC:
            return BusinessBatches(origin, worker=steps.worker)
        return MentionDecider(steps, origin)

    pipeline = Pipeline(
        clickhouse=clickhouse,
        open_partition=open_partition,
        topic_id=topic_ids,
        announce=Announcer(app),
        options=PipelineOptions(
            dead_letter_ceiling=settings.dead_letter_ceiling,
            inserts_in_flight=settings.inserts_in_flight,
        ),
        observer=observer,
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
    batches.register(app, "mentions", [settings.mentions_topic], pipeline, fail)
    batches.register(app, "business", list(KIND_OF_TOPIC), pipeline, fail)
    return app


def _credentials(kafka: KafkaAccess) -> faust.auth.Credentials | None:
    context = kafka.ssl_context()
    if kafka.sasl:
        return faust.SASLCredentials(
            username=kafka.user,
            password=kafka.password,
            ssl_context=context,
            mechanism=kafka.mechanism,
        )
    return None if context is None else faust.SSLCredentials(context)


def faust_app(settings: Settings) -> faust.App:
    """A Faust app on the record-batch transport, with the limits of `settings`."""
    brokers = ";".join(f"batchkafka://{s.strip()}" for s in settings.kafka_bootstrap.split(","))
    folder = settings.run_dir / "faust"
    folder.mkdir(parents=True, exist_ok=True)
    return faust.App(
        settings.kafka_group,
        broker=brokers,
        broker_credentials=_credentials(settings.kafka),
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
        consumer_metadata_max_age_ms=METADATA_MAX_AGE_SEC * 1_000,
        stream_buffer_maxsize=1_000,  # batches; the transport bounds the records in flight
        stream_recovery_delay=0.0,
        stream_wait_empty=False,  # the transport waits, with a limit
        producer_compression_type="lz4",
    )
