"""How long what is kept: a time to live for each table, a retention for each topic.

Time counts from when a row was stored, not from when it was said: a person who loads an archive
of 2017 wants to see it. Tables without a line here hold nothing about people.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

from streams.errors import SettingsError

FOR_EVER = 0
MAX_DAYS = 36_500

# Tables of value_ are computed anew from these, so they lose what these lose.
# Thirteen months: this month beside the same month of last year, and no longer.
DEFAULT_DAYS: Mapping[str, int] = {
    "mentions": 395,
    "interactions": 395,
    "near_duplicates": 395,
    "near_duplicates_by_time": 395,
    "near_duplicate_bands": 395,
    "shadow_judgements": 30,  # to compare two models before one is promoted
    "deletions": 90,  # longer than any topic could bring back what they name
    "dead_letters": 30,  # whole records, unmasked: as long as their topic
    "labels": 1_095,
    "lead_events": 395,
    "care_events": 395,
    "console_audit": 395,
    "alert_evidence": 395,
    "propensity": 90,
    "erasure_receipts": 1_095,  # while a complaint can be filed
    "orders": FOR_EVER,  # the shop's records; its own law says how long
    "gestures": FOR_EVER,
    "account_links": FOR_EVER,  # written down by hand, of customers whose orders are kept
}
STORED_COLUMN: Mapping[str, str] = {
    "near_duplicates": "found_at",
    "near_duplicates_by_time": "found_at",
    "near_duplicate_bands": "found_at",
    "dead_letters": "seen_at",
    "lead_events": "made_at",
    "care_events": "made_at",
    "console_audit": "at",
    "propensity": "as_of",
    "account_links": "linked_at",
    "erasure_receipts": "finished_at",
}
_TTL = re.compile(r" TTL (.+?)(?= SETTINGS |$)")


@dataclass(frozen=True, slots=True)
class Retention:
    """Days by table (0: for ever), and by topic where it is to differ from schemas/topics.py."""

    tables: Mapping[str, int]
    topics: Mapping[str, int]

    @classmethod
    def parse(cls, text: str) -> "Retention":
        """The defaults with what `mentions=90, mentions.raw.v1=3` changes.

        Raises SettingsError naming the entry that is wrong.
        """
        tables, topics = dict(DEFAULT_DAYS), dict[str, int]()
        for entry in filter(None, (part.strip() for part in text.split(","))):
            name, _, days = (part.strip() for part in entry.partition("="))
            if not (days.isascii() and days.isdigit() and int(days) <= MAX_DAYS):
                raise SettingsError(
                    f"ESCUCHA_RETENTION_DAYS: {entry!r} is not NAME=DAYS, for example mentions=90;"
                    " 0 keeps for ever"
                )
            if name in tables:
                tables[name] = int(days)
            elif "." in name:
                topics[name] = int(days)
            else:
                raise SettingsError(
                    f"ESCUCHA_RETENTION_DAYS: there is no table {name!r} with a retention; there"
                    f" are {', '.join(sorted(tables))}, and topics such as mentions.raw.v1"
                )
        return cls(tables, topics)


def apply_to_tables(client: Client, retention: Retention) -> list[str]:
    """Give each table its time to live where it differs; returns what was changed, in words.

    ClickHouse drops what is too old by itself, with its merges.
    """
    rows = client.query(
        "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()"
    ).result_rows
    engines: dict[str, str] = dict(rows)  # type: ignore[arg-type]
    changed = []
    for table, days in out_of_step(engines, retention).items():
        if days == FOR_EVER:
            client.command("ALTER TABLE {table:Identifier} REMOVE TTL", {"table": table})
            changed.append(f"{table}: kept for ever")
        else:
            client.command(
                # Written out: a bound number would stand in the table as a cast.
                "ALTER TABLE {table:Identifier} MODIFY TTL"
                f" toDateTime({{column:Identifier}}) + toIntervalDay({days:d})",
                {"table": table, "column": STORED_COLUMN.get(table, "stored_at")},
            )
            changed.append(f"{table}: kept for {days} days")
    return changed


def out_of_step(engines: Mapping[str, str], retention: Retention) -> dict[str, int]:
    """Tables, of those in `engines` (name, engine in full), that keep rows for other days."""
    found = {}
    for table, days in retention.tables.items():
        if table not in engines:
            continue
        ttl = _TTL.search(engines[table])
        now = ttl[1] if ttl else ""
        column = STORED_COLUMN.get(table, "stored_at")
        wanted = f"toDateTime({column}) + toIntervalDay({days})" if days != FOR_EVER else ""
        if now != wanted:
            found[table] = days
    return found
