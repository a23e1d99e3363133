"""The proof: looks for a person in every text column of every table, listed as a place or not."""

# ruff: noqa: S608 - names of tables and columns come from ClickHouse itself; values are bound
from collections.abc import Iterator
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

from streams.privacy.places import IMPERSONAL, TABLES
from streams.privacy.subject import LONG_ID_CHARS, Subject

CHUNK = 2_000
MIN_TEXT_BYTES = 20
_OWN = next(table.own for table in TABLES if table.name == "mentions")


@dataclass(frozen=True, slots=True)
class Traces:
    """Hashes of what a person's rows said, taken before they go."""

    hashes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Searched:
    """What the search looked at, and the columns where it found something."""

    columns: int
    values: int
    found: tuple[str, ...]


def take_traces(client: Client, subject: Subject) -> Traces:
    """Hashes of the ids and texts of everything the person said.

    Short texts are no trace, nor is what others say in the same words.
    """
    rows = client.query(_HASHES, subject.parameters).result_rows
    return Traces(tuple(hash_ for (hash_,) in rows))


def search(client: Client, subject: Subject, traces: Traces, kept: frozenset[str]) -> Searched:
    """Count what is left of the person, column by column; `kept` tables are left out.

    Ids are compared whole, long ones also inside of text; handles as they stand in texts; ids of
    mentions and texts by their hashes.
    """
    columns = client.query(
        "SELECT c.table, c.name, startsWith(c.type, 'Array') FROM system.columns AS c"
        " INNER JOIN system.tables AS t ON c.database = t.database AND c.table = t.name"
        " WHERE c.database = currentDatabase() AND t.engine LIKE '%MergeTree'"
        " AND NOT startsWith(t.name, '.')"  # what a refresh under way makes of erased tables
        " AND c.type IN ('String', 'Array(String)') ORDER BY ALL"
    ).result_rows
    with_source = {
        table
        for (table,) in client.query(
            "SELECT table FROM system.columns WHERE database = currentDatabase()"
            " AND name = 'source'"
        ).result_rows
    }
    found = []
    searched = 0
    for table, column, is_array in columns:
        if table in kept or table in IMPERSONAL:
            continue
        searched += 1
        in_source = table in with_source and bool(subject.source)
        if any(_counts(client, table, column, bool(is_array), in_source, subject, traces)):
            found.append(f"{table}.{column}")
    values = len(subject.author_ids) + len(subject.handles) + len(traces.hashes)
    return Searched(searched, values, tuple(found))


def _counts(
    client: Client,
    table: str,
    column: str,
    is_array: bool,
    in_source: bool,
    subject: Subject,
    traces: Traces,
) -> Iterator[int]:
    handle = " OR lowerUTF8(x) IN {handles:Array(String)}" if "handle" in column else ""
    test = (
        "x IN {ids:Array(String)} OR arrayExists(n -> position(x, n) > 0, {longs:Array(String)})"
        f" OR match(x, {{pattern:String}}) OR cityHash64(x) IN {{hashes:Array(UInt64)}}{handle}"
    )
    condition = (
        f"arrayExists(x -> {test}, {'' if is_array else '['}{column}{'' if is_array else ']'})"
    )
    if in_source:
        condition += " AND source = {source:String}"
    given = subject.parameters | {
        "longs": [one for one in sorted(subject.author_ids) if len(one) >= LONG_ID_CHARS]
    }
    for start in range(0, max(len(traces.hashes), 1), CHUNK):
        given["hashes"] = list(traces.hashes[start : start + CHUNK])
        [[count]] = client.query(
            f"SELECT count() FROM {table} WHERE {condition}", given
        ).result_rows
        yield int(count)


_HASHES = f"""
SELECT DISTINCT cityHash64(mention_id) AS hash FROM mentions WHERE {_OWN}
UNION DISTINCT
SELECT DISTINCT cityHash64(text) AS hash FROM mentions
WHERE {_OWN} AND length(text) >= {MIN_TEXT_BYTES}
    AND cityHash64(text) NOT IN (SELECT cityHash64(text) FROM mentions WHERE NOT ({_OWN}))
"""
