"""Jetstream messages of our own making: people, texts and ids that nobody ever wrote."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

START_US = 1_783_175_888_000_000  # 2026-07-04
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_WORDS = (
    "coffee", "train", "morning", "quiet", "battery", "screen", "price", "delivery", "ticket",
    "queue", "waiter", "window", "music", "cinta", "reloj", "zapato", "tienda", "envío",
    "factura", "cliente", "gracias", "lluvia", "concierto", "tarde", "roto",
)  # fmt: skip
POST, LIKE, REPOST = "app.bsky.feed.post", "app.bsky.feed.like", "app.bsky.feed.repost"
FOLLOW = "app.bsky.graph.follow"
# What of 1,000 messages is what: likes, posts, reposts and follows by their shares in a recorded
# third of a second of the network; what was rare or absent there has a guessed share.
SHARES = {
    ("create", LIKE): 690,
    ("create", POST): 112,
    ("create", REPOST): 98,
    ("create", FOLLOW): 40,
    ("delete", LIKE): 20,
    ("delete", FOLLOW): 20,
    ("delete", POST): 8,
    ("update", POST): 1,
    ("identity", ""): 5,
    ("account", ""): 6,
}

Json = dict[str, Any]


def did(number: int) -> str:
    """The account of that number."""
    letters = []
    for _ in range(24):
        number, digit = divmod(number * 2_654_435_761 + 12_345, 32)
        letters.append(_LETTERS[digit])
        number %= 2**40
    return "did:plc:" + "".join(letters)


def instant(time_us: int) -> str:
    """As a client writes createdAt."""
    return (_EPOCH + timedelta(microseconds=time_us)).isoformat(timespec="milliseconds")


def commit(author: str, time_us: int, operation: str, collection: str, rkey: str) -> Json:
    """A commit without a record."""
    return {
        "did": author,
        "time_us": time_us,
        "kind": "commit",
        "commit": {
            "rev": rkey,
            "operation": operation,
            "collection": collection,
            "rkey": rkey,
        },
    }


def post(
    text: Any = "a text", *, author: int = 1, time_us: int = START_US, rkey: str = "", **record: Any
) -> Json:
    """A post; `record` adds to it or overrules it."""
    message = commit(did(author), time_us, "create", POST, rkey or f"p{time_us}")
    message["commit"]["record"] = {
        "$type": POST,
        "text": text,
        "langs": ["en"],
        "createdAt": instant(time_us),
        **record,
    }
    return message


def uri(author: int, rkey: str, collection: str = POST) -> str:
    """The address of a record."""
    return f"at://{did(author)}/{collection}/{rkey}"


def reaction(
    collection: str,
    subject: object,
    *,
    author: int = 2,
    time_us: int = START_US,
    rkey: str = "",
) -> Json:
    """A like, a repost or a follow."""
    message = commit(did(author), time_us, "create", collection, rkey or f"r{time_us}")
    message["commit"]["record"] = {
        "$type": collection,
        "subject": subject,
        "createdAt": instant(time_us),
    }
    return message


def line(message: object) -> bytes:
    """As it goes over the wire."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()


def mix(count: int, *, seed: int = 0, start_us: int = START_US, rate: float = 1_000) -> list[bytes]:
    """Messages as the network mixes them, at `rate` a second; every id is another one."""
    return list(endless(seed=seed, start_us=start_us, rate=rate, most=count))


def endless(
    *, seed: int = 0, start_us: int = START_US, rate: float = 1_000, most: int | None = None
) -> Iterator[bytes]:
    """The same without an end."""
    dice = random.Random(seed)
    kinds = dice.choices(list(SHARES), weights=list(SHARES.values()), k=10_000)
    number = 0
    while most is None or number < most:
        operation, collection = kinds[number % len(kinds)]
        time_us = start_us + int(number * 1_000_000 / rate)
        yield line(_message(number, operation, collection, time_us, dice))
        number += 1


def _message(
    number: int, operation: str, collection: str, time_us: int, dice: random.Random
) -> Json:
    author, other = dice.randrange(50_000), dice.randrange(50_000)
    rkey = f"3m{number:011x}"
    if operation in ("identity", "account"):
        facts = {"did": did(author), "seq": number, "time": instant(time_us)}
        if operation == "account":
            facts |= {"active": bool(number % 2)} | ({} if number % 2 else {"status": "deleted"})
        return {"did": did(author), "time_us": time_us, "kind": operation, operation: facts}
    if operation == "delete":
        return commit(did(author), time_us, operation, collection, rkey)
    if collection == FOLLOW:
        return reaction(FOLLOW, did(other), author=author, time_us=time_us, rkey=rkey)
    if collection != POST:
        subject = {"cid": "bafy" + rkey, "uri": uri(other, f"3l{other:011x}")}
        return reaction(collection, subject, author=author, time_us=time_us, rkey=rkey)
    text = f"{' '.join(dice.choices(_WORDS, k=dice.randint(3, 40)))} {number}"
    extra: Json = {}
    if number % 2:
        reference = {"cid": "bafy" + rkey, "uri": uri(other, f"3l{other:011x}")}
        extra["reply"] = {"parent": reference, "root": reference}
    elif not number % 5:
        extra["facets"] = [
            {
                "features": [
                    {"$type": "app.bsky.richtext.facet#tag", "tag": dice.choice(_WORDS)},
                    {
                        "$type": "app.bsky.richtext.facet#link",
                        "uri": f"https://example.org/{number}",
                    },
                ],
                "index": {"byteStart": 0, "byteEnd": 3},
            }
        ]
    message = post(text, author=author, time_us=time_us, rkey=rkey, **extra)
    message["commit"]["operation"] = operation
    return message
