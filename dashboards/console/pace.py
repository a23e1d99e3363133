"""How often one address may ask the API: more than any page does, less than a loop would."""

import math
import time
from collections.abc import Callable
from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MOST_ADDRESSES: Final = 10_000


class Pace:
    """Answers 429 to an address that asks for more than `per_sec`, beyond `burst` at once.

    Behind a proxy everybody has its address, so both are meant for a whole office: a dashboard of
    twenty panels opened by fifty people at the same moment passes.
    """

    def __init__(
        self,
        app: ASGIApp,
        per_sec: float = 100.0,
        burst: int = 1_000,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._per_sec = per_sec
        self._burst = float(burst)
        self._now = now
        self._left: dict[str, tuple[float, float]] = {}  # turns, and when they were counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            wait_sec = self._wait_sec((scope.get("client") or ("",))[0])
            if wait_sec:
                await _refusal(wait_sec)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _wait_sec(self, address: str) -> float:
        """Take a turn and return 0, or return how long until there is one."""
        now = self._now()
        # The one that asked last stands last: who is forgotten first has been silent longest.
        left, counted = self._left.pop(address, (self._burst, now))
        left = min(left + (now - counted) * self._per_sec, self._burst)
        self._left[address] = (left - 1.0 if left >= 1.0 else left, now)
        if len(self._left) > MOST_ADDRESSES:
            del self._left[next(iter(self._left))]
        return 0.0 if left >= 1.0 else (1.0 - left) / self._per_sec


def _refusal(wait_sec: float) -> JSONResponse:
    return JSONResponse(
        {
            "error": "this is asked too often",
            "remedy": "Wait a moment; the page does so by itself.",
            "code": "too_often",
        },
        status_code=429,
        headers={"retry-after": str(math.ceil(wait_sec)), "cache-control": "no-store"},
    )
