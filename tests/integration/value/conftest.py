"""A ClickHouse with all tables, and rows written by hand; and services for the whole way."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from deploy.local.handles import ClickHouseHandle, start_broker, start_clickhouse
from models.store import ModelStore
from streams.migrate import connect, migrate, migrations
from streams.settings import Settings
from streams.training import SHIPPED
from streams.upkeep import value
from tests.integration.streams.helpers import Lane, Services

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)  # a Monday


@dataclass(frozen=True)
class Shop:
    """Writes rows as the worker would, and reads views after a run."""

    client: Client
    settings: Settings

    def mention(self, id_: str, author: str, day: float = 0, **more: Any) -> None:
        """One text; said on a day after noon of that Monday."""
        self._insert(
            "mentions",
            {"mention_id": id_, "author_id": author, "published_at": at(day), "kind": "post"}
            | more,
        )

    def answer(self, id_: str, author: str, to: str, day: float, **more: Any) -> None:
        """A reply to a mention, without its author's id."""
        self.mention(id_, author, day, kind="reply", parent_id=to, **more)

    def reaction(self, author: str, to: str, day: float, kind: str = "like", **more: Any) -> None:
        """A like or the like."""
        id_ = f"{kind} {author} {to} {day}"
        self._insert(
            "interactions",
            {"interaction_id": id_, "author_id": author, "target_id": to, "kind": kind}
            | {"occurred_at": at(day)}
            | more,
        )

    def order(self, id_: str, author: str, day: float, amount: str = "10", **more: Any) -> None:
        """A purchase of one item, in euros unless told."""
        values = {"order_id": id_, "author_id": author, "ordered_at": at(day), "items": 1}
        self._insert("orders", values | {"amount": Decimal(amount), "currency": "EUR"} | more)

    def gesture(self, id_: str, author: str, day: float, cost: str, **more: Any) -> None:
        """Something given."""
        values = {"gesture_id": id_, "author_id": author, "given_at": at(day)}
        self._insert("gestures", values | {"cost": Decimal(cost), "currency": "EUR"} | more)

    def set(self, name: str, number: float = 0, text: str = "") -> None:
        """What an operator sets."""
        self._insert("value_settings", {"name": name, "number": Decimal(str(number)), "text": text})

    def run(self) -> None:
        """Compute what the views read."""
        value.compute(self.client)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Answer of a query."""
        return [tuple(row) for row in self.client.query(query).result_rows]

    def _insert(self, table: str, values: dict[str, Any]) -> None:
        self.client.insert(table, [list(values.values())], column_names=list(values))


def at(day: float) -> datetime:
    return NOON + timedelta(days=day)


@pytest.fixture(scope="package")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseHandle]:
    with start_clickhouse(tmp_path_factory.mktemp("clickhouse")) as handle:
        yield handle
        handle.kill()


@pytest.fixture(scope="package")
def settings(clickhouse: ClickHouseHandle) -> Settings:
    return Settings(
        clickhouse_url=clickhouse.url,
        clickhouse_user=clickhouse.user,
        clickhouse_password=clickhouse.password,
    )


@pytest.fixture(scope="package")
def server(settings: Settings) -> Iterator[Client]:
    with connect(settings, in_database=True) as client:
        for migration in migrations():
            for statement in migration.statements:
                client.command(statement)
        yield client


@pytest.fixture
def shop(server: Client, settings: Settings) -> Shop:
    tables = (
        "mentions", "interactions", "orders", "gestures", "near_duplicates", "exchange_rates",
        "rule_versions",
    )  # fmt: skip
    for table in tables:
        server.command("TRUNCATE TABLE {name:Identifier}", {"name": table})
    server.command(
        "DELETE FROM value_settings WHERE set_at > toDateTime64(0, 3, 'UTC')"
        " SETTINGS lightweight_deletes_sync = 1"
    )
    return Shop(server, settings)


@pytest.fixture(scope="package")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("services")
    store = ModelStore(folder / "models")
    shipped = ModelStore(SHIPPED)
    store.promote(store.adopt(shipped, shipped.versions()[-1]).version)
    with start_broker(folder / "broker") as broker, start_clickhouse(folder / "ch") as clickhouse:
        services = Services(broker, clickhouse, folder / "models")
        migrate(services.settings(folder / "run"), dry_run=False, say=lambda _: None)
        yield services
        clickhouse.kill()


@pytest.fixture
def lane(services: Services, tmp_path: Path) -> Lane:
    return Lane.make(services, tmp_path)
