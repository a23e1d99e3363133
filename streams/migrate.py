"""Brings tables and topics to what this version needs: numbered, forward only, repeatable."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

import schemas
from schemas.topics import MENTIONS_RAW, TOPICS
from streams.cluster import DDL_SETTINGS, on_cluster, refreshed, require_replicas
from streams.errors import MigrationError, SinkUnavailableError
from streams.settings import Settings
from streams.sinks.clickhouse import connection_arguments, not_let_in
from streams.topic_admin import TopicAdmin

MIGRATIONS = Path(schemas.__file__).parent / "clickhouse"
_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+$")


@dataclass(frozen=True)
class Migration:
    """One numbered file of SQL statements."""

    name: str
    statements: tuple[str, ...]


def migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """All migrations in order; raises MigrationError when the numbering is not one line.

    `last_migration.txt` names the last one, so that two branches that both add a migration
    conflict in git and not in production.
    """
    files = sorted(folder.glob("*.sql"))
    for number, file in enumerate(files, start=1):
        if not _NAME.match(file.stem) or int(file.stem[:4]) != number:
            raise MigrationError(f"{file.name} should be number {number:04d}")
    named = folder / "last_migration.txt"
    last = named.read_text(encoding="utf-8").strip() if named.exists() else "nothing"
    found = files[-1].stem if files else "nothing"
    if not files or found != last:
        raise MigrationError(f"last_migration.txt says {last}, the last file is {found}")
    return [Migration(file.stem, _statements(file.read_text(encoding="utf-8"))) for file in files]


def _statements(sql: str) -> tuple[str, ...]:
    without_comments = re.sub(r"^--.*$", "", sql, flags=re.MULTILINE)
    return tuple(
        s.strip() for s in re.split(r";\s*$", without_comments, flags=re.MULTILINE) if s.strip()
    )


@contextmanager
def clickhouse_errors_as_ours() -> Iterator[None]:
    """Raise what ClickHouse refuses, or breaks off, as SinkUnavailableError with its words."""
    try:
        yield
    except ClickHouseError as error:
        words = str(error).partition("DB::Exception: ")[2] or str(error)
        raise SinkUnavailableError(
            f"ClickHouse says: {words[:400]}. Is escucha migrate done, and are"
            " ESCUCHA_CLICKHOUSE_DATABASE and the user's grants right?"
        ) from error


@clickhouse_errors_as_ours()
def migrate(settings: Settings, *, dry_run: bool, say: Callable[[str], None]) -> None:
    """Create what is missing and say each step; with `dry_run` only say it."""
    _migrate_clickhouse(settings, dry_run=dry_run, say=say)
    _migrate_topics(settings, dry_run=dry_run, say=say)


@clickhouse_errors_as_ours()
def migrate_up_to(settings: Settings, last: str, *, say: Callable[[str], None]) -> None:
    """Bring the tables to where they were after the migration `last`, for an older backup."""
    _migrate_clickhouse(settings, dry_run=False, say=say, last=last)


def _migrate_clickhouse(
    settings: Settings, *, dry_run: bool, say: Callable[[str], None], last: str | None = None
) -> None:
    database = settings.clickhouse_database
    cluster = settings.clickhouse_cluster
    client = connect(settings)
    if cluster:
        require_replicas(cluster, replicas_of(client, cluster))
    own = refreshed(statement for m in migrations() for statement in m.statements)

    def define(statement: str) -> None:
        ddl = DDL_SETTINGS if cluster else {}
        client.command(on_cluster(statement, cluster, own), settings=dict(ddl))

    if not client.query(
        "SELECT 1 FROM system.databases WHERE name = {name:String}", {"name": database}
    ).result_rows:
        say(f"create database {database}")
        if dry_run:
            for migration in migrations():
                say(f"apply {migration.name}")
            return
        # A word by the settings, so it can stand in the statement; a name after ON CLUSTER must.
        define(f"CREATE DATABASE IF NOT EXISTS `{database}`")
    client.database = database
    if not dry_run:
        define(
            "CREATE TABLE IF NOT EXISTS schema_migrations"
            " (name String, applied_at DateTime64(3, 'UTC') DEFAULT now64(3))"
            " ENGINE = ReplacingMergeTree ORDER BY name"
        )
    applied = _applied(client)
    pending = [
        m for m in migrations() if m.name not in applied and (last is None or m.name <= last)
    ]
    unknown = applied - {m.name for m in migrations()}
    if unknown:
        raise MigrationError(
            f"the database is newer than this version: it has {', '.join(sorted(unknown))}."
            " Upgrade Escucha; migrations only go forward"
        )
    for migration in pending:
        say(f"apply {migration.name}")
        if dry_run:
            continue
        for statement in migration.statements:
            define(statement)
        client.insert("schema_migrations", [[migration.name]], column_names=["name"])
    if not pending:
        say("tables are up to date")


def replicas_of(client: Client, cluster: str) -> dict[int, int]:
    """How many replicas each shard of `cluster` has, as ON CLUSTER sees them."""
    found = client.query(
        "SELECT shard_num, count() FROM system.clusters WHERE cluster ="
        # A name may be a macro of the server, as ON CLUSTER takes it.
        " coalesce((SELECT anyOrNull(substitution) FROM system.macros"
        " WHERE concat('{', macro, '}') = {name:String}), {name:String}) GROUP BY shard_num",
        {"name": cluster},
    ).result_rows
    return {int(shard): int(count) for shard, count in found}


def _applied(client: Client) -> set[str]:
    found = client.query("EXISTS TABLE schema_migrations").result_rows
    if not found[0][0]:
        return set()
    return {
        name for (name,) in client.query("SELECT DISTINCT name FROM schema_migrations").result_rows
    }


def connect(
    settings: Settings, *, in_database: bool = False, at_most_sec: float | None = None
) -> Client:
    """A blocking client; raises SinkUnavailableError with the remedy.

    What takes longer than `at_most_sec` ClickHouse ends by itself: whoever asks the same again and
    again must not have many of it running.
    """
    arguments = connection_arguments(settings)
    if at_most_sec is not None:
        arguments["settings"]["max_execution_time"] = str(at_most_sec)
    if not in_database:
        arguments["database"] = "default"
    try:
        return clickhouse_connect.get_client(**arguments)
    except (ClickHouseError, OSError) as error:
        if words := not_let_in(settings, error):
            raise SinkUnavailableError(words) from error
        reason = "connection refused" if "refused" in str(error) else str(error)[:200]
        raise SinkUnavailableError(
            f"ClickHouse at {settings.clickhouse_url} does not answer as"
            f" {settings.clickhouse_user}: {reason}. Is it up (escucha status), and are"
            " ESCUCHA_CLICKHOUSE_URL, _USER and _PASSWORD right?"
        ) from error


def _migrate_topics(settings: Settings, *, dry_run: bool, say: Callable[[str], None]) -> None:
    admin = TopicAdmin(settings.kafka)
    wanted = [
        replace(spec, name=settings.mentions_topic) if spec is MENTIONS_RAW else spec
        for spec in TOPICS
    ]
    missing = [spec for spec in wanted if admin.topic(spec.name) is None]
    for spec in missing:
        partitions = spec.partitions or settings.kafka_partitions
        say(f"create topic {spec.name} with {partitions} partitions")
        if not dry_run:
            admin.create(
                spec,
                partitions=settings.kafka_partitions,
                replication=settings.kafka_replication,
            )
    if not missing:
        say("topics are up to date")
