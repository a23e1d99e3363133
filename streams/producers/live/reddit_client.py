"""Reddit's API as the source needs it: a token kept fresh, the rate limit kept, listings read.

Plain HTTP in place of asyncpraw: its stream keeps the last 301 names in memory only, asks for
what is newer than its very last item, and hides the raw ids and headers that resuming needs.
"""

import asyncio
import math
import time
from dataclasses import dataclass, field

import aiohttp
import msgspec

from streams.producers.live import http
from streams.producers.live.contract import PayloadError
from streams.producers.live.http import Fetched, HttpOptions
from streams.producers.live.source import SourceRefusedError, SourceUnavailableError

PAGE = 100  # the most that Reddit gives
_RENEW_SEC = 60.0  # before the token ends
_KEY_REMEDY = (
    "check ESCUCHA_REDDIT_CLIENT_ID and ESCUCHA_REDDIT_CLIENT_SECRET "
    "(an app of type script or web app, made at https://www.reddit.com/prefs/apps)"
)
_ANSWERS = frozenset({200, 401})


class _Token(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = 3_600.0


class _Data(msgspec.Struct, frozen=True):
    children: list[msgspec.Raw]
    after: str | None = None


class _Listing(msgspec.Struct, frozen=True):
    data: _Data
    kind: str = "Listing"


class UnreadableError(PayloadError):
    """An answer that is not a listing; `payload` is what came."""

    def __init__(self, reason: str, payload: bytes) -> None:
        super().__init__(reason)
        self.payload = payload


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing, newest first, each item as it came."""

    items: tuple[bytes, ...]
    after: str | None


@dataclass
class RedditClient:
    """Reads listings with an application's own token."""

    session: aiohttp.ClientSession
    options: HttpOptions
    api_url: str
    token_url: str
    client_id: str = field(repr=False)
    client_secret: str = field(repr=False)
    _token: str = field(default="", repr=False)
    _token_ends: float = -math.inf
    _next_request: float = -math.inf

    async def page(self, path: str, **params: str) -> Page:
        """A page of at most PAGE items.

        Raises SourceUnavailableError, SourceRefusedError, and UnreadableError for an answer that
        is not a listing.
        """
        answer = await self._authorised(path, {"limit": str(PAGE), "raw_json": "1", **params})
        if "/subreddits/search" in answer.url:  # where Reddit sends those who ask for nothing
            raise SourceRefusedError(f"reddit has no {path.rsplit('/', 1)[0]}; correct its name")
        try:
            listing = msgspec.json.decode(answer.body, type=_Listing)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnreadableError(f"not a listing: {error}", answer.body) from error
        return Page(tuple(bytes(child) for child in listing.data.children), listing.data.after)

    async def _authorised(self, path: str, params: dict[str, str]) -> Fetched:
        answer = await self._get(path, params, await self._fresh_token())
        if answer.status == 401:  # ended early, or taken back: one new token, then it is the key
            self._token_ends = -math.inf
            answer = await self._get(path, params, await self._fresh_token())
        if answer.status == 401:
            http.refuse(401, answer.headers, what="reddit", remedy=_KEY_REMEDY)
        return answer

    async def _get(self, path: str, params: dict[str, str], token: str) -> Fetched:
        await asyncio.sleep(max(0.0, self._next_request - time.monotonic()))
        answer = await http.get(
            self.session,
            self.api_url + path,
            what=f"reddit {path}",
            remedy=f"see that {path} is a public subreddit and that the app may read it",
            options=self.options,
            params=params,
            headers={"Authorization": f"Bearer {token}"},
            accept=_ANSWERS,
        )
        self._keep_to_limit(answer)
        return answer

    def _keep_to_limit(self, answer: Fetched) -> None:
        """Spread what is left of the window over what is left of its time."""
        remaining = _header(answer, "X-Ratelimit-Remaining")
        reset_sec = _header(answer, "X-Ratelimit-Reset")
        if remaining is None or reset_sec is None:
            return
        self._next_request = time.monotonic() + reset_sec / max(remaining, 1.0)

    async def _fresh_token(self) -> str:
        if time.monotonic() < self._token_ends - _RENEW_SEC:
            return self._token
        with http.network_errors("reddit's token service"):
            async with self.session.post(
                self.token_url,
                data={"grant_type": "client_credentials"},
                headers={
                    "Authorization": aiohttp.encode_basic_auth(self.client_id, self.client_secret)
                },
            ) as response:
                body = await http.read_limited(
                    response, self.options.max_response_bytes, what="reddit's token service"
                )
                if response.status != 200:
                    http.refuse(
                        response.status,
                        response.headers,
                        what="reddit's token service",
                        remedy=_KEY_REMEDY,
                    )
        try:
            token = msgspec.json.decode(body, type=_Token)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            # A wrong client is answered with status 200 and an object that holds an error.
            if b'"error"' in body:
                raise SourceRefusedError(f"reddit gives no token; {_KEY_REMEDY}") from error
            raise SourceUnavailableError("reddit's token service answers no token") from error
        self._token = token.access_token
        # A token shorter than the reserve would be renewed before each request.
        self._token_ends = time.monotonic() + max(token.expires_in, 2 * _RENEW_SEC)
        return self._token


def _header(answer: Fetched, name: str) -> float | None:
    try:
        value = float(answer.headers.get(name, ""))
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
