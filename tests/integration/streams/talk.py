"""Talk of two brands in ClickHouse, as the worker stores it, for tests of alerts."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

COLUMNS = (
    "mention_id", "source", "kind", "author_id", "published_at", "lang", "brands", "topics",
    "intent", "intent_active", "intent_words", "fingerprint", "text", "spam", "author_is_bot",
    "bands", "spam_reasons", "author_role", "stored_at",
)  # fmt: skip


def only_background(client: Client) -> None:
    """Seven weeks of talk in which nothing happens, and no alert."""
    for table in ("mentions", "alerts", "alert_evidence", "alert_deliveries", "alert_faults"):
        client.command("TRUNCATE TABLE {name:Identifier}", {"name": table})
    background(client)


def background(client: Client) -> None:
    """Seven weeks of two brands, in which nothing happens."""
    rng = random.Random(5)
    now = datetime.now(UTC)
    mentions(
        client,
        [
            (
                f"test:old-{brand}-{n}",
                f"author {n}",
                now - timedelta(days=1 + 48 * rng.random()),
                brand,
            )
            for brand in ("Nimbara", "Otra")
            for n in range(300)
        ],
    )


def mentions(
    client: Client,
    rows: list[tuple[str, str, datetime, str]],
    *,
    fingerprint: int | None = None,
    **changes: Any,
) -> None:
    """Store mentions, with intent by default; all of one text when a fingerprint is given."""
    usual = {"spam": 0.0, "author_is_bot": 0, "kind": "post", "bands": [], "text": "", **changes}
    usual = {"intent": "active", "intent_active": 0.9, **usual}
    stored_at = usual.get("stored_at", datetime.now(UTC))
    client.insert(
        "mentions",
        [
            [
                mention_id, "test", usual["kind"], author, at, "es", [brand], [],
                usual["intent"], usual["intent_active"], ["comprar", "?", brand.lower()],
                fingerprint or abs(hash(mention_id)) + 1, usual["text"].format(author.split()[0]),
                usual["spam"], usual["author_is_bot"],
                usual["bands"], usual.get("spam_reasons", []), usual.get("author_role", ""),
                stored_at,
            ]
            for mention_id, author, at, brand in rows
        ],
        column_names=COLUMNS,
    )  # fmt: skip


def burst(name: str, people: int, brand: str = "Nimbara") -> list[tuple[str, str, datetime, str]]:
    """So many different people, one each few seconds up to now."""
    now = datetime.now(UTC)
    return [
        (f"test:{name}-{n}", f"{name} author {n}", now - timedelta(seconds=5 * n), brand)
        for n in range(people)
    ]


def changes(client: Client) -> list[tuple[str, int, str]]:
    return [
        (series, change, event)
        for series, change, event in client.query(
            "SELECT series, change, event FROM alerts ORDER BY series, change"
        ).result_rows
    ]
