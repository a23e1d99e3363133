"""Real posts for the benches of the enrichment: with language and, where known, time."""

import csv
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from schemas.mention import Author, Mention

DATA = Path(os.environ.get("ESCUCHA_DATA", Path(__file__).parents[3] / "shared" / "data"))
LANGUAGE_OF_FILE = {"airlines_en_sentiment": "en", "airlines_es_sentiment": "es"}
FILES = (
    "laptop_tweets_unlabelled",
    *LANGUAGE_OF_FILE,
    "labelled_mentions_train",
    "labelled_mentions_dev",
)
AT = datetime(2026, 7, 4, tzinfo=UTC)


def posts() -> Iterator[tuple[str, str, str]]:
    """File, text and language of every post; nothing where there is no data."""
    for name in FILES:
        path = DATA / f"{name}.jsonl"
        if not path.is_file():
            continue
        for line in path.read_text(encoding="utf-8").split("\n"):
            if not line:
                continue
            post = json.loads(line)
            yield name, post["text"], post.get("lang") or LANGUAGE_OF_FILE[name]
    path = DATA / "support_threads_en.csv"
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                yield "support_threads_en", row["text"], "en"


def texts() -> list[str]:
    """Every post's text once; ends the program with the remedy where there is no data."""
    found = list(dict.fromkeys(text for _, text, _ in posts()))
    if not found:
        raise SystemExit(f"no posts in {DATA}: set ESCUCHA_DATA")
    return found


def as_mentions(found: list[str]) -> list[Mention]:
    """The texts as mentions that carry nothing else."""
    return [
        Mention(
            mention_id=f"bench:{number}",
            source="bench",
            author=Author(id=f"author-{number % 1_000}"),
            text=text,
            published_at=AT,
        )
        for number, text in enumerate(found)
    ]
