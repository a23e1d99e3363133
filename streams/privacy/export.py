"""`escucha export`: everything stored of a person, as one JSON document."""

import base64
import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
from clickhouse_connect.driver.client import Client

from streams import clock
from streams.privacy.places import Place, post_ids
from streams.privacy.subject import Subject

ABOUT = (
    "Everything this installation of Escucha stores of one author, place by place. `own` is 1 for"
    " what the author said or did; other rows only name the author, and who wrote them is left out."
)


def export(client: Client, places: Sequence[Place], subject: Subject, path: Path) -> dict[str, int]:
    """Write the document to `path`, readable by its owner only; returns rows by place.

    Rows are written as they are read, so that a talkative person fits in memory.
    """
    subject = subject.with_posts(post_ids(client, subject))
    counts: dict[str, int] = {}
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.part")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        head = {
            "about": ABOUT,
            "exported_at": clock.now(),
            "author_ids": sorted(subject.author_ids),
            "handles": sorted(subject.handles),
            "source": subject.source or "all",
        }
        file.write(_encode(head)[:-1] + b',"places":{')
        for number, place in enumerate(places):
            file.write((b"," if number else b"") + b"\n" + _encode(place.name) + b":[")
            counts[place.name] = 0
            for row in place.rows(subject):
                file.write((b",\n" if counts[place.name] else b"\n") + _encode(row))
                counts[place.name] += 1
            file.write(b"]")
        file.write(b"}}\n")
    beside.replace(path)
    return counts


def _encode(value: Any) -> bytes:
    return msgspec.json.encode(value, enc_hook=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise NotImplementedError(f"a {type(value).__name__} of ClickHouse has no form in JSON yet")
