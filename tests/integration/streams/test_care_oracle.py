"""Real support threads through the real pipeline: how long replies took must come out exactly."""

import csv
import json
from pathlib import Path

import pytest

from tests.integration.producers.helpers import real_file
from tests.integration.streams.helpers import Lane, wait_for


@pytest.fixture
def threads() -> Path:
    return real_file("support_threads_en.csv")


@pytest.fixture
def listening(lane: Lane, threads: Path) -> Path:
    """Rules that know the threads' companies as our care accounts, and no other rules."""
    with lane.client() as client:
        client.command("TRUNCATE TABLE rule_versions")
    with threads.open(newline="", encoding="utf-8") as file:
        companies = {row["author_id"] for row in csv.DictReader(file) if row["inbound"] == "False"}
    path = lane.folder / "listening.yaml"
    path.write_text(json.dumps({"care_accounts": sorted(companies)}), encoding="utf-8")
    return path


def test_reply_times_of_the_support_threads(lane: Lane, threads: Path, listening: Path) -> None:
    lane.run(
        "ingest",
        threads,
        "--map",
        "author_handle=author_id",
        "--set",
        "source=support",
        "--set",
        "lang=en",
    )
    with lane.worker(listening_file=listening):
        wait_for(lambda: lane.count("mentions") == 5_000, "all mentions")
    lane.run("upkeep", "--once")

    with lane.client() as client:
        # Whatever the order in which partitions were read, no reply is left without its parent.
        replies, lacking = client.query(
            "SELECT count(), countIf(parent_text = '') FROM mentions FINAL WHERE topic_id ="
            " {id:String} AND parent_id IN (SELECT mention_id FROM mentions WHERE text != '')",
            {"id": lane.topic_id},
        ).first_row
        assert replies > 2_500
        assert lacking == 0
        for view in ("care_replies_view", "care_items_view"):
            client.command(f"SYSTEM REFRESH VIEW {view}")
            client.command(f"SYSTEM WAIT VIEW {view}")
        replies, median, p90 = client.query(
            "SELECT count(), round(quantileExactInclusive(0.5)(latency_sec) / 60, 1),"
            " round(quantileExactInclusive(0.9)(latency_sec) / 60)"
            " FROM care_replies WHERE source = 'support'"
        ).first_row
        assert (replies, median, p90) == (2_198, 12.1, 387)

        # Who was answered directly waits no longer, and never longer than for that answer.
        items, waiting, later = client.query(
            "SELECT count(), countIf(i.first_reply_at IS NULL), countIf(i.first_reply_at > r.at)"
            " FROM care_items AS i INNER JOIN (SELECT answered_id, min(replied_at) AS at"
            " FROM care_replies WHERE NOT to_itself GROUP BY answered_id) AS r"
            " ON r.answered_id = i.mention_id WHERE i.source = 'support'"
        ).first_row
        assert items > 1_500
        assert (waiting, later) == (0, 0)
        # The rules are known to SQL: the accounts of the queue are those of the file.
        assert client.query(
            "SELECT count() FROM listened_current WHERE section = 'account' AND own"
        ).first_row == (76,)
