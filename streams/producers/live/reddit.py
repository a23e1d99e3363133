"""Reddit: new comments and submissions of subreddits, each once, with edits and deletions.

Keys: ESCUCHA_REDDIT_CLIENT_ID and ESCUCHA_REDDIT_CLIENT_SECRET, of an app made at
https://www.reddit.com/prefs/apps. The first run begins with the newest hundred items of each kind.
"""

import logging
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import click

from streams.errors import InputError
from streams.producers.live.http import HttpOptions, open_session
from streams.producers.live.options import user_agent_option
from streams.producers.live.reddit_client import RedditClient
from streams.producers.live.reddit_listing import Listing
from streams.producers.live.reddit_mapping import SOURCE
from streams.producers.live.reddit_window import Window
from streams.producers.live.secrets import needed_secret
from streams.producers.live.source import Cursor, Received, Unmapped

API_URL = "https://oauth.reddit.com"
TOKEN_URL = "https://www.reddit.com/api/v1/access_token"  # noqa: S105 - an address
Kind = Literal["comments", "submissions"]
_LISTINGS: dict[Kind, tuple[str, str]] = {
    "comments": ("comments", "t1"),
    "submissions": ("new", "t3"),
}

_KEY = "make an app of type script at https://www.reddit.com/prefs/apps and set what it shows"
_SUBREDDIT = re.compile(r"[A-Za-z0-9_]{2,50}")
OPTIONS: Sequence[click.Parameter] = (
    click.Option(
        ["--subreddit", "subreddits"],
        multiple=True,
        required=True,
        help="Where to listen, with or without r/; may be given several times.",
    ),
    click.Option(
        ["--kind", "kinds"],
        type=click.Choice(["comments", "submissions"]),
        multiple=True,
        default=("comments", "submissions"),
        show_default=True,
        help="What to listen to; may be given twice.",
    ),
    click.Option(
        ["--longest-sec"],
        type=click.FloatRange(min=1, max=600),
        default=30.0,
        show_default=True,
        help="Longest pause between two polls; a busy subreddit is polled sooner.",
    ),
    user_agent_option(),
)

logger = logging.getLogger(__name__)


def from_options(
    *, subreddits: Sequence[str], kinds: Sequence[Kind], longest_sec: float, user_agent: str
) -> "Reddit":
    """The source; raises InputError for what is no subreddit's name, SettingsError without keys."""
    names = tuple(name.strip().removeprefix("/").removeprefix("r/") for name in subreddits)
    for name in names:
        if not _SUBREDDIT.fullmatch(name):
            raise InputError(f"--subreddit {name!r}: write the name alone, as in r/kettles")
    return Reddit(
        subreddits=names,
        kinds=tuple(dict.fromkeys(kinds)),
        client_id=needed_secret(SOURCE, "client_id", _KEY),
        client_secret=needed_secret(SOURCE, "client_secret", _KEY),
        shortest_sec=min(2.0, longest_sec),
        longest_sec=longest_sec,
        http=HttpOptions(user_agent=user_agent),
    )


@dataclass(frozen=True, kw_only=True)
class Reddit:
    """Listens to `subreddits` as an application, not as a user."""

    subreddits: tuple[str, ...]  # without r/
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    kinds: tuple[Kind, ...] = ("comments", "submissions")
    shortest_sec: float = 2.0  # between two polls of a listing
    longest_sec: float = 30.0
    api_url: str = API_URL
    token_url: str = TOKEN_URL
    http: HttpOptions = field(default_factory=HttpOptions)

    @property
    def name(self) -> str:
        """The SourceName of its events."""
        return SOURCE

    @property
    def scope(self) -> str:
        """Subreddits and kinds, in an order of their own."""
        kinds = "" if len(self.kinds) == len(_LISTINGS) else f" {'+'.join(sorted(self.kinds))}"
        return f"r/{self._joined}{kinds}"

    @property
    def stall_sec(self) -> float:
        """Some polls, or a request that Reddit holds back until its limit is renewed."""
        return max(4 * self.longest_sec, 60.0) + 600.0

    @property
    def _joined(self) -> str:
        return "+".join(sorted({subreddit.lower() for subreddit in self.subreddits}))

    async def listen(self, cursor: Cursor | None) -> AsyncGenerator[Received, None]:
        """What is new since `cursor`, then what comes, for ever."""
        listings = [self._listing(kind, cursor or {}) for kind in self.kinds]
        async with open_session(self.http) as session:
            client = RedditClient(
                session,
                self.http,
                self.api_url,
                self.token_url,
                client_id=self.client_id,
                client_secret=self.client_secret,
            )
            while True:
                listing = min(listings, key=lambda listing: listing.due)
                await listing.wait()
                for part in await listing.poll(client):
                    if isinstance(part, Unmapped):
                        yield Received(unmapped=(part,))
                        continue
                    step = listing.take(part)
                    yield Received(
                        events=step.events,
                        unmapped=step.unmapped,
                        cursor=_cursor(self.kinds, listings),
                    )
                yield Received(cursor=_cursor(self.kinds, listings))

    def _listing(self, kind: Kind, cursor: Cursor) -> Listing:
        page, prefix = _LISTINGS[kind]
        try:
            window = Window.from_cursor(cursor.get(kind))
        except ValueError:
            logger.warning("reddit: the cursor of %s cannot be read; it begins anew", kind)
            window = Window()
        return Listing(
            path=f"/r/{self._joined}/{page}",
            prefix=prefix,
            shortest_sec=self.shortest_sec,
            longest_sec=self.longest_sec,
            window=window,
            gaps=int(cursor.get(f"{kind}_gaps", 0)),
        )


def _cursor(kinds: tuple[Kind, ...], listings: list[Listing]) -> Cursor:
    cursor: Cursor = {}
    for kind, listing in zip(kinds, listings, strict=True):
        if not listing.window.is_new:
            cursor[kind] = listing.window.to_cursor()
        if listing.gaps:
            cursor[f"{kind}_gaps"] = listing.gaps
    return cursor
