"""A worker in a process of its own: file to rows, and every way in which it ends."""

import json
import time
from pathlib import Path

import msgspec

from models.labels import load_corpus
from schemas.pipeline import Progress
from tests.integration.streams.helpers import Lane, Services, one_line_of, wait_for, write_posts

AT = "2026-07-04T12:00:00Z"


def ingest(lane: Lane, file: Path, *arguments: str) -> dict[str, object]:
    result = lane.run("ingest", file, "--heartbeat-sec", "0", "--set", "source=lab", *arguments)
    assert result.returncode == 0, result.stderr.decode()
    summary: dict[str, object] = json.loads(result.stdout)
    return summary


def test_a_file_arrives_once_however_often_it_is_sent_and_whatever_goes_away(
    lane: Lane, services: Services, tmp_path: Path
) -> None:
    posts = write_posts(tmp_path / "posts.jsonl", range(250))
    with lane.worker() as worker:
        assert ingest(lane, posts)["delivered"] == 250
        wait_for(lambda: lane.count("mentions") == 250, "the rows of the file")

        assert ingest(lane, posts, "--restart")["delivered"] == 250
        wait_for(lambda: lane.planned("duplicates") == 250, "the duplicates in the ledger")
        assert lane.count("mentions") == 250

        services.clickhouse.kill()
        more = write_posts(tmp_path / "more.jsonl", range(1_000, 1_120))
        ingest(lane, more)
        wait_for(lambda: "ClickHouse: " in worker.said, "the worker to miss ClickHouse")
        services.clickhouse.start()
        wait_for(lambda: lane.count("mentions") == 370, "the rows behind the outage")
        assert worker.is_running

        balance = lane.balance_once_settled()
        began = time.monotonic()
        assert worker.terminate() == 0
        assert time.monotonic() - began < 10
        assert "Traceback" not in worker.said

    assert balance.problems == []
    assert sum(partition.records for partition in balance.partitions) == 620
    text, as_json = lane.run("reconcile"), lane.run("reconcile", "--json")
    assert (text.returncode, as_json.returncode) == (0, 0), text.stdout.decode()
    assert "620 records read" in text.stdout.decode()
    assert text.stdout.decode().endswith("exact: every record is accounted for\n")
    books = json.loads(as_json.stdout)
    assert books["in_flight"] is False
    assert books["topic_id"] == lane.topic_id
    assert sum(partition["duplicates"] for partition in books["partitions"]) == 250

    told = [
        msgspec.json.decode(record["value"], type=Progress)
        for record in lane.records("progress.v1")
        if record["key"].startswith(f"{lane.topic}/".encode())
    ]
    assert {(p.topic, p.partition) for p in told} <= {(lane.topic, 0), (lane.topic, 1)}
    assert sum(progress.mentions for progress in told) == 370
    assert all((p.newest_published_at is None) == (p.mentions == 0) for p in told)


def test_a_kafka_that_is_away_at_the_start_is_named_with_the_remedy(lane: Lane) -> None:
    with lane.worker(kafka_bootstrap="127.0.0.1:1") as worker:
        assert worker.wait() == 75

    [line] = [line for line in worker.said.splitlines() if "streams.worker" in line]
    assert "Kafka cannot be reached (ESCUCHA_KAFKA_BOOTSTRAP?)" in line
    assert "Traceback" not in worker.said


def test_without_a_model_the_worker_says_so(lane: Lane, tmp_path: Path) -> None:
    result = lane.run("worker", model_store=tmp_path / "none")

    assert result.returncode == 1
    assert "no model was promoted" in one_line_of(result)


def test_a_worker_that_is_told_to_stop_before_it_has_joined_is_gone_in_time(lane: Lane) -> None:
    with lane.worker() as worker:
        wait_for(lambda: (lane.folder / "run" / "faust").exists(), "the worker to begin")
        began = time.monotonic()

        assert worker.terminate() == 0

        assert time.monotonic() - began < 10
        assert "Traceback" not in worker.said


def test_reconcile_does_not_call_a_topic_exact_that_is_not_there(lane: Lane) -> None:
    result = lane.run("reconcile", mentions_topic="mentions.misspelt")

    assert result.returncode == 1
    assert "there is no topic mentions.misspelt" in result.stdout.decode()


def test_a_mention_with_intent_is_stored_with_the_words_that_drove_it(
    lane: Lane, tmp_path: Path
) -> None:
    posts = tmp_path / "posts.jsonl"
    texts = [item.text for item in load_corpus()[::3]]
    posts.write_text(
        "".join(
            json.dumps({"id": str(number), "text": text, "author_id": "a", "published_at": AT})
            + "\n"
            for number, text in enumerate(texts)
        ),
        encoding="utf-8",
    )
    with lane.worker():
        ingest(lane, posts)
        wait_for(lambda: lane.count("mentions") == len(texts), "the rows of the file")

    rows = "FROM mentions WHERE topic_id = {topic_id:String}"
    with_words = f"{rows} AND notEmpty(intent_words)"
    assert lane.scalar(f"SELECT count() {with_words}") > 10
    assert lane.scalar(f"SELECT countIf(intent = 'none') {with_words}") == 0
    strange = "NOT arrayAll(w -> position(lowerUTF8(text), w) > 0, intent_words)"
    assert lane.scalar(f"SELECT count() {rows} AND {strange}") == 0
