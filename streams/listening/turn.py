"""One at a time rewrites stored mentions.

Re-running rules and judging anew both read a row, change their part of it and write it back. Two
at once would each write back the other's part as it was. So each asks for its turn, which ends
when it is done, or by itself a while after its process was killed.
"""

import asyncio
import logging
import os
import random
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from secrets import token_hex

import pyarrow as pa

from streams.errors import InputError, SinkUnavailableError
from streams.sinks.clickhouse import ClickHouse

TTL_SEC = 30  # after which a turn that is not renewed is over
PATIENCE_SEC = 40.0  # outlasts the turn of a process that was killed
ASK_EVERY_SEC = 1.0

log = logging.getLogger(__name__)


class Turn:
    """The right to rewrite stored mentions; `keep` it before each write."""

    def __init__(self, clickhouse: ClickHouse, what: str) -> None:
        self._clickhouse = clickhouse
        self._what = what
        self._holder = _name()

    async def keep(self) -> None:
        """Return with enough time left for a write; raises InputError when the turn is over."""
        left_sec, others = await self._look()
        if left_sec < TTL_SEC / 2 or others:
            raise InputError(
                f"{self._what} stood still and its turn is over{_by(others)}; run it again, it"
                " goes on where it was"
            )
        await self.say(ended=False)

    async def others(self) -> list[str]:
        """What else has a turn or asks for one."""
        return (await self._look())[1]

    async def say(self, *, ended: bool) -> None:
        """Let the others know."""
        row = {
            "holder": [self._holder],
            "what": [self._what],
            "ended": pa.array([int(ended)], pa.uint8()),
        }
        await self._clickhouse.put("rewrites", pa.table(row))

    async def step_back(self) -> None:
        """End the turn; what ended stays ended, so the next one has another name."""
        await self.say(ended=True)
        self._holder = _name()

    async def renew(self) -> None:
        """Keep the turn for ever; ends when it is lost, which the next `keep` says."""
        while True:
            await asyncio.sleep(TTL_SEC / 5)
            with suppress(SinkUnavailableError):  # the work itself has more to say of that
                try:
                    await self.keep()
                except InputError:
                    return

    async def _look(self) -> tuple[float, list[str]]:
        """How long the own turn still lasts, by ClickHouse's clock, and who else is there."""
        rows = await self._clickhouse.rows(_ALIVE, {"ttl": TTL_SEC})
        own = [float(left) for holder, _, left in rows if holder == self._holder]
        others = [f"{what} ({holder})" for holder, what, _ in rows if holder != self._holder]
        return (own[0] if own else 0.0), others


@asynccontextmanager
async def turn(clickhouse: ClickHouse, what: str) -> AsyncIterator[Turn]:
    """Wait until nobody else rewrites stored mentions, and be the one who does.

    Raises InputError when somebody still does after `PATIENCE_SEC`.
    """
    mine = Turn(clickhouse, what)
    await _win(mine)
    renewing = asyncio.create_task(mine.renew())
    try:
        yield mine
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        await mine.step_back()


async def _win(mine: Turn) -> None:
    """Said before looked: of two who ask at once at least one sees the other, and steps back."""
    deadline = time.monotonic() + PATIENCE_SEC
    told = False
    while True:
        if not await mine.others():
            await mine.say(ended=False)
            others = await mine.others()
            if not others:
                return
            await mine.step_back()
        others = await mine.others()
        if time.monotonic() > deadline:
            raise InputError(
                "one at a time rewrites stored mentions, and somebody does"
                f"{_by(others)}; try again when it has ended"
            )
        if not told and others:
            log.warning("waiting for its turn%s", _by(others))
            told = True
        await asyncio.sleep(ASK_EVERY_SEC * random.uniform(0.5, 1.5))  # noqa: S311 - no secret


def _name() -> str:
    return f"{socket.gethostname()}-{os.getpid()}-{token_hex(4)}"


def _by(others: list[str]) -> str:
    return f": {', '.join(others)}" if others else ""


_ALIVE = """
SELECT
    holder,
    any(what),
    {ttl:UInt32} - dateDiff('millisecond', max(seen_at), now64(3)) / 1000 AS left
FROM rewrites
GROUP BY holder
HAVING max(ended) = 0 AND left > 0
ORDER BY holder
"""
