"""Several tasks of one source, heard through one bounded queue."""

import asyncio
from collections.abc import Collection
from typing import TypeVar

_T = TypeVar("_T")


async def arrivals(
    queue: "asyncio.Queue[_T]", tasks: Collection["asyncio.Task[None]"], most: int
) -> list[_T]:
    """What has arrived, at least one and at most `most`; empty once every task has ended.

    Raises what a task raised, after everything that was put before.
    """
    found: list[_T] = []
    while queue.empty():
        for task in tasks:
            if task.done():
                task.result()
        running = [task for task in tasks if not task.done()]
        if not running:
            return found
        first = asyncio.create_task(queue.get())
        try:
            await asyncio.wait((first, *running), return_when=asyncio.FIRST_COMPLETED)
            if first.done():
                found.append(first.result())
                break
        finally:
            first.cancel()
    while len(found) < most and not queue.empty():
        found.append(queue.get_nowait())
    return found


async def end(tasks: Collection["asyncio.Task[None]"]) -> None:
    """Cancel the tasks and wait for them; what they raised was heard or is too late to matter."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
