"""An agent that hands the record batches of its topics to a pipeline."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, cast

import faust
from faust import Stream
from faust.types import EventT, StreamT

from streams.delivery import RecordBatch
from streams.pipeline import Pipeline
from streams.transport import RecordBatchSchema


def register(
    app: faust.App,
    name: str,
    topics: Sequence[str],
    pipeline: Pipeline,
    fail: Callable[[BaseException], None],
) -> None:
    """Add the agent to `app`; the first error of the pipeline goes to `fail`, once for good.

    A batch that failed is not acknowledged, so nothing behind it is committed and the worker
    that takes its place reads it again.
    """
    channel = app.topic(*topics, schema=RecordBatchSchema(), internal=False)

    async def take(stream: StreamT[RecordBatch]) -> None:
        running: set[asyncio.Task[None]] = set()
        async for event in cast(Stream[RecordBatch], stream).noack().events():
            # As many at once as the transport lets in flight; the pipeline keeps the order.
            task = asyncio.create_task(process(event))
            running.add(task)
            task.add_done_callback(running.discard)

    async def process(event: EventT[Any]) -> None:
        try:
            await pipeline.process(cast(RecordBatch, event.value))
        except Exception as error:  # noqa: BLE001 - whatever it is, the worker must not go on
            fail(error)
        finally:
            event.ack()

    app.agent(channel, name=name)(take)
