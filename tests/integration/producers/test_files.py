"""Files to a real broker by the command itself: all accounted for, killed or not."""

import csv
import json
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.local.handles import start_broker
from streams.errors import BrokerUnavailableError, InputError
from streams.kafka_access import KafkaAccess
from streams.producers.base import EventWriter
from streams.producers.files import ingest
from streams.producers.heartbeats import send_heartbeats
from streams.producers.options import IngestOptions
from streams.settings import Settings
from tests.integration.producers.helpers import Command, Topic, real_file


def big_file(folder: Path, rows: int) -> Path:
    path = folder / "invented.jsonl"
    start = datetime(2026, 7, 4, tzinfo=UTC)
    with path.open("w") as file:
        for number in range(rows):
            row = {
                "id": number,
                "author": f"author_{number % 997}",
                "created_at": (start + timedelta(seconds=number)).isoformat(),
                "text": f"an invented text about kettles, number {number}",
            }
            file.write(json.dumps(row) + "\n")
    return path


def test_every_row_of_the_support_threads_is_accounted_for(command: Command) -> None:
    path = real_file("support_threads_en.csv")
    with path.open(newline="", encoding="utf-8") as file:
        rows = sum(1 for _ in csv.DictReader(file))

    summary = command.run(path, "--set", "source=support")

    assert summary["read"] == rows
    assert summary["delivered"] + summary["rejected"] == rows
    assert summary["rejected"] <= 2
    mentions = command.topic.mentions(summary["delivered"])
    assert len(mentions) == summary["delivered"]
    ids = {mention["mention_id"] for mention in mentions}
    assert len(ids) == len(mentions)
    replies = [mention for mention in mentions if mention["parent_id"]]
    assert sum(reply["parent_id"] in ids for reply in replies) > len(replies) / 2


def test_every_row_of_the_airline_mentions_is_accounted_for(command: Command) -> None:
    path = real_file("airlines_en_sentiment.jsonl")
    with path.open("rb") as file:
        rows = sum(1 for line in file if line.strip())

    summary = command.run(path, "--set", "source=airlines", "--set", "lang=en")

    assert summary["delivered"] + summary["rejected"] == summary["read"] == rows
    mentions = command.topic.mentions(summary["delivered"])
    assert len(mentions) == summary["delivered"]
    assert {mention["lang"] for mention in mentions} == {"en"}


@pytest.mark.parametrize("after_sec", [0.4, 0.9, 1.6])
def test_a_kill_in_the_middle_leaves_no_gap(
    command: Command, tmp_path: Path, after_sec: float
) -> None:
    rows = 40_000
    path = big_file(tmp_path, rows)
    process = command.start(path, "--rate", "8000", "--heartbeat-sec", "0")
    wait_for_first_checkpoint(command)
    time.sleep(after_sec)
    assert process.poll() is None
    process.kill()
    process.communicate()

    summary = command.run(path)

    assert 0 < summary["skipped"] < rows
    assert summary["skipped"] + summary["read"] == rows
    mentions = command.topic.mentions(rows)
    assert {mention["mention_id"] for mention in mentions} == {
        f"invented:{number}" for number in range(rows)
    }
    assert len(mentions) - rows < 3 * 10_000  # what a second and a bit can hold


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_promptly_and_repeats_nothing(
    command: Command, tmp_path: Path, number: int, code: int
) -> None:
    rows = 20_000
    path = big_file(tmp_path, rows)
    process = command.start(path, "--rate", "5000", "--heartbeat-sec", "0")
    wait_for_first_checkpoint(command)
    process.send_signal(number)
    started = time.monotonic()
    out, err = process.communicate(timeout=10)

    assert process.returncode == code, err
    assert time.monotonic() - started < 3
    stopped = json.loads(out)
    assert stopped["delivered"] == stopped["read"] < rows
    assert command.run(path)["skipped"] == stopped["read"]
    mentions = command.topic.mentions(rows)
    assert len(mentions) == rows


def test_records_carry_their_author_and_the_time_they_were_sent(
    command: Command, tmp_path: Path
) -> None:
    path = big_file(tmp_path, 100)

    command.run(path, "--speed", "60x", "--heartbeat-sec", "0.5")

    records = command.topic.records(100)
    events = [(key, json.loads(value)) for key, value, _ in records]
    assert all(key.decode() == event["author"]["id"] for key, event in events if "author" in event)
    assert sum(event["type"] == "heartbeat" for _, event in events) >= 3


def test_a_broker_that_dies_is_told_and_one_that_forgot_is_noticed(tmp_path: Path) -> None:
    path = big_file(tmp_path, 200_000)
    with start_broker(tmp_path / "broker") as broker:
        topic = Topic(broker.bootstrap, "mentions").create()
        settings = Settings(
            kafka_bootstrap=broker.bootstrap, mentions_topic="mentions", run_dir=tmp_path / "run"
        )
        options = IngestOptions(file=path, rate=20_000)
        calls = 0

        def stop() -> bool:
            nonlocal calls
            calls += 1
            if calls == 40_000:
                broker.kill()
            return False

        def connect() -> EventWriter:
            return EventWriter.connect(
                KafkaAccess(broker.bootstrap),
                "mentions",
                client_id="test",
                delivery_timeout_sec=1.0,
            )

        with pytest.raises(BrokerUnavailableError, match="run the command again"):
            ingest(options, settings, stop=stop, connect=connect)

        broker.start()
        topic.create()
        with pytest.raises(InputError, match=r"no longer has them.*--restart"):
            ingest(options, settings)


def test_heartbeats_reach_every_partition(topic: Topic) -> None:
    writer = EventWriter.connect(KafkaAccess(topic.bootstrap), topic.name, client_id="test")
    until = time.monotonic() + 1.2

    arrived = send_heartbeats(writer, every_sec=0.5, stop=lambda: time.monotonic() > until)

    records = topic.records(arrived)
    assert len(records) == arrived >= 2 * topic.partitions
    assert {partition for _, _, partition in records} == set(range(topic.partitions))


def wait_for_first_checkpoint(command: Command) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for path in (command.run_dir / "checkpoints").glob("*.json"):
            if json.loads(path.read_bytes())["rows"]:
                return
        time.sleep(0.02)
    raise AssertionError("no checkpoint came")
