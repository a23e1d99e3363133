"""How often one address may ask the API: more than any page does, less than a loop would."""

import math
import time
from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboards.console.turns import Turns


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
        self._turns = Turns(per_sec, burst, now)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            wait_sec = self._turns.take((scope.get("client") or ("",))[0])
            if wait_sec:
                await _refusal(wait_sec)(scope, receive, send)
                return
        await self._app(scope, receive, send)


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
