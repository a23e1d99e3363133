"""Workers of this version go on, and start, beside a newer one that has migrated already."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.streams.helpers import Lane, wait_for, write_posts

NEWER = "9999_of_tomorrow"
UP = (
    "ALTER TABLE mentions ADD COLUMN of_tomorrow LowCardinality(String) DEFAULT 'new'",
    "ALTER TABLE ledger ADD COLUMN of_tomorrow UInt32",
    "CREATE TABLE of_tomorrow (a UInt8) ENGINE = MergeTree ORDER BY a",
)
DOWN = (  # nobody does this in life; here others share the tables
    "ALTER TABLE mentions DROP COLUMN of_tomorrow",
    "ALTER TABLE ledger DROP COLUMN of_tomorrow",
    "DROP TABLE of_tomorrow SYNC",
    f"ALTER TABLE schema_migrations DELETE WHERE name = '{NEWER}'",
)


@contextmanager
def migrated_by_a_newer_version(lane: Lane) -> Iterator[None]:
    with lane.client() as client:
        for statement in UP:
            client.command(statement)
        client.insert("schema_migrations", [[NEWER]], column_names=["name"])
        try:
            yield
        finally:
            for statement in DOWN:
                client.command(statement, settings={"mutations_sync": 1})


def ingest(lane: Lane, file: Path) -> None:
    result = lane.run("ingest", file, "--set", "source=lab")
    assert result.returncode == 0, result.stderr.decode()


def test_workers_go_on_and_start_while_tables_are_newer_than_they_are(
    lane: Lane, tmp_path: Path
) -> None:
    with lane.worker() as first:
        ingest(lane, write_posts(tmp_path / "upgrade-before.jsonl", range(40)))
        wait_for(lambda: lane.count("mentions") == 40, "the rows before")
        with migrated_by_a_newer_version(lane):
            ingest(lane, write_posts(tmp_path / "upgrade-meanwhile.jsonl", range(40)))
            wait_for(lambda: lane.count("mentions") == 80, "the rows meanwhile")
            assert first.is_running
            first.kill()
            with lane.worker() as second:  # as a supervisor would, and takes over what was planned
                ingest(lane, write_posts(tmp_path / "upgrade-after.jsonl", range(40)))
                wait_for(lambda: lane.count("mentions") == 120, "the rows of another one")
                assert lane.balance_once_settled().problems == []
                assert second.terminate() == 0
            query = "SELECT DISTINCT of_tomorrow FROM mentions WHERE topic_id = {topic_id:String}"
            assert lane.scalar(query) == "new"

            refused = lane.run("migrate")
            assert refused.returncode == 1
            assert "the database is newer than this version" in refused.stderr.decode()
            told = json.loads(lane.run("doctor", "--json").stdout)["findings"]
            [finding] = [one for one in told if one["check"] == "migrations"]
            assert finding["state"] == "bad"
            assert "Upgrade Escucha here" in finding["remedy"]
