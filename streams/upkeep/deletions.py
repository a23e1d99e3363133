"""Carries out what networks took back and removes the texts that edits replaced.

Every step is one statement inside ClickHouse, so ids never travel. The places of rows are written
to `erased` first; that table is then the list by which rows are deleted. A kill between any two
statements leaves rows that the next run finds again, since the mark is noted last.
"""

# ruff: noqa: S608 - statements are made of the constants below; values are bound
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from clickhouse_connect.driver.client import Client

JOB = "deletions"

# Stands in `erased` for the table's name where a broker could not take a person's record away:
# whatever it becomes has to go.
RECORDS = "records"

# Wait until a deletion is in force here; replicas follow on their own.
_SYNC = {"lightweight_deletes_sync": 1, "mutations_sync": 1}


@dataclass(frozen=True, slots=True)
class Derived:
    """A table of rows made from mentions, one of whose columns has their ids."""

    table: str
    id_column: str
    stored_column: str


# A table that is derived from mentions adds its line here, or what is deleted lives on in it; not
# those that a refreshable view makes anew every few minutes.
DERIVED = (
    Derived("near_duplicates", "mention_id", "found_at"),
    Derived("near_duplicates", "original", "found_at"),
    Derived("near_duplicates", "parent", "found_at"),
    Derived("near_duplicates_by_time", "mention_id", "found_at"),
    Derived("near_duplicates_by_time", "original", "found_at"),
    Derived("near_duplicates_by_time", "parent", "found_at"),
    Derived("near_duplicate_bands", "mention_id", "found_at"),
    Derived("labels", "mention_id", "stored_at"),
    Derived("care_events", "mention_id", "made_at"),
    Derived("shadow_judgements", "mention_id", "stored_at"),
    Derived("value_exposures", "mention_id", "stored_at"),
    Derived("value_influence", "mention_id", "stored_at"),
    Derived("value_referrals", "mention_id", "stored_at"),
    Derived("value_examples", "mention_id", "stored_at"),
    Derived("alert_evidence", "mention_id", "stored_at"),
)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What one run removed: rows by table, and texts of parents that were blanked."""

    removed: Mapping[str, int]
    superseded: int
    parent_texts: int

    @property
    def nothing(self) -> bool:
        """Whether there was nothing to do."""
        return not (any(self.removed.values()) or self.superseded or self.parent_texts)


def carry_out(client: Client, since: datetime) -> Report:
    """Remove what deletions name and edits replaced, as far as either was stored from `since` on.

    Rows that come after their deletion are found by their own stored_at. On return a query sees
    none of it; `purge` takes it off the disk.
    """
    given = {"since_ms": int(since.timestamp() * 1000)}
    if _count(client, f"SELECT count() FROM ({_ENDING_BLOCKS})", given):
        client.command(f"INSERT INTO deletions {_ENDING_BLOCKS}")
    superseded = _condemn(client, "mentions", "edit", _SUPERSEDED, given)
    for condition in _MENTIONS:
        _condemn(client, "mentions", "deletion", condition, given)
    for condition in _INTERACTIONS:
        _condemn(client, "interactions", "deletion", condition, given)
    _review_copies(client, given)
    removed: dict[str, int] = {}
    for derived in DERIVED:
        count = _delete(client, derived.table, _derived(derived), given)
        removed[derived.table] = removed.get(derived.table, 0) + count
    parent_texts = _blank_parent_texts(client, given)
    for table in ("mentions", "interactions"):
        removed[table] = _delete(client, table, _CONDEMNED % table, given)
    removed["propensity"] = _delete(client, "propensity", _PROPENSITY, given)
    for table, condition in _STORED_AGAIN.items():
        _condemn(client, table, "forgotten", condition, given)
        removed[table] = removed.get(table, 0) + _delete(client, table, condition, given)
    return Report(removed=removed, superseded=superseded, parent_texts=parent_texts)


def purge(client: Client, tables: tuple[str, ...] = ()) -> list[str]:
    """Rewrite parts that still hold deleted rows on disk; returns the tables that had such.

    A lightweight DELETE only hides rows; they go with the next merge, which may never come.
    """
    found = client.query(
        "SELECT DISTINCT table FROM system.parts WHERE database = currentDatabase()"
        " AND active AND has_lightweight_delete ORDER BY table"
    ).result_rows
    masked = [table for (table,) in found if not tables or table in tables]
    for table in masked:
        client.command(
            "ALTER TABLE {table:Identifier} APPLY DELETED MASK", {"table": table}, settings=_SYNC
        )
    return masked


def _condemn(
    client: Client, table: str, reason: str, condition: str, given: Mapping[str, int]
) -> int:
    """Note where the rows of a condition are; returns how many there are."""
    places = f"SELECT topic_id, kafka_partition, kafka_offset FROM {table} WHERE {condition}"
    count = _count(client, f"SELECT count() FROM ({places})", given)
    if count:
        client.command(
            "INSERT INTO erased (table_name, topic_id, kafka_partition, kafka_offset, reason)"
            f" SELECT {{table:String}}, *, {{reason:String}} FROM ({places})",
            {**given, "table": table, "reason": reason},
        )
    return count


def _delete(client: Client, table: str, condition: str, given: Mapping[str, int]) -> int:
    # Counted first: even a deletion of nothing makes new versions of all parts.
    count = _count(client, f"SELECT count() FROM {table} WHERE {condition}", given)
    if count:
        client.command(
            f"DELETE FROM {table} WHERE {condition}",
            dict(given),
            settings=_SYNC,
        )
    return count


def _review_copies(client: Client, given: Mapping[str, int]) -> None:
    """Note the copies of what goes: `near_duplicates` decides about them again."""
    originals = [
        d for d in DERIVED if d.table == "near_duplicates" and d.id_column in {"original", "parent"}
    ]
    condition = " OR ".join(f"({_derived(derived)})" for derived in originals)
    if _count(client, f"SELECT count() FROM near_duplicates WHERE {condition}", given):
        client.command(
            "INSERT INTO copies_to_review (mention_id, published_at)"
            f" SELECT DISTINCT mention_id, published_at FROM near_duplicates WHERE {condition}",
            dict(given),
        )


def _blank_parent_texts(client: Client, given: Mapping[str, int]) -> int:
    # Without edits the table need not be read for them.
    edits = _count(client, f"SELECT count() FROM {_EDITED}", given)
    children = (*_CHILDREN, _OF_EDITED_PARENTS) if edits else _CHILDREN
    condition = f"parent_text != '' AND ({' OR '.join(f'({c})' for c in children)})"
    count = _count(client, f"SELECT count() FROM mentions WHERE {condition}", given)
    if count:
        client.command(
            f"ALTER TABLE mentions UPDATE parent_text = '' WHERE {condition}",
            dict(given),
            settings=_SYNC,
        )
    return count


def _count(client: Client, query: str, given: Mapping[str, int]) -> int:
    [[count]] = client.query(query, dict(given)).result_rows
    return int(count)


# A blocked author (`escucha forget --block`) is a deletion that ends with the century. Each day it
# is stored anew, or the retention of deletions would end the block.
_ENDING_BLOCKS = """
SELECT * REPLACE (now64(3, 'UTC') AS stored_at) FROM
(
    SELECT * FROM deletions FINAL
    WHERE target = 'author' AND deleted_at >= '2099-01-01' AND stored_at < now() - INTERVAL 12 HOUR
)
"""

# Milliseconds: a moment that is bound as such cannot be read back from a mutation (26.9).
_SINCE = "fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')"

# What the network says of one source touches rows of that source only.
_NEW = f"(SELECT source, target_id FROM deletions WHERE target = '%s' AND stored_at >= {_SINCE})"
_NEW_IDS = f"(SELECT target_id FROM deletions WHERE target = '%s' AND stored_at >= {_SINCE})"
# Deletions of whenever, for rows of now: the inner list keeps the outer one short.
_OF_NEW_ROWS = (
    "(SELECT source, target_id FROM deletions WHERE target = '%s' AND target_id IN"
    f" (SELECT %s FROM %s WHERE stored_at >= {_SINCE}))"
)


def _by_author(table: str, author: str, moment: str) -> tuple[str, str]:
    """Rows of deleted authors: all rows for new deletions, new rows for all deletions.

    Of an author everything up to that moment goes: accounts come back, and then speak anew.
    """
    join = (
        f"(source, {author}, kafka_partition, topic_id, kafka_offset) IN ("
        f"SELECT source, {author}, kafka_partition, topic_id, kafka_offset FROM {table} AS r"
        " INNER JOIN (SELECT source, target_id, max(deleted_at) AS until FROM deletions"
        " WHERE target = 'author' AND %s GROUP BY source, target_id) AS d"
        f" ON r.source = d.source AND r.{author} = d.target_id"
        f" WHERE r.{author} IN (%s) AND r.{moment} <= d.until AND %s)"
    )
    new = f"stored_at >= {_SINCE}"
    ids = "SELECT target_id FROM deletions WHERE target = 'author'"
    of_new_rows = f"target_id IN (SELECT {author} FROM {table} WHERE {new})"
    return (
        join % (new, f"{ids} AND {new}", "1"),
        f"{new} AND " + join % (of_new_rows, f"{ids} AND {of_new_rows}", f"r.{new}"),
    )


def _stored_again(table: str, stored_column: str = "stored_at", of: str = "") -> str:
    """New rows at places whose row was taken away: a replay brought them back.

    `of`: rows made of rows of another table go with theirs.
    """
    return (
        f"{stored_column} >= {_SINCE} AND (topic_id, kafka_partition, kafka_offset) IN"
        " (SELECT topic_id, kafka_partition, kafka_offset FROM erased"
        f" WHERE table_name IN ('{of or table}', '{RECORDS}') AND reason != 'edit')"
    )


_MENTIONS = (
    f"mention_id IN {_NEW_IDS % 'mention'} AND (source, mention_id) IN {_NEW % 'mention'}",
    f"stored_at >= {_SINCE} AND (source, mention_id) IN"
    f" {_OF_NEW_ROWS % ('mention', 'mention_id', 'mentions')}",
    *_by_author("mentions", "author_id", "published_at"),
    # A re-run of rules may write back what was removed while it ran.
    _stored_again("mentions"),
)
_INTERACTIONS = (
    f"interaction_id IN {_NEW_IDS % 'interaction'}"
    f" AND (source, interaction_id) IN {_NEW % 'interaction'}",
    f"stored_at >= {_SINCE} AND (source, interaction_id) IN"
    f" {_OF_NEW_ROWS % ('interaction', 'interaction_id', 'interactions')}",
    *_by_author("interactions", "author_id", "occurred_at"),
    *_by_author("interactions", "target_author_id", "occurred_at"),
    _stored_again("interactions"),
)
# Of these nothing is ever taken back, but people are forgotten.
_STORED_AGAIN = {
    "orders": _stored_again("orders"),
    "gestures": _stored_again("gestures"),
    "labels": _stored_again("labels"),
    "shadow_judgements": _stored_again("shadow_judgements", of="mentions"),
    "dead_letters": _stored_again("dead_letters", "seen_at"),
}
# Chances of accounts that are gone, of before they went; they know no source.
_PROPENSITY = f"""
(author_id, as_of) IN
(
    SELECT p.author_id, p.as_of
    FROM propensity AS p
    INNER JOIN
    (
        SELECT target_id, max(deleted_at) AS until
        FROM deletions
        WHERE target = 'author' AND (target_id IN {_NEW_IDS % "author"}
            OR target_id IN (SELECT author_id FROM propensity WHERE stored_at >= {_SINCE}))
        GROUP BY target_id
    ) AS d ON d.target_id = p.author_id
    WHERE p.as_of <= d.until
)
"""
_CHILDREN = (
    f"parent_id IN {_NEW_IDS % 'mention'} AND (source, parent_id) IN {_NEW % 'mention'}",
    f"stored_at >= {_SINCE} AND (source, parent_id) IN"
    f" {_OF_NEW_ROWS % ('mention', 'parent_id', 'mentions')}",
    f"(source, parent_author_id) IN {_NEW % 'author'}",
    f"stored_at >= {_SINCE} AND (source, parent_author_id) IN"
    f" {_OF_NEW_ROWS % ('author', 'parent_author_id', 'mentions')}",
)

# Replies that repeat what an edit replaced; `late_parents` gives them the new text.
_EDITED = f"(SELECT mention_id FROM mentions WHERE stored_at >= {_SINCE} AND version >= 65536)"
_OF_EDITED_PARENTS = (
    f"parent_id IN {_EDITED} AND (parent_id, parent_text) NOT IN (SELECT mention_id,"
    f" argMax(text, version) FROM mentions WHERE mention_id IN {_EDITED} GROUP BY mention_id)"
)

# Versions of one mention share their minute, so the minutes of new rows bound the search.
_SUPERSEDED = f"""
(mention_id, intDiv(version, 65536)) IN
(
    SELECT mention_id, arrayJoin(arrayPopBack(arraySort(groupUniqArray(intDiv(version, 65536)))))
    FROM mentions
    WHERE toStartOfMinute(published_at) IN
        (SELECT DISTINCT toStartOfMinute(published_at) FROM mentions WHERE stored_at >= {_SINCE})
    GROUP BY mention_id
    HAVING max(version) >= 65536
)
AND toStartOfMinute(published_at) IN
    (SELECT DISTINCT toStartOfMinute(published_at) FROM mentions WHERE stored_at >= {_SINCE})
"""

_CONDEMNED = (
    "(topic_id, kafka_partition, kafka_offset) IN (SELECT topic_id, kafka_partition, kafka_offset"
    f" FROM erased WHERE table_name = '%s' AND erased_at >= {_SINCE})"
)


def _derived(derived: Derived) -> str:
    condemned = _CONDEMNED % "mentions"
    column = derived.id_column
    return (
        f"{column} IN (SELECT mention_id FROM mentions WHERE {condemned}"
        " AND (topic_id, kafka_partition, kafka_offset) IN (SELECT topic_id, kafka_partition,"
        " kafka_offset FROM erased WHERE table_name = 'mentions' AND reason != 'edit'))"
        f" OR {column} IN {_NEW_IDS % 'mention'}"
        f" OR ({derived.stored_column} >= {_SINCE} AND {column} IN (SELECT target_id FROM deletions"
        f" WHERE target = 'mention' AND target_id IN (SELECT {column} FROM {derived.table}"
        f" WHERE {derived.stored_column} >= {_SINCE})))"
    )
