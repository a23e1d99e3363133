"""YouTube: comments below videos, or below everything of a channel, with replies and edits.

Key: ESCUCHA_YOUTUBE_API_KEY, made at https://console.cloud.google.com with YouTube Data API v3
enabled. The first run begins with the newest hundred threads; replies are watched for in the
newest hundred. The polls of a day are spread so that the daily quota lasts.
"""

import asyncio
import logging
import re
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace

import click

from schemas.mention import Mention
from streams.errors import InputError
from streams.producers.live.contract import MAPPING_ERRORS, kept
from streams.producers.live.http import HttpOptions, open_session
from streams.producers.live.options import user_agent_option
from streams.producers.live.secrets import needed_secret
from streams.producers.live.source import Cursor, Received, Unmapped
from streams.producers.live.youtube_client import (
    ClosedError,
    PassingError,
    Quota,
    UnreadableError,
    YouTubeClient,
)
from streams.producers.live.youtube_mapping import (
    SOURCE,
    Comment,
    Thread,
    event_of,
    read_comment,
    read_thread,
)
from streams.producers.live.youtube_watch import Watch, second_of

API_URL = "https://youtube.googleapis.com"
MAX_PAGES = 50  # of threads between two polls
MAX_REPLY_PAGES = 20
_VIDEO = re.compile(r"(?:[?&]v=|youtu\.be/|/shorts/|/live/|^)([A-Za-z0-9_-]{11})(?=$|[?&/#])")
_CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{22}")
_CHUNK_THREADS = 20  # per step: each step is a place to resume at
_CLOSED_AGAIN_SEC = 3_600.0  # comments that are off may be turned on

OPTIONS: Sequence[click.Parameter] = (
    click.Option(
        ["--video", "videos"],
        multiple=True,
        help="A video's id or address; may be given several times.",
    ),
    click.Option(
        ["--channel", "channels"],
        multiple=True,
        help="A channel's id (UC…): comments below all it has; may be given several times.",
    ),
    click.Option(
        ["--poll-sec"],
        type=click.FloatRange(min=1, max=900),
        default=60.0,
        show_default=True,
        help="Pause between two rounds; longer when the quota would not last the day.",
    ),
    click.Option(
        ["--daily-units"],
        type=click.IntRange(min=1),
        default=10_000,
        show_default=True,
        help="Quota of the key that may be used in a day; a page costs one unit.",
    ),
    click.Option(
        ["--api-url"],
        default=API_URL,
        show_default=True,
        help="Where the API answers; a proxy's address, for example. It is sent the key.",
    ),
    user_agent_option(),
)

logger = logging.getLogger(__name__)


def from_options(
    *,
    videos: Sequence[str],
    channels: Sequence[str],
    poll_sec: float,
    daily_units: int,
    api_url: str,
    user_agent: str,
) -> "YouTube":
    """The source; raises InputError for what is no id, SettingsError without a key."""
    if not videos and not channels:
        raise InputError("give what to listen to: --video ID or --channel UC…")
    for channel in channels:
        if not _CHANNEL.fullmatch(channel):
            raise InputError(
                f"--channel {channel!r}: not a channel's id; it begins with UC and has 24 "
                "characters (on the channel's page: More, Share channel, Copy channel ID)"
            )
    return YouTube(
        videos=tuple(_video_id(video) for video in videos),
        channels=tuple(channels),
        api_key=needed_secret(
            SOURCE, "api_key", "make a key at https://console.cloud.google.com/apis/credentials"
        ),
        poll_sec=poll_sec,
        daily_units=daily_units,
        api_url=api_url.rstrip("/"),
        http=HttpOptions(user_agent=user_agent),
    )


def _video_id(raw: str) -> str:
    found = re.search(
        r"(?:[?&]v=|youtu\.be/|/shorts/|/live/|^)([A-Za-z0-9_-]{11})(?=$|[?&/#])", raw
    )
    if not found:
        raise InputError(f"--video {raw!r}: neither a video's id (11 characters) nor its address")
    return found[1]


@dataclass(frozen=True, kw_only=True)
class YouTube:
    """Listens to comments of `videos` and of all videos of `channels`."""

    videos: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    api_key: str = field(repr=False)
    poll_sec: float = 60.0
    longest_sec: float = 900.0  # between two rounds, when the quota has to last
    daily_units: int = 10_000
    api_url: str = API_URL
    http: HttpOptions = field(default_factory=HttpOptions)

    @property
    def name(self) -> str:
        """The SourceName of its events."""
        return SOURCE

    @property
    def scope(self) -> str:
        """Videos and channels, in an order of their own."""
        return " ".join(sorted({*self.videos, *self.channels}))

    @property
    def stall_sec(self) -> float:
        """Two of the longest pauses, and some requests."""
        return 2 * max(self.poll_sec, self.longest_sec) + 120.0

    async def listen(self, cursor: Cursor | None) -> AsyncGenerator[Received, None]:
        """What is new since `cursor`, then what comes, for ever."""
        cursor = cursor or {}
        quota = Quota(self.daily_units)
        watches = {where: _watch(cursor, where) for where in (*self.videos, *self.channels)}
        if isinstance(told := cursor.get("quota"), list) and len(told) == 2:
            quota.day, quota.units = str(told[0]), int(told[1])
        closed: dict[str, float] = {}
        keyed = {**self.http.headers, "X-Goog-Api-Key": self.api_key}  # never in an address
        async with open_session(replace(self.http, headers=keyed)) as session:
            client = YouTubeClient(session, self.http, self.api_url, quota)
            while True:
                before = quota.units
                for where, watch in watches.items():
                    if time.monotonic() < closed.get(where, 0.0):
                        continue
                    try:
                        async for received in self._round(client, where, watch):
                            yield replace(received, cursor=_cursor(watches, quota))
                    except ClosedError as error:
                        closed[where] = time.monotonic() + _CLOSED_AGAIN_SEC
                        logger.warning("youtube %s is left out for an hour: %s", where, error)
                    except PassingError as error:
                        logger.warning("youtube %s: left out this time: %s", where, error)
                    except UnreadableError as error:
                        bad = Unmapped(kept(error.payload), f"{where}: {error}")
                        yield Received(unmapped=[bad])
                yield Received(cursor=_cursor(watches, quota))
                await asyncio.sleep(self._pause_sec(quota, quota.units - before))

    async def _round(
        self, client: YouTubeClient, where: str, watch: Watch
    ) -> AsyncGenerator[Received, None]:
        """What one video or channel has that is news, oldest thread first."""
        fresh, bad = await self._threads(client, where, watch)
        if bad:
            yield Received(unmapped=bad)
        if watch.is_new:
            # Also when nothing is there yet: whatever comes is then news.
            watch.begin_above(min((second_of(top.published_at) for _, top in fresh), default=1) - 1)
        events: list[Mention] = []
        unmapped: list[Unmapped] = []
        fresh.sort(key=lambda found: found[1].published_at)
        for number, (thread, top) in enumerate(fresh, 1):
            try:
                await self._read_thread(client, watch, thread, top, events, unmapped)
            except (ClosedError, PassingError, UnreadableError):
                # The watch has taken what came before, so that must not be lost.
                yield Received(events=events, unmapped=unmapped)
                raise
            if number % _CHUNK_THREADS == 0 and (events or unmapped):
                yield Received(events=events, unmapped=unmapped)
                events, unmapped = [], []
        if events or unmapped:
            yield Received(events=events, unmapped=unmapped)

    async def _threads(
        self, client: YouTubeClient, where: str, watch: Watch
    ) -> tuple[list[tuple[Thread, Comment]], list[Unmapped]]:
        """Threads back to those known; all of them before any is taken, so no gap can stay."""
        by = "videoId" if where in self.videos else "allThreadsRelatedToChannelId"
        found: dict[str, tuple[Thread, Comment]] = {}
        bad: list[Unmapped] = []
        token = ""
        for _ in range(MAX_PAGES):
            page = await client.threads({by: where}, token)
            joins = False
            for payload in page.items:
                try:
                    thread, top = read_thread(bytes(payload))
                except MAPPING_ERRORS as error:
                    if watch.is_first(bytes(payload)):
                        bad.append(Unmapped(kept(bytes(payload)), f"{where}: thread: {error}"))
                    continue
                joins = joins or (not watch.is_new and watch.knows(top))
                found.setdefault(thread.id, (thread, top))
            token = page.nextPageToken
            if joins or watch.is_new or not token:
                break
        else:
            logger.warning("youtube %s: a gap could not be closed in %d pages", where, MAX_PAGES)
        return list(found.values()), bad

    async def _read_thread(
        self,
        client: YouTubeClient,
        watch: Watch,
        thread: Thread,
        top: Comment,
        events: list[Mention],
        unmapped: list[Unmapped],
    ) -> None:
        """Add what is news in one thread to `events`, and remember it."""
        if (seen := watch.seen(top)) is None:
            return
        replies = tuple(bytes(payload) for payload in thread.replies.comments)
        total = thread.snippet.totalReplyCount
        is_changed = total != seen.replies
        if is_changed and total > len(replies):  # a thread comes with a few of its replies only
            replies = await self._replies(client, thread.id)
        comments: list[tuple[Comment, bytes]] = []
        for payload in replies:
            try:
                comments.append((read_comment(payload), payload))
            except MAPPING_ERRORS as error:
                if is_changed:
                    reason = f"{thread.id}: reply: {error}"
                    unmapped.append(Unmapped(kept(payload), reason))
        comments.sort(key=lambda found: found[0].written_at)
        comments.insert(0, (top, bytes(thread.snippet.topLevelComment)))
        # All are judged before any is taken: taking moves the floor.
        for comment, raw in [found for found in comments if seen.wants(found[0])]:
            seen.take(comment)
            try:
                above = None if comment is top else top
                events.append(event_of(comment, thread.snippet.videoId, above))
            except MAPPING_ERRORS as error:
                unmapped.append(Unmapped(kept(raw), f"{comment.id}: {error}"))
        seen.replies = total
        watch.take(top.id, seen)

    async def _replies(self, client: YouTubeClient, thread_id: str) -> tuple[bytes, ...]:
        found: list[bytes] = []
        token = ""
        for _ in range(MAX_REPLY_PAGES):
            try:
                page = await client.replies(thread_id, token)
            except ClosedError:  # the thread went while it was read
                break
            found.extend(bytes(item) for item in page.items)
            if not (token := page.nextPageToken):
                break
        return tuple(found)

    def _pause_sec(self, quota: Quota, units: int) -> float:
        """Until the next round, so that rounds like the last one last until midnight."""
        lasting_sec = quota.seconds_left() * units / max(quota.left(), 1)
        return max(self.poll_sec, min(lasting_sec, self.longest_sec))


def _watch(cursor: Cursor, where: str) -> Watch:
    try:
        return Watch.from_cursor(cursor.get("watched", {}).get(where))
    except (ValueError, TypeError, AttributeError):
        logger.warning("youtube %s: the cursor cannot be read; it begins anew", where)
        return Watch()


def _cursor(watches: dict[str, Watch], quota: Quota) -> Cursor:
    return {
        "watched": {
            where: watch.to_cursor() for where, watch in watches.items() if not watch.is_new
        },
        "quota": [quota.day, quota.units],
    }
