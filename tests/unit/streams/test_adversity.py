"""What may happen between a plan and its repetition: erasures, upgrades, two people at once."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import pyarrow as pa
import pytest

from streams import rule_book
from streams.errors import InputError, LedgerBrokenError
from streams.rule_book import RuleBook
from streams.rules.compiled import compile_rules
from streams.rules.loading import read_listening
from tests.builders import (
    LISTENING,
    FakeRecord,
    deletion,
    deliver,
    ids,
    interaction,
    make_worker,
    mention,
    mentions,
    process_all,
    raw,
)
from tests.memory_clickhouse import MemoryClickHouse


async def repeat(clickhouse: MemoryClickHouse, log: list[FakeRecord], position: int) -> list[Any]:
    """Another worker takes the partition over at `position`."""
    worker = make_worker(clickhouse, "worker-2")
    _, batches = await deliver(worker.pipeline, log, position=position)
    assert all(batch.was_planned for batch in batches)
    return await process_all(worker.pipeline, batches)


async def test_a_batch_of_duplicates_is_repeated_alike_after_their_originals_were_erased() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    log = [*mentions(1), *mentions(1, first_offset=1)]
    _, batches = await deliver(worker.pipeline, log, max_records=1)
    await process_all(worker.pipeline, batches)

    clickhouse.tables["mentions"].clear()  # as upkeep does, once a deletion has come
    assert await repeat(clickhouse, log[1:], 1) == [None]

    assert clickhouse.stored("mentions") == []
    assert clickhouse.view == {"csv:1": 1}


async def test_so_is_a_batch_of_reactions_that_were_there() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    log = [FakeRecord(n, raw(interaction("csv:1"))) for n in (0, 1)]
    _, batches = await deliver(worker.pipeline, log, max_records=1)
    await process_all(worker.pipeline, batches)

    clickhouse.tables["interactions"].clear()
    assert await repeat(clickhouse, log[1:], 1) == [None]

    assert clickhouse.stored("interactions") == []


async def test_a_ledger_that_lost_its_beginning_stops_the_worker() -> None:
    """Else the records before the first plan and those of that plan would be one batch."""
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    log = mentions(*range(4))
    _, batches = await deliver(worker.pipeline, log, max_records=2)
    await process_all(worker.pipeline, batches)
    del clickhouse.tables["ledger"][0]
    [error] = await repeat(clickhouse, log, 0)
    assert isinstance(error, LedgerBrokenError)
    assert clickhouse.view == {f"csv:{n}": 1 for n in range(4)}


async def test_ten_thousand_deletions_are_one_batch_without_mentions() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    log = [FakeRecord(n, raw(deletion(f"csv:{n}"))) for n in range(10_000)]
    delivery, batches = await deliver(worker.pipeline, log, max_records=10_000)

    assert await process_all(worker.pipeline, batches) == [None]

    [plan] = clickhouse.tables["ledger"]
    assert (plan["deletions"], plan["mentions"]) == (10_000, 0)
    assert [table for table, _ in clickhouse.inserts] == ["ledger", "deletions"]
    assert delivery.committable == 10_000


async def test_of_two_versions_the_older_edit_that_comes_later_does_not_win() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    log = [
        FakeRecord(
            n, raw(mention("csv:1", text=str(minute), edited_at=f"2026-07-04T10:0{minute}:00Z"))
        )
        for n, minute in enumerate((2, 1, 2))
    ]
    _, batches = await deliver(worker.pipeline, [*log, *mentions(1, first_offset=3)], max_records=1)
    await process_all(worker.pipeline, batches)

    rows = clickhouse.tables["mentions"]
    assert [(row["text"], row["counted"]) for row in rows] == [("2", 1), ("1", 0)]
    assert max(rows, key=lambda row: row["version"])["text"] == "2"
    assert clickhouse.view == {"csv:1": 1}


ODD = [
    "csv:'",
    "csv:\\",
    "csv:\\'",
    "csv:\0",
    'csv:"',
    "csv:{a:String}",
    "csv:%00",
    "csv:" + "ñ" * 508,
]


async def test_odd_ids_are_told_apart() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    log = [FakeRecord(n, raw(mention(one))) for n, one in enumerate(ODD * 2)]
    _, batches = await deliver(worker.pipeline, log)
    assert await process_all(worker.pipeline, batches) == [None]
    assert ids(clickhouse) == ODD


@pytest.mark.parametrize(
    "broken",
    [b'{"a":"\\ud800"}', raw(mention()).replace(b"quiero", b"\\udc00"), b"\xff", b"[" * 5_000],
)
async def test_text_that_is_no_text_is_a_dead_letter_and_not_the_end(broken: bytes) -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    log = [FakeRecord(0, broken), *mentions(1, first_offset=1)]
    _, batches = await deliver(worker.pipeline, log)
    assert await process_all(worker.pipeline, batches) == [None]
    assert clickhouse.stored("dead_letters") == [(0, 0)]
    assert clickhouse.stored("mentions") == [(0, 1)]


class RuleTable:
    """`rule_versions` in memory; `meanwhile` is what somebody else applies at the same moment."""

    def __init__(self, *rows: tuple[int, str, str]) -> None:
        self.stored = list(rows)
        self.meanwhile: tuple[int, str, str] | None = None

    async def patiently(self, attempt: Callable[[], Awaitable[Any]]) -> Any:
        """Nothing is ever away."""
        return await attempt()

    async def catch_up(self, *tables: str) -> None:
        """There are no replicas."""

    async def put(self, table: str, block: pa.Table) -> None:
        """At least once."""
        await self.insert(table, block, "")

    async def insert(self, table: str, block: pa.Table, token: str) -> None:
        """A sequence number is taken by who comes first."""
        if self.meanwhile is not None:
            self.stored.append(self.meanwhile)
            self.meanwhile = None
        [row] = block.to_pylist()
        known = {sequence for sequence, _, _ in self.stored}
        if row["sequence"] not in known - {0}:
            self.stored.append((row["sequence"], row["version"], row["listening"]))

    async def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> list[Any]:
        """By version, or the newest first."""
        wanted = (parameters or {}).get("version")
        found = sorted(
            (row for row in self.stored if (row[1] == wanted if wanted else row[0] > 0)),
            reverse=True,
        )
        if "LIMIT 1" in query:
            return found[:1]
        return [(*row, "somebody", None, "") for row in found]


def book(table: RuleTable) -> RuleBook:
    return RuleBook(table, LISTENING)  # type: ignore[arg-type]


OTHERS = LISTENING.replace("Kolmio", "Otra")


async def test_rules_keep_their_name_when_a_release_names_them_otherwise() -> None:
    """Their digest covers what the program makes of them, so an upgrade may change it."""
    rules = book(RuleTable((1, "as of before", OTHERS)))
    await rules.open()
    assert rules.current.rules.version == "as of before"
    again = book(RuleTable((1, "as of before", OTHERS), (2, "newer", LISTENING)))
    await again.open()
    assert (await again.of("as of before")).sequence == 1


async def test_who_applies_rules_a_moment_too_late_is_told() -> None:
    table = RuleTable()
    table.meanwhile = (1, "theirs", OTHERS)
    with pytest.raises(InputError, match="at the same time"):
        await rule_book.apply(table, LISTENING, name="mine.yaml", by="me")  # type: ignore[arg-type]
    applied = await rule_book.apply(table, LISTENING, name="mine.yaml", by="me")  # type: ignore[arg-type]
    assert applied.sequence == 2
    assert applied.version == compile_rules(read_listening(LISTENING, "mine.yaml")).version


async def test_the_same_rules_applied_by_two_at_once_are_one_version() -> None:
    table = RuleTable()
    version = compile_rules(read_listening(LISTENING, "mine.yaml")).version
    table.meanwhile = (1, version, LISTENING)
    applied = await rule_book.apply(table, LISTENING, name="mine.yaml", by="me")  # type: ignore[arg-type]
    assert (applied.sequence, applied.version) == (1, version)
