"""A Mastodon server over real sockets: timelines with pages, event streams, and bad days.

`publish`, `edit` and `delete` change the timeline and tell the open streams, unless `silent`.
`write` sends raw bytes to the streams; `cut` breaks their connections.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web

from streams.producers.live.mastodon import MastodonSource
from streams.producers.live.mastodon_api import StreamName
from tests.fakes.polled import Asked, PolledServer

FIRST_ID = 117_020_000_000_000_000
_STEP = 1_000 << 16  # a second between statuses


def status(number: int, text: str = "hola", **changes: Any) -> dict[str, Any]:
    """A public status of that number, by an account of another instance."""
    local_id = str(FIRST_ID + number * _STEP)
    return {
        "id": local_id,
        "uri": f"https://far.example/users/ana/statuses/{number}",
        "url": f"https://far.example/@ana/{number}",
        "created_at": f"2026-07-04T10:{number // 60 % 60:02}:{number % 60:02}.000Z",
        "edited_at": None,
        "content": f"<p>{text}</p>",
        "spoiler_text": "",
        "visibility": "public",
        "language": "es",
        "in_reply_to_id": None,
        "in_reply_to_account_id": None,
        "reblog": None,
        "account": account("ana@far.example"),
        "tags": [],
        "mentions": [],
        "card": None,
        "favourites_count": 0,
        "reblogs_count": 0,
        "replies_count": 0,
        **changes,
    }


def account(acct: str = "ana@far.example", **changes: Any) -> dict[str, Any]:
    """An account as another one sees it."""
    name, _, host = acct.partition("@")
    host = host or "here.example"
    return {
        "id": str(sum(acct.encode())),
        "acct": acct,
        "uri": f"https://{host}/users/{name}",
        "url": f"https://{host}/@{name}",
        "display_name": name.title(),
        "followers_count": 7,
        "bot": False,
        **changes,
    }


def message(name: str, data: str) -> bytes:
    """A server-sent event as Mastodon writes it."""
    return f"event: {name}\ndata: {data}\n\n".encode()


class FakeMastodon(PolledServer):
    """One instance."""

    def __init__(self) -> None:
        super().__init__()
        self.statuses: dict[str, dict[str, Any]] = {}
        self.streaming_status = 200
        self.token = ""  # streams want it if it is set
        self.thump_sec = 0.02
        self.connections = 0
        self._open: list[asyncio.Queue[bytes | None]] = []

    def source(self, *streams: str, **options: Any) -> MastodonSource:
        """A source that listens here, impatiently."""
        return MastodonSource(
            instance=self.url,
            streams=tuple(StreamName.parse(it) for it in streams or ("public",)),
            **{"poll_sec": 0.05, "read_sec": 0.5, "request_sec": 0.5, **options},
        )

    def publish(self, *statuses: dict[str, Any], silent: bool = False) -> None:
        for one in statuses:
            self.statuses[one["id"]] = one
            if not silent:
                self.write(message("update", json.dumps(one)))

    def edit(self, one: dict[str, Any]) -> None:
        self.statuses[one["id"]] = one
        self.write(message("status.update", json.dumps(one)))

    def delete(self, local_id: str) -> None:
        self.statuses.pop(local_id, None)
        self.write(message("delete", local_id))

    def write(self, raw: bytes) -> None:
        for connection in self._open:
            connection.put_nowait(raw)

    def cut(self) -> None:
        for connection in self._open:
            connection.put_nowait(None)

    async def listened_to(self, connections: int = 1) -> None:
        """Return once so many streams were opened in all."""
        async with asyncio.timeout(5):
            while self.connections < connections:  # noqa: ASYNC110 - a test's clock may be coarse
                await asyncio.sleep(0.005)

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/api/v1/streaming/") and not self.troubles:
            return await self._stream(request)
        return await super()._serve(request)

    async def answer(self, request: web.Request, asked: Asked) -> Any:
        if asked.path == "/api/v2/instance":
            return {"configuration": {"urls": {"streaming": self.url.replace("http", "ws")}}}
        if asked.path.startswith("/api/v1/timelines/"):
            return self._timeline(asked)
        return web.json_response({"error": "Record not found"}, status=404)

    def _timeline(self, asked: Asked) -> web.Response:
        limit = min(int(asked.query.get("limit", 20)), 40)
        tag = asked.path.rpartition("/tag/")[2].lower() if "/tag/" in asked.path else ""
        newest_first = [
            one
            for _, one in sorted(self.statuses.items(), key=lambda it: -int(it[0]))
            if not tag or tag in {it["name"].lower() for it in one["tags"]}
        ]
        if min_id := asked.query.get("min_id"):
            newer = [one for one in newest_first if int(one["id"]) > int(min_id)]
            page = newer[-limit:]
        else:
            page = newest_first[:limit]
        headers = dict(self.headers)
        if page:
            here = f"{self.url}{asked.path}?limit={limit}"
            headers["Link"] = (
                f'<{here}&max_id={page[-1]["id"]}>; rel="next", '
                f'<{here}&min_id={page[0]["id"]}>; rel="prev"'
            )
        return web.json_response(page, headers=headers)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(
            Asked("GET", request.path, dict(request.query), dict(request.headers), "")
        )
        wrong_key = self.token and request.headers.get("Authorization") != f"Bearer {self.token}"
        if wrong_key or self.streaming_status != 200:
            refused = 401 if wrong_key else self.streaming_status
            return web.json_response({"error": "no"}, status=refused)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b":)\n")
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._open.append(queue)
        self.connections += 1
        try:
            while True:
                try:
                    async with asyncio.timeout(self.thump_sec):
                        raw = await queue.get()
                except TimeoutError:
                    raw = b":thump\n"
                if raw is None:
                    assert request.transport is not None
                    request.transport.abort()
                    return response
                with suppress(ConnectionResetError):  # the other side has hung up
                    await response.write(raw)
                    continue
                return response
        finally:
            self._open.remove(queue)


class RecordedMastodon(PolledServer):
    """Answers each request as it was recorded: an exchange per line, bodies as they came."""

    def __init__(self, exchanges: Iterable[Mapping[str, Any]]) -> None:
        super().__init__()
        self._bodies: dict[str, Any] = {}
        for it in exchanges:
            if it["method"] == "GET":
                path = "/" + it["uri"].split("/", 3)[3].partition("?")[0].rstrip("/")
                self._bodies[path] = it["body"]

    async def answer(self, request: web.Request, asked: Asked) -> Any:
        path = asked.path.rstrip("/")
        if path.startswith("/api/v1/timelines/"):
            min_id = int(asked.query.get("min_id", 0))
            page = [one for one in self._bodies.get(path, []) if int(one["id"]) > min_id]
            return page[-int(asked.query["limit"]) :] if min_id else page
        if path.startswith("/api/v1/streaming/") and path in self._bodies:
            return web.Response(body=self._bodies[path].encode(), content_type="text/event-stream")
        return web.json_response({"error": "Record not found"}, status=404)
