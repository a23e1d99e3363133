"""Rows as the pipeline writes them, and what the views make of them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from tests.browser.data import FOR_PANELS, KEPT, refresh_kept

TABLES = (
    "mentions",
    "interactions",
    "orders",
    "near_duplicates",
    "listened",
    "signal_settings",
    "lead_events",
    "care_events",
    *KEPT,
    *FOR_PANELS,
)
# Noon of ten days ago, so that queues of the last weeks have it too and days are known.
START = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=10)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def mention(id_: str, author: str, hours: float, **changes: Any) -> dict[str, Any]:
    return {
        "mention_id": id_,
        "source": "bluesky",
        "kind": "post",
        "author_id": author,
        "author_handle": author,
        "published_at": at(hours),
        "intent": "none",
        "stage": "none",
    } | changes


def brand(id_: str, hours: float, parent: str = "", **changes: Any) -> dict[str, Any]:
    """Something that an account of the brand says, as an answer where there is a parent."""
    kind = "reply" if parent else "post"
    return mention(
        id_, "helper", hours, **{"author_role": "care", "kind": kind, "parent_id": parent} | changes
    )


def contact(id_: str, author: str, hours: float, brands: list[str], kind: str = "like") -> Any:
    return {
        "interaction_id": id_,
        "source": "bluesky",
        "author_id": author,
        "kind": kind,
        "occurred_at": at(hours),
        "brands": brands,
    }


def order(id_: str, author: str, hours: float, product: str = "") -> dict[str, Any]:
    return {
        "order_id": id_,
        "author_id": author,
        "ordered_at": at(hours),
        "product": product,
        "items": 1,
    }


def own(client: Client, *names: str, rivals: tuple[str, ...] = ()) -> None:
    """Listening rules that call these brands our own, and those rivals."""
    rows = [[1, "v", "brand", name, name, int(name in names)] for name in (*names, *rivals)]
    columns = ["sequence", "version", "section", "name", "brand", "own"]
    client.insert("listened", rows, column_names=columns)


def insert(client: Client, table: str, *rows: dict[str, Any]) -> None:
    """One block for rows of the same columns."""
    for row in rows:
        client.insert(table, [list(row.values())], column_names=list(row))


def kept(client: Client, query: str, tables: Sequence[str] = KEPT) -> list[tuple[Any, ...]]:
    """What a query gives once the kept tables tell of what is stored now."""
    refresh_kept(client, tables)
    return [tuple(row) for row in client.query(query).result_rows]
