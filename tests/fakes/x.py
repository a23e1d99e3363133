"""An X on this machine: rules, the filtered stream over an open socket, recent search."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from streams.producers.live.x import X
from streams.producers.live.x_mapping import snowflake_of
from tests.fakes.polled import Asked, PolledServer

TOKEN = "the-token"  # noqa: S105 - of this machine
BEGIN = datetime.now(UTC) + timedelta(hours=1)  # later than any connection of a test


def post_id(number: int) -> str:
    """The id of the nth post, one a second."""
    return str(snowflake_of(BEGIN + timedelta(seconds=number)) + number)


def ids(*numbers: int) -> list[str]:
    """Mention ids of the nth posts."""
    return [f"x:{post_id(number)}" for number in numbers]


def post(number: int, text: str = "", **fields: Any) -> dict[str, Any]:
    """A post with its author, as the stream sends it."""
    made = (BEGIN + timedelta(seconds=number)).isoformat(timespec="milliseconds")
    data = {
        "id": post_id(number),
        "text": text or f"nimbara thought number {number}",
        "author_id": str(100 + number % 5),
        "created_at": made.replace("+00:00", "Z"),
        "edit_history_tweet_ids": [post_id(number)],
        "conversation_id": post_id(number),
        "lang": "en",
        "public_metrics": {"like_count": 1, "retweet_count": 0, "reply_count": 0},
    }
    author = str(fields.get("author_id", data["author_id"]))
    user = {
        "id": author,
        "username": f"reader_{author}",
        "name": "A Reader",
        "public_metrics": {"followers_count": 42},
    }
    return {"data": {**data, **fields}, "includes": {"users": [user]}}


@dataclass
class Stream:
    """One open connection."""

    lines: "asyncio.Queue[bytes | None]" = field(default_factory=asyncio.Queue)
    request: web.Request | None = None


class FakeX(PolledServer):
    """Posts that are published go to open streams by rule and into what search finds."""

    def __init__(self) -> None:
        super().__init__()
        self.rules: list[dict[str, str]] = []
        self.published: list[dict[str, Any]] = []
        self.streams: list[Stream] = []
        self.refused_rules: dict[str, str] = {}  # value: why
        self.keep_alive_sec = 0.05
        self.page_size = 100
        self.silent = False  # open streams, and not a byte in them
        self.matches: Callable[[str, dict[str, Any]], bool] = lambda value, post: True

    def source(self, **options: Any) -> X:
        """The source that listens here, fast."""
        given: dict[str, Any] = {
            "bearer_token": TOKEN,
            "rules": ("nimbara",),
            "poll_sec": 0.02,
            "silence_sec": 1.0,
            "settle_sec": 0.0,
            "api_url": self.url,
        }
        return X(**{**given, **options})

    def publish(self, *payloads: dict[str, Any], streamed: bool = True) -> None:
        """Posts become visible; `streamed` False: while nobody was connected."""
        for payload in payloads:
            self.published.append(payload)
            if streamed:
                self.send(self.matched(payload))

    def matched(self, payload: dict[str, Any]) -> dict[str, Any]:
        """A post with the rules it fits."""
        rules = [
            {"id": rule["id"], "tag": rule["tag"]}
            for rule in self.rules
            if self.matches(rule["value"], payload)
        ]
        return {**payload, "matching_rules": rules}

    def send(self, message: Any) -> None:
        """A line to every open stream; bytes go as they are."""
        line = message if isinstance(message, bytes) else json.dumps(message).encode() + b"\r\n"
        for stream in self.streams:
            stream.lines.put_nowait(line)

    def close_streams(self) -> None:
        """After what is queued, as a server does that restarts."""
        for stream in self.streams:
            stream.lines.put_nowait(None)

    def cut_streams(self) -> None:
        """At once, wherever a message stands."""
        for stream in self.streams:
            if stream.request is not None and stream.request.transport is not None:
                stream.request.transport.abort()

    async def connected(self, count: int = 1) -> None:
        """Once so many streams are open."""
        async with asyncio.timeout(5):
            while len(self.streams) < count:  # noqa: ASYNC110 - a fake may poll
                await asyncio.sleep(0.005)

    async def answer(self, request: web.Request, asked: Asked) -> Any:
        if asked.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"title": "Unauthorized", "status": 401}, status=401)
        if asked.path.endswith("/stream/rules"):
            return self._rules(asked) if asked.method == "POST" else self._listed()
        if asked.path.endswith("/search/stream"):
            return await self._stream(request)
        return self._search(asked.query)

    def _listed(self) -> dict[str, Any]:
        meta = {"sent": "2026-01-01T00:00:00.000Z", "result_count": len(self.rules)}
        return {"data": list(self.rules), "meta": meta} if self.rules else {"meta": meta}

    def _rules(self, asked: Asked) -> Any:
        change = json.loads(asked.body)
        for rule_id in change.get("delete", {}).get("ids", []):
            self.rules = [rule for rule in self.rules if rule["id"] != rule_id]
        errors = []
        for rule in change.get("add", []):
            if why := self.refused_rules.get(rule["value"]):
                told = {"value": rule["value"], "title": "Invalid Rule", "details": [why]}
                errors.append(told)
                continue
            number = len(self.asked) * 100 + len(self.rules)
            self.rules.append({"id": str(number), **rule})
        return web.json_response({"meta": {}, **({"errors": errors} if errors else {})}, status=201)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        stream = Stream(request=request)
        self.streams.append(stream)
        try:
            while True:
                try:
                    line = await asyncio.wait_for(stream.lines.get(), self.keep_alive_sec)
                except TimeoutError:
                    line = b"\r\n"
                if line is None:
                    return response
                if not self.silent:
                    await response.write(line)
        except (ConnectionError, asyncio.CancelledError):
            return response
        finally:
            self.streams.remove(stream)

    def _search(self, query: dict[str, str]) -> Any:
        since, until = int(query.get("since_id", 0)), int(query.get("until_id", 2**63))
        oldest = snowflake_of(datetime.now(UTC) - timedelta(days=7))
        if since and since < oldest:
            detail = f"'since_id' must be a tweet id created after {oldest}"
            return web.json_response({"title": "Invalid Request", "detail": detail}, status=400)
        found = {
            payload["data"]["id"]: payload
            for payload in self.published
            if since < int(payload["data"]["id"]) < until and self.matches(query["query"], payload)
        }
        ids = sorted(found, key=int, reverse=True)
        first = int(query.get("next_token", "t0").removeprefix("t"))
        chosen = ids[first : first + self.page_size]
        users = {user["id"]: user for i in chosen for user in found[i].get("includes", {})["users"]}
        meta: dict[str, Any] = {"result_count": len(chosen)}
        if chosen:
            meta |= {"newest_id": chosen[0], "oldest_id": chosen[-1]}
        if first + self.page_size < len(ids):
            meta["next_token"] = f"t{first + self.page_size}"
        body: dict[str, Any] = {"meta": meta}
        if chosen:
            body["data"] = [found[i]["data"] for i in chosen]
            body["includes"] = {"users": list(users.values())}
        return body
