"""The ledger: every batch is planned before its rows are written, and that makes counts exact.

The plans of one partition form a chain. Each begins at the offset where the one before ended,
and who inserts the plan of a position first wins it (ClickHouse drops a second insert with the
same deduplication token). From that follows, whatever is killed and whenever:

- A batch that was planned and perhaps half written is cut by its next owner at the same
  offsets, carries the same token, and so lands once in the table and once in each view.
- A worker that slept through a rebalance and then plans a position that is taken finds a plan
  that is not its own, and drops the batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from streams.errors import OwnershipLostError
from streams.sinks.clickhouse import ClickHouse


@dataclass(frozen=True)
class Plan:
    """What one batch does; the counts add up to `records`."""

    topic: str
    topic_id: str
    kafka_partition: int
    position: int
    first_offset: int
    last_offset: int
    records: int
    mentions: int
    interactions: int
    heartbeats: int
    duplicates: int
    dead_letters: int
    filtered: int
    worker: str
    model_version: str

    def __post_init__(self) -> None:
        accounted = (
            self.mentions
            + self.interactions
            + self.heartbeats
            + self.duplicates
            + self.dead_letters
            + self.filtered
        )
        if accounted != self.records:
            raise AssertionError(f"{self.records} records read, {accounted} accounted for: {self}")

    @property
    def token(self) -> str:
        """Names the batch for ClickHouse's deduplication, the same for every worker."""
        return f"{self.topic_id}/{self.kafka_partition}/{self.position}"


_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("topic", pa.string()),
    ("topic_id", pa.string()),
    ("kafka_partition", pa.uint32()),
    ("position", pa.uint64()),
    ("first_offset", pa.uint64()),
    ("last_offset", pa.uint64()),
    ("records", pa.uint32()),
    ("mentions", pa.uint32()),
    ("interactions", pa.uint32()),
    ("heartbeats", pa.uint32()),
    ("duplicates", pa.uint32()),
    ("dead_letters", pa.uint32()),
    ("filtered", pa.uint32()),
    ("worker", pa.string()),
    ("model_version", pa.string()),
]


class Ledger:
    """Plans of all partitions, kept in ClickHouse."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    async def planned_ends(self, topic_id: str, partition: int, position: int) -> list[int]:
        """Last offsets of the batches planned at or after `position`, ascending."""
        rows = await self._clickhouse.rows(
            "SELECT last_offset FROM ledger WHERE topic_id = {topic_id:String}"
            " AND kafka_partition = {partition:UInt32} AND position >= {position:UInt64}"
            " ORDER BY position",
            {"topic_id": topic_id, "partition": partition, "position": position},
        )
        return [last_offset for (last_offset,) in rows]

    async def plan(self, plan: Plan) -> None:
        """Win the plan's position; raises OwnershipLostError when another worker has it."""
        block = pa.Table.from_pylist([vars(plan)], schema=pa.schema(_COLUMNS))
        await self._clickhouse.insert("ledger", block, plan.token)
        found = await self._clickhouse.rows(
            "SELECT position, last_offset, worker FROM ledger"
            " WHERE topic_id = {topic_id:String} AND kafka_partition = {partition:UInt32}"
            " AND last_offset >= {position:UInt64}",
            {
                "topic_id": plan.topic_id,
                "partition": plan.kafka_partition,
                "position": plan.position,
            },
        )
        self._require_only(plan, found)

    @staticmethod
    def _require_only(plan: Plan, found: Sequence[Sequence[object]]) -> None:
        if [tuple(row) for row in found] != [(plan.position, plan.last_offset, plan.worker)]:
            raise OwnershipLostError(
                f"{plan.topic}/{plan.kafka_partition} at {plan.position}: planned by others {found}"
            )

    async def dead_letters_in_a_row(self, topic_id: str, partition: int, position: int) -> int:
        """How many records just before `position` are dead letters without one good between.

        Looks back over the last 100 batches, which is past any sensible ceiling.
        """
        rows = await self._clickhouse.rows(
            "SELECT records, dead_letters FROM ledger WHERE topic_id = {topic_id:String}"
            " AND kafka_partition = {partition:UInt32} AND position < {position:UInt64}"
            " ORDER BY position DESC LIMIT 100",
            {"topic_id": topic_id, "partition": partition, "position": position},
        )
        in_a_row = 0
        for records, dead_letters in rows:
            if dead_letters < records:
                break
            in_a_row += dead_letters
        return in_a_row
