"""One batch through the pipeline, and what happens when something gives way half way."""

import asyncio
from typing import Any

import pytest

from streams.errors import SinkUnavailableError, TooManyDeadLettersError
from tests.builders import (
    RULES,
    TOPIC_ID,
    FakeRecord,
    Trouble,
    deliver,
    heartbeat,
    ids,
    interaction,
    make_worker,
    mention,
    mentions,
    process_all,
    raw,
)
from tests.memory_clickhouse import MemoryClickHouse, no_trouble


async def test_each_kind_of_record_lands_in_its_table() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    log = [
        FakeRecord(10, raw(mention("csv:1"))),
        FakeRecord(11, b"{"),
        FakeRecord(13, raw(mention("csv:1"))),
        FakeRecord(14, raw(interaction())),
        FakeRecord(17, raw(heartbeat())),
    ]
    delivery, [batch] = await deliver(worker.pipeline, log, position=9)
    assert await process_all(worker.pipeline, [batch]) == [None]
    assert {
        table: clickhouse.stored(table) for table in clickhouse.tables if table != "ledger"
    } == {
        "mentions": [(0, 10)],
        "dead_letters": [(0, 11)],
        "interactions": [(0, 14)],
        "heartbeats": [(0, 17)],
    }
    (plan,) = clickhouse.tables["ledger"]
    assert plan == {
        "topic": "mentions.raw.v1",
        "topic_id": TOPIC_ID,
        "kafka_partition": 0,
        "position": 9,
        "first_offset": 10,
        "last_offset": 17,
        "records": 5,
        "mentions": 1,
        "edits": 0,
        "interactions": 1,
        "deletions": 0,
        "heartbeats": 1,
        "orders": 0,
        "gestures": 0,
        "labels": 0,
        "duplicates": 1,
        "dead_letters": 1,
        "filtered": 0,
        "worker": "worker-1",
        "model_version": "fake-1",
        "rules_version": RULES.current.rules.version,
    }
    assert delivery.committable == 18
    [(progress, rejected)] = worker.announced
    assert (progress.first_offset, progress.last_offset, progress.mentions) == (10, 17, 1)
    assert [r.record.offset for r in rejected] == [11]
    assert clickhouse.tables["mentions"][0]["brands"] == ["Nimbara"]


async def test_the_plan_comes_before_the_rows_and_heartbeats_come_last() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    log = [FakeRecord(0, raw(heartbeat())), FakeRecord(1, raw(mention())), FakeRecord(2, b"")]
    _, batches = await deliver(worker.pipeline, log)
    await process_all(worker.pipeline, batches)
    tables = [table for table, _ in clickhouse.inserts]
    assert tables[0] == "ledger"
    assert tables[-1] == "heartbeats"
    assert {token for _, token in clickhouse.inserts} == {"topic-1/0/0"}


async def test_a_batch_of_nothing_but_duplicates_is_planned_and_acknowledged() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    delivery, batches = await deliver(worker.pipeline, mentions(1, 1, 1, 1), max_records=2)
    await process_all(worker.pipeline, batches)
    assert ids(clickhouse) == ["csv:1"]
    assert [p["duplicates"] for p in clickhouse.tables["ledger"]] == [1, 2]
    assert worker.announced[1][0].newest_published_at is None
    assert delivery.committable == 4


async def test_a_duplicate_of_what_another_partition_stored_is_dropped() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    for partition in (0, 1):
        _, batches = await deliver(worker.pipeline, mentions(1), partition=partition)
        await process_all(worker.pipeline, batches)
    assert clickhouse.stored("mentions") == [(0, 0)]


async def test_plans_of_a_partition_follow_each_other_however_long_each_takes() -> None:
    waits = iter([30, 0, 10, 0, 0])

    async def slow(call: str, table: str) -> str:
        if call in {"columns", "rows"}:
            for _ in range(next(waits, 0)):
                await asyncio.sleep(0)
        return ""

    clickhouse = MemoryClickHouse(slow)
    worker = make_worker(clickhouse)
    _, batches = await deliver(worker.pipeline, mentions(*range(10)), max_records=2)
    assert await process_all(worker.pipeline, batches) == [None] * 5
    assert [p["position"] for p in clickhouse.tables["ledger"]] == [0, 2, 4, 6, 8]


async def test_partitions_do_not_wait_for_each_other() -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def partition_0_hangs(call: str, table: str) -> str:
        if (call, table) == ("insert", "mentions"):
            reached.set()
            await go_on.wait()
        return ""

    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    _, [first] = await deliver(worker.pipeline, mentions(1))
    _, [second] = await deliver(worker.pipeline, mentions(2), partition=1)
    clickhouse.trouble = partition_0_hangs
    hanging = asyncio.create_task(worker.pipeline.process(first))
    await reached.wait()
    clickhouse.trouble = no_trouble
    await asyncio.wait_for(worker.pipeline.process(second), 5)
    assert clickhouse.stored("mentions") == [(1, 0)]
    go_on.set()
    await hanging
    assert clickhouse.stored("mentions") == [(0, 0), (1, 0)]


# -- a ClickHouse that is killed


@pytest.mark.parametrize("rows_first", [False, True], ids=["token first", "rows first"])
@pytest.mark.parametrize("moment", range(5))
@pytest.mark.parametrize("table", ["ledger", "mentions", "interactions", "heartbeats"])
async def test_a_worker_outlasts_a_kill_at_any_moment_of_an_insert(
    table: str, moment: int, rows_first: bool
) -> None:
    trouble = Trouble("insert", table, f"killed {moment}")
    clickhouse = MemoryClickHouse(trouble, SinkUnavailableError, rows_first=rows_first)
    clickhouse.deadline_sec = 5.0
    log = [*mentions(1, 2, 1), FakeRecord(3, raw(interaction())), FakeRecord(4, raw(heartbeat()))]
    worker = make_worker(clickhouse)
    delivery, batches = await deliver(worker.pipeline, log)
    assert await process_all(worker.pipeline, batches) == [None]
    assert len(clickhouse.tables["ledger"]) == 1
    assert set(ids(clickhouse)) == {"csv:1", "csv:2"}
    assert len(ids(clickhouse)) == 2 or (rows_first and table == "mentions" and moment == 1)
    assert clickhouse.view == {"csv:1": 1, "csv:2": 1}
    assert clickhouse.stored("interactions") == [(0, 3)]
    assert clickhouse.stored("heartbeats") == [(0, 4)]
    assert delivery.committable == 5


# -- redelivery


@pytest.mark.parametrize(
    "fate", [*(f"killed {moment}" for moment in range(5)), SinkUnavailableError("away")]
)
@pytest.mark.parametrize("rows_first", [False, True])
@pytest.mark.parametrize("table", ["ledger", "mentions", "interactions", "heartbeats"])
async def test_a_batch_that_broke_off_anywhere_is_completed_by_the_next_worker(
    table: str, fate: Any, rows_first: bool
) -> None:
    trouble = Trouble("insert", table, fate, then=SinkUnavailableError("away"))
    clickhouse = MemoryClickHouse(trouble, SinkUnavailableError, rows_first=rows_first)
    log = [
        *mentions(1, 2, 1),
        FakeRecord(3, raw(interaction())),
        FakeRecord(4, raw(heartbeat())),
        FakeRecord(5, b"{"),
    ]
    first = make_worker(clickhouse, "first")
    delivery, batches = await deliver(first.pipeline, log)
    [error] = await process_all(first.pipeline, batches)
    assert isinstance(error, SinkUnavailableError)
    assert delivery.committable == 0
    assert first.announced == []
    clickhouse.trouble = no_trouble

    # The next one fetches more at a time, and what was planned is cut all the same.
    log += mentions(3, 2, first_offset=6)
    second = make_worker(clickhouse, "second")
    delivery, batches = await deliver(second.pipeline, log)
    assert await process_all(second.pipeline, batches) == [None] * len(batches)
    kept = fate == "killed 1" if rows_first else False
    unplanned = table == "ledger" and not kept and fate not in {f"killed {n}" for n in range(2, 5)}
    assert len(batches) == (1 if unplanned else 2)
    # Rows that came without their token are absorbed when they come again.
    assert ids(clickhouse) == ["csv:1", "csv:2", "csv:3"] or (
        (rows_first, table, fate) == (True, "mentions", "killed 1")
        and set(ids(clickhouse)) == {"csv:1", "csv:2", "csv:3"}
    )
    assert set(clickhouse.view.values()) == {1}
    assert len(clickhouse.view) == 3
    assert clickhouse.stored("interactions") == [(0, 3)]
    assert clickhouse.stored("heartbeats") == [(0, 4)]
    assert clickhouse.stored("dead_letters") == [(0, 5)]
    assert delivery.committable == 8


async def test_a_batch_stored_but_not_committed_is_read_again_without_effect() -> None:
    clickhouse = MemoryClickHouse()
    for name in ("first", "second", "third"):
        worker = make_worker(clickhouse, name)
        _, batches = await deliver(worker.pipeline, mentions(*range(7)), max_records=3)
        assert await process_all(worker.pipeline, batches) == [None] * 3
    assert ids(clickhouse) == [f"csv:{n}" for n in range(7)]
    assert len(clickhouse.tables["ledger"]) == 3
    assert {p["worker"] for p in clickhouse.tables["ledger"]} == {"first"}


async def test_the_model_of_the_first_worker_stays_with_its_rows() -> None:
    clickhouse = MemoryClickHouse()
    for name, version in (("first", "1"), ("second", "2")):
        worker = make_worker(clickhouse, name, model_version=version)
        _, batches = await deliver(worker.pipeline, mentions(1))
        await process_all(worker.pipeline, batches)
    assert [row["model_version"] for row in clickhouse.tables["mentions"]] == ["1"]


# -- dead letters


def bad(*offsets: int) -> list[FakeRecord]:
    return [FakeRecord(offset, b"{") for offset in offsets]


async def test_past_the_ceiling_nothing_of_the_batch_is_stored_and_nothing_behind_it() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse, ceiling=3)
    log = [*mentions(1), *bad(1, 2, 3, 4), *mentions(2, 3, 4, 5, 6, first_offset=5)]
    delivery, batches = await deliver(worker.pipeline, log, max_records=5)
    answers = await process_all(worker.pipeline, batches)
    assert isinstance(answers[0], TooManyDeadLettersError)
    for part in ("4 dead letters in a row in mentions.raw.v1/0", "up to offset 4", "CEILING"):
        assert part in str(answers[0])
    assert answers[1] is None
    assert clickhouse.inserts == []
    assert delivery.committable == 0

    # With the ceiling raised it all goes through, once.
    worker = make_worker(clickhouse, ceiling=4)
    delivery, batches = await deliver(worker.pipeline, log, max_records=5)
    assert await process_all(worker.pipeline, batches) == [None, None]
    assert ids(clickhouse) == [f"csv:{n}" for n in range(1, 7)]
    assert delivery.committable == 10


async def test_one_good_record_starts_the_count_again() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse, ceiling=3)
    log = [*bad(0, 1, 2), *mentions(1, first_offset=3), *bad(4, 5, 6)]
    _, batches = await deliver(worker.pipeline, log)
    assert await process_all(worker.pipeline, batches) == [None]
    assert len(clickhouse.stored("dead_letters")) == 6


async def test_the_count_goes_on_over_batches_and_workers() -> None:
    clickhouse = MemoryClickHouse()
    log = bad(0, 1, 2, 3, 4, 5)
    worker = make_worker(clickhouse, ceiling=5)
    _, batches = await deliver(worker.pipeline, log[:4], max_records=2)
    assert await process_all(worker.pipeline, batches) == [None, None]
    worker = make_worker(clickhouse, "next", ceiling=5)
    _, batches = await deliver(worker.pipeline, log[4:], position=4, max_records=1)
    answers = await process_all(worker.pipeline, batches)
    assert answers[0] is None
    assert isinstance(answers[1], TooManyDeadLettersError)
    assert len(clickhouse.stored("dead_letters")) == 5
