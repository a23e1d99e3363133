"""YouTube's Data API v3 as the source needs it: pages, errors by their reason, the quota counted.

Plain HTTP in place of google-api-python-client: that one blocks, and tells neither what a request
cost nor what came before it was parsed.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

import aiohttp
import msgspec
from dateutil import tz

from streams import clock
from streams.producers.live import http
from streams.producers.live.http import Fetched, HttpOptions
from streams.producers.live.source import SourceRefusedError, SourceUnavailableError

PAGE = "100"  # the most that YouTube gives
_SPENT = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
_CLOSED = frozenset({"commentsDisabled", "videoNotFound", "channelNotFound", "commentNotFound"})
_PASSING = frozenset({"processingFailure", "invalidPageToken", "backendError", "internalError"})
_REMEDY = (
    "check ESCUCHA_YOUTUBE_API_KEY (https://console.cloud.google.com/apis/credentials) "
    "and that YouTube Data API v3 is enabled for its project"
)
_ANSWERS = frozenset({200, 400, 403, 404})

logger = logging.getLogger(__name__)


class _Reason(msgspec.Struct, frozen=True):
    reason: str = ""


class _Error(msgspec.Struct, frozen=True):
    message: str = ""
    status: str = ""
    errors: tuple[_Reason, ...] = ()


class _Refusal(msgspec.Struct, frozen=True):
    error: _Error = _Error()


class Page(msgspec.Struct, frozen=True):
    """One page of threads or comments, unread."""

    items: tuple[msgspec.Raw, ...] = ()
    nextPageToken: str = ""  # noqa: N815 - YouTube's name


class ClosedError(Exception):
    """What is asked for has no comments: turned off, gone, or never there."""


class PassingError(Exception):
    """YouTube could not answer this one request; a later one may do."""


class UnreadableError(Exception):
    """An answer that is not a page; `payload` is what came."""

    def __init__(self, reason: str, payload: bytes) -> None:
        super().__init__(reason)
        self.payload = payload


@dataclass
class Quota:
    """Units used on a day of the Pacific, when YouTube counts anew."""

    daily_units: int
    day: str = ""
    units: int = 0
    now: Callable[[], datetime] = clock.now

    def spend(self) -> None:
        """Count one request; raises SourceUnavailableError until midnight when none is left."""
        if self.left() <= 0:
            raise SourceUnavailableError(
                f"youtube: the {self.daily_units} units of the day are used up",
                retry_after_sec=self.seconds_left(),
            )
        self.units += 1

    def left(self) -> int:
        """Units left of the day."""
        day = self._pacific().date().isoformat()
        if day != self.day:
            self.day, self.units = day, 0
        return self.daily_units - self.units

    def spent(self) -> None:
        """YouTube says that nothing is left, whatever was counted."""
        self.units += max(0, self.left())

    def seconds_left(self) -> float:
        """Until midnight in the Pacific zone, and a minute for clocks that differ."""
        moment = self._pacific()
        midnight = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        # Through timestamps: the difference of two moments of one zone ignores a change of offset.
        return midnight.timestamp() - moment.timestamp() + 60.0

    def _pacific(self) -> datetime:
        return self.now().astimezone(tz.gettz("America/Los_Angeles"))


@dataclass
class YouTubeClient:
    """Requests of one session; each costs one unit."""

    session: aiohttp.ClientSession
    options: HttpOptions
    api_url: str
    quota: Quota

    async def threads(self, where: Mapping[str, str], token: str) -> Page:
        """A page of threads, newest first.

        Raises ClosedError, PassingError, UnreadableError, SourceUnavailableError and
        SourceRefusedError.
        """
        order = {"part": "snippet,replies", "order": "time"}
        return await self._page("commentThreads", {**order, **where}, token)

    async def replies(self, thread_id: str, token: str) -> Page:
        """A page of the replies in a thread; raises the same."""
        return await self._page("comments", {"part": "snippet", "parentId": thread_id}, token)

    async def _page(self, method: str, params: Mapping[str, str], token: str) -> Page:
        self.quota.spend()
        answer = await http.get(
            self.session,
            f"{self.api_url}/youtube/v3/{method}",
            what=f"youtube {method}",
            remedy=_REMEDY,
            options=self.options,
            params={
                "maxResults": PAGE,
                "textFormat": "plainText",
                **params,
                **({"pageToken": token} if token else {}),
            },
            accept=_ANSWERS,
        )
        if answer.status != 200:
            self._refuse(answer, method)
        try:
            return msgspec.json.decode(answer.body, type=Page)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise UnreadableError(f"not a page of {method}: {error}", answer.body) from error

    def _refuse(self, answer: Fetched, method: str) -> NoReturn:
        try:
            error = msgspec.json.decode(answer.body, type=_Refusal).error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            error = _Error()
        reasons = {reason.reason for reason in error.errors}
        named = ", ".join(sorted(reasons)) or str(answer.status)
        if reasons & _SPENT:
            self.quota.spent()
            raise SourceUnavailableError(
                f"youtube: the quota of the day is used up ({named})",
                retry_after_sec=self.quota.seconds_left(),
            )
        if reasons & _TOO_FAST:
            raise SourceUnavailableError(f"youtube limits the rate ({named})", retry_after_sec=60.0)
        if reasons & _CLOSED:
            raise ClosedError(named)
        if reasons & _PASSING:
            raise PassingError(named)
        raise SourceRefusedError(
            f"youtube refuses {method}: {named} {error.message[:300]}; {_REMEDY}"
        )
