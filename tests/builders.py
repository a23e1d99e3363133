"""What tests are made of: records, a model that knows nothing, and a ClickHouse in memory."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from faust.types import TP

from models.predictions import HEADS, Predictions, Texts
from schemas.pipeline import Progress
from streams.batches.mentions import MentionDecider, MentionSteps
from streams.delivery import PartitionDelivery, RecordBatch
from streams.landing import batch_number
from streams.model_book import ModelsInForce
from streams.observer import Observer
from streams.pipeline import Decider, Pipeline, PipelineOptions
from streams.rule_book import RulesInForce
from streams.steps import columns
from streams.steps.columns import Origin, Provenance
from streams.steps.decode import Rejected, decode_batch
from streams.steps.enrich import Enricher
from streams.steps.pseudonyms import AuthorKeys
from tests.memory_clickhouse import MemoryClickHouse

TOPIC = "mentions.raw.v1"
TOPIC_ID = "topic-1"
LISTENING = """
brands:
  - {name: Nimbara, own: true, handles: ["@nimbara"], accounts: [{source: csv, id: nimbara-id}]}
  - {name: Kolmio}
topics:
  - {name: recommendation, rule: "recomendáis OR recommend"}
interests: []
keep: {default: everything, firehose: matched}
"""
ENRICHER = Enricher()
NO_KEYS = AuthorKeys()
WRITTEN_AT_MS = 1_783_159_200_000  # 2026-07-04T10:00:00Z


@dataclass(frozen=True, slots=True)
class FakeRecord:
    """As much of an aiokafka record as the pipeline reads."""

    offset: int
    value: bytes | None = b""
    key: bytes | None = b"author"
    timestamp: int = WRITTEN_AT_MS
    timestamp_type: int = 0


def raw(event: Mapping[str, Any]) -> bytes:
    """An event as a producer writes it."""
    return json.dumps(event).encode()


def mention(mention_id: str = "csv:1", **changes: Any) -> dict[str, Any]:
    """A good mention."""
    return {
        "type": "mention",
        "mention_id": mention_id,
        "source": "csv",
        "author": {"id": "author"},
        "text": "quiero un Nimbara",
        "published_at": "2026-07-04T10:00:00Z",
        **changes,
    }


def interaction(interaction_id: str = "csv:like-1", **changes: Any) -> dict[str, Any]:
    """A good interaction."""
    return {
        "type": "interaction",
        "interaction_id": interaction_id,
        "source": "csv",
        "author": {"id": "author"},
        "kind": "like",
        "target_id": "csv:1",
        "occurred_at": "2026-07-04T10:00:00Z",
        **changes,
    }


def heartbeat(sequence: int = 1, **changes: Any) -> dict[str, Any]:
    """A good heartbeat."""
    return {
        "type": "heartbeat",
        "producer": "csv",
        "sequence": sequence,
        "sent_at": "2026-07-04T10:00:00Z",
        **changes,
    }


def deletion(target_id: str = "csv:1", **changes: Any) -> dict[str, Any]:
    """A good deletion."""
    return {
        "type": "deletion",
        "target": "mention",
        "target_id": target_id,
        "source": "csv",
        "deleted_at": "2026-07-04T10:00:00Z",
        **changes,
    }


class FixedRules:
    """A rule book whose versions are given: the newest is in force."""

    def __init__(self, *listenings: str, keys: AuthorKeys = NO_KEYS) -> None:
        self.books = [
            RulesInForce.of(number, text, "listening.yaml", keys)
            for number, text in enumerate(listenings)
        ]

    @property
    def current(self) -> RulesInForce:
        """The newest."""
        return self.books[-1]

    async def of(self, version: str) -> RulesInForce:
        """The rules of a version; empty: those in force."""
        if not version:
            return self.current
        [found] = [book for book in self.books if book.rules.version == version]
        return found


RULES = FixedRules(LISTENING)


class FakeModel:
    """Finds nothing in any text."""

    def __init__(self, version: str = "fake-1") -> None:
        self.version = version

    def predict(self, texts: Texts) -> Predictions:
        """Everything is the first of its classes, for sure, and does nothing."""
        sure = {
            name: np.zeros((len(texts), len(head.classes)), dtype=np.float32)
            for name, head in HEADS.items()
        }
        for name, head in HEADS.items():
            sure[name][:, 0] = not head.many
        return Predictions.most_probable(sure)


class FixedModels:
    """A model book whose models are given; a test may exchange them."""

    def __init__(self, current: Any, shadow: Any = None) -> None:
        self.in_force = ModelsInForce(current, shadow)
        self.given_up: list[str] = []

    def give_up_shadow(self, version: str, error: Exception) -> None:
        """Without it from now on."""
        self.given_up.append(version)
        self.in_force = ModelsInForce(self.in_force.current)


class InlineExecutor(Executor):
    """Runs work at once, so that a seed decides the order of everything."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits the future
            future.set_exception(error)
        return future


@dataclass
class Worker:
    """A pipeline with what it announced."""

    pipeline: Pipeline
    announced: list[tuple[Progress, list[Rejected]]]


def make_worker(
    clickhouse: MemoryClickHouse,
    name: str = "worker-1",
    *,
    ceiling: int = 10_000,
    topic_id: Callable[[str], Any] | None = None,
    inserts_in_flight: int = 4,
    rules: FixedRules = RULES,
    model_version: str = "fake-1",
    models: FixedModels | None = None,
    observer: Observer | None = None,
    enricher: Enricher = ENRICHER,
    around: Callable[[Decider], Decider] = lambda decide: decide,
) -> Worker:
    """A worker's pipeline with real steps, one after the other in the event loop's thread.

    `around` may put something before or after what decides the batches of a partition.
    """
    announced: list[tuple[Progress, list[Rejected]]] = []

    async def announce(progress: Progress, rejected: list[Rejected]) -> None:
        announced.append((progress, rejected))

    async def the_topic_id(_: str) -> str:
        return TOPIC_ID

    steps = MentionSteps(
        clickhouse=clickhouse,  # type: ignore[arg-type]
        models=models or FixedModels(FakeModel(model_version)),  # type: ignore[arg-type]
        rules=rules,  # type: ignore[arg-type]
        enricher=enricher,
        threads=InlineExecutor(),
        worker=name,
    )
    pipeline = Pipeline(
        clickhouse=clickhouse,  # type: ignore[arg-type]
        open_partition=lambda origin: around(MentionDecider(steps, origin)),
        topic_id=topic_id or the_topic_id,
        announce=announce,
        options=PipelineOptions(dead_letter_ceiling=ceiling, inserts_in_flight=inserts_in_flight),
        observer=observer,
    )
    return Worker(pipeline, announced)


def mentions_block(records: Sequence[FakeRecord], origin: Origin) -> pa.Table:
    """The rows of `mentions` that these records become."""
    decoded = decode_batch(records)
    assert decoded.rejected == []
    rules = RULES.current
    heard = ENRICHER.hear(decoded, rules.rules, rules.pseudonymiser)
    enriched = ENRICHER.enrich(heard, {})
    return columns.mentions_table(
        heard,
        enriched,
        FakeModel().predict(enriched.texts),
        Provenance(
            origin,
            batch_number(origin.chain, records[0].offset),
            "fake-1",
            rules.sequence,
            rules.rules.version,
        ),
        counted=np.array([m.edited_at is None for m in heard.mentions]),
    )


async def deliver(
    pipeline: Pipeline,
    records: Sequence[FakeRecord],
    *,
    position: int = 0,
    partition: int = 0,
    max_records: int = 1_000,
) -> tuple[PartitionDelivery, list[RecordBatch]]:
    """Batches of `records` as the transport would cut them for this pipeline."""
    tp = TP(TOPIC, partition)
    delivery = PartitionDelivery(tp, position, max_records=max_records)
    delivery.follow_plan(await pipeline.planned_spans(TOPIC, partition, position))
    return delivery, list(delivery.cut(list(records)))


async def process_all(pipeline: Pipeline, batches: Sequence[RecordBatch]) -> list[Any]:
    """Process all at once, as the agent does; returns None or the error of each."""
    return await asyncio.gather(
        *(pipeline.process(batch) for batch in batches), return_exceptions=True
    )


def mentions(*numbers: int, first_offset: int = 0) -> list[FakeRecord]:
    """Records of good mentions with these numbers for ids."""
    return [
        FakeRecord(offset, raw(mention(f"csv:{number}")))
        for offset, number in enumerate(numbers, start=first_offset)
    ]


def ids(clickhouse: MemoryClickHouse) -> list[str]:
    """Stored mentions, as they were inserted."""
    return [row["mention_id"] for row in clickhouse.tables.get("mentions", [])]


class Trouble:
    """Does something at the nth call of a kind on a table, and then, if told, to every call."""

    def __init__(
        self,
        call: str,
        table: str,
        fate: str | Exception,
        nth: int = 1,
        then: Exception | None = None,
    ) -> None:
        self.when = (call, table)
        self.fate = fate
        self.left = nth
        self.then = then

    async def __call__(self, call: str, table: str) -> str:
        await asyncio.sleep(0)
        if self.left <= 0 and self.then is not None:
            raise self.then
        if (call, table) == self.when:
            self.left -= 1
            if self.left == 0:
                if isinstance(self.fate, Exception):
                    raise self.fate
                return self.fate
        return ""
