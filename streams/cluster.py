"""Migrations on a cluster of replicas: each statement ON CLUSTER, each table in Keeper.

The files of migrations say what a table is; this says how a cluster has it. A pure function of
the statement, and it refuses what it does not know, so that no table is left on one replica alone.
"""

import re
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

_DEFINES = re.compile(
    r"(?P<before>(?:CREATE (?:TABLE|MATERIALIZED VIEW|VIEW|DATABASE) IF NOT EXISTS"
    r"|CREATE OR REPLACE VIEW|DROP (?:TABLE|VIEW) IF EXISTS|ALTER TABLE)\s+)"
    r"(?P<name>`[^`]+`|\w+)"
)
_ROWS = re.compile(r"INSERT INTO\b")  # rows replicate by themselves
_ENGINE = re.compile(r"\bENGINE\s*=\s*(?P<engine>\w+)(?P<arguments>\([^()]*\))?")
_LOCAL = frozenset({"Null"})  # keeps nothing, so there is nothing to replicate


def on_cluster(statement: str, cluster: str) -> str:
    """`statement` for all replicas of `cluster`; raises MigrationError when it is of no known kind.

    An empty `cluster` means one server, which takes the statement as it is.
    """
    if not cluster or _ROWS.match(statement):
        return statement
    defines = _DEFINES.match(statement)
    if defines is None:
        first = statement.splitlines()[0][:80]
        raise MigrationError(f"how is this done on every replica? {first}")
    rest = statement[defines.end() :]
    if defines["before"].startswith("CREATE TABLE"):
        rest = _replicated(rest)
    quoted = cluster.replace("\\", "\\\\").replace("'", "\\'")
    return f"{defines['before']}{defines['name']} ON CLUSTER '{quoted}'{rest}"


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


def _window(settings: str) -> str:
    """What remembers tokens: on one server in a file of the table, on a cluster in Keeper."""
    return re.sub(
        r"\bnon_replicated_deduplication_window\s*=\s*(\d+)",
        rf"replicated_deduplication_window = \1,"
        rf" replicated_deduplication_window_seconds = {WINDOW_SECONDS}",
        settings,
    )
