"""A ClickHouse with nothing in it but the tables, emptied for each test."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from deploy.local.handles import start_clickhouse
from streams.migrate import connect, migrations
from streams.settings import Settings
from tests.integration.journeys.said import TABLES


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with start_clickhouse(tmp_path_factory.mktemp("clickhouse")) as server:
        settings = Settings(
            clickhouse_url=server.url,
            clickhouse_user=server.user,
            clickhouse_password=server.password,
        )
        with connect(settings, in_database=True) as client:
            for migration in migrations():
                for statement in migration.statements:
                    client.command(statement)
            yield client
        server.kill()


@pytest.fixture
def client(server: Client) -> Client:
    for table in TABLES:
        server.command("TRUNCATE TABLE {name:Identifier}", {"name": table})
    return server
