"""Listen to RSS and Atom feeds: blogs, news, reviews.

Each feed is asked again every --poll-sec, or less often where it says that it changes less often;
one that fails is left alone for longer and longer and does not stop the others.

\b
Examples:
  escucha listen rss --feed https://blog.example/feed.xml --feed https://shop.example/reviews.atom
  escucha listen rss --feeds-file feeds.txt --since 2026-01-01
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import click
import msgspec

from streams.errors import InputError
from streams.producers.live.addresses import connector
from streams.producers.live.contract import PayloadError
from streams.producers.live.fan_in import arrivals, end
from streams.producers.live.http import USER_AGENT, HttpOptions, open_session
from streams.producers.live.options import private_networks_option, user_agent_option
from streams.producers.live.rss_feed import FeedState, News, rebuilt
from streams.producers.live.rss_mapping import SOURCE, Kind
from streams.producers.live.rss_poller import Health, Pace, Polled, Poller
from streams.producers.live.source import Cursor, Received, SourceRefusedError
from streams.producers.times import time_parser

_QUEUE_POLLS = 4
_BATCH_EVENTS = 100
_STALL_SEC = 300.0


_LIFE = Polled("", FeedState(), News())


@dataclass(frozen=True, kw_only=True)
class RssSource:
    """Many feeds, polled side by side."""

    feeds: tuple[str, ...]
    kind: Kind = "auto"
    since: datetime | None = None  # at first contact, entries before it are left out
    user_agent: str = USER_AGENT
    poll_sec: float = 900.0
    retry_sec: float = 60.0  # after a first failure; doubles from failure to failure
    longest_poll_sec: float = 4 * 3_600.0
    request_sec: float = 60.0
    most_at_once: int = 8
    private_networks: bool = False
    max_feed_bytes: int = 4 * 1024 * 1024
    life_sec: float = 30.0  # between signs of life, while at least one feed is well
    health: dict[str, Health] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The source of its mentions."""
        return SOURCE

    @property
    def scope(self) -> str:
        """Nothing: a cursor holds each feed on its own, so feeds may come and go."""
        return ""

    @property
    def stall_sec(self) -> float:
        """So long with every feed in trouble; it is rather the network."""
        return max(_STALL_SEC, 3 * self.life_sec)

    async def listen(self, cursor: Cursor | None) -> AsyncIterator[Received]:
        """What the feeds have that the cursor does not know."""
        saved: dict[str, Any] = dict((cursor or {}).get("feeds", {}))
        try:
            states = rebuilt(saved)
        except PayloadError as error:
            raise SourceRefusedError(f"{error}; --restart begins anew") from error
        queue: asyncio.Queue[Polled] = asyncio.Queue(_QUEUE_POLLS)
        options = HttpOptions(
            user_agent=self.user_agent,
            total_sec=None,
            read_sec=self.request_sec,
            max_response_bytes=self.max_feed_bytes,
        )
        turns = asyncio.Semaphore(self.most_at_once)
        reachable = connector(self.feeds, private_networks=self.private_networks)
        async with open_session(options, reachable) as session:
            tasks = [
                asyncio.create_task(
                    Poller(
                        feed=feed,
                        state=states.get(feed, FeedState()),
                        health=self.health.setdefault(feed, Health()),
                        pace=Pace(
                            poll_sec=self.poll_sec,
                            retry_sec=self.retry_sec,
                            longest_sec=self.longest_poll_sec,
                        ),
                        kind=self.kind,
                        since=self.since,
                        session=session,
                        options=options,
                        request_sec=self.request_sec,
                        turns=turns,
                        queue=queue,
                    ).run()
                )
                for feed in self.feeds
            ]
            living = asyncio.create_task(self._live(queue))
            try:
                while polled := await arrivals(queue, tasks, 1):
                    if polled[0] is _LIFE:
                        yield Received()
                        continue
                    saved[polled[0].feed] = msgspec.to_builtins(polled[0].state)
                    for received in _received(polled[0].news, {"feeds": dict(saved)}):
                        yield received
            finally:
                await end((*tasks, living))
        raise SourceRefusedError("every feed is gone for good; give other ones with --feed")

    async def _live(self, queue: "asyncio.Queue[Polled]") -> None:
        """Say so from time to time while at least one feed is well."""
        while True:
            await asyncio.sleep(self.life_sec)
            if queue.empty() and any(it.is_well for it in self.health.values()):
                await queue.put(_LIFE)


def _received(news: News | None, cursor: Cursor) -> list[Received]:
    """Steps of bounded size; the place is reached with the last one. None after a failure."""
    if news is None:
        return []
    batches = [
        news.mentions[start : start + _BATCH_EVENTS]
        for start in range(0, len(news.mentions), _BATCH_EVENTS)
    ] or [[]]
    steps = [Received(batch) for batch in batches[:-1]]
    return [*steps, Received(batches[-1], cursor, news.unmapped, news.skipped)]


OPTIONS: tuple[click.Parameter, ...] = (
    click.Option(["--feed", "feeds"], multiple=True, help="Address of a feed; repeat for more."),
    click.Option(
        ["--feeds-file"],
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="A file with an address a line; # begins a comment.",
    ),
    click.Option(
        ["--kind"],
        type=click.Choice(["auto", "post", "review"]),
        default="auto",
        show_default=True,
        help="What the entries are; auto takes those with a rating for reviews.",
    ),
    click.Option(
        ["--since"],
        help="When a feed is read for the first time, leave out entries before this date.  "
        "[default: take what the feed has]",
    ),
    click.Option(
        ["--poll-sec"],
        type=click.FloatRange(min=10),
        default=900.0,
        show_default=True,
        help="How often to ask each feed; a feed may ask for more patience.",
    ),
    user_agent_option(),
    private_networks_option(),
)


def from_options(
    *,
    feeds: Sequence[str],
    feeds_file: Path | None,
    kind: str,
    since: str | None,
    poll_sec: float,
    user_agent: str,
    private_networks: bool = False,
) -> RssSource:
    """The source that the options ask for; raises InputError for those that make no sense."""
    found = [_address(feed, "--feed") for feed in feeds]
    if feeds_file is not None:
        found += _from_file(feeds_file)
    if not found:
        raise InputError("no feed: name at least one with --feed or --feeds-file")
    try:
        moment = time_parser()(since) if since else None
    except ValueError as error:
        raise InputError(f"--since: {error}; write it as 2026-01-31") from error
    return RssSource(
        feeds=tuple(dict.fromkeys(found)),
        kind=cast(Kind, kind),
        since=moment,
        poll_sec=poll_sec,
        user_agent=user_agent,
        private_networks=private_networks,
    )


def _from_file(path: Path) -> list[str]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from error
    return [
        _address(line.strip(), f"{path}, line {number}")
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]


def _address(feed: str, place: str) -> str:
    try:
        parts = urlsplit(feed)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc or len(feed.split()) != 1:
        raise InputError(f"{place}: {feed!r} is no address; write it as https://blog.example/feed")
    return feed
