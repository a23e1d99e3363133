"""The launcher of the embedded ClickHouse, for real."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import clickhouse_connect
import psutil
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from deploy.local.handles import ClickHouseHandle, start_clickhouse
from deploy.local.ports import free_ports

ACCESS_DENIED = "ACCESS_DENIED"
CONFIGURATION = Path(__file__).parents[3] / "deploy" / "clickhouse"


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseHandle]:
    # A blank and characters that file() would expand: run directories are the user's to name.
    with start_clickhouse(
        tmp_path_factory.mktemp("run {dir}*"), memory_bytes=500_000_000
    ) as handle:
        yield handle


@contextmanager
def connected(handle: ClickHouseHandle, user: str, password: str) -> Iterator[Client]:
    client = clickhouse_connect.get_client(
        host="127.0.0.1", port=handle.http_port, username=user, password=password
    )
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def writer(clickhouse: ClickHouseHandle) -> Iterator[Client]:
    with connected(clickhouse, clickhouse.user, clickhouse.password) as client:
        client.command("DROP TABLE IF EXISTS notes")
        client.command("CREATE TABLE notes (id UInt64, text String) ENGINE = MergeTree ORDER BY id")
        yield client


@pytest.fixture
def reader(clickhouse: ClickHouseHandle) -> Iterator[Client]:
    with connected(clickhouse, clickhouse.reader_user, clickhouse.reader_password) as client:
        yield client


def test_what_the_writer_inserts_the_reader_reads(writer: Client, reader: Client) -> None:
    writer.insert("notes", [[1, "uno"], [2, "dos"]], column_names=["id", "text"])

    found = reader.query("SELECT text FROM escucha.notes ORDER BY id").result_rows

    assert found == [("uno",), ("dos",)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO escucha.notes VALUES (3, 'tres')",
        "CREATE TABLE escucha.more (id UInt64) ENGINE = Memory",
        "SELECT * FROM file('/etc/hosts', 'LineAsString')",
        "SELECT * FROM url('http://127.0.0.1/', 'LineAsString')",
        "SELECT name FROM system.users",
        "SYSTEM STOP LISTEN TCP",
    ],
)
def test_the_reader_may_not(writer: Client, reader: Client, statement: str) -> None:
    with pytest.raises(DatabaseError, match=ACCESS_DENIED):
        reader.command(statement)


def test_the_reader_may_shorten_a_query_and_not_lift_its_limits(reader: Client) -> None:
    assert reader.command("SELECT 1", settings={"max_execution_time": 5}) == 1
    with pytest.raises(DatabaseError, match="max_execution_time"):
        reader.command("SELECT 1", settings={"max_execution_time": 3600})
    with pytest.raises(DatabaseError, match="readonly"):
        reader.command("SELECT 1", settings={"readonly": 0})


def test_grafana_finds_what_its_data_source_asks_for(writer: Client, reader: Client) -> None:
    row = reader.query("SELECT displayName(), version(), revision(), timezone()").first_row
    assert row[3] in ("UTC", "Etc/UTC")

    tables = reader.query("SELECT name FROM system.tables WHERE database = 'escucha'")
    assert ("notes",) in tables.result_rows
    for name in ("parts", "metrics", "disks", "merges"):
        reader.query(f"SELECT count() FROM system.{name}")


def test_the_writer_cannot_read_the_machine_s_files(writer: Client) -> None:
    with pytest.raises(DatabaseError, match=ACCESS_DENIED):
        writer.query("SELECT * FROM file('/etc/hosts', 'LineAsString')")


@pytest.mark.parametrize("user", ["escucha", "grafana", "default"])
def test_each_user_has_the_grants_that_the_threat_model_states(
    clickhouse: ClickHouseHandle, user: str
) -> None:
    """Of the files, and of the server as it runs: what is granted more is in neither list."""
    stated = {line for name, line in _stated_grants() if name == user}
    assert stated
    files = "".join((CONFIGURATION / name).read_text() for name in ("users.xml", "local-users.xml"))
    [of_user] = re.findall(rf"<{user}>(?:(?!</{user}>).)*<grants>.*?</grants>", files, re.DOTALL)
    written = set(re.findall(r"<query>(?:GRANT )?(.+?)</query>", of_user))  # a REVOKE says so
    assert written == stated
    if user != "default":  # that one's only session is the engine's
        password = clickhouse.password if user == "escucha" else clickhouse.reader_password
        with connected(clickhouse, user, password) as client:
            for [grant] in client.query("SHOW GRANTS").result_rows:
                assert "WITH GRANT OPTION" not in grant
                assert not re.search(r"ON \*\.\*", grant) or re.match(
                    r"GRANT (CREATE (ARBITRARY )?TEMPORARY (TABLE|VIEW)|CLUSTER|TABLE ENGINE)",
                    grant,
                ), grant


def _stated_grants() -> list[tuple[str, str]]:
    page = (CONFIGURATION.parent / "SECURITY.md").read_text()
    return re.findall(r"^\| `(escucha|grafana|default)` \| `(.+?)` \|", page, re.MULTILINE)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM url('http://127.0.0.1/', 'LineAsString')",
        "SELECT * FROM remote('127.0.0.1', system.one)",
        "SELECT * FROM s3('http://127.0.0.1/bucket/a', 'LineAsString')",
        "CREATE TABLE more (a String) ENGINE = URL('http://127.0.0.1/', 'CSV')",
        "CREATE TABLE more (a String) ENGINE = File('CSV')",
        "CREATE TABLE more (a String) ENGINE = S3('http://127.0.0.1/bucket/a', 'CSV')",
        "CREATE TABLE more (a String) ENGINE = Executable('a.sh', 'CSV')",
        "INSERT INTO FUNCTION file('/tmp/a', 'LineAsString', 'a String') VALUES ('x')",
        "CREATE USER somebody",
        "GRANT ALL ON *.* TO grafana",
        "SYSTEM SHUTDOWN",
        "CREATE DATABASE another",
        "CREATE FUNCTION f AS (x) -> x",
        "BACKUP DATABASE escucha TO Disk('default', 'a')",
    ],
)
def test_the_writer_may_not(writer: Client, statement: str) -> None:
    with pytest.raises(DatabaseError, match=ACCESS_DENIED):
        writer.command(statement)


@pytest.mark.parametrize("interface", ["http", "native"])
def test_nobody_gets_in_as_the_user_without_a_password(
    clickhouse: ClickHouseHandle, interface: str
) -> None:
    try_in: dict[str, Callable[[], str]] = {
        "http": lambda: _ask_http(clickhouse),
        "native": lambda: _ask_native(clickhouse),
    }
    assert "overflown session count" in try_in[interface]()


def test_views_dictionaries_and_refreshes_work_as_the_writer(
    writer: Client, reader: Client
) -> None:
    for statement in (
        "CREATE OR REPLACE TABLE totals (text String, n UInt64) ENGINE = SummingMergeTree "
        "ORDER BY text",
        "CREATE MATERIALIZED VIEW IF NOT EXISTS counting TO totals AS "
        "SELECT text, count() AS n FROM notes GROUP BY text",
        "CREATE OR REPLACE DICTIONARY names (id UInt64, text String) PRIMARY KEY id "
        "SOURCE(CLICKHOUSE(NAME escucha TABLE 'notes')) LAYOUT(HASHED()) LIFETIME(300)",
        "CREATE MATERIALIZED VIEW IF NOT EXISTS hourly REFRESH EVERY 1 HOUR "
        "ENGINE = MergeTree ORDER BY id AS SELECT * FROM notes",
        "INSERT INTO notes VALUES (1, 'uno')",
        "SYSTEM REFRESH VIEW hourly",
        "SYSTEM WAIT VIEW hourly",
    ):
        writer.command(statement)

    assert reader.command("SELECT sum(n) FROM escucha.totals") == 1
    assert reader.command("SELECT text FROM escucha.hourly") == "uno"
    assert reader.command("SELECT dictGet('escucha.names', 'text', toUInt64(1))") == "uno"
    for statement in ("VIEW hourly", "DICTIONARY names", "VIEW counting", "TABLE totals"):
        writer.command(f"DROP {statement}")


def test_a_query_beyond_the_memory_limit_is_refused_and_the_engine_lives(writer: Client) -> None:
    with pytest.raises(DatabaseError, match="MEMORY_LIMIT_EXCEEDED"):
        writer.query("SELECT length(groupArray(number)) FROM numbers(100000000)")
    assert writer.command("SELECT 1") == 1


def test_a_kill_loses_nothing_that_was_acknowledged(clickhouse: ClickHouseHandle) -> None:
    with connected(clickhouse, clickhouse.user, clickhouse.password) as client:
        client.command("CREATE OR REPLACE TABLE kept (id UInt64) ENGINE = MergeTree ORDER BY id")
        for number in range(20):
            client.insert("kept", [[number]], column_names=["id"])

    clickhouse.kill()
    clickhouse.start()

    with connected(clickhouse, clickhouse.user, clickhouse.password) as client:
        assert client.command("SELECT count() FROM kept") == 20


def test_a_second_engine_on_the_same_folder_is_refused(clickhouse: ClickHouseHandle) -> None:
    assert "one process per folder" in _launch(clickhouse.run_dir, *free_ports(2))


def test_a_taken_port_is_named(clickhouse: ClickHouseHandle, tmp_path: Path) -> None:
    said = _launch(tmp_path, clickhouse.http_port, free_ports(1)[0])

    assert f"Port {clickhouse.http_port}" in said
    assert f"(pid {clickhouse.pid})" in said
    assert "--http-port" in said


def test_the_engine_stops_cleanly_when_asked(tmp_path: Path) -> None:
    handle = start_clickhouse(tmp_path)
    assert handle.pid is not None
    process = psutil.Process(handle.pid)

    handle.stop()

    assert not process.is_running()
    assert handle.log_path.read_text() == ""  # silent when healthy


def _launch(run_dir: Path, http_port: int, tcp_port: int) -> str:
    command = [sys.executable, "-m", "deploy.local.clickhouse", "--run-dir", str(run_dir)]
    ports = ["--http-port", str(http_port), "--tcp-port", str(tcp_port)]
    done = subprocess.run([*command, *ports], capture_output=True, text=True, timeout=20)
    assert done.returncode == 1
    return done.stderr


def _ask_http(handle: ClickHouseHandle) -> str:
    with pytest.raises(DatabaseError) as refusal, connected(handle, "default", ""):
        pass
    return str(refusal.value)


def _ask_native(handle: ClickHouseHandle) -> str:
    # No native client is installed, but the wheel itself can be one.
    code = (
        "import chdb; chdb.query("
        f"\"SELECT * FROM remote('127.0.0.1:{handle.tcp_port}', system.one, 'default', '')\")"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    return done.stderr
