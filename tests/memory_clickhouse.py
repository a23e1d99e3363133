"""A ClickHouse in memory, as far as the pipeline asks it, which can be told to break down."""

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

import pyarrow as pa

from streams import landing, ledger, retry
from streams.batches import parents, seen
from streams.errors import SinkUnavailableError
from streams.steps.duplicates import EDIT_SHIFT, hash_ids

T = TypeVar("T")

BESIDE = ("shadow_judgements",)  # tables that the ledger does not account for


async def no_trouble(call: str, table: str) -> str:
    """Nothing goes wrong."""
    return ""


@dataclass
class MemoryClickHouse:
    """Keeps the promises of streams.sinks.clickhouse.ClickHouse, and breaks down as it does.

    A block is stored once per table, year and token, and its mentions are counted once in a view,
    with tokens of its own. `trouble(call, table)` runs before each call, may wait, may raise, and
    for an insert may return "killed N": ClickHouse dies after N of the insert's moments, which are
    for each year first in the table, then in the view: the token is noted, the rows are kept
    (the other way round with `rows_first`). Then every call under way is broken off with
    `unacknowledged`. "torn" and "unheard" are kills after the table and after everything.
    """

    trouble: Callable[[str, str], Any] = no_trouble
    unacknowledged: type[Exception] = ConnectionError
    rows_first: bool = False
    deadline_sec: float = 0.0
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    counted: list[tuple[str, int, int]] = field(default_factory=list)  # mention_id, batch, year
    inserts: list[tuple[str, str]] = field(default_factory=list)  # (table, token), as called
    _tokens: set[tuple[str, int, str]] = field(default_factory=set)
    _kills: int = 0

    @property
    def view(self) -> Counter[str]:
        """How often each mention was counted."""
        return Counter(mention_id for mention_id, _, _ in self.counted)

    async def insert(self, table: str, block: pa.Table, token: str) -> None:
        """Store the block, except where the token is known."""
        self.inserts.append((table, token))
        kills = self._kills
        fate = await self.trouble("insert", table)
        if kills != self._kills:
            raise self.unacknowledged(f"killed under way: {table} {token}")
        moments = list(self._moments(table, block.to_pylist(), token))
        if fate:
            self._kills += 1
            in_table = sum(1 for where, _ in moments if where == table)
            until = {"torn": in_table, "unheard": len(moments)}.get(fate)
            moments = moments[: int(fate.removeprefix("killed ")) if until is None else until]
        for _, happens in moments:
            happens()
        if fate:
            raise self.unacknowledged(f"{fate}: {table} {token}")
        await self.trouble("inserted", table)
        if kills != self._kills:
            raise self.unacknowledged(f"killed before the answer: {table} {token}")

    async def put(self, table: str, block: pa.Table) -> None:
        """Store the block at least once."""
        await self.patiently(lambda: self.insert(table, block, f"{uuid4()}"))

    async def catch_up(self, *tables: str) -> None:
        """There are no replicas."""

    async def patiently(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """As the real one."""
        return await retry.until_deadline(
            attempt, retry_on=SinkUnavailableError, deadline_sec=self.deadline_sec, what="memory"
        )

    def _moments(
        self, table: str, rows: list[dict[str, Any]], token: str
    ) -> Iterator[tuple[str, Callable[[], None]]]:
        """What happens one after the other, and where."""
        if table != "mentions_to_count":
            for year, part in _by_year(rows):
                yield from self._part(table, year, token, lambda p=part: self._keep(table, p))
        if table in ("mentions", "mentions_to_count"):
            for year, part in _by_year([row for row in rows if row.get("counted", 1) == 1]):
                yield from self._part(
                    f"view of {table}", year, token, lambda p=part, y=year: self._count(p, y)
                )

    def _part(
        self, where: str, year: int, token: str, keep: Callable[[], None]
    ) -> list[tuple[str, Callable[[], None]]]:
        name = (where, year, token)
        if name in self._tokens:
            return []
        moments = [(where, lambda: self._tokens.add(name)), (where, keep)]
        return moments[::-1] if self.rows_first else moments

    def _keep(self, table: str, rows: list[dict[str, Any]]) -> None:
        self.tables.setdefault(table, []).extend(rows)

    def _count(self, rows: list[dict[str, Any]], year: int) -> None:
        names = [row.get("mention_id", "") for row in rows]
        if not all(names):  # counted apart: they are those of the batch that the table has
            [batch] = {row["batch"] for row in rows}
            names = sorted(
                {
                    row["mention_id"]
                    for row in self.tables["mentions"]
                    if row["batch"] == batch and row["published_at"].year == year and row["counted"]
                }
            )
            assert len(names) == len(rows), "the view is given other rows than the table has"
        self.counted.extend(
            (name, row["batch"], year) for name, row in zip(names, rows, strict=True)
        )

    def forget_tokens(self) -> None:
        """As when many thousand blocks came after."""
        self._tokens.clear()

    async def rows(self, query: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Answer the ledger's questions."""
        if query == parents.STORED_TEXTS:
            await self.trouble("rows", "mentions")
            return [
                (row["mention_id"], row["text"])
                for row in self.tables.get("mentions", [])
                if row["mention_id"] in parameters["ids"]
            ]
        for table in (*ledger.TABLES, *BESIDE):
            if query == landing.stored_offsets(table):
                await self.trouble("rows", table)
                return self._stored_offsets(table, parameters)
        if query == landing.STORED_VERSIONS:
            await self.trouble("rows", "mentions")
            return list(self._versions(parameters["ids"]).items())
        if query == landing.COUNTED_YEARS:
            await self.trouble("rows", "view")
            return [(year,) for _, batch, year in self.counted if batch == parameters["batch"]]
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
        elif query == ledger._PLANNED_ROWS:
            answer = [
                tuple(eval(planned.rows, {}, plan) for planned in ledger.TABLES.values())  # noqa: S307
                for plan in plans
                if plan["position"] == position
            ]
        elif query.startswith("SELECT rules_version FROM"):
            answer = [(p["rules_version"],) for p in plans if p["position"] == position]
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

    def _stored_offsets(self, table: str, place: Mapping[str, Any]) -> list[tuple[int, int]]:
        return [
            (row["kafka_offset"], row.get("batch", 1))
            for name in (table, "erased")
            for row in self.tables.get(name, [])
            if row["topic_id"] == place["topic_id"]
            and row["kafka_partition"] == place["partition"]
            and place["position"] <= row["kafka_offset"] <= place["last"]
            and row.get("table_name", table) == table
        ]

    def _versions(self, ids: Sequence[str]) -> dict[str, int]:
        found: dict[str, int] = {}
        for row in self.tables.get("mentions", []):
            if row["mention_id"] in ids:
                found[row["mention_id"]] = max(found.get(row["mention_id"], 0), row["version"])
        return found

    async def columns(self, query: str, parameters: Mapping[str, Any]) -> pa.Table:
        """Answer the question after stored ids."""
        [table] = [name for name, text in seen.STORED_IDS.items() if text == query]
        await self.trouble("columns", table)
        moment, minutes = _MOMENTS[table], set(parameters["minutes"])
        ids = [
            identity
            for row in self.tables.get(table, [])
            if int(row[moment].timestamp()) // 60 in minutes
            and not (
                row["topic_id"] == parameters["topic_id"]
                and row["kafka_partition"] == parameters["partition"]
                and row["kafka_offset"] >= parameters["own_from"]
            )
            for identity in _identities(row)
        ]
        await self.trouble("answered", table)
        return pa.table({"hash": pa.array(hash_ids(ids), pa.uint64())})

    def stored(self, table: str) -> list[tuple[int, int]]:
        """(partition, offset) of every row of a table, sorted."""
        rows = self.tables.get(table, [])
        return sorted((row["kafka_partition"], row["kafka_offset"]) for row in rows)


def _by_year(rows: list[dict[str, Any]]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """As mentions are partitioned; rows of other tables are of one year."""
    years: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        moment = row.get("published_at")
        years.setdefault(moment.year if moment else 0, []).append(row)
    return iter(sorted(years.items()))


_MOMENTS = {"mentions": "published_at", "interactions": "occurred_at"}


def _identities(row: Mapping[str, Any]) -> list[str]:
    """What `STORED_IDENTITIES` hashes of a row."""
    if "mention_id" not in row:
        return [row["interaction_id"]]
    edited = row["version"] >> EDIT_SHIFT
    return [row["mention_id"], *([f"{row['mention_id']}\0{edited}"] if edited else [])]
