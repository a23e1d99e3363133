"""What batches of one partition may do side by side, and what only in their order."""

import asyncio

from streams.delivery import RecordBatch
from streams.pipeline import Decider, Outcome, Turn
from streams.steps.decode import Decoded
from streams.steps.enrich import Enricher, Heard
from tests.builders import deliver, ids, make_worker, mentions, process_all
from tests.memory_clickhouse import MemoryClickHouse

PATIENCE_SEC = 60.0


class Gate:
    """Holds the first batch back until it is opened, and may fail another before its turn."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.began: list[int] = []
        self.had_its_turn: list[int] = []
        self.fails_at = fails_at
        self.is_open = asyncio.Event()

    def around(self, decide: Decider) -> Decider:
        async def gated(batch: RecordBatch, my_turn: Turn) -> Outcome:
            async def noted_turn() -> None:
                await my_turn()
                self.had_its_turn.append(batch.position)

            self.began.append(batch.position)
            if batch.position == self.fails_at:
                raise ValueError("this batch fails")
            if batch.position == 0:
                await self.is_open.wait()
            return await decide(batch, noted_turn)

        return gated


async def all_that_can_be_done() -> None:
    """Everything runs in this thread and nothing waits for a clock."""
    for _ in range(1_000):
        await asyncio.sleep(0)


async def test_a_batch_begins_while_the_one_before_is_decided_and_waits_for_its_turn() -> None:
    clickhouse, gate = MemoryClickHouse(), Gate()
    worker = make_worker(clickhouse, around=gate.around)
    _, batches = await deliver(worker.pipeline, mentions(*range(6), 0, 1, 2), max_records=3)
    processing = asyncio.create_task(process_all(worker.pipeline, batches))
    await all_that_can_be_done()
    assert gate.began == [0, 3, 6]
    assert gate.had_its_turn == []
    assert clickhouse.inserts == []

    gate.is_open.set()

    assert await processing == [None] * 3
    assert gate.had_its_turn == [0, 3, 6]
    assert ids(clickhouse) == [f"csv:{n}" for n in range(6)]
    assert [p["duplicates"] for p in clickhouse.tables["ledger"]] == [0, 0, 3]


async def test_behind_a_batch_that_failed_nobody_has_a_turn_though_one_before_goes_on() -> None:
    """The failed one may not have waited for those before it; whoever follows must not pass."""
    clickhouse, gate = MemoryClickHouse(), Gate(fails_at=3)
    worker = make_worker(clickhouse, around=gate.around)
    delivery, batches = await deliver(worker.pipeline, mentions(*range(9)), max_records=3)
    processing = asyncio.create_task(process_all(worker.pipeline, batches))
    await all_that_can_be_done()
    assert gate.began == [0, 3, 6]
    assert gate.had_its_turn == []

    gate.is_open.set()

    answers = await processing
    assert [type(a) for a in answers] == [type(None), ValueError, type(None)]
    assert gate.had_its_turn == []
    assert clickhouse.inserts == []
    assert delivery.committable == 0

    again = make_worker(clickhouse, "again")
    _, batches = await deliver(again.pipeline, mentions(*range(9)))
    assert not any(await process_all(again.pipeline, batches))
    assert ids(clickhouse) == [f"csv:{n}" for n in range(9)]


async def test_mentions_are_heard_before_the_turn() -> None:
    class Listening(Enricher):
        heard = asyncio.Event()

        def hear(self, decoded: Decoded, *rules: object) -> Heard:
            self.heard.set()
            return super().hear(decoded, *rules)  # type: ignore[arg-type]

    def turn_that_comes_after_hearing(decide: Decider) -> Decider:
        async def decided(batch: RecordBatch, my_turn: Turn) -> Outcome:
            async def after_hearing() -> None:
                await Listening.heard.wait()
                await my_turn()

            return await decide(batch, after_hearing)

        return decided

    clickhouse = MemoryClickHouse()
    worker = make_worker(clickhouse, enricher=Listening(), around=turn_that_comes_after_hearing)
    _, batches = await deliver(worker.pipeline, mentions(1, 2))
    async with asyncio.timeout(PATIENCE_SEC):
        assert await process_all(worker.pipeline, batches) == [None]
    assert ids(clickhouse) == ["csv:1", "csv:2"]
