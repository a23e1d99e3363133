"""X: posts that fit rules, by the filtered stream or by recent search; gaps are searched for.

Key: ESCUCHA_X_BEARER_TOKEN, of an app made at https://developer.x.com. Rules are written in X's
own language, such as: nimbara lang:es -is:retweet
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

import click
import msgspec

from schemas.mention import Event
from streams import clock
from streams.errors import InputError
from streams.producers.live.contract import MAPPING_ERRORS, kept
from streams.producers.live.http import HttpOptions, open_session
from streams.producers.live.options import user_agent_option
from streams.producers.live.secrets import needed_secret
from streams.producers.live.source import (
    Cursor,
    Received,
    SourceRefusedError,
    SourceUnavailableError,
    Unmapped,
)
from streams.producers.live.x_client import BadRequestError, Patience, XClient, lines_of
from streams.producers.live.x_mapping import (
    SOURCE,
    compliance_events,
    event_of,
    read_post,
    snowflake_of,
)
from streams.producers.live.x_payload import Includes, RawIncludes, StreamLine
from streams.producers.live.x_progress import Gap, Progress, queries_of

API_URL = "https://api.x.com"
_SEARCHABLE = timedelta(days=7) - timedelta(minutes=5)
_REVOKED = frozenset({6, 7})  # of the older disconnect codes: the token was taken back
_MAX_LINE_BYTES = 2 * 1024 * 1024
_SEARCH_EVERY_SEC = 1.0  # while the stream is read too

OPTIONS: Sequence[click.Parameter] = (
    click.Option(
        ["--rule", "rules"],
        multiple=True,
        help="What to listen to; may be given several times. Rules of the stream that carry "
        "--tag and are not given here are deleted; without rules none is touched.",
    ),
    click.Option(
        ["--mode"],
        type=click.Choice(["stream", "search"]),
        default="stream",
        show_default=True,
        help="The open stream, or recent search again and again, for plans without streams.",
    ),
    click.Option(
        ["--tag"],
        default="escucha",
        show_default=True,
        help="Marks the rules of this listener among those of the app.",
    ),
    click.Option(
        ["--poll-sec"],
        type=click.FloatRange(min=1, max=3_600),
        default=60.0,
        show_default=True,
        help="Search: pause between two rounds.",
    ),
    click.Option(
        ["--backfill-minutes"],
        type=click.IntRange(0, 5),
        default=0,
        show_default=True,
        help="Stream: have X send again what a pause missed, for plans that include it.",
    ),
    user_agent_option(),
)

logger = logging.getLogger(__name__)


def from_options(
    *,
    rules: Sequence[str],
    mode: Literal["stream", "search"],
    tag: str,
    poll_sec: float,
    backfill_minutes: int,
    user_agent: str,
) -> "X":
    """The source; raises InputError for rules that cannot be, SettingsError without a key."""
    wanted = tuple(dict.fromkeys(rule.strip() for rule in rules))
    if "" in wanted or (mode == "search" and not wanted):
        raise InputError("--rule: give at least one word to listen to, as in --rule nimbara")
    if not tag.strip():
        raise InputError("--tag: without a tag the rules of others would be taken for ours")
    return X(
        bearer_token=needed_secret(
            SOURCE, "bearer_token", "make an app at https://developer.x.com and set its token"
        ),
        rules=wanted,
        mode=mode,
        tag=tag.strip(),
        poll_sec=poll_sec,
        backfill_minutes=backfill_minutes,
        http=HttpOptions(user_agent=user_agent),
    )


@dataclass(frozen=True, kw_only=True)
class X:
    """Listens to what `rules` find; without rules, to whatever the app's stream carries."""

    bearer_token: str = field(repr=False)
    rules: tuple[str, ...] = ()
    mode: Literal["stream", "search"] = "stream"
    tag: str = "escucha"  # marks the rules that this source may delete
    poll_sec: float = 60.0  # search mode: between two rounds
    silence_sec: float = 25.0  # X sends a keep-alive every 20 s
    settle_sec: float = 20.0  # recent search finds a post some seconds after the stream has it
    overlap_sec: float = 30.0  # searched again, since posts come a little out of order
    backfill_minutes: int = 0  # 1 to 5, for plans that have it
    api_url: str = API_URL
    http: HttpOptions = field(default_factory=HttpOptions)
    patience: Patience = field(default_factory=Patience, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The SourceName of its events."""
        return SOURCE

    @property
    def scope(self) -> str:
        """The mode and the tag of the rules; the stream is the same while its rules change."""
        return f"search {' | '.join(sorted(self.rules))}" if self.mode == "search" else self.tag

    @property
    def stall_sec(self) -> float:
        """Some keep-alives or polls, and the time of the requests before them."""
        return 3 * (self.poll_sec if self.mode == "search" else self.silence_sec) + 90.0

    async def listen(self, cursor: Cursor | None) -> AsyncGenerator[Received, None]:
        """What was missed since `cursor` and what comes, for ever."""
        try:
            progress = Progress.from_cursor(cursor)
        except (ValueError, TypeError, KeyError, AttributeError):
            logger.warning("x: the cursor cannot be read; it begins anew")
            progress = Progress()
        queries, too_long = queries_of(tuple(dict.fromkeys(self.rules)))
        for rule in too_long:
            logger.warning("x: a rule of %d characters is too long to search for", len(rule))
        if self.mode == "search" and not queries:
            raise SourceRefusedError("x: search mode has no rule to search for; give one")
        keyed = {**self.http.headers, "Authorization": f"Bearer {self.bearer_token}"}
        async with open_session(replace(self.http, headers=keyed)) as session:
            client = XClient(session, self.http, self.api_url, self.patience)
            steps = (
                self._search(client, progress, queries)
                if self.mode == "search"
                else self._stream(client, progress, queries)
            )
            async with aclosing(steps):
                async for received in steps:
                    yield received

    async def _search(
        self, client: XClient, progress: Progress, queries: list[str]
    ) -> AsyncGenerator[Received, None]:
        while True:
            for query in queries:
                newest = progress.polled.get(query, 0)
                progress.open_gaps([query], self._overlapped(newest) if newest else 0)
            while progress.gaps:
                yield await self._search_page(client, progress, progress.gaps[0])
                self.patience.healthy()
            yield Received(cursor=progress.to_cursor())
            await asyncio.sleep(self.poll_sec)

    async def _stream(
        self, client: XClient, progress: Progress, queries: list[str]
    ) -> AsyncGenerator[Received, None]:
        rules: frozenset[str] = frozenset()
        if self.rules:
            rules = await client.sync_rules(dict.fromkeys(self.rules), self.tag)
        params = {"backfill_minutes": str(self.backfill_minutes)} if self.backfill_minutes else {}
        async with client.stream(params, self.silence_sec) as response:
            if progress.newest:
                progress.open_gaps(queries, self._overlapped(progress.newest))
            else:  # listening begins now, also when the first post is long in coming
                progress.newest = snowflake_of(clock.now())
            yield Received(cursor=progress.to_cursor())
            search_at = time.monotonic() + self.settle_sec
            lines = lines_of(response, _MAX_LINE_BYTES)
            async for line in _ended(lines):
                self.patience.healthy()
                yield self._line(line, progress, rules)
                if progress.gaps and time.monotonic() >= search_at:
                    search_at = time.monotonic() + _SEARCH_EVERY_SEC
                    try:
                        yield await self._search_page(client, progress, progress.gaps[0])
                    except SourceUnavailableError as error:
                        # The stream is healthy: the gap stays open until search answers again.
                        search_at += error.retry_after_sec or 0.0
                        logger.warning("x: a gap is not closed yet: %s", error)

    def _line(self, line: bytes | int, progress: Progress, rules: frozenset[str]) -> Received:
        """What one line of the stream means; raises SourceErrors for a farewell."""
        if isinstance(line, int):
            return Received(unmapped=[Unmapped(b"", f"a line of {line} bytes was not kept")])
        if not line:
            return Received()
        try:
            told = msgspec.json.decode(line, type=StreamLine)
            if bytes(told.data) in (b"", b"null") or told.disconnect is not None:
                return self._told(line, told)
            if (taken_back := compliance_events(told.data)) is not None:
                return Received(events=taken_back, skipped=not taken_back)
        except MAPPING_ERRORS as error:
            return Received(unmapped=[Unmapped(kept(line), f"stream: {error}")])
        if rules and not any(rule.id in rules for rule in told.matching_rules):
            return Received(skipped=1)  # another program's rule on the same app
        return self._posts((told.data,), told.includes, line, progress, newest_counts=True)

    def _told(self, line: bytes, told: StreamLine) -> Received:
        if told.disconnect is not None:
            reason = f"{told.disconnect.code} {told.disconnect.reason}"[:300]
            if told.disconnect.code in _REVOKED:
                raise SourceRefusedError(f"x ends the stream: {reason}; make a new token")
            raise SourceUnavailableError(f"x ends the stream: {reason}")
        for problem in told.errors:
            if problem.connection_issue:
                wait_sec = self.patience.after_limit(None)
                raise SourceUnavailableError(f"x: {problem.text}", retry_after_sec=wait_sec)
            if problem.disconnect_type or problem.type.endswith("operational-disconnect"):
                raise SourceUnavailableError(f"x ends the stream: {problem.text}")
        reason = "; ".join(problem.text for problem in told.errors) or "neither post nor error"
        return Received(unmapped=[Unmapped(kept(line), f"stream: {reason}")])

    async def _search_page(self, client: XClient, progress: Progress, gap: Gap) -> Received:
        """One page of an open gap, which is closed after its last page."""
        params = {"query": gap.query}
        until = gap.asked_until if gap.token else gap.until
        if gap.since:
            oldest = snowflake_of(clock.now() - _SEARCHABLE)
            if gap.since < oldest and not gap.token:
                logger.warning(
                    "x: posts older than seven days cannot be searched; they are missing"
                )
                gap.since = oldest
            params["since_id"] = str(gap.since)
        if until is not None:
            params["until_id"] = str(until)
        if gap.token:
            params["next_token"] = gap.token
        try:
            page, body = await client.search(params)
        except BadRequestError as error:
            if self.mode == "search" and not gap.token:
                raise SourceRefusedError(f"x refuses {gap.query!r}: {error}; correct it") from error
            logger.warning("x: a gap cannot be closed, %r is refused: %s", gap.query, error)
            progress.gaps.remove(gap)
            return Received(cursor=progress.to_cursor())
        received = self._posts(page.data, page.includes, body, progress, newest_counts=False)
        if self.mode == "search" and page.meta.newest_id.isdecimal():
            newest = max(progress.polled.get(gap.query, 0), int(page.meta.newest_id))
            progress.polled[gap.query] = newest
        is_last = not page.meta.next_token or not gap.since or not page.meta.oldest_id.isdecimal()
        if is_last:
            progress.gaps.remove(gap)
        else:
            gap.token, gap.asked_until = page.meta.next_token, until
            gap.until = int(page.meta.oldest_id)
        return replace(received, cursor=progress.to_cursor())

    def _posts(
        self,
        posts: tuple[msgspec.Raw, ...],
        raw_includes: RawIncludes,
        whole: bytes,
        progress: Progress,
        *,
        newest_counts: bool,
    ) -> Received:
        """Posts that are news, oldest first."""
        includes = Includes(raw_includes)
        events: list[Event] = []
        unmapped: list[Unmapped] = []
        for raw in reversed(posts):
            try:
                post = read_post(raw)
                if not progress.is_news(post.id):
                    continue
                if newest_counts:
                    progress.newest = max(progress.newest, int(post.id))
                events.append(event_of(post, includes))
            except MAPPING_ERRORS as error:
                payload = whole if len(posts) == 1 else bytes(raw)
                unmapped.append(Unmapped(kept(payload), f"post: {error}"))
        return Received(events=events, unmapped=unmapped, cursor=progress.to_cursor())

    def _overlapped(self, post_id: int) -> int:
        return max(1, post_id - (int(self.overlap_sec * 1_000) << 22))


async def _ended(lines: AsyncIterator[bytes | int]) -> AsyncIterator[bytes | int]:
    """The same lines; their end is an outage, since X never ends a stream on purpose."""
    async for line in lines:
        yield line
    raise SourceUnavailableError("x closed the stream")
