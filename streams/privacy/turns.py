"""Erasing people and rewriting others' rows take turns.

Who rewrites a page has read it some time before. If somebody was forgotten in between, the page
would bring them back: as an author, or as a name in another's text. So both sides say in
`upkeep_marks` what they are about to do, and then look whether the other is at it; forgetting goes
first. A turn that nobody ends, of a process that was killed, ends by itself.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final
from uuid import uuid4

from clickhouse_connect.driver.client import Client

from streams.sinks.clickhouse import ClickHouse

FORGETTING: Final = "turn of forget "
REWRITING: Final = "turn of backfill "
FORGETTING_SEC: Final = 3_600  # anew for each place
REWRITING_SEC: Final = 180
# A page that is not written by then is read again: what is left covers the insert and its retries.
USABLE_SEC: Final = 60.0
LOOK_AGAIN_SEC: Final = 0.2

# The clock is the server's. A turn that has ended has a mark of 1970.
_BEGIN = (
    "INSERT INTO upkeep_marks (job, mark)"
    " SELECT {job:String}, now64(3) + toIntervalSecond({seconds:UInt32})"
)
_END = "INSERT INTO upkeep_marks (job, mark) VALUES ({job:String}, toDateTime64(0, 3, 'UTC'))"
_CLEAN = "DELETE FROM upkeep_marks WHERE startsWith(job, {job:String})"
_UNTIL = (
    "SELECT count(), toString(max(until)) FROM (SELECT job, max(mark) AS until FROM upkeep_marks"
    " WHERE startsWith(job, {job:String})"
    " GROUP BY job HAVING max(mark) > now64(3) AND min(mark) > toDateTime64(0, 3, 'UTC'))"
)


class PageTooOldError(Exception):
    """A page was read so long ago that it has to be read again."""


class Rewriting:
    """The turns of one run that rewrites rows, a page at a time."""

    def __init__(
        self, clickhouse: ClickHouse, say: Callable[[str], None] = lambda _line: None
    ) -> None:
        self._clickhouse, self._say = clickhouse, say
        self._job = f"{REWRITING}{uuid4()} "
        self._pages = 0
        self._began = 0.0

    @asynccontextmanager
    async def page(self) -> AsyncIterator[None]:
        """Hold off who forgets, for one page: read it and write it within.

        Waits first until nobody is being forgotten.
        """
        job = await self._begin()
        try:
            yield
        finally:
            await self._clickhouse.rows(_END, {"job": job})

    async def _begin(self) -> str:
        told = False
        while True:
            self._pages += 1
            job = f"{self._job}{self._pages}"
            self._began = time.monotonic()
            await self._clickhouse.rows(_BEGIN, {"job": job, "seconds": REWRITING_SEC})
            [[others, until]] = await self._clickhouse.rows(_UNTIL, {"job": FORGETTING})
            if not others:
                return job
            await self._clickhouse.rows(_END, {"job": job})
            if not told:
                self._say(
                    "waits until escucha forget is done; if it was killed, run it again, or wait"
                    f" until {until} UTC"
                )
                told = True
            await asyncio.sleep(LOOK_AGAIN_SEC)

    def check(self) -> None:
        """To be called before the page is written; raises PageTooOldError."""
        if time.monotonic() - self._began > USABLE_SEC:
            raise PageTooOldError

    async def clean(self) -> None:
        """Leave no marks behind."""
        await self._clickhouse.rows(_CLEAN, {"job": self._job})


class Statements:
    """The turns of one run that rewrites rows by statements; it never waits."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._job = f"{REWRITING}{uuid4()} "
        self._pages = 0

    @contextmanager
    def page(self) -> Iterator[bool]:
        """Hold off who forgets for one statement; says whether somebody is being forgotten."""
        self._pages += 1
        job = {"job": f"{self._job}{self._pages}"}
        self._client.command(_BEGIN, {**job, "seconds": REWRITING_SEC})
        try:
            [[others, _]] = self._client.query(_UNTIL, {"job": FORGETTING}).result_rows
            yield bool(others)
        finally:
            self._client.command(_END, job)

    def clean(self) -> None:
        """Leave no marks behind."""
        self._client.command(_CLEAN, {"job": self._job})


class Forgetting:
    """The turn of one run of `forget`."""

    def __init__(self, client: Client, say: Callable[[str], None]) -> None:
        self._client, self._say = client, say
        self._job = f"{FORGETTING}{uuid4()}"

    def go_on(self) -> None:
        """Hold off who rewrites for another while."""
        self._client.command(_BEGIN, {"job": self._job, "seconds": FORGETTING_SEC})

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Return once no page is being rewritten; none is until the block ends."""
        self.go_on()
        try:
            self._wait()
            yield
        finally:
            self._client.command(_END, {"job": self._job})
            self._client.command(_CLEAN, {"job": self._job})

    def _wait(self) -> None:
        told = False
        while True:
            [[others, until]] = self._client.query(_UNTIL, {"job": REWRITING}).result_rows
            if not others:
                return
            if not told:
                self._say(f"waits for a page of escucha rules backfill, at most until {until} UTC")
                told = True
            time.sleep(LOOK_AGAIN_SEC)
