"""Migrations on a cluster of replicas: each statement ON CLUSTER, each table in Keeper.

The files of migrations say what a table is; this says how a cluster has it. Pure functions of the
statements, and they refuse what they do not know, so that no table is left on one replica alone.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from streams.errors import MigrationError

# Tables of one name in one database are replicas of each other; a database of another name, or
# another shard, is another table. `{shard}` and `{replica}` are macros of each server.
PATH: Final = "'/clickhouse/tables/{shard}/{database}/{table}', '{replica}'"
# Keeper forgets tokens by their age as well: a worker may be away for a weekend.
WINDOW_SECONDS: Final = 7 * 24 * 60 * 60
DDL_SETTINGS: Final = {
    "distributed_ddl_task_timeout": "300",
    "alter_sync": "2",  # an ALTER is over when all replicas have done it
}
LEAST_REPLICAS: Final = 2

_DEFINES = re.compile(
    r"(?P<before>(?:CREATE (?:TABLE|MATERIALIZED VIEW|VIEW|DATABASE) IF NOT EXISTS"
    r"|CREATE OR REPLACE VIEW|DROP (?:TABLE|VIEW) IF EXISTS|ALTER TABLE)\s+)"
    r"(?P<name>`[^`]+`|\w+)"
)
_ROWS = re.compile(r"INSERT INTO\b")  # rows replicate by themselves
_ENGINE = re.compile(r"\bENGINE\s*=\s*(?P<engine>\w+)(?P<arguments>\([^()]*\))?")
_REPLICATED = re.compile(r"\bENGINE = Replicated(\w*MergeTree)\('[^']*', '[^']*'(?:, )?")
_LOCAL = frozenset({"Null"})  # keeps nothing, so there is nothing to replicate
_REFRESHED = re.compile(r"\bREFRESH (?:EVERY|AFTER) [^;()]*?\bTO (\w+)")
_WINDOW = re.compile(r"\bnon_replicated_deduplication_window\s*=\s*(\d+)")


def refreshed(statements: Iterable[str]) -> frozenset[str]:
    """Tables that a view makes anew every few minutes.

    ClickHouse refuses that for a replicated table, which other replicas would not see replaced. So
    each replica has its own, and its own view makes it of the tables that are replicated.
    """
    return frozenset(
        found[1]
        for statement in statements
        if statement.startswith("CREATE MATERIALIZED VIEW")
        if (found := _REFRESHED.search(statement))
    )


def on_cluster(statement: str, cluster: str, own: Collection[str] = ()) -> str:
    """`statement` for all replicas of `cluster`; raises MigrationError when it is of no known kind.

    Of the tables in `own` each replica has one of its own. An empty `cluster` means one server,
    which takes the statement as it is.
    """
    if not cluster or _ROWS.match(statement):
        return statement
    defines = _DEFINES.match(statement)
    if defines is None:
        first = statement.splitlines()[0][:80]
        raise MigrationError(f"how is this done on every replica? {first}")
    rest = statement[defines.end() :]
    if defines["before"].startswith("CREATE TABLE") and defines["name"] not in own:
        rest = _replicated(rest)
    quoted = cluster.replace("\\", "\\\\").replace("'", "\\'")
    return f"{defines['before']}{defines['name']} ON CLUSTER '{quoted}'{rest}"


def on_this_replica(definition: str) -> str:
    """The definition of a table as ClickHouse tells it, without its replicas."""
    return _REPLICATED.sub(r"ENGINE = \1(", definition)


def require_replicas(cluster: str, replicas: Mapping[int, int]) -> None:
    """Return when our tables can be on `cluster`, which has so many replicas of each shard.

    Raises MigrationError: of several shards a worker would fill one and a reader miss the others,
    and on a single replica ClickHouse (26.9) lets each insert wait ten minutes for its majority.
    """
    if not replicas:
        raise MigrationError(
            f"ClickHouse knows no cluster {cluster}: is ESCUCHA_CLICKHOUSE_CLUSTER one of its"
            " remote_servers, on each server?"
        )
    if len(replicas) > 1:
        raise MigrationError(
            f"the cluster {cluster} has {len(replicas)} shards, and our tables know one: name a"
            " cluster of its replicas, or give Escucha a server of its own"
        )
    [count] = replicas.values()
    if count < LEAST_REPLICAS:
        raise MigrationError(
            f"the cluster {cluster} has one replica, which waits in vain for a majority at every"
            " insert: leave ESCUCHA_CLICKHOUSE_CLUSTER out, or have two replicas, better three"
        )


def _replicated(definition: str) -> str:
    engine = _ENGINE.search(definition)
    if engine is None:
        raise MigrationError(f"a table without an engine: {definition.strip()[:80]}")
    if engine["engine"] in _LOCAL:
        return definition
    if not engine["engine"].endswith("MergeTree") or engine["engine"].startswith("Replicated"):
        raise MigrationError(f"ENGINE = {engine['engine']} has no replicated twin")
    own = (engine["arguments"] or "()")[1:-1].strip()
    arguments = ", ".join(part for part in (PATH, own) if part)
    before, after = definition[: engine.start()], definition[engine.end() :]
    return f"{before}ENGINE = Replicated{engine['engine']}({arguments}){_window(after)}"


def _window(after: str) -> str:
    """What remembers tokens: on one server in a file of the table, on a cluster in Keeper.

    A table without a window remembers nothing on one server. Left alone a replicated one would: of
    two equal blocks, both meant, it would drop the second.
    """
    if _WINDOW.search(after):
        return _WINDOW.sub(
            rf"replicated_deduplication_window = \1,"
            rf" replicated_deduplication_window_seconds = {WINDOW_SECONDS}",
            after,
        )
    joined = "," if re.search(r"\bSETTINGS\b", after) else "\nSETTINGS"
    return f"{after}{joined} replicated_deduplication_window = 0"
