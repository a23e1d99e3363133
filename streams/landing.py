"""Blocks land in ClickHouse whole and once, also when it is killed in the middle of one.

ClickHouse drops a block whose deduplication token it knows. It notes the token a moment before
it keeps the rows (26.9; newer ones a moment after), in a table and in each view by itself. A kill
between the two leaves a token without its rows, whose repetition is dropped for ever, or rows
without their token, whose repetition doubles them. So a token is trusted once: in the first
attempt at a batch that nobody else can have been at, if it is answered. Whatever else is looked
at by the places of its rows, and only what is missing is inserted.
"""

import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from streams.errors import SinkRejectedError, SinkUnavailableError
from streams.sinks.clickhouse import ClickHouse, in_chunks

T = TypeVar("T")
log = logging.getLogger(__name__)

COUNTED = 1  # by the view that mentions are inserted through
COUNTED_APART = 2  # a first version too, which that view leaves out
MAX_IDS_BYTES = 50_000  # of one question: ClickHouse takes 128 KiB of a parameter
MAX_CLAIMS = 4
BEFORE_BATCHES = 0  # the batch of rows from before the view told of its batches


@dataclass(frozen=True, slots=True)
class Place:
    """The offsets of one partition that a batch covers."""

    topic_id: str
    partition: int
    position: int
    last_offset: int

    @property
    def parameters(self) -> dict[str, Any]:
        """As the questions below name them."""
        return {
            "topic_id": self.topic_id,
            "partition": self.partition,
            "position": self.position,
            "last": self.last_offset,
        }


def batch_number(chain: str, position: int) -> int:
    """A number for the batch of `chain` that begins at `position`; never 0.

    24 bits tell the chain, 40 the position, so that the bitmaps of a view that hold many batches
    of one partition stay small (roaring bitmaps: two bytes a batch).
    """
    number = xxhash.xxh3_64_intdigest(chain.encode()) & 0xFFFFFF | 0x800000
    return number << 40 | position & (2**40 - 1)


@dataclass(frozen=True, slots=True)
class Gap:
    """What of a block is not stored: a mask of its rows, and years the view has not counted."""

    rows: npt.NDArray[np.bool_]
    years: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.rows.any() or self.years)


class Landing:
    """Inserts blocks of batches; waits for ClickHouse until its deadline."""

    def __init__(self, clickhouse: ClickHouse, check: Callable[[], None] = lambda: None) -> None:
        """`check` is called before each insert, and ends it by raising."""
        self._clickhouse = clickhouse
        self._check = check

    async def land(
        self,
        table: str,
        block: pa.Table,
        *,
        token: str,
        place: Place,
        planned: int | None,
        fresh: bool,
    ) -> None:
        """Return when every row of `block` is in `table`, and counted in its view, once.

        Args:
            table: where rows carry topic_id, kafka_partition and kafka_offset.
            block: rows of `place`; those of `mentions` have the batch's number in `batch`.
            token: names the block, the same for whoever inserts it.
            place: the offsets of the batch.
            planned: how many rows the table gets of that place, where no other block has any; with
                as many nothing is missing, whichever they are.
            fresh: nobody has been at this block before.

        Raises SinkUnavailableError past the deadline, SinkRejectedError when ClickHouse will
        never take the rows.
        """
        if fresh:
            try:
                await self._insert(table, block, token)
                return
            except SinkUnavailableError as error:
                log.warning("%s; looking what of it is stored", error)
        await self._clickhouse.patiently(
            lambda: self._complete(table, block, token, place, planned)
        )

    async def _complete(
        self, table: str, block: pa.Table, token: str, place: Place, planned: int | None
    ) -> None:
        views = ("mentions_by_hour",) if table == "mentions" else ()
        await self._clickhouse.catch_up(table, *views, "erased")
        gap = await self._gap(table, block, place, planned)
        if not gap:
            return
        # Under the first token, so that a worker that was at the block and comes back is dropped.
        await self._insert(table, _repetition(table, block, gap), token)
        gap = await self._gap(table, block, place, planned)
        for name in _other_tokens(token):
            if not gap.rows.any():
                break
            rows = block.filter(pa.array(gap.rows))
            await self._insert(table, _apart(table, rows), name)
            gap = await self._gap(table, block, place, planned)
        for name in _other_tokens(f"{token}/view"):
            if not gap.years:
                break
            rows = block.filter(pa.array(_in_years(block, gap.years)))
            await self._insert("mentions_to_count", _to_count(rows), name)
            gap = await self._gap(table, block, place, planned)
        if gap.years:
            raise SinkRejectedError(
                f"mentions_by_hour does not count batch {token}: are its views there? escucha"
                " migrate makes them"
            )

    async def _insert(self, table: str, block: pa.Table, token: str) -> None:
        self._check()
        await self._clickhouse.insert(table, block, token)

    async def _gap(self, table: str, block: pa.Table, place: Place, planned: int | None) -> Gap:
        found = await self._clickhouse.rows(stored_offsets(table), place.parameters)
        stored = np.array([row[0] for row in found], dtype=np.uint64)
        missing = np.zeros(block.num_rows, dtype=bool)
        if planned is None or len(np.unique(stored)) < planned:
            missing = ~np.isin(block["kafka_offset"].to_numpy(), stored)
        if table != "mentions":
            return Gap(missing)
        before = np.array([row[0] for row in found if row[1] == BEFORE_BATCHES], dtype=np.uint64)
        return Gap(
            missing & ~await self._superseded(block, missing),
            await self._years_not_counted(block, before),
        )

    async def _superseded(
        self, block: pa.Table, missing: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.bool_]:
        """Rows whose mention is stored as new or newer, and which a merge may have taken away."""
        ids: list[Any] = block["mention_id"].to_pylist()
        stored: dict[str, int] = {}
        for chunk in in_chunks([ids[at] for at in np.flatnonzero(missing)], MAX_IDS_BYTES):
            found = await self._clickhouse.rows(STORED_VERSIONS, {"ids": chunk})
            stored.update((row[0], row[1]) for row in found)
        versions: list[Any] = block["version"].to_pylist()
        as_new = [stored.get(one_id, -1) >= own for one_id, own in zip(ids, versions, strict=True)]
        return np.array(as_new, dtype=bool)

    async def _years_not_counted(
        self, block: pa.Table, before: npt.NDArray[np.uint64]
    ) -> frozenset[int]:
        """Years in which the view should have counted rows of the block and has not.

        `before`: offsets stored before the view told of its batches; their tokens are trusted.
        """
        counted = block["counted"].to_numpy() == COUNTED
        expected = counted & ~np.isin(block["kafka_offset"].to_numpy(), before)
        if not expected.any():
            return frozenset()
        moments = pc.min_max(block["published_at"].filter(pa.array(counted)).cast(pa.int64()))
        found = await self._clickhouse.rows(
            COUNTED_YEARS,
            {
                "batch": block["batch"][0].as_py(),
                "first": moments["min"].as_py(),
                "until": moments["max"].as_py(),
            },
        )
        return frozenset(np.unique(_years(block)[expected]).tolist()) - {year for (year,) in found}


async def claim(
    clickhouse: ClickHouse,
    table: str,
    block: pa.Table,
    token: str,
    look: Callable[[], Awaitable[Sequence[T]]],
) -> Sequence[T]:
    """Insert a row that one of several can insert, and return what `look` then finds there.

    Whoever is first under `token` has it; a token that stands without its row is passed over, by
    all in the same order. Raises SinkUnavailableError past the deadline.
    """
    asked, dropped = False, 0

    async def attempt() -> Sequence[T]:
        nonlocal asked, dropped
        found: Sequence[T] = await look() if asked else ()
        asked = True
        while not found:
            if dropped == MAX_CLAIMS:
                raise SinkRejectedError(
                    f"{table}: ClickHouse has answered {dropped} inserts of {token} and keeps none"
                )
            await clickhouse.insert(table, block, token + "/again" * dropped)
            found = await look()
            if not found:
                await clickhouse.catch_up(table)
                found = await look()
            dropped += not found
        return found

    return await clickhouse.patiently(attempt)


def _other_tokens(token: str) -> Iterator[str]:
    """For when a token stands without its rows: the same for all who are at it, then a new one.

    Rows that a table keeps one of, whatever comes, may stay missing after each of them.
    """
    yield f"{token}/again"
    yield f"{token}/again/again"
    yield f"{token}/{uuid4()}"


def _repetition(table: str, block: pa.Table, gap: Gap) -> pa.Table:
    """What is inserted again: rows that are missing, and years that the view has not counted."""
    if table != "mentions":
        return block.filter(pa.array(gap.rows))
    in_years = _in_years(block, gap.years)
    counted = block["counted"].to_numpy()
    return _with_counted(
        block, np.where(~in_years & (counted == COUNTED), COUNTED_APART, counted)
    ).filter(pa.array(gap.rows | in_years))


def _apart(table: str, rows: pa.Table) -> pa.Table:
    if table != "mentions":
        return rows
    counted = rows["counted"].to_numpy()
    return _with_counted(rows, np.where(counted == COUNTED, COUNTED_APART, counted))


def _with_counted(block: pa.Table, counted: npt.NDArray[Any]) -> pa.Table:
    at = block.column_names.index("counted")
    return block.set_column(at, "counted", pa.array(counted.astype(np.uint8)))


def _years(block: pa.Table) -> npt.NDArray[np.int64]:
    return np.asarray(pc.year(block["published_at"]).to_numpy())


def _in_years(block: pa.Table, years: frozenset[int]) -> npt.NDArray[np.bool_]:
    return np.isin(_years(block), sorted(years))


def _to_count(rows: pa.Table) -> pa.Table:
    first = rows.filter(pa.array(rows["counted"].to_numpy() == COUNTED))
    return first.select(["published_at", "source", "lang", "intent", "stage", "batch"])


_OF_THE_PLACE = """
topic_id = {topic_id:String} AND kafka_partition = {partition:UInt32}
    AND kafka_offset BETWEEN {position:UInt64} AND {last:UInt64}
"""


def stored_offsets(table: str) -> str:
    """The question for the offsets of a place whose rows `table` has, and for their batches.

    Rows that were there until somebody's right took them are there, too.
    """
    batch = "batch" if table == "mentions" else "toUInt64(1)"
    return f"""
SELECT kafka_offset, {batch} FROM {table} WHERE {_OF_THE_PLACE}
UNION ALL
SELECT kafka_offset, toUInt64(1) FROM erased WHERE table_name = '{table}' AND {_OF_THE_PLACE}
"""  # noqa: S608 - made of names that are ours


STORED_VERSIONS = """
SELECT mention_id, max(version) FROM mentions
WHERE mention_id IN ({ids:Array(String)}) GROUP BY mention_id
"""

COUNTED_YEARS = """
SELECT DISTINCT toYear(hour) FROM mentions_by_hour
WHERE hour >= toStartOfHour(fromUnixTimestamp64Milli({first:Int64}, 'UTC'))
    AND hour <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')
    AND bitmapContains(batches, {batch:UInt64})
"""
