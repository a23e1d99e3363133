"""Models that change, and one in shadow, in the pipeline."""

from models.predictions import Predictions, Texts
from tests.builders import (
    FakeModel,
    FakeRecord,
    FixedModels,
    Trouble,
    deliver,
    ids,
    make_worker,
    mention,
    mentions,
    process_all,
    raw,
)
from tests.memory_clickhouse import MemoryClickHouse


class FailingModel(FakeModel):
    def predict(self, texts: Texts) -> Predictions:
        raise ArithmeticError("a challenger that was never tried")


async def run(clickhouse: MemoryClickHouse, models: FixedModels, log: list[FakeRecord]) -> None:
    worker = make_worker(clickhouse, models=models)
    position = log[0].offset
    _, batches = await deliver(worker.pipeline, log, position=position, max_records=2)
    assert await process_all(worker.pipeline, batches) == [None] * len(batches)


def shadowed(clickhouse: MemoryClickHouse) -> list[tuple[str, str, str]]:
    return [
        (row["mention_id"], row["model_version"], row["judged_by"])
        for row in clickhouse.tables.get("shadow_judgements", [])
    ]


async def test_each_batch_goes_by_the_model_in_force_when_it_is_judged() -> None:
    clickhouse = MemoryClickHouse()
    models = FixedModels(FakeModel("one"))
    worker = make_worker(clickhouse, models=models)
    _, batches = await deliver(worker.pipeline, mentions(*range(4)), max_records=2)
    await process_all(worker.pipeline, batches[:1])
    models.in_force = FixedModels(FakeModel("two")).in_force
    await process_all(worker.pipeline, batches[1:])
    assert [row["model_version"] for row in clickhouse.tables["mentions"]] == ["one"] * 2 + [
        "two"
    ] * 2
    assert [plan["model_version"] for plan in clickhouse.tables["ledger"]] == ["one", "two"]
    assert ids(clickhouse) == [f"csv:{n}" for n in range(4)]


async def test_a_shadow_judges_beside_and_changes_nothing_else() -> None:
    alone, clickhouse = MemoryClickHouse(), MemoryClickHouse()
    log = [
        FakeRecord(0, raw(mention("csv:1"))),
        FakeRecord(1, raw(mention("csv:1", edited_at="2026-07-04T10:01:00Z"))),
        FakeRecord(2, raw(mention("csv:1"))),  # a duplicate
    ]
    await run(alone, FixedModels(FakeModel("one")), log)
    await run(clickhouse, FixedModels(FakeModel("one"), FakeModel("two")), log)
    assert shadowed(clickhouse) == [("csv:1", "two", "one")] * 2
    assert [
        (row["kafka_offset"], row["edited_at"].minute)
        for row in clickhouse.tables["shadow_judgements"]
    ] == [(0, 0), (1, 1)]
    for table in ("mentions", "ledger"):
        assert clickhouse.tables[table] == alone.tables[table]
    assert clickhouse.view == alone.view


async def test_a_shadow_that_fails_costs_no_mention_and_is_left_out() -> None:
    clickhouse = MemoryClickHouse()
    models = FixedModels(FakeModel("one"), FailingModel("two"))
    await run(clickhouse, models, mentions(*range(4)))
    assert ids(clickhouse) == [f"csv:{n}" for n in range(4)]
    assert shadowed(clickhouse) == []
    assert set(models.given_up) == {"two"}


async def test_a_batch_torn_before_its_shadow_is_completed_once() -> None:
    for fate in ("killed 1", "unheard"):
        clickhouse = MemoryClickHouse(Trouble("insert", "shadow_judgements", fate))
        log = mentions(*range(2))
        for _ in range(3):
            worker = make_worker(clickhouse, models=FixedModels(FakeModel("one"), FakeModel("two")))
            _, batches = await deliver(worker.pipeline, log)
            await process_all(worker.pipeline, batches)
        assert sorted(shadowed(clickhouse)) == [
            ("csv:0", "two", "one"),
            ("csv:1", "two", "one"),
        ], fate
        assert clickhouse.view == {"csv:0": 1, "csv:1": 1}
