"""Whose batch it is: workers that come second, sleep, give up or go back."""

import asyncio

import pytest

from streams.errors import OwnershipLostError, SinkRejectedError, SinkUnavailableError
from tests.builders import Trouble, deliver, ids, make_worker, mentions, process_all
from tests.memory_clickhouse import MemoryClickHouse, no_trouble


async def test_a_batch_of_a_lost_partition_is_dropped_before_it_is_planned() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    delivery, batches = await deliver(worker.pipeline, mentions(1))
    delivery.close()
    assert await process_all(worker.pipeline, batches) == [None]
    assert clickhouse.inserts == []
    assert worker.announced == []
    assert not batches[0].done


async def test_after_a_seek_the_same_worker_stores_what_it_had_dropped() -> None:
    """What it remembers of the first time must not make duplicates of the second."""
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    delivery, [batch] = await deliver(worker.pipeline, mentions(1, 2))

    async def revoked_while_deciding(call: str, table: str) -> str:
        if call == "columns":
            delivery.close()
        return ""

    clickhouse.trouble = revoked_while_deciding
    assert await process_all(worker.pipeline, [batch]) == [None]
    assert ids(clickhouse) == []
    clickhouse.trouble = no_trouble
    _, batches = await deliver(worker.pipeline, mentions(1, 2))
    assert await process_all(worker.pipeline, batches) == [None]
    assert ids(clickhouse) == ["csv:1", "csv:2"]


async def test_a_stale_batch_does_not_make_the_worker_forget_what_is_in_flight() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    before, [stale] = await deliver(worker.pipeline, mentions(7))
    before.close()
    _, [first, again] = await deliver(worker.pipeline, mentions(1, 1), max_records=1)
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slow(call: str, table: str) -> str:
        if (call, table) == ("insert", "mentions"):
            reached.set()
            await go_on.wait()
        return ""

    clickhouse.trouble = slow
    storing = asyncio.create_task(worker.pipeline.process(first))
    await reached.wait()
    await worker.pipeline.process(stale)
    deciding = asyncio.create_task(worker.pipeline.process(again))
    for _ in range(50):
        await asyncio.sleep(0)  # as far as it gets while the first is being stored
    go_on.set()
    await asyncio.gather(storing, deciding)
    assert ids(clickhouse) == ["csv:1"]
    assert [p["duplicates"] for p in clickhouse.tables["ledger"]] == [0, 1]


async def test_who_comes_second_and_does_not_know_ends_with_an_error() -> None:
    clickhouse = MemoryClickHouse()
    first, second = make_worker(clickhouse, "first"), make_worker(clickhouse, "second")
    _, own = await deliver(first.pipeline, mentions(1, 2))
    _, others = await deliver(second.pipeline, mentions(1, 2, 3))
    assert await process_all(first.pipeline, own) == [None]
    [error] = await process_all(second.pipeline, others)
    assert isinstance(error, OwnershipLostError)
    assert not others[0].done
    assert ids(clickhouse) == ["csv:1", "csv:2"]


async def test_who_comes_second_and_knows_drops_the_batch_quietly() -> None:
    clickhouse = MemoryClickHouse()
    first, second = make_worker(clickhouse, "first"), make_worker(clickhouse, "second")
    _, own = await deliver(first.pipeline, mentions(1, 2))
    delivery, others = await deliver(second.pipeline, mentions(1, 2, 3))
    assert await process_all(first.pipeline, own) == [None]

    async def revoked_while_planning(call: str, table: str) -> str:
        if (call, table) == ("insert", "ledger"):
            delivery.close()
        return ""

    clickhouse.trouble = revoked_while_planning
    assert await process_all(second.pipeline, others) == [None]
    assert not others[0].done
    assert ids(clickhouse) == ["csv:1", "csv:2"]


async def test_a_worker_that_lost_one_position_plans_none_behind_it() -> None:
    """A plan behind a missing one would make the next owner cut both batches as one."""
    clickhouse = MemoryClickHouse()
    sleeper, owner = make_worker(clickhouse, "sleeper"), make_worker(clickhouse, "owner")
    log = mentions(*range(9))
    _, slept = await deliver(sleeper.pipeline, log, max_records=3)
    _, owned = await deliver(owner.pipeline, log[:5], max_records=5)
    await process_all(owner.pipeline, owned)
    answers = await process_all(sleeper.pipeline, slept)
    assert [type(answer) for answer in answers] == [OwnershipLostError, type(None), type(None)]
    assert [p["position"] for p in clickhouse.tables["ledger"]] == [0]
    assert not any(batch.done for batch in slept)


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble("rows", "ledger", SinkUnavailableError("away"), nth=2),
        Trouble("columns", "mentions", SinkUnavailableError("away")),
        Trouble("insert", "ledger", SinkUnavailableError("away")),
        Trouble("inserted", "ledger", SinkUnavailableError("away")),
    ],
    ids=lambda trouble: f"{trouble.when[0]} {trouble.when[1]}",
)
async def test_no_batch_is_planned_behind_one_that_was_given_up(trouble: Trouble) -> None:
    clickhouse = MemoryClickHouse(trouble)
    worker = make_worker(clickhouse)
    delivery, batches = await deliver(worker.pipeline, mentions(*range(9)), max_records=3)
    answers = await process_all(worker.pipeline, batches)
    assert [type(a) for a in answers] == [SinkUnavailableError, type(None), type(None)]
    assert delivery.committable == 0
    assert {p["position"] for p in clickhouse.tables.get("ledger", [])} <= {0}
    assert ids(clickhouse) == []

    again = make_worker(clickhouse, "again")
    delivery, batches = await deliver(again.pipeline, mentions(*range(9)))
    assert not any(await process_all(again.pipeline, batches))
    assert ids(clickhouse) == [f"csv:{n}" for n in range(9)]


async def test_an_error_while_storing_holds_the_commit_back_and_not_the_plans() -> None:
    refused = SinkRejectedError("no such column")
    clickhouse = MemoryClickHouse(Trouble("insert", "mentions", refused))
    worker = make_worker(clickhouse)
    delivery, batches = await deliver(worker.pipeline, mentions(*range(9)), max_records=3)
    answers = await process_all(worker.pipeline, batches)
    assert [type(a) for a in answers] == [SinkRejectedError, type(None), type(None)]
    assert [b.done for b in batches] == [False, True, True]
    assert delivery.committable == 0
    assert len(clickhouse.tables["ledger"]) == 3


async def test_a_topic_made_anew_begins_its_own_books() -> None:
    clickhouse = MemoryClickHouse()
    for topic_id in ("before", "after"):

        async def the_id(_: str, topic_id: str = topic_id) -> str:
            return topic_id

        worker = make_worker(clickhouse, topic_id=the_id)
        _, batches = await deliver(worker.pipeline, mentions(len(topic_id), 1))
        assert await process_all(worker.pipeline, batches) == [None]
    assert [p["topic_id"] for p in clickhouse.tables["ledger"]] == ["before", "after"]
    assert len(ids(clickhouse)) == len(set(ids(clickhouse)))


# -- tokens that are forgotten


async def test_a_batch_planned_long_ago_is_not_stored_again_when_tokens_are_forgotten() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    _, batches = await deliver(worker.pipeline, mentions(*range(6)), max_records=3)
    await process_all(worker.pipeline, batches)
    clickhouse.forget_tokens()

    worker = make_worker(clickhouse, "after the offsets were set back")
    _, batches = await deliver(worker.pipeline, mentions(*range(6)), max_records=3)
    await process_all(worker.pipeline, batches)

    assert ids(clickhouse) == [f"csv:{n}" for n in range(6)]
    assert all(batch.done for batch in batches)


async def test_a_batch_planned_long_ago_and_never_stored_is_stored() -> None:
    clickhouse = MemoryClickHouse(Trouble("insert", "mentions", SinkRejectedError("no")))
    worker = make_worker(clickhouse)
    _, batches = await deliver(worker.pipeline, mentions(*range(3)))
    await process_all(worker.pipeline, batches)
    assert ids(clickhouse) == []
    clickhouse.forget_tokens()

    worker = make_worker(clickhouse, "next")
    _, batches = await deliver(worker.pipeline, mentions(*range(3)))
    await process_all(worker.pipeline, batches)

    assert ids(clickhouse) == [f"csv:{n}" for n in range(3)]


async def test_half_a_batch_planned_long_ago_is_completed() -> None:
    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse)
    _, batches = await deliver(worker.pipeline, mentions(*range(3)))
    await process_all(worker.pipeline, batches)
    clickhouse.forget_tokens()
    clickhouse.tables["mentions"].pop()

    worker = make_worker(clickhouse, "next")
    _, batches = await deliver(worker.pipeline, mentions(*range(3)))
    assert await process_all(worker.pipeline, batches) == [None]
    assert ids(clickhouse) == [f"csv:{n}" for n in range(3)]
    assert clickhouse.view == {f"csv:{n}": 1 for n in range(3)}
