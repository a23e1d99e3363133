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

from streams.delivery import Span
from streams.errors import LedgerBrokenError, OwnershipLostError
from streams.landing import Place, claim
from streams.sinks.clickhouse import ClickHouse


@dataclass(frozen=True)
class Planned:
    """How the ledger accounts for the rows of one table, as SQL over its columns.

    `least` is what is left when all that may vanish has vanished: older versions of an edited
    mention are merged away, and so is whatever else a source sends twice; heartbeats have a time
    to live.
    """

    rows: str
    least: str


TABLES = {
    "mentions": Planned("mentions + edits", least="mentions"),
    "interactions": Planned("interactions", least="0"),
    "deletions": Planned("deletions", least="0"),
    "heartbeats": Planned("heartbeats", least="0"),
    "orders": Planned("orders", least="0"),
    "gestures": Planned("gestures", least="0"),
    "labels": Planned("labels", least="0"),
    "dead_letters": Planned("dead_letters", least="dead_letters"),
}


@dataclass(frozen=True)
class Account:
    """Rows of one batch in one table; `stored` counts those that were erased since, too."""

    planned: int
    least: int
    stored: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What one batch does; the counts add up to `records`."""

    topic: str
    topic_id: str
    kafka_partition: int
    position: int
    first_offset: int
    last_offset: int
    records: int
    mentions: int = 0
    edits: int = 0
    interactions: int = 0
    deletions: int = 0
    heartbeats: int = 0
    orders: int = 0
    gestures: int = 0
    labels: int = 0
    duplicates: int = 0
    dead_letters: int = 0
    filtered: int = 0
    worker: str
    model_version: str = ""
    rules_version: str = ""

    def __post_init__(self) -> None:
        accounted = (
            self.mentions
            + self.edits
            + self.interactions
            + self.deletions
            + self.heartbeats
            + self.orders
            + self.gestures
            + self.labels
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

    @property
    def place(self) -> Place:
        """The offsets it covers."""
        return Place(self.topic_id, self.kafka_partition, self.position, self.last_offset)

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each of `TABLES` gets of it."""
        others = {table: getattr(self, table) for table in TABLES if table != "mentions"}
        return {"mentions": self.mentions + self.edits, **others}


_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("topic", pa.string()),
    ("topic_id", pa.string()),
    ("kafka_partition", pa.uint32()),
    ("position", pa.uint64()),
    ("first_offset", pa.uint64()),
    ("last_offset", pa.uint64()),
    ("records", pa.uint32()),
    ("mentions", pa.uint32()),
    ("edits", pa.uint32()),
    ("interactions", pa.uint32()),
    ("deletions", pa.uint32()),
    ("heartbeats", pa.uint32()),
    ("orders", pa.uint32()),
    ("gestures", pa.uint32()),
    ("labels", pa.uint32()),
    ("duplicates", pa.uint32()),
    ("dead_letters", pa.uint32()),
    ("filtered", pa.uint32()),
    ("worker", pa.string()),
    ("model_version", pa.string()),
    ("rules_version", pa.string()),
]


class Ledger:
    """Plans of all partitions, kept in ClickHouse."""

    def __init__(self, clickhouse: ClickHouse) -> None:
        self._clickhouse = clickhouse

    async def planned_spans(self, topic_id: str, partition: int, position: int) -> list[Span]:
        """Batches planned at or after `position`, and the one that has it in its middle."""
        await self._clickhouse.patiently(lambda: self._clickhouse.catch_up("ledger"))
        rows = await self._clickhouse.rows(
            "SELECT position, last_offset FROM ledger WHERE topic_id = {topic_id:String}"
            " AND kafka_partition = {partition:UInt32} AND last_offset >= {position:UInt64}"
            " ORDER BY position",
            {"topic_id": topic_id, "partition": partition, "position": position},
        )
        return [(start, end) for start, end in rows]

    async def rules_of(self, topic_id: str, partition: int, position: int) -> str:
        """The rules a planned batch was filtered by; empty when nobody planned it."""
        rows = await self._clickhouse.rows(
            "SELECT rules_version FROM ledger WHERE topic_id = {topic_id:String}"
            " AND kafka_partition = {partition:UInt32} AND position = {position:UInt64}",
            {"topic_id": topic_id, "partition": partition, "position": position},
        )
        return str(rows[0][0]) if rows else ""

    async def planned_rows(self, plan: Plan) -> dict[str, int]:
        """How many rows of each table the batch at this position was planned with.

        Raises LedgerBrokenError when there is no such plan: rows of the ledger are missing.
        """
        rows = await self._clickhouse.rows(
            _PLANNED_ROWS,
            {
                "topic_id": plan.topic_id,
                "partition": plan.kafka_partition,
                "position": plan.position,
            },
        )
        if not rows:
            raise LedgerBrokenError(
                f"the ledger has a hole: no plan of {plan.topic}/{plan.kafka_partition} begins at"
                f" {plan.position}, and a later one says that its records were stored"
            )
        return dict(zip(TABLES, rows[0], strict=True))

    async def plan(self, plan: Plan) -> None:
        """Win the plan's position; raises OwnershipLostError when another worker has it."""
        block = pa.Table.from_pylist([vars(plan)], schema=pa.schema(_COLUMNS))

        async def look() -> Sequence[Sequence[object]]:
            return await self._clickhouse.rows(
                "SELECT position, last_offset, worker FROM ledger"
                " WHERE topic_id = {topic_id:String} AND kafka_partition = {partition:UInt32}"
                " AND last_offset >= {position:UInt64}",
                {
                    "topic_id": plan.topic_id,
                    "partition": plan.kafka_partition,
                    "position": plan.position,
                },
            )

        self._require_only(plan, await claim(self._clickhouse, "ledger", block, plan.token, look))

    @staticmethod
    def _require_only(plan: Plan, found: Sequence[Sequence[object]]) -> None:
        if [tuple(row) for row in found] != [(plan.position, plan.last_offset, plan.worker)]:
            raise OwnershipLostError(
                f"{plan.topic}/{plan.kafka_partition} at {plan.position}: planned by others {found}"
            )

    async def dead_letters_in_a_row(self, topic_id: str, partition: int, position: int) -> int:
        """How many records just before `position` are dead letters without one good between.

        Looks back over the last 1,000 batches, which is past any sensible ceiling.
        """
        rows = await self._clickhouse.rows(
            "SELECT records, dead_letters FROM ledger WHERE topic_id = {topic_id:String}"
            " AND kafka_partition = {partition:UInt32} AND position < {position:UInt64}"
            " ORDER BY position DESC LIMIT 1000",
            {"topic_id": topic_id, "partition": partition, "position": position},
        )
        in_a_row = 0
        for records, dead_letters in rows:
            if dead_letters < records:
                break
            in_a_row += dead_letters
        return in_a_row


_PLANNED_ROWS = f"""
SELECT {", ".join(planned.rows for planned in TABLES.values())}
FROM ledger
WHERE topic_id = {{topic_id:String}} AND kafka_partition = {{partition:UInt32}}
    AND position = {{position:UInt64}}
LIMIT 1
"""  # noqa: S608 - made of the constants above
