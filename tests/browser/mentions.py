"""What tests of /live and /search share: mentions of their own, and reading cards."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from clickhouse_connect.driver.client import Client
from playwright.sync_api import Locator, Page

from tests.browser.data import _insert, _mention

AUTHOR = "stream-"  # authors of mentions that are gone after a test
_FIRST = {"counted": 1, "version": 0, "is_deleted": 0}


@contextmanager
def visiting(writer: Client) -> Iterator[Client]:
    """A client; what it says by authors of the tests' own is gone afterwards."""
    try:
        yield writer
    finally:
        writer.command(f"DELETE FROM mentions WHERE author_id LIKE '{AUTHOR}%'")


def say(client: Client, *several: dict[str, Any], first: int = 0) -> list[str]:
    """Store mentions in one insert, as a worker does, and return their ids."""
    now = datetime.now(UTC)
    rows = []
    for number, values in enumerate(several, first):
        plain = {"intent": "none", "intent_latent": 0.02, "intent_active": 0.01, "stage": "none"}
        who = {"author_id": f"{AUTHOR}{number}", "author_handle": f"voz{number}"}
        quiet = {"brands": [], "topics": [], "source": "bluesky", "lang": "es", "intent_words": []}
        row = _mention(random.Random(number), number, now, now) | plain | quiet | who
        row |= {"mention_id": f"bluesky:{AUTHOR}{number}", "kafka_partition": 7, **_FIRST} | values
        rows.append(row | {"stored_at": now})
    _insert(client, "mentions", rows)
    return [row["mention_id"] for row in rows]


def cards(page: Page) -> Locator:
    return page.locator("article.mention")


def card(page: Page, mention_id: str) -> Locator:
    return page.locator(f'article.mention[data-id="{mention_id}"]')


def ids(page: Page) -> Sequence[str]:
    found: list[str] = page.eval_on_selector_all(
        "article.mention", "all => all.map(one => one.dataset.id)"
    )
    return found
