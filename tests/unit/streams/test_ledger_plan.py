"""Plans: their sums, their names, and who wins a position."""

from typing import Any

import pytest

from streams.errors import OwnershipLostError
from streams.ledger import Ledger, Plan
from tests.builders import TOPIC, TOPIC_ID
from tests.memory_clickhouse import MemoryClickHouse

COUNTS = ("mentions", "interactions", "heartbeats", "duplicates", "dead_letters", "filtered")


def plan(**changes: Any) -> Plan:
    values: dict[str, Any] = {
        "topic": TOPIC,
        "topic_id": TOPIC_ID,
        "kafka_partition": 3,
        "position": 100,
        "first_offset": 101,
        "last_offset": 109,
        "records": 0,
        **dict.fromkeys(COUNTS, 0),
        "worker": "worker-1",
        "model_version": "fake-1",
    }
    return Plan(**{**values, **changes})


def test_what_was_read_is_accounted_for() -> None:
    counts = {name: number for number, name in enumerate(COUNTS, start=1)}
    assert plan(records=21, **counts).records == 21


@pytest.mark.parametrize("name", COUNTS)
def test_a_record_too_many_or_too_few_is_refused(name: str) -> None:
    assert plan(records=1, **{name: 1})
    for records, count in ((1, 0), (1, 2), (0, 1), (0, -1)):
        with pytest.raises(AssertionError, match="accounted for"):
            plan(records=records, **{name: count})


def test_the_token_is_the_same_for_every_worker_and_no_other_batch() -> None:
    assert plan().token == "topic-1/3/100"  # noqa: S105 - names a batch, opens nothing
    assert plan(worker="worker-2", model_version="2", records=1, mentions=1).token == plan().token
    others = [plan(position=101), plan(kafka_partition=4), plan(topic_id="topic-2")]
    assert len({p.token for p in (plan(), *others)}) == 4


async def test_whoever_plans_first_has_the_position() -> None:
    ledger = Ledger(MemoryClickHouse())  # type: ignore[arg-type]
    await ledger.plan(plan())
    await ledger.plan(plan())  # an insert whose answer was lost
    with pytest.raises(OwnershipLostError, match=r"mentions.raw.v1/3 at 100"):
        await ledger.plan(plan(worker="worker-2"))


@pytest.mark.parametrize(
    "other",
    [
        {"position": 90, "last_offset": 100},
        {"position": 90, "last_offset": 200},
        {"position": 105, "last_offset": 106},
        {"position": 110, "last_offset": 119},  # the partition has gone on without us
        {"last_offset": 108},
        {"last_offset": 110},
    ],
)
async def test_a_plan_that_overlaps_or_comes_too_late_is_lost(other: dict[str, int]) -> None:
    ledger = Ledger(MemoryClickHouse())  # type: ignore[arg-type]
    await ledger.plan(plan(**other, worker="worker-2"))
    with pytest.raises(OwnershipLostError):
        await ledger.plan(plan())


@pytest.mark.parametrize(
    "other",
    [
        {"position": 90, "last_offset": 99},
        {"kafka_partition": 4},
        {"topic_id": "a topic of the same name before"},
    ],
)
async def test_plans_of_other_places_are_no_hindrance(other: dict[str, Any]) -> None:
    ledger = Ledger(MemoryClickHouse())  # type: ignore[arg-type]
    await ledger.plan(plan(**other, worker="worker-2"))
    await ledger.plan(plan())


async def test_planned_spans_are_those_from_a_position_on_and_the_one_around_it() -> None:
    ledger = Ledger(MemoryClickHouse())  # type: ignore[arg-type]
    for position, last in ((100, 109), (110, 119), (120, 120)):
        await ledger.plan(plan(position=position, last_offset=last))
    assert await ledger.planned_spans(TOPIC_ID, 3, 100) == [(100, 109), (110, 119), (120, 120)]
    assert await ledger.planned_spans(TOPIC_ID, 3, 110) == [(110, 119), (120, 120)]
    assert await ledger.planned_spans(TOPIC_ID, 3, 115) == [(110, 119), (120, 120)]
    assert await ledger.planned_spans(TOPIC_ID, 3, 121) == []
    assert await ledger.planned_spans(TOPIC_ID, 4, 100) == []


async def test_dead_letters_in_a_row_end_at_the_first_good_record() -> None:
    ledger = Ledger(MemoryClickHouse())  # type: ignore[arg-type]
    batches = [(5, 5), (4, 3), (6, 6), (2, 2), (0, 0)]
    for number, (records, dead) in enumerate(batches):
        good = records - dead
        await ledger.plan(
            plan(
                position=number * 10,
                last_offset=number * 10 + 9,
                records=records,
                dead_letters=dead,
                duplicates=good,
            )
        )
    assert await ledger.dead_letters_in_a_row(TOPIC_ID, 3, 50) == 8
    assert await ledger.dead_letters_in_a_row(TOPIC_ID, 3, 30) == 6
    assert await ledger.dead_letters_in_a_row(TOPIC_ID, 3, 20) == 0
    assert await ledger.dead_letters_in_a_row(TOPIC_ID, 3, 10) == 5
    assert await ledger.dead_letters_in_a_row(TOPIC_ID, 3, 0) == 0
