"""A ClickHouse in memory, as far as the pipeline asks it, which can be told to break down."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from streams import ledger
from streams.batches import mentions as mention_batches
from streams.batches import seen
from streams.steps.duplicates import EDIT_SHIFT, hash_ids


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
            self.view.update(row["mention_id"] for row in rows if row["counted"])
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
        if query == mention_batches._PARENTS:
            await self.trouble("rows", "mentions")
            return [
                (row["mention_id"], row["text"])
                for row in self.tables.get("mentions", [])
                if row["mention_id"] in parameters["ids"]
            ]
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
        elif query == ledger._PLANNED_ROWS:
            answer = [
                tuple(eval(planned.rows, {}, plan) for planned in ledger.TABLES.values())  # noqa: S307
                for plan in plans
                if plan["position"] == position
            ]
        elif query == ledger._PLANNED_AND_STORED:
            [plan] = [p for p in plans if p["position"] == position]
            account: list[int] = []
            for table, planned in ledger.TABLES.items():
                account += (eval(part, {}, plan) for part in (planned.rows, planned.least))  # noqa: S307
                account.append(self._stored_of(table, parameters))
            answer = [tuple(account)]
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

    def _stored_of(self, table: str, place: Mapping[str, Any]) -> int:
        return sum(
            row["topic_id"] == place["topic_id"]
            and row["kafka_partition"] == place["partition"]
            and place["position"] <= row["kafka_offset"] <= place["last"]
            for row in self.tables.get(table, [])
        )

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


_MOMENTS = {"mentions": "published_at", "interactions": "occurred_at"}


def _identities(row: Mapping[str, Any]) -> list[str]:
    """What `STORED_IDENTITIES` hashes of a row."""
    if "mention_id" not in row:
        return [row["interaction_id"]]
    edited = row["version"] >> EDIT_SHIFT
    return [row["mention_id"], *([f"{row['mention_id']}\0{edited}"] if edited else [])]
