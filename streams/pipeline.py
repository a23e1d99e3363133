"""What happens to one batch: steps in a thread, then plan, rows, acknowledgement.

Batches of one partition are decided one after the other (duplicates and the chain of plans need
that order) and written side by side; batches of different partitions overlap in everything.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import compress
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from models.heads import Model
from schemas.mention import Mention
from schemas.pipeline import Progress
from streams import clock
from streams.delivery import PartitionDelivery, RecordBatch, Span
from streams.errors import OwnershipLostError, PartlyStoredError, TooManyDeadLettersError
from streams.ledger import MAY_SHRINK, Ledger, Plan
from streams.sinks.clickhouse import ClickHouse
from streams.steps import columns
from streams.steps.columns import Origin
from streams.steps.decode import Decoded, Rejected, decode_batch
from streams.steps.duplicates import SeenMentions, hash_ids
from streams.steps.match import BrandMatcher

T = TypeVar("T")
log = logging.getLogger(__name__)

TopicIds = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the steps made of a batch: blocks by table, and the plan that accounts for them."""

    plan: Plan
    blocks: dict[str, pa.Table]
    newest_published_at: datetime | None
    rejected: list[Rejected]


@dataclass(slots=True)
class PartitionState:
    """What a worker remembers of one partition while it owns it."""

    delivery: PartitionDelivery
    origin: Origin
    dead_letters_in_a_row: int
    seen: SeenMentions = field(default_factory=SeenMentions)
    deciding: asyncio.Lock = field(default_factory=asyncio.Lock)
    planning: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True)
class PipelineOptions:
    """Limits of one worker's pipeline."""

    worker: str
    dead_letter_ceiling: int = 10_000
    inserts_in_flight: int = 4
    threads: int = 2


class Pipeline:
    """Takes record batches to ClickHouse, each exactly once.

    `announce` is told of every batch that has landed; it must not raise for a lost message.
    """

    def __init__(
        self,
        *,
        clickhouse: ClickHouse,
        model: Model,
        brands: BrandMatcher,
        topic_id: TopicIds,
        announce: Callable[[Progress, list[Rejected]], Awaitable[None]],
        options: PipelineOptions,
    ) -> None:
        self._clickhouse = clickhouse
        self._ledger = Ledger(clickhouse)
        self._model = model
        self._brands = brands
        self._topic_id = topic_id
        self._announce = announce
        self._options = options
        self._partitions: dict[tuple[str, int], PartitionState] = {}
        self._opening = asyncio.Lock()
        self._inserts = asyncio.Semaphore(options.inserts_in_flight)
        self._threads = ThreadPoolExecutor(options.threads, thread_name_prefix="steps")

    async def planned_spans(self, topic: str, partition: int, position: int) -> list[Span]:
        """Batches that were planned before; the transport cuts them again as they were."""
        return await self._ledger.planned_spans(await self._topic_id(topic), partition, position)

    async def process(self, batch: RecordBatch) -> None:
        """Store what `batch` holds and acknowledge it; a batch of a lost partition is dropped.

        Raises:
            SinkUnavailableError: ClickHouse was away past the deadline.
            SinkRejectedError: ClickHouse will not take the rows.
            TooManyDeadLettersError: the ceiling is reached; nothing of the batch is stored.
        """
        try:
            outcome = await self._plan(batch)
            if outcome is None:
                return
            if batch.was_planned:
                outcome = replace(outcome, blocks=await self._not_stored_yet(outcome))
            await self._store(outcome)
        except OwnershipLostError as error:
            if batch.is_current:
                raise
            log.info("batch dropped, its partition went to another worker: %s", error)
            return
        await self._announce(self._progress(outcome), outcome.rejected)
        batch.ack()

    async def _plan(self, batch: RecordBatch) -> Outcome | None:
        """Decide and win the position; None when the batch is not this worker's to store."""
        try:
            state = await self._state(batch)
            async with state.deciding:
                outcome = await self._decide(batch, state)
                await state.planning.acquire()  # in the order of the offsets
            try:
                if batch.delivery.broken or not batch.is_current:
                    return None
                if not batch.was_planned:
                    await self._ledger.plan(outcome.plan)
            finally:
                state.planning.release()
        except BaseException:
            # The next batch's plan would leave a hole in the chain, and whoever reads it then
            # cuts both batches as one: under a token of its own, so stored twice.
            batch.delivery.broken = True
            raise
        return outcome

    async def _state(self, batch: RecordBatch) -> PartitionState:
        key = (batch.tp.topic, batch.tp.partition)
        async with self._opening:
            state = self._partitions.get(key)
            if state is None or state.delivery is not batch.delivery:
                topic_id = await self._topic_id(batch.tp.topic)
                state = PartitionState(
                    delivery=batch.delivery,
                    origin=Origin(batch.tp.topic, topic_id, batch.tp.partition),
                    dead_letters_in_a_row=await self._ledger.dead_letters_in_a_row(
                        topic_id, batch.tp.partition, batch.position
                    ),
                )
                if batch.is_current:
                    self._partitions[key] = state
            return state

    async def _decide(self, batch: RecordBatch, state: PartitionState) -> Outcome:
        decoded = await self._in_thread(lambda: decode_batch(batch.records))
        self._guard_against_draining(batch, state, decoded)
        minutes = _minutes(decoded.mentions)
        unknown = state.seen.unknown_minutes(minutes, done=batch.delivery.committable)
        if unknown:
            unknown = state.seen.with_minutes_ahead(unknown)
            state.seen.learn(unknown, await self._stored_ids(unknown, state.origin, batch.position))
        outcome = await self._in_thread(lambda: self._outcome(batch, state, decoded))
        batch.release()
        return outcome

    def _guard_against_draining(
        self, batch: RecordBatch, state: PartitionState, decoded: Decoded
    ) -> None:
        in_a_row, ceiling = state.dead_letters_in_a_row, self._options.dead_letter_ceiling
        bad = {rejected.record.offset for rejected in decoded.rejected}
        for record in batch.records:
            in_a_row = in_a_row + 1 if record.offset in bad else 0
            if in_a_row > ceiling:
                raise TooManyDeadLettersError(
                    f"{in_a_row} dead letters in a row in {batch.tp.topic}/{batch.tp.partition}"
                    f" up to offset {record.offset}, the last one because:"
                    f" {decoded.rejected[-1].reason}. Mend what writes them; to let them through"
                    " to the dead letters, raise ESCUCHA_DEAD_LETTER_CEILING"
                )
        state.dead_letters_in_a_row = in_a_row

    async def _stored_ids(
        self, minutes: list[int], origin: Origin, position: int
    ) -> npt.NDArray[np.uint64]:
        """Hashes of the mentions stored at these minutes, without this batch's own and later.

        Those from `position` on are here because a worker died half way: this batch is about to
        write them again under the same token, so it must not take them for duplicates.
        """
        table = await self._clickhouse.columns(
            "SELECT xxh3(mention_id) AS hash FROM mentions"
            " WHERE toStartOfMinute(published_at) IN"
            " (SELECT toDateTime(arrayJoin({minutes:Array(UInt64)}) * 60, 'UTC'))"
            " AND published_at >= toDateTime64({first:UInt64} * 60, 3, 'UTC')"
            # With whole seconds ClickHouse 26.9 skips parts that begin within the last one.
            " AND published_at < toDateTime64({last:UInt64} * 60 + 60, 3, 'UTC')"
            " AND NOT (topic_id = {topic_id:String} AND kafka_partition = {partition:UInt32}"
            " AND kafka_offset >= {position:UInt64})",
            {
                "minutes": minutes,
                "first": min(minutes),
                "last": max(minutes),
                "topic_id": origin.topic_id,
                "partition": origin.partition,
                "position": position,
            },
        )
        hashes: npt.NDArray[np.uint64] = table["hash"].to_numpy()
        return hashes

    def _outcome(self, batch: RecordBatch, state: PartitionState, decoded: Decoded) -> Outcome:
        origin = state.origin
        hashes = hash_ids([m.mention_id for m in decoded.mentions])
        fresh = state.seen.first_of_their_kind(hashes, batch.position)
        mentions = list(compress(decoded.mentions, fresh))
        records = list(compress(decoded.mention_records, fresh))
        blocks: dict[str, pa.Table] = {}
        if decoded.rejected:
            blocks["dead_letters"] = columns.dead_letters_table(decoded.rejected, origin)
        if decoded.interactions:
            blocks["interactions"] = columns.interactions_table(
                decoded.interactions, decoded.interaction_records, origin
            )
        if mentions:
            texts = [m.text for m in mentions]
            blocks["mentions"] = columns.mentions_table(
                mentions,
                records,
                self._brands.match(texts),
                self._model.predict(texts),
                self._model.version,
                origin,
            )
        if decoded.heartbeats:
            blocks["heartbeats"] = columns.heartbeats_table(
                decoded.heartbeats, decoded.heartbeat_records, origin
            )
        plan = Plan(
            topic=origin.topic,
            topic_id=origin.topic_id,
            kafka_partition=origin.partition,
            position=batch.position,
            first_offset=batch.records[0].offset,
            last_offset=batch.last_offset,
            records=len(batch.records),
            mentions=len(mentions),
            interactions=len(decoded.interactions),
            heartbeats=len(decoded.heartbeats),
            duplicates=len(decoded.mentions) - len(mentions),
            dead_letters=len(decoded.rejected),
            filtered=0,
            worker=self._options.worker,
            model_version=self._model.version,
        )
        newest = max((m.published_at for m in mentions), default=None)
        return Outcome(plan, blocks, newest, decoded.rejected)

    async def _not_stored_yet(self, outcome: Outcome) -> dict[str, pa.Table]:
        """Blocks of a batch planned before that still have to be inserted.

        All of them while their tokens are remembered. After that (offsets set back by hand, a
        partition that nobody read for long) a table either has its rows or has none.
        """
        found = await self._ledger.stored_if_forgotten(outcome.plan)
        if found is None:
            return outcome.blocks
        missing = {}
        for table, block in outcome.blocks.items():
            planned, stored = found[table]
            if stored == 0 and planned > 0:
                missing[table] = block
            elif stored < planned and table not in MAY_SHRINK:
                raise PartlyStoredError(
                    f"{table} has {stored} of {planned} rows of batch {outcome.plan.token}, which"
                    " was planned too long ago to be repeated safely"
                )
        return missing

    async def _store(self, outcome: Outcome) -> None:
        """Insert all blocks; the heartbeats last, so that they never look fresher than mentions."""
        async with self._inserts:
            for table, block in outcome.blocks.items():
                await self._clickhouse.insert(table, block, outcome.plan.token)

    def _progress(self, outcome: Outcome) -> Progress:
        plan = outcome.plan
        return Progress(
            topic=plan.topic,
            partition=plan.kafka_partition,
            first_offset=plan.first_offset,
            last_offset=plan.last_offset,
            mentions=plan.mentions,
            newest_published_at=outcome.newest_published_at,
            stored_at=clock.now(),
        )

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _minutes(mentions: list[Mention]) -> npt.NDArray[np.int64]:
    seconds = (mention.published_at.timestamp() for mention in mentions)
    return np.fromiter(seconds, dtype=np.float64, count=len(mentions)).astype(np.int64) // 60
