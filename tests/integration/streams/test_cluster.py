"""Migrations for a cluster, as far as ClickHouse itself can judge them on one machine.

The embedded engine has a Keeper in memory and no listener between servers: it makes Replicated
tables and leaves them read-only, and takes no ON CLUSTER. So it parses every statement, and makes
every table. What replicas do with each other's parts is tested in test_replicas.py, with Java.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from deploy.local.handles import start_clickhouse
from streams.cluster import WINDOW_SECONDS, on_cluster, refreshed
from streams.migrate import connect, migrations
from streams.settings import Settings
from tests.integration.streams.helpers import REPOSITORY, Services

README = REPOSITORY / "deploy" / "README.md"
CLUSTER = "main"
OWN = refreshed(statement for m in migrations() for statement in m.statements)
KEEPER = """<clickhouse>
    <zookeeper>
        <implementation>testkeeper</implementation>
        <node><host>localhost</host><port>1</port></node>
    </zookeeper>
    <macros><shard>01</shard><replica>one</replica></macros>
</clickhouse>
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("replica")
    settings_folder = folder / "clickhouse" / "config.d"
    settings_folder.mkdir(parents=True)
    Path(settings_folder / "keeper.xml").write_text(KEEPER, encoding="utf-8")
    with start_clickhouse(folder) as clickhouse:
        settings = Settings(
            clickhouse_url=clickhouse.url,
            clickhouse_user=clickhouse.user,
            clickhouse_password=clickhouse.password,
        )
        with connect(settings, in_database=True) as client:
            yield client
        clickhouse.kill()


def test_clickhouse_understands_every_statement(client: Client) -> None:
    for migration in migrations():
        for statement in migration.statements:
            client.raw_query(f"EXPLAIN AST {on_cluster(statement, CLUSTER, OWN)}")
    with pytest.raises(DatabaseError):
        client.raw_query("EXPLAIN AST DROP TABLE ON CLUSTER 'main' IF EXISTS mentions")


def test_every_table_is_made_and_known_to_keeper(client: Client) -> None:
    names = []
    for migration in migrations():
        for statement in migration.statements:
            if statement.startswith("CREATE TABLE"):
                here = on_cluster(statement, CLUSTER, OWN).replace(f" ON CLUSTER '{CLUSTER}'", "")
                client.command(here)
                if "ENGINE = Replicated" in here:
                    names.append(here.split()[5])
    known = client.query(
        "SELECT table, zookeeper_path, replica_name FROM system.replicas WHERE database = 'escucha'"
    ).result_rows
    assert sorted(known) == sorted(
        (name, f"/clickhouse/tables/01/escucha/{name}", "one") for name in names
    )
    windows = client.query(
        "SELECT name FROM system.tables WHERE database = 'escucha'"
        " AND match(engine_full, '[^_]replicated_deduplication_window = 30000')"
    ).result_rows
    assert {"mentions", "ledger", "mentions_by_hour"} <= {name for (name,) in windows}


def test_what_the_readme_gives_for_clickhouse_cloud_is_taken_and_leaves_no_table_out(
    services: Services, tmp_path: Path
) -> None:
    """SharedMergeTree itself is nowhere but there; here its settings are written and not heeded."""
    [statement] = re.findall(
        r"```sql\n(SELECT concat\('ALTER TABLE.+?)```", README.read_text("utf-8"), re.DOTALL
    )
    with connect(services.settings(tmp_path), in_database=True) as client:
        windows = r"'\\bnon_replicated_deduplication_window = (\\d+)'"
        kept = (
            f"SELECT name, extract(create_table_query, {windows}) AS own,"
            r" extract(create_table_query, '[^_]replicated_deduplication_window = (\\d+)'),"
            r" extract(create_table_query, 'replicated_deduplication_window_seconds = (\\d+)')"
            " FROM system.tables WHERE database = currentDatabase() AND own != ''"
            " AND NOT startsWith(name, '.') ORDER BY name"
        )
        try:
            for (alter,) in client.query(statement).result_rows:
                client.command(alter)
            found = client.query(kept).result_rows
            assert {"mentions", "ledger", "interactions"} <= {name for name, *_ in found}
            for name, own, replicated, seconds in found:
                assert (replicated, int(seconds)) == (own, WINDOW_SECONDS), name
        finally:
            for name, *_ in client.query(kept).result_rows:
                client.command(
                    "ALTER TABLE {name:Identifier} RESET SETTING replicated_deduplication_window,"
                    " replicated_deduplication_window_seconds",
                    {"name": name},
                )
