"""What happens to one batch: decide, plan, store, acknowledge; the same for every topic.

Batches of one partition are decided one after the other (duplicates and the chain of plans need
that order), save for what needs only their records, and written side by side; batches of different
partitions overlap in everything.
What a topic's batches become is decided in streams/batches.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from schemas.pipeline import Progress
from streams import clock
from streams.delivery import PartitionDelivery, RecordBatch, Span
from streams.errors import OwnershipLostError, TooManyDeadLettersError
from streams.landing import Landing
from streams.ledger import Ledger, Plan
from streams.observer import Observer
from streams.sinks.clickhouse import ClickHouse
from streams.steps.columns import Origin
from streams.steps.decode import Rejected

log = logging.getLogger(__name__)

TopicIds = Callable[[str], Awaitable[str]]
Turn = Callable[[], Awaitable[object]]  # returns when all batches before it are decided


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the steps made of a batch: blocks by table, and the plan that accounts for them.

    Blocks are inserted in their order: what tells of freshness comes last.
    """

    plan: Plan
    blocks: dict[str, pa.Table]
    newest_published_at: datetime | None
    rejected: list[Rejected]
    # Blocks of tables that the ledger does not account for, made of the batch's mentions.
    beside: dict[str, pa.Table] = field(default_factory=dict)


class Decider(Protocol):
    """Decides what the batches of one partition become.

    It is called in the order of their offsets, while those before may still be decided; whatever
    depends on them comes after `my_turn`. Given the same records again it must account for them in
    the same way.
    """

    async def __call__(self, batch: RecordBatch, my_turn: Turn) -> Outcome: ...


class _GivenUpError(Exception):
    """The batch comes again, or nobody wants it any more."""


@dataclass(slots=True)
class PartitionState:
    """What a worker remembers of one partition while it owns it."""

    delivery: PartitionDelivery
    decide: Decider
    dead_letters_in_a_row: int
    decided: asyncio.Event = field(default_factory=asyncio.Event)  # of the newest batch
    planning: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self.decided.set()  # nothing comes before the first batch


@dataclass(frozen=True)
class PipelineOptions:
    """Limits of one worker's pipeline."""

    dead_letter_ceiling: int = 10_000
    inserts_in_flight: int = 4


class Pipeline:
    """Takes record batches to ClickHouse, each exactly once.

    `open_partition` makes the decider of a partition. `announce` is told of every batch that has
    landed; it must not raise for a lost message. `observer` keeps what may be known of batches.
    """

    def __init__(
        self,
        *,
        clickhouse: ClickHouse,
        open_partition: Callable[[Origin], Decider],
        topic_id: TopicIds,
        announce: Callable[[Progress, list[Rejected]], Awaitable[None]],
        options: PipelineOptions,
        observer: Observer | None = None,
    ) -> None:
        self._observer = observer or Observer()
        self._ledger = Ledger(clickhouse)
        self._landing = Landing(clickhouse)
        self._open_partition = open_partition
        self._topic_id = topic_id
        self._announce = announce
        self._options = options
        self._partitions: dict[tuple[str, int], PartitionState] = {}
        self._opening = asyncio.Lock()
        self._inserts = asyncio.Semaphore(options.inserts_in_flight)

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
        with self._observer.batch(batch):
            await self._process(batch)

    async def _process(self, batch: RecordBatch) -> None:
        observer = self._observer
        try:
            outcome = await self._plan(batch)
            if outcome is None:
                observer.given_up(batch)
                return
            with observer.step("store"):
                await self._store(batch, outcome)
        except OwnershipLostError as error:
            if batch.is_current:
                raise
            log.info("batch dropped, its partition went to another worker: %s", error)
            observer.given_up(batch)
            return
        with observer.step("announce"):
            await self._announce(_progress(outcome), outcome.rejected)
        batch.ack()
        observer.stored(batch, outcome.plan, outcome.blocks.get("heartbeats"))

    async def _plan(self, batch: RecordBatch) -> Outcome | None:
        """Decide and win the position; None when the batch is not this worker's to store."""
        try:
            state = await self._state(batch)
            before, decided = state.decided, asyncio.Event()
            state.decided = decided

            async def my_turn() -> None:
                await before.wait()
                if batch.delivery.broken or not batch.is_current:
                    raise _GivenUpError  # one before it failed, and perhaps did not wait itself

            try:
                with self._observer.step("decide"):
                    outcome = await state.decide(batch, my_turn)
                await my_turn()
                self._guard_against_draining(batch, state, outcome.rejected)
                batch.release()
                await state.planning.acquire()  # in the order of the offsets
            finally:
                decided.set()
            try:
                if batch.delivery.broken or not batch.is_current:
                    return None
                if not batch.was_planned:
                    with self._observer.step("plan"):
                        await self._ledger.plan(outcome.plan)
            finally:
                state.planning.release()
        except _GivenUpError:
            return None
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
                    decide=self._open_partition(
                        Origin(batch.tp.topic, topic_id, batch.tp.partition)
                    ),
                    dead_letters_in_a_row=await self._ledger.dead_letters_in_a_row(
                        topic_id, batch.tp.partition, batch.position
                    ),
                )
                if batch.is_current:
                    self._partitions[key] = state
            return state

    def _guard_against_draining(
        self, batch: RecordBatch, state: PartitionState, rejected: list[Rejected]
    ) -> None:
        if not rejected:
            state.dead_letters_in_a_row = 0
            return
        in_a_row, ceiling = state.dead_letters_in_a_row, self._options.dead_letter_ceiling
        bad = {letter.record.offset for letter in rejected}
        for record in batch.records:
            in_a_row = in_a_row + 1 if record.offset in bad else 0
            if in_a_row > ceiling:
                raise TooManyDeadLettersError(
                    f"{in_a_row} dead letters in a row in {batch.tp.topic}/{batch.tp.partition}"
                    f" up to offset {record.offset}, the last one because:"
                    f" {rejected[-1].reason}. Mend what writes them; to let them through"
                    " to the dead letters, raise ESCUCHA_DEAD_LETTER_CEILING"
                )
        state.dead_letters_in_a_row = in_a_row

    async def _store(self, batch: RecordBatch, outcome: Outcome) -> None:
        plan = outcome.plan
        # A table for which nothing was planned gets nothing: a duplicate whose original was
        # erased since looks like a new mention.
        planned = await self._ledger.planned_rows(plan) if batch.was_planned else plan.rows
        fresh = not batch.was_planned and batch.is_current
        async with self._inserts:
            for table, block in outcome.blocks.items():
                # Dead letters by their offsets, whatever was planned: a mention of the plan may
                # be one for today's model.
                rows = None if table == "dead_letters" else planned[table]
                if rows != 0:
                    await self._landing.land(
                        table,
                        block,
                        token=plan.token,
                        place=plan.place,
                        planned=rows,
                        fresh=fresh,
                    )
            for table, block in outcome.beside.items():
                if planned["mentions"]:
                    await self._landing.land(
                        table, block, token=plan.token, place=plan.place, planned=None, fresh=fresh
                    )


def _progress(outcome: Outcome) -> Progress:
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
