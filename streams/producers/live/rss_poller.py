"""One feed, read again and again at its own pace, whatever becomes of the others."""

import asyncio
import logging
import random
import time
from dataclasses import dataclass
from datetime import datetime

import aiohttp
import msgspec

from streams import clock
from streams.producers.live.http import HttpOptions
from streams.producers.live.rss_feed import FeedState, News, news_of
from streams.producers.live.rss_fetch import FeedGoneError, FetchedFeed, fetch_feed, shown_url
from streams.producers.live.rss_mapping import Kind, NotAFeedError, parse_feed
from streams.producers.live.source import SourceError, SourceUnavailableError

log = logging.getLogger(__name__)

_MARK_CHARS = 1_000
_TURNS_TO_LONGEST = 16
_LONGEST_LEAVE_SEC = 86_400.0


@dataclass
class Health:
    """How a feed has been in this process."""

    failures: int = 0  # in a row
    is_well: bool = False  # the last poll went well
    ttl_sec: float = 0.0  # as the feed last said
    due_sec: float = 0.0  # of the monotonic clock


@dataclass(frozen=True, slots=True)
class Polled:
    """What became of one poll."""

    feed: str
    state: FeedState
    news: News | None  # None after a failure: no sign of life


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often a feed is asked; all with some jitter."""

    poll_sec: float
    retry_sec: float  # after a first failure; doubles from failure to failure
    longest_sec: float  # whatever a feed's time to live or a row of failures asks for


@dataclass(kw_only=True)
class Poller:
    """Puts what becomes of each poll of `feed` into `queue`, which is bounded."""

    feed: str
    state: FeedState
    health: Health
    pace: Pace
    kind: Kind
    since: datetime | None
    session: aiohttp.ClientSession
    options: HttpOptions
    request_sec: float
    turns: asyncio.Semaphore  # how many feeds may be read at once
    queue: "asyncio.Queue[Polled]"

    async def run(self) -> None:
        """Poll until the feed is gone for good; no fault of the feed ends it otherwise."""
        wait_sec = self.state.not_before_sec - clock.now().timestamp()
        soonest_sec = time.monotonic() + min(wait_sec, _LONGEST_LEAVE_SEC)
        self.health.due_sec = max(self.health.due_sec, soonest_sec)
        if self.state.is_gone:
            log.warning("%s is gone for good: take it off the list", shown_url(self.feed))
            return
        while not self.state.is_gone:
            await asyncio.sleep(max(self.health.due_sec - time.monotonic(), 0.0))
            news = await self._poll()
            await self.queue.put(Polled(self.feed, self.state, news))

    async def _poll(self) -> News | None:
        try:
            async with self.turns:
                fetched = await fetch_feed(
                    self.session,
                    self.options,
                    self.state.url or self.feed,
                    etag=self.state.etag,
                    modified=self.state.modified,
                    total_sec=self.request_sec,
                )
                # Parsing takes its time.
                news = await asyncio.to_thread(self._read, fetched)
        except FeedGoneError as error:
            log.warning("%s: take it off the list", error)
            self.health.is_well = False
            self.state = FeedState(is_gone=True)
            return News()
        except (SourceError, NotAFeedError) as error:
            self._failed(error)
            return None
        self._succeeded(fetched, news)
        return news

    def _read(self, fetched: FetchedFeed) -> News:
        if fetched.body is None:
            return News(seen=self.state.seen)
        parsed = parse_feed(fetched.body, fetched.url, fetched.headers)
        self.health.ttl_sec = parsed.ttl_sec
        return news_of(parsed, self.state, kind=self.kind, since=self.since, now=clock.now())

    def _succeeded(self, fetched: FetchedFeed, news: News) -> None:
        state, health, pace = self.state, self.health, self.pace
        if fetched.moved_to:
            log.warning(
                "%s has moved for good to %s", shown_url(self.feed), shown_url(fetched.moved_to)
            )
        url = fetched.moved_to or state.url
        if fetched.body is None:  # not changed: the marks stay, said again or not
            self.state = msgspec.structs.replace(state, url=url, not_before_sec=0)
        else:
            self.state = FeedState(
                url=url,
                etag=_mark(fetched, "ETag"),
                modified=_mark(fetched, "Last-Modified"),
                is_known=True,
                seen=news.seen,
            )
        if health.failures:
            log.warning("%s answers again after %d failures", shown_url(self.feed), health.failures)
        health.failures, health.is_well = 0, True
        asked_sec = min(max(fetched.pause_sec, health.ttl_sec), pace.longest_sec)
        pause_sec = max(pace.poll_sec, asked_sec) * random.uniform(0.9, 1.1)  # noqa: S311
        health.due_sec = time.monotonic() + pause_sec

    def _failed(self, error: SourceError | NotAFeedError) -> None:
        health, pace = self.health, self.pace
        if not health.failures:
            log.warning(
                "%s: %s; it is tried again, the other feeds go on", shown_url(self.feed), error
            )
        turns = min(health.failures, _TURNS_TO_LONGEST)
        health.failures, health.is_well = health.failures + 1, False
        asked_sec = error.retry_after_sec if isinstance(error, SourceUnavailableError) else None
        pause_sec = min(pace.retry_sec * 2**turns, pace.longest_sec)
        pause_sec = max(pause_sec, asked_sec or 0.0) * random.uniform(1.0, 1.25)  # noqa: S311
        health.due_sec = time.monotonic() + pause_sec
        # Only what the server asked for outlives a restart.
        not_before = int(clock.now().timestamp() + asked_sec) if asked_sec else 0
        self.state = msgspec.structs.replace(self.state, not_before_sec=not_before)


def _mark(fetched: FetchedFeed, name: str) -> str:
    """A header to send back; a mark too long to keep is none."""
    mark = fetched.headers.get(name, "")
    return mark if len(mark) <= _MARK_CHARS else ""
