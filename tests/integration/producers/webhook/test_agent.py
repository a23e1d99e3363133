"""The agent of business events in a running Faust app: all its topics, each record once."""

import asyncio
import itertools
from typing import Any, cast

from faust.types import TP

from streams.agents import batches
from streams.app import faust_app
from streams.batches.business import BusinessBatches
from streams.delivery import BatchOptions, Span
from streams.pipeline import Pipeline, PipelineOptions
from streams.sinks.clickhouse import ClickHouse
from streams.steps.business import KIND_OF_TOPIC
from streams.topic_admin import TopicAdmin, TopicIds
from streams.transport import Transport
from tests.integration.producers.webhook.helpers import ReceiverProcess, Stack

PATIENCE_SEC = 40.0
_groups = itertools.count(1)


async def run_until(stack: Stack, worker: str, query: str, wanted: tuple[Any, ...]) -> None:
    """Run the agent in a group of its own until a query answers as wanted."""
    settings = stack.settings
    failures: list[BaseException] = []

    async def announce(*_: object) -> None:
        return None

    async with ClickHouse(settings) as clickhouse:
        app = faust_app(settings)
        app.conf.id = f"business-{next(_groups)}"
        pipeline = Pipeline(
            clickhouse=clickhouse,
            open_partition=lambda origin: BusinessBatches(origin, worker=worker),
            topic_id=TopicIds(TopicAdmin(settings.kafka), 10.0),
            announce=announce,
            options=PipelineOptions(),
        )

        async def planned_spans(tp: TP, position: int) -> list[Span]:
            return await pipeline.planned_spans(tp.topic, tp.partition, position)

        transport = cast(Transport, app.transport)
        transport.options = BatchOptions(max_records=50)
        transport.planned_spans = planned_spans
        batches.register(app, "business", list(KIND_OF_TOPIC), pipeline, failures.append)
        starting = asyncio.create_task(app.start())
        try:
            async with asyncio.timeout(PATIENCE_SEC):
                while await asyncio.to_thread(stack.rows, query) != [wanted]:
                    assert not failures, failures
                    await asyncio.sleep(0.2)
        finally:
            await app.stop()
            await asyncio.wait([starting], timeout=5)
        assert not failures


async def test_orders_gestures_and_labels_are_stored_by_one_agent(
    stack: Stack, receiver: ReceiverProcess
) -> None:
    moment = "2026-07-04T10:00:00Z"
    bought = [
        {
            "order_id": f"ag-{n}",
            "author_id": f"ag-{n % 11}",
            "ordered_at": moment,
            "amount": "0.10",
            "currency": "EUR",
        }
        for n in range(200)
    ]
    given = [
        {
            "gesture_id": f"ag-{n}",
            "author_id": f"ag-{n}",
            "given_at": moment,
            "cost": "1",
            "currency": "EUR",
        }
        for n in range(20)
    ]
    said = [
        {"mention_id": f"ag:{n}", "labeller": "a", "labelled_at": moment, "guide_version": "3"}
        for n in range(20)
    ]
    for path, events in (("orders", bought), ("gestures", given), ("labels", said)):
        assert receiver.post(f"/v1/{path}", events)[0] == 202
    query = """
        SELECT
            (SELECT count() FROM orders WHERE startsWith(order_id, 'ag-')),
            (SELECT count() FROM gestures WHERE startsWith(gesture_id, 'ag-')),
            (SELECT count() FROM labels WHERE startsWith(mention_id, 'ag:')),
            (SELECT toString(sum(amount)) FROM orders FINAL WHERE startsWith(order_id, 'ag-'))
    """
    await run_until(stack, "first", query, (200, 20, 20, "20"))
    # Another group begins at the first offset again, finds all of it planned, and goes on.
    more = [event | {"order_id": f"ag-more-{n}"} for n, event in enumerate(bought[:50])]
    assert receiver.post("/v1/orders", more)[0] == 202
    await run_until(stack, "second", query, (250, 20, 20, "25"))
