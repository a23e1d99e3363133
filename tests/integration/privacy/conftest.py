"""One ClickHouse and one broker for all tests of this folder, with a database for each test."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from deploy.local.handles import BrokerHandle, ClickHouseHandle, start_broker, start_clickhouse
from streams.migrate import connect, migrate
from streams.settings import Settings

_numbers = itertools.count(1)
Servers = tuple[BrokerHandle, ClickHouseHandle]


@pytest.fixture(scope="package")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    folder = tmp_path_factory.mktemp("servers")
    with start_broker(folder / "broker") as broker, start_clickhouse(folder / "ch") as clickhouse:
        yield broker, clickhouse
        clickhouse.kill()  # a clean stop takes seconds, and nobody reads its data again


@pytest.fixture
def settings(servers: Servers, tmp_path: Path) -> Settings:
    """Fresh tables, since deletions and erasure reach across all of them."""
    broker, clickhouse = servers
    settings = Settings(
        kafka_bootstrap=broker.bootstrap,
        clickhouse_url=clickhouse.url,
        clickhouse_user=clickhouse.user,
        clickhouse_password=clickhouse.password,
        run_dir=tmp_path / "run",
        kafka_partitions=2,
    )
    migrate(settings, dry_run=False, say=lambda _: None)
    with connect(settings, in_database=True) as client:
        tables = client.query(
            "SELECT name FROM system.tables WHERE database = currentDatabase()"
            " AND engine LIKE '%MergeTree' AND name != 'schema_migrations'"
            " AND NOT startsWith(name, '.tmp')"  # of a refresh under way
        ).result_rows
        for (table,) in tables:
            client.command("TRUNCATE TABLE {table:Identifier} SYNC", {"table": table})
    return settings


@pytest.fixture
def client(settings: Settings) -> Iterator[Client]:
    with connect(settings, in_database=True) as client:
        yield client
