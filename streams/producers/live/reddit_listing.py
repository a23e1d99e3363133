"""One Reddit listing, polled so that every item comes once: overlaps, gaps and dead pivots."""

import asyncio
import logging
import time
from dataclasses import dataclass, field

from schemas.mention import Deletion, Mention
from streams.producers.live.contract import MAPPING_ERRORS, PayloadError, kept
from streams.producers.live.reddit_client import PAGE, Page, RedditClient, UnreadableError
from streams.producers.live.reddit_mapping import Thing, event_of, read_thing
from streams.producers.live.reddit_window import OVERLAP, Window, base36
from streams.producers.live.source import Unmapped

MAX_PAGES = 10  # Reddit lists about a thousand items and no more
_WHOLE_EVERY = 10  # polls: once in so many the newest page is read whole, for edits and deletions
_LISTED_NEARLY_ALL = 900
_TARGET = PAGE / 2  # new items per poll that the interval aims at: room for twice the rate
_RATE_MEMORY = 0.7

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """Part of what a poll brought, oldest first; the window holds it already."""

    events: list[Mention | Deletion] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    known: int = 0  # items that were seen before


@dataclass
class Listing:
    """`path` of Reddit, read on a schedule of its own."""

    path: str
    prefix: str  # of full names: t1 or t3
    shortest_sec: float
    longest_sec: float
    window: Window
    gaps: int = 0  # times that items between two polls could not be had any more
    due: float = 0.0  # by time.monotonic
    polls: int = 0
    _per_sec: float = 0.0
    _polled: float | None = None
    _bad: dict[bytes, None] = field(default_factory=dict)

    async def poll(self, client: RedditClient) -> list[list[Thing] | Unmapped]:
        """What came since the last poll: bad payloads, then things oldest first, page by page.

        Sets when to poll next. Nothing is taken into the window: `take` does that.
        """
        self.polls += 1
        things: dict[int, Thing] = {}
        bad: list[Unmapped] = []
        try:
            again, is_read = await self._read(client, things, bad), True
        except UnreadableError as error:
            # Half of a way back must not count as the whole: the next poll begins it anew.
            things.clear()
            bad.append(Unmapped(kept(error.payload), f"{self.path}: {error}"))
            again = is_read = False
        wanted = [
            things[number]
            for number in sorted(things)
            if self.window.is_new or self.window.wants(number, things[number].state)
        ]
        if self.window.is_new and is_read:
            # Also when nothing is there yet: whatever comes is then news.
            self.window.begin_above(min(things, default=1) - 1)
        self._schedule(wanted, again=again)
        pages = [wanted[first : first + PAGE] for first in range(0, len(wanted), PAGE)]
        return [*bad, *pages]

    def take(self, things: list[Thing]) -> Step:
        """The events of `things`, now remembered as seen."""
        step = Step()
        for thing in things:
            self.window.take(thing.number, thing.state)
            try:
                step.events.append(event_of(thing))
            except MAPPING_ERRORS as error:
                step.unmapped.append(Unmapped(kept(thing.payload), f"{self.path}: {error}"))
        return step

    async def _read(
        self, client: RedditClient, things: dict[int, Thing], bad: list[Unmapped]
    ) -> bool:
        """Fill `things` until they join what was seen; whether more is to be had at once."""
        pivot = None if self.polls % _WHOLE_EVERY == 0 else self.window.pivot()
        if pivot is not None:
            page = await client.page(self.path, before=f"{self.prefix}_{base36(pivot)}")
            known, fresh = self._sort(page, things, bad)
            if known:
                # Before a pivot Reddit gives the items next to it, so a full page has more above.
                return len(page.items) >= PAGE and fresh > 0
            # Known items are newer than the pivot and none came: the pivot was deleted.
        page = await client.page(self.path)
        joins = 0 if self.window.is_new else max(1, min(OVERLAP, len(self.window.states)))
        known, _ = self._sort(page, things, bad)
        pages, listed = 1, len(page.items)
        while known < joins and page.after is not None and page.items and pages < MAX_PAGES:
            page = await client.page(self.path, after=page.after, count=str(listed))
            more, _ = self._sort(page, things, bad)
            known += more
            pages += 1
            listed += len(page.items)
        if known < joins and (page.after is not None or listed >= _LISTED_NEARLY_ALL):
            self.gaps += 1
            logger.warning(
                "reddit %s: a gap could not be closed, %d items back nothing was known; "
                "items between %s and the oldest of them are missing",
                self.path,
                listed,
                base36(self.window.newest),
            )
        return False

    def _sort(self, page: Page, things: dict[int, Thing], bad: list[Unmapped]) -> tuple[int, int]:
        """Read a page into `things`; how many items are known, and how many are not."""
        known = fresh = 0
        for payload in page.items:
            try:
                thing = read_thing(payload)
                if not thing.data.name.startswith(self.prefix):
                    raise PayloadError(f"{thing.data.name} is not a {self.prefix}")
            except MAPPING_ERRORS as error:
                if self._is_first(payload):
                    bad.append(Unmapped(kept(payload), f"{self.path}: {error}"))
                continue
            things.setdefault(thing.number, thing)
            if not self.window.is_new and self.window.knows(thing.number):
                known += 1
            else:
                fresh += 1
        return known, fresh

    def _is_first(self, payload: bytes) -> bool:
        """Whether this bad payload is not one that the poll before brought too."""
        first = payload not in self._bad
        self._bad[payload] = None
        while len(self._bad) > PAGE:
            del self._bad[next(iter(self._bad))]
        return first

    def _schedule(self, wanted: list[Thing], *, again: bool) -> None:
        """The next poll: when about _TARGET new items will be there."""
        moment = time.monotonic()
        if self._polled is None:  # the rate at which they were written
            written = [thing.data.created_utc for thing in wanted]
            elapsed_sec = max(written) - min(written) if written else self.longest_sec
        else:
            elapsed_sec = moment - self._polled
        rate = len(wanted) / max(elapsed_sec, 1.0)
        # Up at once, down slowly: too early costs a request, too late a gap.
        self._per_sec = max(rate, _RATE_MEMORY * self._per_sec + (1 - _RATE_MEMORY) * rate)
        self._polled = moment
        wait_sec = _TARGET / self._per_sec if self._per_sec else self.longest_sec
        wait_sec = min(max(wait_sec, self.shortest_sec), self.longest_sec)
        self.due = moment if again else moment + wait_sec

    async def wait(self) -> None:
        """Until the next poll is due."""
        await asyncio.sleep(max(0.0, self.due - time.monotonic()))
