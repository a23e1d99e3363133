"""What tests are made of: records, a model that knows nothing, and a ClickHouse in memory."""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from faust.types import TP

from models.heads import Predictions
from schemas.labels import INTENTS, STAGES
from schemas.pipeline import Progress
from streams import ledger
from streams.delivery import PartitionDelivery, RecordBatch
from streams.pipeline import Pipeline, PipelineOptions
from streams.steps.decode import Rejected
from streams.steps.duplicates import hash_ids
from streams.steps.match import Brand, BrandMatcher

TOPIC = "mentions.raw.v1"
TOPIC_ID = "topic-1"
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


class FakeModel:
    """Finds nothing in any text."""

    version = "fake-1"

    def predict(self, texts: Sequence[str]) -> Predictions:
        """Everything is `none`, for sure."""
        intent = np.zeros((len(texts), len(INTENTS)), dtype=np.float32)
        stage = np.zeros((len(texts), len(STAGES)), dtype=np.float32)
        intent[:, 0] = stage[:, 0] = 1.0
        return Predictions(intent, stage, intent.argmax(axis=1), stage.argmax(axis=1))


class InlineExecutor(Executor):
    """Runs work at once, so that a seed decides the order of everything."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits the future
            future.set_exception(error)
        return future


async def no_trouble(call: str, table: str) -> str:
    """Nothing goes wrong."""
    return ""


@dataclass
class MemoryClickHouse:
    """Keeps the promises of streams.sinks.clickhouse.ClickHouse, and breaks down as it does.

    A block is stored once per table and token, and its mentions once in a view, with tokens of
    its own. `trouble(call, table)` runs before each call, may wait, may raise, and for an insert
    may return "torn" (in the table, not in the view, not acknowledged) or "unheard" (stored in
    both, not acknowledged); `unacknowledged` is what the caller then sees.
    """

    trouble: Callable[[str, str], Any] = no_trouble
    unacknowledged: type[Exception] = ConnectionError
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    view: Counter[str] = field(default_factory=Counter)  # mention_id: how often
    planned_since: int = 0  # how many batches were planned after the one that is asked for
    inserts: list[tuple[str, str]] = field(default_factory=list)  # (table, token), as called
    _tokens: set[tuple[str, str]] = field(default_factory=set)

    async def insert(self, table: str, block: pa.Table, token: str) -> None:
        """Store the block unless the token is known."""
        self.inserts.append((table, token))
        fate = await self.trouble("insert", table)
        rows = block.to_pylist()
        if self._first(table, token):
            self.tables.setdefault(table, []).extend(rows)
        if fate != "torn" and table == "mentions" and self._first("view", token):
            self.view.update(row["mention_id"] for row in rows)
        if fate:
            raise self.unacknowledged(f"{fate}: {table} {token}")
        await self.trouble("inserted", table)

    def forget_tokens(self) -> None:
        """As when many thousand blocks came after."""
        self._tokens.clear()
        self.planned_since = ledger.TOKENS_REMEMBERED

    def _first(self, table: str, token: str) -> bool:
        known = (table, token) in self._tokens
        self._tokens.add((table, token))
        return not known

    async def rows(self, query: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Answer the ledger's questions."""
        await self.trouble("rows", "ledger")
        plans = [
            plan
            for plan in self.tables.get("ledger", [])
            if plan["topic_id"] == parameters["topic_id"]
            and plan["kafka_partition"] == parameters["partition"]
        ]
        plans.sort(key=lambda plan: plan["position"])
        position = parameters["position"]
        answer: list[tuple[Any, ...]]
        if query.startswith("SELECT position, last_offset FROM"):
            answer = [
                (p["position"], p["last_offset"]) for p in plans if p["last_offset"] >= position
            ]
        elif query == ledger._PLANNED_SINCE:
            answer = [(self.planned_since,)]
        elif query == ledger._PLANNED_AND_STORED:
            [plan] = [p for p in plans if p["position"] == position]
            answer = [
                (
                    *(plan[table] for table in ledger.TABLES),
                    *(self._stored_of(table, parameters) for table in ledger.TABLES),
                )
            ]
        elif query.startswith("SELECT position, last_offset, worker FROM"):
            answer = [
                (p["position"], p["last_offset"], p["worker"])
                for p in plans
                if p["last_offset"] >= position
            ]
        elif query.startswith("SELECT records, dead_letters FROM"):
            before = [p for p in plans if p["position"] < position]
            answer = [(p["records"], p["dead_letters"]) for p in reversed(before)][:1000]
        else:
            raise AssertionError(f"not a question this fake knows: {query}")
        await self.trouble("answered", "ledger")
        return answer

    def _stored_of(self, table: str, place: Mapping[str, Any]) -> int:
        return sum(
            row["topic_id"] == place["topic_id"]
            and row["kafka_partition"] == place["partition"]
            and place["position"] <= row["kafka_offset"] <= place["last"]
            for row in self.tables.get(table, [])
        )

    async def columns(self, query: str, parameters: Mapping[str, Any]) -> pa.Table:
        """Answer the question after stored ids."""
        assert "xxh3(mention_id)" in query
        await self.trouble("columns", "mentions")
        minutes = set(parameters["minutes"])
        ids = [
            row["mention_id"]
            for row in self.tables.get("mentions", [])
            if int(row["published_at"].timestamp()) // 60 in minutes
            and not (
                row["topic_id"] == parameters["topic_id"]
                and row["kafka_partition"] == parameters["partition"]
                and row["kafka_offset"] >= parameters["position"]
            )
        ]
        await self.trouble("answered", "mentions")
        return pa.table({"hash": pa.array(hash_ids(ids), pa.uint64())})

    def stored(self, table: str) -> list[tuple[int, int]]:
        """(partition, offset) of every row of a table, sorted."""
        rows = self.tables.get(table, [])
        return sorted((row["kafka_partition"], row["kafka_offset"]) for row in rows)


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
) -> Worker:
    """A worker's pipeline with real steps, one after the other in the event loop's thread."""
    announced: list[tuple[Progress, list[Rejected]]] = []

    async def announce(progress: Progress, rejected: list[Rejected]) -> None:
        announced.append((progress, rejected))

    async def the_topic_id(_: str) -> str:
        return TOPIC_ID

    pipeline = Pipeline(
        clickhouse=clickhouse,  # type: ignore[arg-type]
        model=FakeModel(),  # type: ignore[arg-type]
        brands=BrandMatcher([Brand(name="Nimbara", handles=("@nimbara",))]),
        topic_id=topic_id or the_topic_id,
        announce=announce,
        options=PipelineOptions(
            worker=name, dead_letter_ceiling=ceiling, inserts_in_flight=inserts_in_flight
        ),
    )
    pipeline._threads.shutdown()
    pipeline._threads = InlineExecutor()  # type: ignore[assignment]
    return Worker(pipeline, announced)


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
    """Does something at the nth call of a kind on a table, and nothing else."""

    def __init__(self, call: str, table: str, fate: str | Exception, nth: int = 1) -> None:
        self.when = (call, table)
        self.fate = fate
        self.left = nth

    async def __call__(self, call: str, table: str) -> str:
        await asyncio.sleep(0)
        if (call, table) == self.when:
            self.left -= 1
            if self.left == 0:
                if isinstance(self.fate, Exception):
                    raise self.fate
                return self.fate
        return ""
