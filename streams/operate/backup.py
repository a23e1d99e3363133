"""`escucha backup`: a copy from which counts go on exactly, taken while workers run.

The order makes it consistent, without stopping anybody:

1. where the group has committed: batches before that are whole, and are read from here on later;
2. counts by hour, which cannot be cut afterwards: they hold no batch that is planned later;
3. where the plans of each partition end. The backup has the rows before that, and no others;
4. wait until all of them are committed, so that they are whole even if Kafka is lost too;
5. all other tables, those last that say what was erased meanwhile.

What was planned and is not yet counted, or not whole, at the end of 4 is mended by the workers
after a restore: they begin at 1 again, and complete what was planned (streams/landing.py).
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from clickhouse_connect.driver.client import Client

from models.accurate import ACCURATE
from models.accurate_store import AccurateStore
from models.store import ModelStore
from streams import clock
from streams.errors import InputError
from streams.migrate import clickhouse_errors_as_ours, connect
from streams.operate.manifest import (
    Chunk,
    Manifest,
    Position,
    load,
    packed,
    save,
    without_secrets,
)
from streams.operate.vault import READ_BYTES, Vault
from streams.settings import Settings
from streams.steps.business import KIND_OF_TOPIC
from streams.topic_admin import TopicAdmin
from streams.upkeep import marks

COUNTS = "mentions_by_hour"
LAST = ("erased", "deletions", "dead_letter_replays", "erasure_receipts")
# Nobody is signed in by a backup who has signed out since.
NOT_KEPT = frozenset(
    {"schema_migrations", "worker_models", "rewrites", "console_sessions", "console_sign_ins"}
)
JOB = "backup"  # in upkeep_marks: how old the newest one is
SETTLE_SEC = 60.0
NO_END = 2**64 - 1
ROWS_A_FILE = 2_000_000  # so that one that is broken off does not begin far back

Say = Callable[[str], None]


@clickhouse_errors_as_ours()
def backup(
    settings: Settings, vault: Vault, *, say: Say, settle_sec: float = SETTLE_SEC
) -> Manifest:
    """Copy everything into `vault`; one that was broken off goes on where it was.

    Raises InputError when a finished backup is there already, when rules or a model are run over
    history meanwhile, or when the place cannot be used.
    """
    manifest = load(vault)
    if manifest is not None and manifest.complete:
        raise InputError(f"{vault.place} has a finished backup: choose another place")
    with connect(settings, in_database=True) as client:
        require_nobody_rewrites(client)
        if manifest is None:
            manifest = _begin(settings, client, vault, say)
        else:
            say(f"going on with the backup of {manifest.created_at:%Y-%m-%d %H:%M} UTC")
        _settle(settings, manifest.positions, say, settle_sec)
        for table in tables(client):
            for partition_id in _partitions(client, table):
                for part, where in enumerate(_parts(client, vault, table, partition_id, manifest)):
                    if not manifest.holds(table, partition_id, part):
                        chunk = _copy(client, vault, table, partition_id, part, where, manifest)
                        manifest.chunks.append(chunk)
                        save(vault, manifest)
            rows = sum(chunk.rows for chunk in manifest.chunks if chunk.table == table)
            say(f"{table}: {rows:,} rows")
        require_nobody_rewrites(client)
        if backfilled(client) != manifest.backfilled:
            raise InputError(
                "rules were run over history while the backup was taken, which leaves it between"
                " two states: take another one, to another place"
            )
    manifest.models, manifest.heads = _copy_models(settings, vault, say)
    manifest.complete = True
    save(vault, manifest)
    with connect(settings, in_database=True) as client:
        marks.note(client, JOB, manifest.created_at)
    return manifest


def _begin(settings: Settings, client: Client, vault: Vault, say: Say) -> Manifest:
    committed = _committed(settings)
    now = clock.now()
    manifest = Manifest(
        created_at=now.replace(microsecond=0),
        clickhouse=str(client.server_version),
        migrations=_column(client, "SELECT DISTINCT name FROM schema_migrations ORDER BY name"),
        group=settings.kafka_group,
        positions=[],
        chunks=[],
        settings=without_secrets(settings),
        backfilled=backfilled(client),
    )
    for partition_id in _partitions(client, COUNTS):
        manifest.chunks.append(_copy(client, vault, COUNTS, partition_id, 0, "1", manifest))
    manifest.positions = _positions(client, committed)
    save(vault, manifest)
    say(f"begun: {len(manifest.positions)} partitions of Kafka, cut where their plans end now")
    return manifest


def _committed(settings: Settings) -> dict[tuple[str, int], tuple[str, int]]:
    """Topic and committed offset of each partition, by topic id and number."""
    admin = TopicAdmin(settings.kafka)
    found = {}
    for name in topics_of(settings):
        topic = admin.topic(name)
        if topic is None:
            continue
        offsets = admin.committed(settings.kafka_group, name, range(topic.partitions))
        for partition in range(topic.partitions):
            found[topic.topic_id, partition] = (name, offsets.get(partition, 0))
    return found


def topics_of(settings: Settings) -> list[str]:
    """The topics that workers read."""
    return [settings.mentions_topic, *KIND_OF_TOPIC]


def _positions(client: Client, committed: dict[tuple[str, int], tuple[str, int]]) -> list[Position]:
    rows = client.query(
        "SELECT topic_id, kafka_partition, max(last_offset) + 1 FROM ledger GROUP BY 1, 2"
    ).result_rows
    ends = {(str(topic_id), int(partition)): int(end) for topic_id, partition, end in rows}
    return [
        Position(
            topic=name,
            topic_id=topic_id,
            partition=partition,
            resume_at=min(offset, ends.get((topic_id, partition), offset)),
            planned_to=ends.get((topic_id, partition), offset),
        )
        for (topic_id, partition), (name, offset) in committed.items()
    ]


def _settle(settings: Settings, positions: Sequence[Position], say: Say, settle_sec: float) -> None:
    """Wait until what was planned is committed; a while at most."""
    deadline = time.monotonic() + settle_sec
    while True:
        committed = _committed(settings)
        open_ones = [
            p
            for p in positions
            if committed.get((p.topic_id, p.partition), ("", p.planned_to))[1] < p.planned_to
        ]
        if not open_ones:
            return
        if time.monotonic() > deadline:
            names = ", ".join(f"{p.topic}/{p.partition}" for p in open_ones)
            say(
                f"not all that was planned is stored ({names}): do workers run? After a restore"
                " they complete it from Kafka; without that Kafka these batches are not whole"
            )
            return
        time.sleep(0.2)


def tables(client: Client) -> list[str]:
    """Tables that keep rows, in the order in which they are copied."""
    found = _column(
        client,
        "SELECT name FROM system.tables WHERE database = currentDatabase()"
        " AND engine LIKE '%MergeTree' AND NOT startsWith(name, '.') ORDER BY name",
    )
    kept = [name for name in found if name not in NOT_KEPT]
    return sorted(kept, key=lambda name: LAST.index(name) if name in LAST else -1)


def placed_tables(client: Client) -> list[str]:
    """Tables whose rows know the record they come from, which ends at the cut."""
    return _column(
        client,
        "SELECT table FROM system.columns WHERE database = currentDatabase()"
        " AND name IN ('topic_id', 'kafka_partition', 'kafka_offset') AND table IN"
        " (SELECT name FROM system.tables WHERE database = currentDatabase()"
        " AND engine LIKE '%MergeTree')"
        " GROUP BY table HAVING count() = 3 ORDER BY table",
    )


def _partitions(client: Client, table: str) -> list[str]:
    return _column(
        client,
        "SELECT DISTINCT partition_id FROM system.parts WHERE database = currentDatabase()"
        " AND table = {table:String} AND active ORDER BY partition_id",
        table=table,
    )


def _parts(
    client: Client, vault: Vault, table: str, partition_id: str, manifest: Manifest
) -> list[str]:
    """Conditions that cut a large partition by time, where its table is sorted by time.

    The cuts are noted before the first part is copied, so that one that goes on cuts there too;
    the first and the last part are open, so that no row falls between.
    """
    if table == COUNTS:  # copied in one piece when it began
        return ["1"]
    [[rows, key]] = client.query(
        "SELECT (SELECT sum(rows) FROM system.parts WHERE database = currentDatabase()"
        " AND table = {table:String} AND partition_id = {partition:String} AND active),"
        " (SELECT sorting_key FROM system.tables WHERE database = currentDatabase()"
        " AND name = {table:String})",
        {"table": table, "partition": partition_id},
    ).result_rows
    first = re.match(r"\s*(toStartOf\w+\(\w+\))", key)  # the key begins with a time
    if first is None:
        return ["1"]
    name, moment = f"{table}/{partition_id}", f"toUnixTimestamp({first[1]})"
    if name not in manifest.cuts:
        number = int(rows) // ROWS_A_FILE
        levels = ", ".join(str(each / (number + 1)) for each in range(1, number + 1))
        cuts: list[int] = []
        if number:
            [[cuts]] = client.query(
                f"SELECT quantilesTDigest({levels})({moment}) FROM `{table}`"  # noqa: S608
                " WHERE _partition_id = {partition:String}",
                {"partition": partition_id},
            ).result_rows
        manifest.cuts[name] = sorted({int(cut) for cut in cuts})
        save(vault, manifest)
    edges = manifest.cuts[name]
    if not edges:
        return ["1"]
    between = [f"{moment} >= {a} AND {moment} < {b}" for a, b in pairwise(edges)]
    return [f"{moment} < {edges[0]}", *between, f"{moment} >= {edges[-1]}"]


def _copy(
    client: Client,
    vault: Vault,
    table: str,
    partition_id: str,
    part: int,
    where: str,
    manifest: Manifest,
) -> Chunk:
    condition = f"_partition_id = '{partition_id}' AND {where}"
    if table == "ledger":
        condition += f" AND last_offset < {_cut(manifest.positions)}"
    elif table in placed_tables(client) and table not in LAST[:1]:
        condition += f" AND kafka_offset < {_cut(manifest.positions)}"
    name = f"tables/{table}/{partition_id}-{part}.native.zst"
    # Held back until the query has ended, so that a failure half way is an error and no end.
    stream: Any = client.raw_stream(
        f"SELECT * FROM `{table}` WHERE {condition}",  # noqa: S608 - names out of the server
        fmt="Native",
        settings={"wait_end_of_query": 1, "send_progress_in_http_headers": 0},
    )
    try:
        written = vault.write(name, packed(_blocks(stream)))
        rows = int(json.loads(stream.headers["X-ClickHouse-Summary"])["result_rows"])
    finally:
        stream.close()
    return Chunk(
        table=table,
        partition_id=partition_id,
        part=part,
        file=name,
        rows=rows,
        size=written.size,
        sha256=written.sha256,
    )


def _blocks(stream: Any) -> Iterator[bytes]:
    while block := stream.read(READ_BYTES):
        yield block


def _cut(positions: Sequence[Position]) -> str:
    """The offset at which a row's partition is cut, as SQL; topics that are gone are whole."""
    cases = "".join(
        f"topic_id = '{p.topic_id}' AND kafka_partition = {p.partition}, {p.planned_to}, "
        for p in positions
    )
    return f"multiIf({cases}{NO_END})" if cases else str(NO_END)


def _copy_models(settings: Settings, vault: Vault, say: Say) -> tuple[list[str], list[str]]:
    """All models and which was in force when; returns the versions, and those that have heads.

    Files are written once they are checked.
    """
    store, accurate = ModelStore(settings.model_store), AccurateStore(settings.model_store)
    versions = store.versions()
    heads = [version for version in versions if accurate.has(version)]
    for version in versions:
        for name, content in store.files(version).items():
            vault.write(f"models/{version}/{name}", [content])
    for version in heads:
        for name, content in accurate.files(version).items():
            vault.write(f"models/{version}{ACCURATE}/{name}", [content])
    if versions and (history := store.current_file()):
        vault.write("models/current", [history])
    say(f"models: {len(versions)}")
    return versions, heads


def require_nobody_rewrites(client: Client) -> None:
    """Return when nobody rewrites stored mentions; raises InputError."""
    found = client.query(
        "SELECT holder, argMax(what, seen_at) FROM rewrites GROUP BY holder"
        " HAVING max(ended) = 0 AND max(seen_at) > now64(3) - INTERVAL 30 SECOND"
    ).result_rows
    if found:
        raise InputError(
            f"stored mentions are being rewritten ({found[0][1]}): try again when it has ended"
        )


def backfilled(client: Client) -> int:
    """How often rules were run over history."""
    [[count]] = client.query("SELECT count() FROM backfills").result_rows
    return int(count)


def _column(client: Client, query: str, **parameters: str) -> list[str]:
    return [str(row[0]) for row in client.query(query, parameters).result_rows]


def require_empty(client: Client) -> None:
    """Return when no batch was ever stored here; raises InputError."""
    [[batches, mentions]] = client.query(
        "SELECT (SELECT count() FROM ledger), (SELECT count() FROM mentions)"
    ).result_rows
    if batches or mentions:
        raise InputError(
            f"there are {batches:,} batches and {mentions:,} mentions already: a backup is restored"
            " into an empty database only. Name another with ESCUCHA_CLICKHOUSE_DATABASE, or drop"
            " this one yourself"
        )
