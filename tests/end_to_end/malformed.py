"""One maker for each way in which a record can be wrong, and valid records beside them."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

TEXT = "quiero comprar un móvil barato, where can I buy it, la batería fatal, love this phone 😍"
WORDS = TEXT.split()


def valid(number: int, random_: random.Random, start: datetime, tag: str) -> dict[str, object]:
    """A mention with a unique id; every tenth author writes a good deal more than the others."""
    author = f"author-{random_.randrange(2_000)}"
    return {
        "type": "mention",
        "mention_id": f"lab:{tag}-{number}",
        "source": "lab",
        "author": {"id": author, "handle": author, "followers": random_.randrange(5_000)},
        "text": " ".join(random_.choices(WORDS, k=random_.randrange(4, 30)))
        + " @nimbara" * (number % 3),
        "published_at": (start + timedelta(seconds=number * 0.05)).isoformat(),
        "lang": random_.choice(["es", "en"]),
    }


def _changed(**changes: object) -> Callable[[dict[str, object]], bytes]:
    return lambda event: json.dumps({**event, **changes}).encode()


def _without(name: str) -> Callable[[dict[str, object]], bytes]:
    return lambda event: json.dumps({k: v for k, v in event.items() if k != name}).encode()


def _text_as(event: dict[str, object], raw: bytes) -> bytes:
    return json.dumps({**event, "text": "TEXT"}).encode().replace(b"TEXT", raw)


MALFORMED: dict[str, Callable[[dict[str, object]], bytes | None]] = {
    "tombstone": lambda _: None,
    "empty": lambda _: b"",
    "blank": lambda _: b"   ",
    "truncated": lambda event: json.dumps(event).encode()[:-7],
    "first half of a pair": lambda _: b'{"type":"mention","mention_id":"lab:evil","text":"',
    "second half of a pair": lambda _: b'"}',
    "two objects": lambda event: json.dumps(event).encode() * 2,
    "two objects with a comma": lambda event: b",".join([json.dumps(event).encode()] * 2),
    "not UTF-8": lambda _: b"\xff\xfe\x00\x80",
    "latin-1": lambda event: _text_as(event, "café".encode("latin-1")),
    "byte order mark": lambda event: b"\xef\xbb\xbf" + json.dumps(event).encode(),
    "utf-16": lambda event: json.dumps(event).encode("utf-16"),
    "array": lambda event: json.dumps([event]).encode(),
    "null": lambda _: b"null",
    "number": lambda _: b"42",
    "huge number": lambda _: b"1e999999",
    "nested": lambda _: b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    "no type": _without("type"),
    "unknown type": _changed(type="opinion"),
    "no id": _without("mention_id"),
    "id of another form": _changed(mention_id="no colon here"),
    "no author": _without("author"),
    "author without id": _changed(author={"handle": "x"}),
    "author is text": _changed(author="ana"),
    "no text": _without("text"),
    "text is a number": _changed(text=7),
    "half a surrogate": lambda event: _text_as(event, b"\\ud83d"),
    "too long a text": _changed(text="x" * 100_001),
    "too long a record": _changed(ignored="x" * 1_010_000),
    "no time zone": _changed(published_at="2026-07-04T10:00:00"),
    "no such day": _changed(published_at="2026-02-30T10:00:00Z"),
    "before computers": _changed(published_at="1026-07-04T10:00:00Z"),
    "far future": _changed(published_at="2999-01-01T00:00:00Z"),
    "end of time": _changed(published_at="9999-12-31T23:59:59-14:00"),
    "negative count": _changed(engagement={"likes": -1}),
    "count past 2^53": _changed(engagement={"likes": 2**60}),
    "unknown kind": _changed(kind="shout"),
    "gzip": lambda _: b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    "avro header": lambda _: b"\x00\x00\x00\x00\x01payload",
    "html": lambda _: b"<html><body>502 Bad Gateway</body></html>",
}


def start_time() -> datetime:
    """Event times of a run begin some hours ago."""
    return datetime.now(UTC).replace(microsecond=0) - timedelta(hours=9)
