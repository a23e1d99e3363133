"""A Reddit on this machine: token service, listings with before and after, or a recorded tape."""

import base64
import itertools
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from streams.producers.live.reddit import Reddit
from tests.fakes.polled import Asked, PolledServer

CLIENT_ID, CLIENT_SECRET = "the-app", "its-secret"
LISTED = 1_000


def comment(number: int, text: str = "", **fields: Any) -> dict[str, Any]:
    """A t1 as Reddit writes it, with what is read of it."""
    name = f"t1_{_base36(number)}"
    data = {
        "id": name[3:],
        "name": name,
        "author": f"reader_{number % 7}",
        "author_fullname": f"t2_{number % 7}",
        "body": text or f"thought number {number}",
        "body_html": f"<div class='md'><p>{text or number}</p></div>",
        "created_utc": 1_790_000_000.0 + number,
        "edited": False,
        "score": 1,
        "subreddit": "kettles",
        "subreddit_name_prefixed": "r/kettles",
        "link_id": "t3_abc",
        "link_title": "Which kettle?",
        "parent_id": "t3_abc",
        "permalink": f"/r/kettles/comments/abc/which/{name[3:]}/",
    }
    return {"kind": "t1", "data": {**data, **fields}}


def submission(number: int, title: str = "Which kettle?", **fields: Any) -> dict[str, Any]:
    """A t3 as Reddit writes it, with what is read of it."""
    name = f"t3_{_base36(number)}"
    data = {
        "id": name[3:],
        "name": name,
        "author": "asker",
        "author_fullname": "t2_asker",
        "title": title,
        "selftext": "",
        "is_self": True,
        "url": f"https://www.reddit.com/r/kettles/comments/{name[3:]}/which/",
        "created_utc": 1_790_000_000.0 + number,
        "edited": False,
        "score": 3,
        "num_comments": 2,
        "subreddit": "kettles",
        "permalink": f"/r/kettles/comments/{name[3:]}/which/",
    }
    return {"kind": "t3", "data": {**data, **fields}}


@dataclass
class FakeListing:
    """Items newest first; `before` of one that is not there answers nothing, as Reddit's does."""

    items: list[dict[str, Any]] = field(default_factory=list)

    def add(self, *items: dict[str, Any]) -> None:
        for item in items:
            self.items.insert(0, item)

    def remove(self, name: str) -> None:
        self.items = [item for item in self.items if item["data"]["name"] != name]

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        listed, limit = self.items[:LISTED], int(query.get("limit", 25))
        names = [item["data"].get("name") for item in listed]
        if before := query.get("before"):
            end = names.index(before) if before in names else 0
            chosen = listed[max(0, end - limit) : end]
            more = False
        else:
            first = 0
            if after := query.get("after"):
                first = names.index(after) + 1 if after in names else len(listed)
            chosen = listed[first : first + limit]
            more = first + limit < len(listed)
        return listing(chosen, chosen[-1]["data"]["name"] if more and chosen else None)


class FakeReddit(PolledServer):
    """Serves what its listings hold; with a tape, the recorded bodies one after the other."""

    def __init__(self) -> None:
        super().__init__()
        self.comments = FakeListing()
        self.submissions = FakeListing()
        self.tapes: dict[str, list[dict[str, Any]]] = {}  # by listing: comments or new
        self.positions: dict[str, int] = {}
        self.token_expires_in = 86_400.0
        self.tokens = itertools.count(1)
        self.valid = ""

    def source(self, **options: Any) -> Reddit:
        """The source that listens here, fast."""
        given: dict[str, Any] = {
            "subreddits": ("kettles",),
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "shortest_sec": 0.01,
            "longest_sec": 0.02,
            "api_url": self.url,
            "token_url": f"{self.url}/api/v1/access_token",
        }
        return Reddit(**{**given, **options})

    async def answer(self, request: web.Request, asked: Asked) -> Any:
        if asked.path == "/api/v1/access_token":
            return self._token(asked)
        if asked.headers.get("Authorization") != f"Bearer {self.valid}":
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        kind = asked.path.rsplit("/", 1)[-1]
        if kind in self.tapes:
            return self._recorded(kind, asked.query)
        return (self.comments if kind == "comments" else self.submissions).page(asked.query)

    def _token(self, asked: Asked) -> Any:
        wanted = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if asked.headers.get("Authorization") != f"Basic {wanted}":
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        if asked.body != "grant_type=client_credentials":
            return {"error": "unsupported_grant_type"}
        self.valid = f"token-{next(self.tokens)}"
        return {
            "access_token": self.valid,
            "token_type": "bearer",
            "expires_in": self.token_expires_in,
            "scope": "*",
        }

    def _recorded(self, kind: str, query: dict[str, str]) -> dict[str, Any]:
        tape, position = self.tapes[kind], self.positions.get(kind, 0)
        if "after" in query:  # was not asked while it was recorded: from all that was listed
            seen = {c["data"]["name"]: c for b in tape[:position] for c in b["data"]["children"]}
            older = FakeListing(sorted(seen.values(), key=_number, reverse=True))
            return older.page(query)
        self.positions[kind] = position + 1
        return tape[position] if position < len(tape) else listing([], None)


def listing(items: list[dict[str, Any]], after: str | None) -> dict[str, Any]:
    """The envelope."""
    data = {"modhash": None, "dist": len(items), "children": items, "after": after, "before": None}
    return {"kind": "Listing", "data": data}


def _number(item: dict[str, Any]) -> int:
    return int(item["data"]["id"], 36)


def _base36(number: int) -> str:
    digits = ""
    while number or not digits:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
    return digits
