"""Orders, gestures and labels: what is stored, what is a dead letter, and what is promised."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from faust.types import TP

from schemas.business import Order
from streams.batches.business import BusinessBatches
from streams.delivery import PartitionDelivery
from streams.pipeline import Pipeline, PipelineOptions
from streams.steps.business import KINDS, decode_business_batch
from streams.steps.columns import Origin
from tests.builders import FakeRecord, Trouble, raw
from tests.memory_clickhouse import MemoryClickHouse

ORIGIN = Origin("orders.v1", "topic-1", 0)


def order(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "order_id": f"shop-{number}",
        "author_id": "ana",
        "ordered_at": "2026-07-04T10:00:00Z",
        "amount": "19.90",
        "currency": "EUR",
        **changes,
    }


def gesture(**changes: Any) -> dict[str, Any]:
    return {
        "gesture_id": "g-1",
        "author_id": "ana",
        "given_at": "2026-07-04T10:00:00Z",
        "cost": "170",
        "currency": "EUR",
        **changes,
    }


def label(**changes: Any) -> dict[str, Any]:
    return {
        "mention_id": "csv:1",
        "labeller": "ana",
        "labelled_at": "2026-07-04T10:00:00Z",
        "guide_version": "3",
        **changes,
    }


@pytest.mark.parametrize(
    ("value", "stage", "said"),
    [
        (None, "decode", "empty"),
        (b"", "decode", "empty"),
        (b"{", "decode", "truncated"),
        (b"x" * 1_000_001, "decode", "longer"),
        (b"\xff", "decode", ""),
        (raw(order(amount=5)), "validate", "$.amount"),
        (raw(order(amount="5.12345")), "validate", "$.amount"),
        (raw(order(items=2**32)), "validate", "$.items"),
        (raw(order(ordered_at="1999-12-31T23:59:59Z")), "validate", "$.ordered_at"),
        (raw(order(ordered_at="2026-07-06T10:00:00Z")), "validate", "$.ordered_at"),
        (raw(gesture()), "validate", "order_id"),
    ],
)
def test_a_record_that_is_no_order_is_rejected_alone(
    value: bytes | None, stage: str, said: str
) -> None:
    records = [
        FakeRecord(0, raw(order(1))),
        FakeRecord(1, value),
        FakeRecord(2, raw(order(2, later_field="ignored"))),
    ]
    decoded = decode_business_batch(records, KINDS["orders"])
    assert [event.order_id for event in decoded.events] == ["shop-1", "shop-2"]
    assert [record.offset for record in decoded.records] == [0, 2]
    [rejected] = decoded.rejected
    assert (rejected.record.offset, rejected.stage) == (1, stage)
    assert said in rejected.reason


async def nobody_is_before_it() -> None:
    """Its turn is now."""


async def outcome_of(topic: str, *values: bytes) -> Any:
    origin = Origin(topic, "topic-1", 3)
    delivery = PartitionDelivery(TP(topic, 3), 10, max_records=100)
    delivery.follow_plan([])
    records = [FakeRecord(10 + n, value) for n, value in enumerate(values)]
    [batch] = delivery.cut(list(records))  # type: ignore[arg-type]
    return await BusinessBatches(origin, worker="w")(batch, nobody_is_before_it)


async def test_money_is_a_decimal_with_every_digit() -> None:
    amounts = ["99999999999999.9999", "-0.0001", "19.90", "0"]
    values = [raw(order(n, amount=amount)) for n, amount in enumerate(amounts)]
    outcome = await outcome_of("orders.v1", *values)
    assert outcome.blocks["orders"]["amount"].to_pylist() == [Decimal(a) for a in amounts]
    assert outcome.blocks["orders"]["kafka_offset"].to_pylist() == [10, 11, 12, 13]


async def test_what_a_labeller_left_open_is_empty_and_no_is_not() -> None:
    outcome = await outcome_of(
        "labels.v1",
        raw(label()),
        raw(label(intent="none", stage="use", needs_reply=False)),
        raw(label(needs_reply=True)),
    )
    rows = outcome.blocks["labels"].to_pylist()
    assert [(r["intent"], r["stage"], r["needs_reply"]) for r in rows] == [
        ("", "", ""),
        ("none", "use", "no"),
        ("", "", "yes"),
    ]


async def test_acts_nobody_judged_are_told_from_none_and_a_thumb_has_a_key_of_its_own() -> None:
    outcome = await outcome_of(
        "labels.v1",
        raw(label()),
        raw(label(acts=[], sentiment="positive", how="random", saw_model=True)),
        raw(label(acts=["question", "praise"], how="thumb")),
    )
    rows = outcome.blocks["labels"].to_pylist()
    columns = ("sentiment", "acts", "acts_judged", "how", "saw_model", "thumb")
    assert [tuple(row[column] for column in columns) for row in rows] == [
        ("", [], 0, "", 0, 0),
        ("positive", [], 1, "random", 1, 0),
        ("", ["question", "praise"], 1, "thumb", 0, 1),
    ]


@pytest.mark.parametrize(
    ("topic", "good"),
    [("orders.v1", order()), ("gestures.v1", gesture()), ("labels.v1", label())],
)
async def test_the_plan_accounts_for_every_record(topic: str, good: dict[str, Any]) -> None:
    outcome = await outcome_of(topic, raw(good), b"{", raw(good))
    table = topic.partition(".")[0]
    assert list(outcome.blocks) == ["dead_letters", table]
    counts = {name: getattr(outcome.plan, name) for name in ("orders", "gestures", "labels")}
    assert counts == {"orders": 0, "gestures": 0, "labels": 0} | {table: 2}
    assert (outcome.plan.records, outcome.plan.dead_letters) == (3, 1)


async def test_the_same_records_have_the_same_outcome() -> None:
    values = [raw(order(n)) for n in range(5)] + [b"{"]
    first, second = [await outcome_of("orders.v1", *values) for _ in range(2)]
    assert first.plan == second.plan
    assert all(first.blocks[t].equals(second.blocks[t]) for t in first.blocks)


def pipeline_over(clickhouse: MemoryClickHouse, worker: str) -> Pipeline:
    async def topic_id(_: str) -> str:
        return "topic-1"

    async def announce(*_: object) -> None:
        return None

    return Pipeline(
        clickhouse=clickhouse,  # type: ignore[arg-type]
        open_partition=lambda origin: BusinessBatches(origin, worker=worker),
        topic_id=topic_id,
        announce=announce,
        options=PipelineOptions(),
    )


@pytest.mark.parametrize("table", ["orders", "dead_letters"])
@pytest.mark.parametrize("fate", ["unheard", "torn"])
async def test_a_worker_that_died_at_an_insert_leaves_each_order_once(
    table: str, fate: str
) -> None:
    clickhouse = MemoryClickHouse(Trouble("insert", table, fate))
    log = [FakeRecord(n, raw(order(n)) if n != 4 else b"{") for n in range(9)]
    stored = []
    for worker in ("first", "second"):
        pipeline = pipeline_over(clickhouse, worker)
        delivery = PartitionDelivery(TP("orders.v1", 0), 0, max_records=3 if not stored else 100)
        delivery.follow_plan(await pipeline.planned_spans("orders.v1", 0, 0))
        for batch in list(delivery.cut(list(log))):  # type: ignore[arg-type]
            try:
                await pipeline.process(batch)
            except ConnectionError:
                break
        stored.append(clickhouse.stored("orders"))
    assert stored[-1] == [(0, n) for n in range(9) if n != 4]
    assert clickhouse.stored("dead_letters") == [(0, 4)]
    assert delivery.committable == 9


def test_orders_survive_the_way_through_json() -> None:
    text = msgspec.json.encode(msgspec.json.decode(raw(order()), type=Order))
    assert msgspec.json.decode(text, type=Order).amount == "19.90"
