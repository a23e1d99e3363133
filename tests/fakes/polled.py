"""A local HTTP server that misbehaves on request; the polled networks are built on it."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web


@dataclass(frozen=True)
class Trouble:
    """What happens to one request in place of, or to, its answer."""

    fate: Literal["status", "truncate", "malformed", "hang", "answer"]
    status: int = 503
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    path: str = ""  # only to a request whose path holds this


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


class PolledServer:
    """Answers `answer(request)` as JSON, or does what the next fitting trouble says."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.troubles: deque[Trouble] = deque()
        self.headers: dict[str, str] = {}
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Any:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, handle_signals=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def answer(self, request: web.Request, asked: Asked) -> Any:
        """JSON, or a response of its own."""
        raise NotImplementedError

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(
            request.method,
            request.path,
            dict(request.query),
            dict(request.headers),
            await request.text(),
        )
        self.asked.append(asked)
        trouble = next((t for t in self.troubles if t.path in asked.path), None)
        if trouble is not None:
            self.troubles.remove(trouble)
            if trouble.fate == "hang":
                await asyncio.sleep(60)
            if trouble.fate == "status":
                return web.json_response(
                    trouble.body, status=trouble.status, headers=trouble.headers
                )
            if trouble.fate == "answer":
                return web.json_response(trouble.body, headers=self.headers)
        answer = await self.answer(request, asked)
        if isinstance(answer, web.StreamResponse):
            return answer
        body = json.dumps(answer).encode()
        if trouble is not None and trouble.fate == "malformed":
            body = body[: len(body) // 2] + b"\xff{"
        if trouble is not None and trouble.fate == "truncate":
            response = web.StreamResponse(headers={"Content-Length": str(len(body))})
            await response.prepare(request)
            await response.write(body[: len(body) // 2])
            assert request.transport is not None
            request.transport.abort()
            return response
        return web.Response(body=body, content_type="application/json", headers=self.headers)

    def asked_for(self, part: str) -> list[Asked]:
        """Requests whose path holds `part`."""
        return [asked for asked in self.asked if part in asked.path]
