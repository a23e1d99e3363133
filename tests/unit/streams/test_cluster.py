"""Statements for a cluster: all of our migrations, and what is refused."""

import re

import pytest

from streams.cluster import on_cluster
from streams.errors import MigrationError
from streams.migrate import migrations

OURS = [(m.name, s) for m in migrations() for s in m.statements]


@pytest.mark.parametrize(("migration", "statement"), OURS, ids=[name for name, _ in OURS])
def test_ours_reach_every_replica(migration: str, statement: str) -> None:
    done = on_cluster(statement, "main")

    if statement.startswith("INSERT"):
        assert done == statement
        return
    assert done.count(" ON CLUSTER 'main'") == 1
    name = re.match(r"[A-Z ]+ (\w+) ON CLUSTER", done)
    assert name is not None, done.splitlines()[0]
    # Nothing else is lost: without the additions it is what it was.
    back = done.replace(" ON CLUSTER 'main'", "")
    back = back.replace("'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'", "")
    back = back.replace("Replicated", "").replace("(, ", "(").replace("MergeTree()", "MergeTree")
    back = back.replace(", replicated_deduplication_window_seconds = 604800", "")
    back = re.sub(r"\breplicated_deduplication_window", "non_replicated_deduplication_window", back)
    assert back == statement


def test_no_table_of_ours_stays_on_one_replica() -> None:
    for _, statement in OURS:
        if statement.startswith("CREATE TABLE"):
            done = on_cluster(statement, "main")
            assert "ENGINE = Replicated" in done or "ENGINE = Null" in done
            assert "non_replicated" not in done


def test_one_server_gets_them_as_they_are() -> None:
    assert all(on_cluster(statement, "") == statement for _, statement in OURS)


def test_an_engine_keeps_its_own_arguments() -> None:
    done = on_cluster(
        "CREATE TABLE IF NOT EXISTS t (x Int32, v Int32, d UInt8)\n"
        "ENGINE = ReplacingMergeTree(v, d)\nORDER BY x\n"
        "SETTINGS non_replicated_deduplication_window = 10",
        "it's",
    )
    assert done == (
        "CREATE TABLE IF NOT EXISTS t ON CLUSTER 'it\\'s' (x Int32, v Int32, d UInt8)\n"
        "ENGINE = ReplicatedReplacingMergeTree("
        "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}', v, d)\nORDER BY x\n"
        "SETTINGS replicated_deduplication_window = 10,"
        " replicated_deduplication_window_seconds = 604800"
    )


@pytest.mark.parametrize(
    "statement",
    [
        "RENAME TABLE a TO b",
        "TRUNCATE TABLE a",
        "CREATE TABLE a (x Int32) ENGINE = MergeTree ORDER BY x",
        "CREATE TABLE IF NOT EXISTS a (x Int32) ENGINE = Log",
        "CREATE TABLE IF NOT EXISTS a AS b",
        "CREATE TABLE IF NOT EXISTS a (x Int32) ENGINE = ReplicatedMergeTree ORDER BY x",
    ],
)
def test_what_would_stay_on_one_replica_is_refused(statement: str) -> None:
    with pytest.raises(MigrationError):
        on_cluster(statement, "main")
