"""Statements for a cluster: all of our migrations, and what is refused."""

import re

import pytest

from streams.cluster import on_cluster, on_this_replica, refreshed, require_replicas
from streams.errors import MigrationError
from streams.migrate import migrations

OURS = [(m.name, s) for m in migrations() for s in m.statements]
OWN = refreshed(statement for _, statement in OURS)


@pytest.mark.parametrize(("migration", "statement"), OURS, ids=[name for name, _ in OURS])
def test_ours_reach_every_replica(migration: str, statement: str) -> None:
    done = on_cluster(statement, "main", OWN)

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
    back = re.sub(r"(,|\nSETTINGS) replicated_deduplication_window = 0$", "", back)
    back = re.sub(r"\breplicated_deduplication_window", "non_replicated_deduplication_window", back)
    assert back == statement


def test_no_table_of_ours_stays_on_one_replica() -> None:
    for _, statement in OURS:
        if statement.startswith("CREATE TABLE"):
            done = on_cluster(statement, "main", OWN)
            if statement.split()[5] in OWN:
                assert "ENGINE = MergeTree" in done
                continue
            assert "ENGINE = Replicated" in done or "ENGINE = Null" in done
            assert "non_replicated" not in done


def test_what_a_view_makes_anew_each_replica_has_of_its_own() -> None:
    assert {"care_items", "intent_signals", "sources_kept", "interests_top"} <= OWN
    views = [s for _, s in OURS if re.search(r"\bREFRESH\b", s)]
    assert len(OWN) == len(views) > 30
    assert refreshed(["CREATE MATERIALIZED VIEW IF NOT EXISTS v TO t AS SELECT 1"]) == set()


def test_a_table_without_a_window_drops_no_equal_blocks() -> None:
    for settings in ("", "\nSETTINGS index_granularity = 1024"):
        done = on_cluster(
            f"CREATE TABLE IF NOT EXISTS t (x Int32)\nENGINE = MergeTree\nORDER BY x{settings}", "c"
        )
        assert done.endswith(
            f"{settings or chr(10) + 'SETTINGS'}{',' if settings else ''}"
            " replicated_deduplication_window = 0"
        )


@pytest.mark.parametrize("engine", ["MergeTree()", "ReplacingMergeTree(version, is_deleted)"])
def test_a_table_can_be_made_again_without_its_replicas(engine: str) -> None:
    kind, own = engine.rstrip(")").split("(")
    told = f"ENGINE = Replicated{kind}('/x/{{shard}}/t', '{{replica}}'{', ' if own else ''}{own})"
    assert on_this_replica(f"CREATE TABLE t (a Int8) {told} ORDER BY a") == (
        f"CREATE TABLE t (a Int8) ENGINE = {engine} ORDER BY a"
    )
    assert on_this_replica(f"ENGINE = {engine} ORDER BY a") == f"ENGINE = {engine} ORDER BY a"


def test_two_replicas_of_one_shard_are_taken() -> None:
    require_replicas("main", {1: 2})
    require_replicas("main", {7: 3})


@pytest.mark.parametrize(
    ("replicas", "said"),
    [({}, "knows no cluster main"), ({1: 3, 2: 3}, "2 shards"), ({1: 1}, "has one replica")],
)
def test_a_cluster_on_which_our_tables_cannot_be_is_refused(
    replicas: dict[int, int], said: str
) -> None:
    with pytest.raises(MigrationError, match=said):
        require_replicas("main", replicas)


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
