"""Crowds that the detector finds in stored mentions, and what becomes of its alerts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from schemas.business import Alert
from streams.signals.emerging.live import Watch
from streams.signals.emerging.notify import outbox
from streams.signals.emerging.notify.channels import RefusedError, UndeliveredError
from streams.signals.emerging.settings import DetectorSettings

URL = "http://console.example"


class Receiver:
    """A way out that takes what it is told to take."""

    name = "mailto-0123456789"
    wants_all = False
    takes = True
    refuses = False

    def send(self, alert: Alert) -> None:
        if self.refuses:
            raise RefusedError("it answered 422")
        if not self.takes:
            raise UndeliveredError("it answered 503")


def refuse_for_good(client: Client, receiver: Receiver) -> None:
    """The first notice that waits is refused, and again after hours; the next one now."""
    receiver.refuses = True
    for _ in range(2):
        with pytest.raises(RefusedError):
            outbox.deliver(client, receiver)
        client.command(
            "INSERT INTO alert_faults SELECT * REPLACE(refused_at - INTERVAL 1 DAY AS refused_at,"
            " now64(3) AS tried_at) FROM alert_faults FINAL WHERE passed_at IS NULL"
        )
    receiver.refuses = False


def said(number: int, at: datetime, brand: str, **values: Any) -> dict[str, Any]:
    """A mention with intent by somebody who says nothing else."""
    usual = {
        "mention_id": f"bluesky:crowd-{number}", "source": "bluesky", "published_at": at,
        "author_id": f"crowd-{number}", "author_handle": f"persona{number}", "lang": "es",
        "brands": [brand], "intent": "active", "intent_active": 0.9,
        "intent_words": ["comprar", "presupuesto"], "stored_at": at,
        "text": "¿Dónde compro el {brand}? Presupuesto 700 €", "fingerprint": number + 1,
        "url": f"https://example.org/{number}",
    }  # fmt: skip
    given = {**usual, **values}
    return {**given, "text": given["text"].format(brand=brand)}


def store(client: Client, rows: list[dict[str, Any]]) -> None:
    columns = list(rows[0])
    client.insert("mentions", [list(row.values()) for row in rows], column_names=columns)


def many(client: Client, first: int, brand: str, people: int, **values: Any) -> None:
    """That many people, one every 15 seconds until now: 60 of them within 15 minutes."""
    now = datetime.now(UTC)
    times = [now - timedelta(seconds=15 * n) for n in range(people)]
    store(client, [said(first + n, at, brand, **values) for n, at in enumerate(times)])


def watch(client: Client) -> list[Any]:
    return Watch(client, DetectorSettings(), URL).look()


def changes(client: Client, series: str) -> list[tuple[Any, ...]]:
    rows = client.query(
        "SELECT change, event, by, acknowledged_by, note FROM alerts FINAL"
        " WHERE series = {series:String} ORDER BY change",
        {"series": series},
    )
    return [tuple(row) for row in rows.result_rows]


def newest(client: Client, series: str, what: str) -> Any:
    rows = client.query(
        f"SELECT {what} FROM alerts FINAL WHERE series = {{series:String}}"
        " ORDER BY change DESC LIMIT 1",
        {"series": series},
    )
    return rows.first_row[0]


def post(url: str, alert_id: str, expected_change: int, **more: Any) -> Any:
    made = {"alert_id": alert_id, "expected_change": expected_change, "act": "acknowledge"}
    return httpx.post(
        f"{url}/api/alerts/act",
        json=made | {"made_by": "Ana"} | more,
        headers={"origin": url},
        timeout=60,
    )
