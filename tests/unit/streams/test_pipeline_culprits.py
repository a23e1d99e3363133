"""Records that make a step raise: dead letters, whatever else is in their batch."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from models.predictions import Predictions, Texts
from streams.batches.culprits import culprits
from streams.errors import SinkUnavailableError, TooManyDeadLettersError
from streams.steps import enrich
from streams.steps.decode import Rejected
from tests.builders import (
    FakeModel,
    FakeRecord,
    FixedModels,
    Trouble,
    deliver,
    heartbeat,
    ids,
    make_worker,
    mention,
    process_all,
    raw,
)
from tests.memory_clickhouse import MemoryClickHouse, no_trouble

POISON = "veneno de Alba"


class Fussy(FakeModel):
    """Raises over texts, or parents, with the poison in them; notes how many it was asked about."""

    def __init__(self, raises: type[Exception] = IndexError, version: str = "fussy") -> None:
        super().__init__(version)
        self.raises = raises
        self.asked: list[int] = []

    def predict(self, texts: Texts) -> Predictions:
        self.asked.append(len(texts))
        for text in [*texts.texts, *texts.parents]:
            if POISON in text:
                raise self.raises(f"cannot read {text}")
        return super().predict(texts)


class NeverTwo(FakeModel):
    """Raises over any two texts, and over none alone."""

    def predict(self, texts: Texts) -> Predictions:
        if len(texts) > 1:
            raise IndexError(len(texts))
        return super().predict(texts)


def said(offset: int, number: int, text: str = "quiero un Nimbara", **more: Any) -> FakeRecord:
    return FakeRecord(offset, raw(mention(f"csv:{number}", text=text, **more)))


async def run(
    clickhouse: MemoryClickHouse,
    log: Sequence[FakeRecord],
    model: FakeModel,
    *,
    max_records: int = 1_000,
    ceiling: int = 10_000,
    name: str = "worker-1",
) -> list[Any]:
    worker = make_worker(clickhouse, name, models=FixedModels(model), ceiling=ceiling)
    _, batches = await deliver(
        worker.pipeline, log, position=log[0].offset, max_records=max_records
    )
    return await process_all(worker.pipeline, batches)


def letters(clickhouse: MemoryClickHouse) -> list[tuple[int, str, str]]:
    return [
        (row["kafka_offset"], row["stage"], row["reason"])
        for row in clickhouse.tables.get("dead_letters", [])
    ]


LETTER = ("classify", "IndexError in tests.unit.streams.test_pipeline_culprits.predict")


@pytest.fixture(autouse=True)
def _ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.batches.culprits.OUR_CODE", ("streams.", "models.", "tests."))


async def test_only_the_record_that_raises_becomes_a_dead_letter() -> None:
    clickhouse = MemoryClickHouse()
    log = [
        said(0, 0),
        FakeRecord(1, b"{"),
        said(2, 2, POISON),
        said(3, 3),
        FakeRecord(4, raw(heartbeat())),
        said(5, 5, POISON),
        FakeRecord(6, b"["),
        *[said(offset, offset) for offset in range(7, 40)],
    ]
    assert await run(clickhouse, log, Fussy()) == [None]
    assert ids(clickhouse) == [f"csv:{n}" for n in (0, 3, *range(7, 40))]
    assert [letter[0] for letter in letters(clickhouse)] == [1, 2, 5, 6]
    assert letters(clickhouse)[1] == (2, *LETTER)
    assert clickhouse.tables["dead_letters"][1]["value"] == log[2].value
    [plan] = clickhouse.tables["ledger"]
    assert (plan["records"], plan["mentions"], plan["dead_letters"]) == (40, 35, 4)
    assert (plan["duplicates"], plan["heartbeats"]) == (0, 1)
    assert (plan["first_offset"], plan["last_offset"]) == (0, 39)


async def test_a_batch_that_raises_nothing_is_judged_once() -> None:
    model = Fussy()
    await run(MemoryClickHouse(), [said(n, n) for n in range(9)], model)
    assert model.asked == [9]


async def test_a_few_among_many_are_found_by_halving() -> None:
    model = Fussy()
    log = [said(n, n, POISON if n == 700 else "quiero un Nimbara") for n in range(1_000)]
    clickhouse = MemoryClickHouse()
    assert await run(clickhouse, log, model) == [None]
    assert [letter[0] for letter in letters(clickhouse)] == [700]
    assert len(model.asked) < 30


async def test_a_step_before_the_model_may_be_the_one_that_raises(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    original: Callable[..., Any] = enrich.normalise_and_read

    def fussy(texts: list[str]) -> Any:
        if any(POISON in text for text in texts):
            raise ZeroDivisionError(POISON)
        return original(texts)

    monkeypatch.setattr(enrich, "normalise_and_read", fussy)
    clickhouse = MemoryClickHouse()
    log = [said(0, 0), said(1, 1), said(2, 2, POISON)]
    assert await run(clickhouse, log, FakeModel(), max_records=1) == [None] * 3
    assert ids(clickhouse) == ["csv:0", "csv:1"]
    assert letters(clickhouse) == [
        (2, "classify", "ZeroDivisionError in tests.unit.streams.test_pipeline_culprits.fussy")
    ]


async def test_what_comes_again_is_decided_as_before() -> None:
    log = [said(n, n, POISON if n in {3, 4, 9} else f"texto {n}") for n in range(12)]
    once, again = MemoryClickHouse(), MemoryClickHouse()
    await run(once, log, Fussy(), max_records=5)
    # Killed after the first batch's plan, before its rows; then the same records once more.
    gone = SinkUnavailableError("gone")
    again.trouble = Trouble("insert", "mentions", gone, then=gone)
    worker = make_worker(again, models=FixedModels(Fussy()))
    _, batches = await deliver(worker.pipeline, log, max_records=5)
    await process_all(worker.pipeline, batches[:1])
    again.trouble = no_trouble
    assert await run(again, log, Fussy(), max_records=5) == [None] * 3
    for table in ("mentions", "dead_letters"):
        assert again.stored(table) == once.stored(table)
    assert again.tables["ledger"] == once.tables["ledger"]
    assert again.view == once.view


async def test_a_refused_version_does_not_stand_in_the_way_of_what_is_right() -> None:
    # The source sends the text anew: in the same batch, then in another one.
    clickhouse = MemoryClickHouse()
    log = [said(0, 1, POISON), said(1, 2), said(2, 1), said(3, 3, POISON), said(4, 4), said(5, 3)]
    assert await run(clickhouse, log, Fussy(), max_records=4) == [None, None]
    assert ids(clickhouse) == ["csv:2", "csv:1", "csv:4", "csv:3"]
    assert [letter[0] for letter in letters(clickhouse)] == [0, 3]
    plans = clickhouse.tables["ledger"]
    assert [(p["mentions"], p["edits"], p["duplicates"]) for p in plans] == [(2, 0, 0), (2, 0, 0)]


async def test_ids_of_batches_before_are_still_known_after_one_was_decided_anew() -> None:
    clickhouse = MemoryClickHouse()
    log = [said(0, 1), said(1, 2, POISON), said(2, 1), said(3, 3)]
    worker = make_worker(clickhouse, models=FixedModels(Fussy()))
    _, batches = await deliver(worker.pipeline, log, max_records=1)
    assert await process_all(worker.pipeline, batches) == [None] * 4
    assert ids(clickhouse) == ["csv:1", "csv:3"]
    assert [plan["duplicates"] for plan in clickhouse.tables["ledger"]] == [0, 0, 1, 0]


async def test_a_reply_that_raises_with_its_parent_is_found_with_it() -> None:
    clickhouse = MemoryClickHouse()
    quiet = FakeModel()
    await run(clickhouse, [said(0, 1, POISON)], quiet)
    log = [said(1, 2), said(2, 3, parent_id="csv:1"), said(3, 4)]
    assert await run(clickhouse, log, Fussy()) == [None]
    assert ids(clickhouse) == ["csv:1", "csv:2", "csv:4"]
    assert letters(clickhouse) == [(2, *LETTER)]


async def test_a_mention_that_was_planned_and_raises_now_is_not_lost() -> None:
    clickhouse = MemoryClickHouse()
    log = [said(0, 0), said(1, 1, POISON), FakeRecord(2, b"{")]
    gone = SinkUnavailableError("gone")
    clickhouse.trouble = Trouble("insert", "mentions", gone, then=gone)  # behind the dead letters
    [answer] = await run(clickhouse, log, FakeModel())
    assert isinstance(answer, SinkUnavailableError)
    assert [letter[0] for letter in letters(clickhouse)] == [2]
    clickhouse.trouble = no_trouble
    for name in ("next", "the one after"):
        assert await run(clickhouse, log, Fussy(), name=name) == [None]
        assert ids(clickhouse) == ["csv:0"]
        assert sorted(letter[0] for letter in letters(clickhouse)) == [1, 2]


@pytest.mark.parametrize("error", [MemoryError, OSError, SinkUnavailableError])
async def test_what_is_no_records_doing_goes_on_to_stop_the_worker(error: type[Exception]) -> None:
    clickhouse = MemoryClickHouse()
    [answer] = await run(clickhouse, [said(0, 0), said(1, 1, POISON)], Fussy(error))
    assert type(answer) is error
    assert clickhouse.inserts == []


async def test_what_no_record_raises_alone_goes_on_to_stop_the_worker() -> None:
    clickhouse = MemoryClickHouse()
    [answer] = await run(clickhouse, [said(0, 0), said(1, 1)], NeverTwo())
    assert isinstance(answer, IndexError)
    assert clickhouse.inserts == []


async def test_a_defect_that_hits_every_record_stops_at_the_ceiling() -> None:
    clickhouse = MemoryClickHouse()
    log = [said(n, n, POISON) for n in range(9)]
    [answer] = await run(clickhouse, log, Fussy(), ceiling=8)
    assert isinstance(answer, TooManyDeadLettersError)
    assert LETTER[1] in str(answer)
    assert clickhouse.inserts == []


def test_a_reason_is_logged_once_with_its_place_and_without_what_people_wrote(
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = Fussy()

    def attempt(records: Sequence[Any]) -> None:
        texts = [record.value.decode() for record in records]
        model.predict(Texts(texts, ["es"] * len(texts), [""] * len(texts)))

    records = [FakeRecord(n, POISON.encode() if n % 2 else b"texto") for n in range(10)]
    with caplog.at_level(logging.INFO):
        found: list[Rejected] = culprits(records, attempt)
    assert [letter.record.offset for letter in found] == [1, 3, 5, 7, 9]
    [line] = caplog.records
    said_of_it = line.getMessage()
    assert "5 of 10 records" in said_of_it
    assert "the one at offset 1" in said_of_it
    assert "in predict" in said_of_it  # the frame that raised
    assert POISON not in said_of_it
    assert line.exc_info is None
