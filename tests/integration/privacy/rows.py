"""Rows as the pipeline writes them, as far as privacy looks at them."""

import itertools
from datetime import timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from streams.clock import now

AT = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=2)
_offsets = itertools.count(1)


def insert(client: Client, table: str, *rows: dict[str, Any], block: str = "") -> list[int]:
    """Insert rows, each at a place of its own unless it says where; returns their offsets."""
    placed = [
        {
            "topic": "mentions.raw.v1",
            "topic_id": "t",
            "kafka_offset": next(_offsets),
            "kafka_timestamp": AT,
            **row,
        }
        for row in rows
    ]
    names = list(placed[0])
    client.insert(
        table,
        [[row[name] for name in names] for row in placed],
        column_names=names,
        settings={"insert_deduplication_token": block} if block else None,
    )
    return [row["kafka_offset"] for row in placed]


def mention(mention_id: str, author_id: str = "ana", **changes: Any) -> dict[str, Any]:
    return {
        "mention_id": mention_id,
        "source": "bluesky",
        "author_id": author_id,
        "text": f"text of {mention_id}",
        "published_at": AT,
        "version": 0,
        "parent_id": "",
        "parent_text": "",
        **changes,
    }


def interaction(interaction_id: str, author_id: str = "ana", **changes: Any) -> dict[str, Any]:
    return {
        "interaction_id": interaction_id,
        "source": "bluesky",
        "author_id": author_id,
        "kind": "like",
        "target_id": "bluesky:1",
        "target_author_id": "",
        "occurred_at": AT,
        **changes,
    }


def deletion(target: str, target_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "target": target,
        "target_id": target_id,
        "source": "bluesky",
        "author_id": "",
        "deleted_at": AT,
        **changes,
    }


def ids(client: Client, table: str = "mentions", column: str = "mention_id") -> list[str]:
    found = client.query(f"SELECT {column} FROM {table} ORDER BY 1").result_rows
    return [value for (value,) in found]
