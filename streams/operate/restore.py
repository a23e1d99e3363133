"""`escucha restore`: puts a backup into an empty database, so that workers go on exactly.

Each part goes into a table of its own first and takes its place in one step (REPLACE PARTITION):
no view counts it a second time, and a restore that was broken off is simply run again.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from clickhouse_connect.driver.client import Client

from models.accurate import ACCURATE
from models.accurate_store import FILES as HEADS_FILES
from models.accurate_store import AccurateStore
from models.errors import ModelNotFoundError
from models.store import ModelStore
from streams.cluster import on_this_replica
from streams.errors import InputError
from streams.migrate import clickhouse_errors_as_ours, connect, migrate, migrate_up_to, migrations
from streams.operate.backup import placed_tables, require_empty, topics_of
from streams.operate.manifest import FILE, Chunk, Manifest, Position, load, unpacked
from streams.operate.vault import Vault
from streams.settings import Settings
from streams.topic_admin import TopicAdmin

STAGING = "restore_staging"
MEMBERS_GONE_SEC = 45.0  # for the broker to notice that workers were killed
MODEL_FILES = ("model.skops", "learnt", "card.json")
INSERT = {
    "insert_deduplicate": "0",  # two equal blocks are two blocks
    "optimize_on_insert": "0",  # rows are counted before anything is merged
    "max_partitions_per_insert_block": "0",
    "async_insert": "0",
}

Say = Callable[[str], None]


class Restored(msgspec.Struct, frozen=True, kw_only=True):
    """What was restored, and how Kafka goes on."""

    tables: int
    rows: int
    models: int
    resumed: list[Position]  # the group goes on from there, in the topics it was reading
    lost: list[str]  # in words: records that are in neither backup nor Kafka
    new_topics: list[str]  # not the ones of the backup: read from their beginning


def verify(vault: Vault, *, say: Say) -> Manifest:
    """Read every file and compare its checksum.

    Raises InputError, or ModelRefusedError, naming the first that differs.
    """
    manifest = _finished(vault)
    for chunk in manifest.chunks:
        _require_whole(vault, chunk)
    rows = sum(chunk.rows for chunk in manifest.chunks)
    with TemporaryDirectory(prefix="escucha-verify-") as folder:
        models = _put_models(Path(folder), vault, manifest)
    say(
        f"{len(manifest.chunks)} files with {rows:,} rows, and {models} models, are as they were"
        " written"
    )
    return manifest


@clickhouse_errors_as_ours()
def restore(settings: Settings, vault: Vault, *, say: Say) -> Restored:
    """Restore tables and models, and set the group's offsets; workers must not run.

    Raises InputError when the backup is not whole, is newer than this program, or the database is
    not empty; BrokerUnavailableError when the group still has members.
    """
    manifest = _finished(vault)
    known = [one.name for one in migrations()]
    unknown = sorted(set(manifest.migrations) - set(known))
    if unknown:
        raise InputError(
            f"the backup is newer than this program: it has {', '.join(unknown)}. Upgrade Escucha"
        )
    migrate_up_to(settings, max(manifest.migrations, default=""), say=say)
    marks = _Marks(settings.run_dir, vault, manifest)
    with connect(settings, in_database=True) as client:
        if not marks.begun:
            require_empty(client)
        for name, chunks in _by_partition(manifest).items():
            if name not in marks.done:
                _put(client, vault, chunks)
                marks.note(name)
        client.command(f"DROP TABLE IF EXISTS {STAGING} SYNC")
        say(f"tables: {sum(chunk.rows for chunk in manifest.chunks):,} rows")
        _drop_erased(client)
        models = _put_models(settings.model_store, vault, manifest)
        say(f"models: {models}")
        migrate(settings, dry_run=False, say=say)
        resumed, lost, new_topics = _go_on(settings, manifest)
        _count_what_no_worker_will(client, {p.topic_id for p in resumed})
    marks.forget()
    return Restored(
        tables=len({chunk.table for chunk in manifest.chunks}),
        rows=sum(chunk.rows for chunk in manifest.chunks),
        models=models,
        resumed=resumed,
        lost=lost,
        new_topics=new_topics,
    )


def _finished(vault: Vault) -> Manifest:
    manifest = load(vault)
    if manifest is None:
        raise InputError(f"there is no backup in {vault.place}: it has no {FILE}")
    if not manifest.complete:
        raise InputError(
            f"the backup in {vault.place} was broken off; run escucha backup with the same place"
            " again, and it goes on where it was"
        )
    return manifest


def _require_whole(vault: Vault, chunk: Chunk) -> None:
    """Return when a file is what was written; raises InputError."""
    hashing = hashlib.sha256()
    try:
        for block in vault.read(chunk.file):
            hashing.update(block)
    except FileNotFoundError as error:
        raise InputError(f"{vault.place}/{chunk.file} is missing") from error
    if hashing.hexdigest() != chunk.sha256:
        raise InputError(
            f"{vault.place}/{chunk.file} is not what was written: its checksum differs. Take it"
            " from another copy of the backup"
        )


class _Marks:
    """Which parts are in their place, so that a restore that was broken off goes on."""

    def __init__(self, run_dir: Path, vault: Vault, manifest: Manifest) -> None:
        name = hashlib.sha256(f"{vault.place} {manifest.created_at}".encode()).hexdigest()[:16]
        self._path = run_dir / f"restore-{name}.txt"
        self.begun = self._path.exists()
        self.done = set(self._path.read_text().splitlines()) if self.begun else set()
        run_dir.mkdir(parents=True, exist_ok=True)

    def note(self, name: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")

    def forget(self) -> None:
        self._path.unlink(missing_ok=True)


def _by_partition(manifest: Manifest) -> dict[str, list[Chunk]]:
    """The files of each partition of each table, which take their place together."""
    found: dict[str, list[Chunk]] = {}
    for chunk in manifest.chunks:
        found.setdefault(f"{chunk.table}/{chunk.partition_id}", []).append(chunk)
    return found


def make_staging(client: Client, table: str) -> None:
    """Make an empty table whose partitions `table` takes; on a cluster, of this replica alone."""
    client.command(f"DROP TABLE IF EXISTS {STAGING} SYNC")
    [[definition]] = client.query(
        "SELECT create_table_query FROM system.tables"
        " WHERE database = currentDatabase() AND name = {name:String}",
        {"name": table},
    ).result_rows
    own = on_this_replica(definition)
    if own == definition:
        client.command(f"CREATE TABLE {STAGING} AS `{table}`")
    else:  # the same again would have the replicated one's place in Keeper
        client.command(re.sub(r"^CREATE TABLE \S+", f"CREATE TABLE {STAGING}", own, count=1))


def _put(client: Client, vault: Vault, chunks: Sequence[Chunk]) -> None:
    """Let the rows of a partition take their place, once they are known to be all there."""
    table, partition_id = chunks[0].table, chunks[0].partition_id
    make_staging(client, table)
    for chunk in chunks:
        if chunk.rows:
            _insert(client, vault, chunk)
    [[rows]] = client.query(f"SELECT count() FROM {STAGING}").result_rows  # noqa: S608 - our name
    expected = sum(chunk.rows for chunk in chunks)
    if rows != expected:
        raise InputError(f"{table}/{partition_id} has {rows} rows and should have {expected}")
    if rows:
        client.command(
            f"ALTER TABLE `{table}` REPLACE PARTITION ID '{partition_id}' FROM {STAGING}"
        )


def _insert(client: Client, vault: Vault, chunk: Chunk) -> None:
    """Put a file into the staging table; raises InputError when it is not what was written."""
    _require_whole(vault, chunk)  # first: what is broken inside a request has no clear error
    blocks = unpacked(vault.read(chunk.file))
    client.raw_insert(STAGING, insert_block=blocks, settings=INSERT, fmt="Native")


def _drop_erased(client: Client) -> None:
    """Take out what was erased while the backup was taken, after its table was copied."""
    for table in placed_tables(client):
        if table != "erased":
            client.command(
                f"DELETE FROM `{table}` WHERE (topic_id, kafka_partition, kafka_offset) IN"  # noqa: S608
                " (SELECT topic_id, kafka_partition, kafka_offset FROM erased"
                " WHERE table_name = {name:String})",
                {"name": table},
                settings={"lightweight_deletes_sync": 1},
            )


def _put_models(place: Path | str, vault: Vault, manifest: Manifest) -> int:
    store, accurate = ModelStore(place), AccurateStore(place)
    for version in manifest.models:
        files = {}
        for name in MODEL_FILES:
            try:
                files[name] = b"".join(vault.read(f"models/{version}/{name}"))
            except FileNotFoundError as error:
                if name != "learnt":  # of models from before that was noted
                    raise InputError(f"{vault.place}/models/{version}/{name} is missing") from error
        store.add(version, files)
    for version in manifest.heads:
        folder = f"models/{version}{ACCURATE}"
        try:
            heads = {name: b"".join(vault.read(f"{folder}/{name}")) for name in HEADS_FILES}
        except FileNotFoundError as error:
            raise InputError(f"{vault.place}/{folder} is not whole") from error
        accurate.add(version, heads)
    if manifest.models and not _has_current(store):
        try:
            store.put_current_file(b"".join(vault.read("models/current")))
        except FileNotFoundError:  # none was promoted
            return len(manifest.models)
    return len(manifest.models)


def _has_current(store: ModelStore) -> bool:
    try:
        store.current()
    except ModelNotFoundError:
        return False
    return True


def _go_on(settings: Settings, manifest: Manifest) -> tuple[list[Position], list[str], list[str]]:
    """Let the group go on in the topics it was reading, where they are still the same ones."""
    admin = TopicAdmin(settings.kafka, deadline_sec=MEMBERS_GONE_SEC)
    resumed: list[Position] = []
    lost, new_topics = [], []
    offsets: dict[tuple[str, int], int] = {}
    for name in topics_of(settings):
        topic = admin.topic(name)
        if topic is None:
            continue
        same = [p for p in manifest.positions if p.topic_id == topic.topic_id]
        if not same:
            new_topics.append(name)
            continue
        ends = admin.log_offsets(name, [p.partition for p in same])
        for p in same:
            start, end = ends[p.partition]
            if end < p.resume_at:
                raise InputError(
                    f"{name}/{p.partition} ends at {end}, and the backup goes to {p.resume_at}:"
                    " is this the same Kafka?"
                )
            if start > p.planned_to:
                lost.append(f"{name}/{p.partition}: offsets {p.planned_to} to {start - 1}")
            offsets[name, p.partition] = max(p.resume_at, start)
        resumed.extend(same)
    if offsets:
        admin.set_committed(settings.kafka_group, offsets)
    return resumed, lost, new_topics


def _count_what_no_worker_will(client: Client, resumed: set[str]) -> None:
    """Count batches that were stored after the counts were copied, where Kafka is another one.

    In topics that go on, workers do it themselves when they repeat the batches.
    """
    client.command(
        "INSERT INTO mentions_to_count"
        " SELECT published_at, source, lang, intent, stage, batch FROM mentions"
        " WHERE counted IN (1, 2) AND batch != 0 AND topic_id NOT IN {resumed:Array(String)}"
        " AND batch NOT IN (SELECT arrayJoin(bitmapToArray(groupBitmapMergeState(batches)))"
        " FROM mentions_by_hour)",
        {"resumed": sorted(resumed)},
    )


def describe(restored: Restored) -> str:
    """What was done, and what to do next, for people."""
    lines = [
        f"restored: {restored.rows:,} rows of {restored.tables} tables, {restored.models} models"
    ]
    if restored.resumed:
        topics = sorted({p.topic for p in restored.resumed})
        lines.append(f"the workers go on where the backup ends, in {', '.join(topics)}")
    if restored.new_topics:
        names = ", ".join(restored.new_topics)
        lines.append(f"not the topics of the backup, read from their beginning: {names}")
    if restored.lost:
        lines.append("LOST, neither in the backup nor in Kafka any more:")
        lines += [f"  {one}" for one in restored.lost]
    lines += [
        "not in a backup: passwords, ESCUCHA_AUTHOR_KEYS, checkpoints of producers",
        "who was forgotten since is in it again: repeat escucha forget for newer receipts",
        "next: start the workers, then escucha reconcile",
    ]
    return "\n".join(lines)
