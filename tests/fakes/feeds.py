"""A web server with feeds over real sockets: conditional GET, redirects, and bad days."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import blake2b
from typing import Any
from xml.sax.saxutils import escape

from aiohttp import web

from streams.producers.live.rss import RssSource
from tests.fakes.polled import Asked, PolledServer

FIRST_DAY = datetime(2026, 7, 4, 10, tzinfo=UTC)


def item(number: int, title: str = "", **changes: str) -> str:
    """An RSS item of that number; `changes` replace its elements, empty ones leave them out."""
    elements = {
        "title": title or f"Nota {number}",
        "link": f"https://blog.example/{number}",
        "guid": f"https://blog.example/?p={number}",
        "pubDate": format_datetime(FIRST_DAY + timedelta(days=number)),
        "description": escape(f"<p>Cuerpo de la nota {number}</p>"),
        **changes,
    }
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in elements.items() if value)
    return f"<item>{inside}</item>"


def rss(items: Iterable[str], *, head: str = "<language>es-ES</language>") -> str:
    """An RSS 2.0 document."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:atom="http://www.w3.org/2005/Atom" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>Blog de prueba</title>{head}{''.join(items)}</channel></rss>"
    )


def atom(entries: Iterable[str], *, lang: str = "en") -> str:
    """An Atom document."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        f'xmlns:im="http://itunes.apple.com/rss" xml:lang="{lang}"><title>Reviews</title>'
        f"{''.join(entries)}</feed>"
    )


@dataclass
class Document:
    """What is at a path."""

    body: bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    has_etag: bool = True


class FeedServer(PolledServer):
    """Serves `documents` by path; 304 where the reader has the newest."""

    def __init__(self) -> None:
        super().__init__()
        self.documents: dict[str, Document] = {}
        self.answered: list[int] = []

    def put(self, path: str, body: str | bytes, status: int = 200, **headers: str) -> str:
        """Place a document; return its address. Underscores in names of headers are hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        raw = body.encode() if isinstance(body, str) else body
        self.documents[path] = Document(raw, status, named)
        return f"{self.url}{path}"

    def etag(self, path: str) -> str:
        """The mark of what is at `path`."""
        return f'"{blake2b(self.documents[path].body, digest_size=8).hexdigest()}"'

    def source(self, *paths: str, **options: Any) -> RssSource:
        """A source that reads from here, impatiently."""
        quick: dict[str, Any] = {"poll_sec": 0.05, "retry_sec": 0.05}
        feeds = tuple(f"{self.url}{path}" for path in paths)
        return RssSource(feeds=feeds, **{**quick, "request_sec": 0.5, **options})

    async def answer(self, request: web.Request, asked: Asked) -> web.Response:
        found = self.documents.get(asked.path, Document(b"", 404))
        etag = self.etag(asked.path) if asked.path in self.documents else ""
        headers = {"Content-Type": "application/xml", **found.headers}
        status, body = found.status, found.body
        if status == 200 and found.has_etag:
            headers["ETag"] = etag
            if asked.headers.get("If-None-Match") == etag:
                status, body = 304, b""
        self.answered.append(status)
        return web.Response(status=status, body=body, headers=headers)
