"""Searches for the console: as ClickHouse's reader, within limits of time and of how many at once.

The rule language is imported at the first search, so that a console that never searches stays
small.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from typing import Final

from schemas.search import (
    PAGE_MENTIONS,
    Ask,
    Column,
    End,
    Failed,
    Format,
    Page,
    Place,
    Progress,
    RuleProblem,
    Step,
    Waiting,
)
from streams.errors import SinkRejectedError, SinkUnavailableError
from streams.listening.export_columns import COLUMNS
from streams.settings import Settings
from streams.sinks.clickhouse import ClickHouse

AT_ONCE: Final = 2  # searches; exports have as many turns of their own
PATIENCE_SEC: Final = 5.0  # with ClickHouse; a person waits
EXPORT_SEC: Final = 900.0
log = logging.getLogger(__name__)


class Searching:
    """What the console searches and exports with. Made once, for all who search."""

    def __init__(
        self, settings: Settings, *, elapsed_sec: Callable[[], float] = time.monotonic
    ) -> None:
        """Reads as the reader whom ClickHouse lets write nothing."""
        self._settings = replace(
            settings,
            clickhouse_user=settings.clickhouse_reader_user,
            clickhouse_password=settings.clickhouse_reader_password,
            sink_deadline_sec=PATIENCE_SEC,
        )
        self._elapsed_sec = elapsed_sec
        self._clickhouse: ClickHouse | None = None
        self._loading: asyncio.Future[None] | None = None
        self._searches = asyncio.Semaphore(AT_ONCE)
        self._exports = asyncio.Semaphore(AT_ONCE)

    @property
    def columns(self) -> Sequence[Column]:
        """Of exported files."""
        return COLUMNS

    @property
    def max_rows(self) -> int:
        """Of an exported file."""
        return self._settings.export_max_rows

    def prepare(self) -> None:
        """Load the rule language in a thread, unless it is there."""
        if self._loading is None:
            self._loading = asyncio.ensure_future(asyncio.to_thread(_load))

    async def problems(self, rule: str) -> Sequence[RuleProblem]:
        """What is wrong with a rule; nothing where it can be searched for."""
        return await asyncio.to_thread(_problems, rule)

    async def search(
        self, ask: Ask, after: Place | None, *, counts_all: bool
    ) -> AsyncIterator[Step]:
        """A page of what is found, then, if asked for, how much there is of it in all.

        Ends with End or Failed. Whoever stops listening stops the search.
        """
        if self._searches.locked():
            yield Waiting()
        async with self._searches:
            try:
                async for step in self._steps(ask, after, counts_all=counts_all):
                    yield step
            except SinkUnavailableError as error:
                log.warning("a search had to end: %s", error)
                yield Failed("database_away")
            except SinkRejectedError as error:
                log.warning("a search had to end: %s", error)
                yield Failed("query_refused")

    async def export(self, ask: Ask, form: Format) -> AsyncIterator[bytes]:
        """A whole file of what is found, newest first, at most `max_rows` rows.

        Raises SinkUnavailableError, SinkRejectedError or TimeoutError when it cannot be whole.
        """
        from streams.listening.exporting import written
        from streams.listening.hunt import Finder, Hunt

        async with self._exports, asyncio.timeout(EXPORT_SEC):
            finder = await asyncio.to_thread(Finder, ask.rule)
            hunt = Hunt(self._connected(), finder, ask)
            await hunt.plan()
            async for chunk in written(hunt, form, self.max_rows):
                yield chunk

    async def close(self) -> None:
        """Let go of ClickHouse."""
        if self._loading is not None:
            await self._loading
        if self._clickhouse is not None:
            clickhouse, self._clickhouse = self._clickhouse, None
            await clickhouse.__aexit__(None, None, None)

    def _connected(self) -> ClickHouse:
        if self._clickhouse is None:
            self._clickhouse = ClickHouse(self._settings)
        return self._clickhouse

    async def _steps(
        self, ask: Ask, after: Place | None, *, counts_all: bool
    ) -> AsyncIterator[Step]:
        from streams.listening.found import details
        from streams.listening.hunt import Finder, Hunt, places

        deadline = self._elapsed_sec() + self._settings.search_sec
        clickhouse = self._connected()
        finder = await asyncio.to_thread(Finder, ask.rule)
        hunt = Hunt(clickhouse, finder, ask, after)
        total = await hunt.plan()
        looked_at = found = 0
        reached_ms, is_exact, page_is_out = ask.until_ms, True, False
        first: list[Place] = []
        yield Progress(0, total, 0, reached_ms)
        async for look in hunt.looks():
            looked_at += look.looked_at
            found += look.found.num_rows
            reached_ms = look.reached_ms
            if not page_is_out:
                first += places(look.found.slice(0, PAGE_MENTIONS + 1))
                if len(first) > PAGE_MENTIONS:
                    page_is_out = True
                    shown = first[:PAGE_MENTIONS]
                    yield Page(await details(clickhouse, finder.rule, shown), str(shown[-1]))
            yield Progress(looked_at, total, found, reached_ms)
            if page_is_out and not counts_all:
                is_exact = False
                break
            if self._elapsed_sec() > deadline:
                is_exact = looked_at >= total
                break
        if not page_is_out:
            behind = None if is_exact else str(Place(reached_ms))
            yield Page(await details(clickhouse, finder.rule, first), behind)
        yield End(found, is_exact, looked_at, total, reached_ms)


def _load() -> None:
    from streams.listening.found import details
    from streams.listening.hunt import Finder

    _ = details, Finder


def _problems(rule: str) -> list[RuleProblem]:
    from streams.rules.entities import sensible
    from streams.rules.errors import RuleError
    from streams.rules.spanish import in_both

    if not rule.strip():
        return []
    try:
        sensible(rule)
    except RuleError as error:
        return [
            RuleProblem(
                one.start,
                one.end,
                in_both(one.message),
                in_both(one.remedy) if one.remedy else None,
            )
            for one in error.problems
        ]
    return []
