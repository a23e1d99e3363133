"""What commands over stored data share: a connection, a period, a bar of progress."""

import asyncio
import logging
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import click

from streams import clock
from streams.asked import language_asked
from streams.errors import InputError, SinkUnavailableError
from streams.local import local_settings
from streams.settings import Settings

if TYPE_CHECKING:  # imported when a command runs: help needs none of it
    from streams.sinks.clickhouse import ClickHouse

T = TypeVar("T")

PATIENCE_SEC = 10.0  # of a person; a worker has more


def run(work: Callable[["ClickHouse", Settings], Awaitable[T]]) -> T:
    """What `work` returns, given ClickHouse and the settings of the local stack or environment.

    Raises SinkUnavailableError with the remedy.
    """
    from streams.sinks.clickhouse import ClickHouse

    if not logging.getLogger().isEnabledFor(logging.INFO):  # the error that ends it says enough
        logging.getLogger("streams.retry").setLevel(logging.ERROR)
    settings = replace(local_settings(), sink_deadline_sec=PATIENCE_SEC)

    async def whole() -> T:
        async with ClickHouse(settings) as clickhouse:
            return await work(clickhouse, settings)

    try:
        return asyncio.run(whole())
    except SinkUnavailableError as error:
        raise SinkUnavailableError(
            f"ClickHouse at {settings.clickhouse_url} did not do it within {PATIENCE_SEC:.0f} s"
            f" ({error}). Is it up (escucha status), and is ESCUCHA_CLICKHOUSE_URL right?"
        ) from error


async def tell_of_older(clickhouse: "ClickHouse", first: datetime) -> None:
    """A file of old posts is no reason to believe that rules match nothing."""
    from streams.listening import stored

    oldest = await stored.oldest_before(clickhouse, first)
    if oldest:
        from streams.modelling.lines_es import teller

        teller(err=True)(
            f"from {first:%Y-%m-%d} on; there are older ones: --since {oldest:%Y-%m-%d} for all"
        )


def bounds(days: int, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    """From when to when; `days` count where `since` is not given. Raises InputError."""
    last = clock.utc(until) if until else clock.now()
    first = clock.utc(since) if since else last - timedelta(days=days)
    if first >= last:
        raise InputError("--since is not before --until")
    return first, last


@contextmanager
def progress_bar(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, silence elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    from streams.modelling.lines_es import line_in

    label = line_in(what, language_asked())
    with click.progressbar(length=total, label=label, file=sys.stderr) as bar:
        yield lambda done: bar.update(done - bar.pos)
