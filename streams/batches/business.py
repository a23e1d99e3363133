"""What batches of orders, gestures and labels become: rows of one table, and dead letters."""

import asyncio
from collections.abc import Mapping

import pyarrow as pa

from streams.delivery import RecordBatch
from streams.ledger import Plan
from streams.pipeline import Outcome, Turn
from streams.steps import columns
from streams.steps.business import KIND_OF_TOPIC, Kind, decode_business_batch
from streams.steps.business_columns import business_table
from streams.steps.columns import Origin


class BusinessBatches:
    """Decides for one partition of one kind.

    The same order sent twice becomes two rows of one identity, which the table merges: these
    topics are small, and a corrected order must replace what was sent before.
    """

    def __init__(
        self, origin: Origin, *, worker: str, kinds: Mapping[str, Kind] = KIND_OF_TOPIC
    ) -> None:
        """`kinds` says what each topic carries."""
        self._origin = origin
        self._kind = kinds[origin.topic]
        self._worker = worker

    async def __call__(self, batch: RecordBatch, my_turn: Turn) -> Outcome:
        """Decode in a thread; the outcome depends on the records alone."""
        return await asyncio.to_thread(self._outcome, batch)

    def _outcome(self, batch: RecordBatch) -> Outcome:
        kind, origin = self._kind, self._origin
        decoded = decode_business_batch(batch.records, kind)
        blocks: dict[str, pa.Table] = {}
        if decoded.rejected:
            blocks["dead_letters"] = columns.dead_letters_table(decoded.rejected, origin)
        if decoded.events:
            blocks[kind.name] = business_table(decoded, kind, origin)
        stored = {kind.name: len(decoded.events)}
        plan = Plan(
            topic=origin.topic,
            topic_id=origin.topic_id,
            kafka_partition=origin.partition,
            position=batch.position,
            first_offset=batch.records[0].offset,
            last_offset=batch.last_offset,
            records=len(batch.records),
            orders=stored.get("orders", 0),
            gestures=stored.get("gestures", 0),
            labels=stored.get("labels", 0),
            dead_letters=len(decoded.rejected),
            worker=self._worker,
        )
        return Outcome(plan, blocks, None, decoded.rejected)
