"""Sources that stall are told once, when it begins and when it ends; who says goodbye is not."""

import json
import logging
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner
from clickhouse_connect.driver.client import Client
from confluent_kafka import Producer

from schemas.topics import TopicSpec
from streams import clock
from streams.privacy.retention import Retention
from streams.settings import Settings
from streams.sources import StallWatch, look, sources_command
from streams.topic_admin import TopicAdmin
from streams.upkeep import service
from streams.upkeep.jobs import run_job
from tests.integration.privacy.rows import insert, interaction, mention
from tests.integration.privacy.test_upkeep import environment


def beat(
    client: Client, producer: str, age_sec: float, sign: str = "alive", **changes: float | str
) -> datetime:
    sent_at = clock.now() - timedelta(seconds=age_sec)
    row = {"producer": producer, "sequence": 1, "sent_at": sent_at, "sign": sign, "every_sec": 5.0}
    insert(client, "heartbeats", row | {"kafka_timestamp": sent_at, "stored_at": sent_at} | changes)
    return sent_at


def states(settings: Settings, client: Client) -> dict[str, str]:
    return {source.source: source.state for source in look(settings, client).sources}


def test_each_source_is_what_its_heartbeats_say(settings: Settings, client: Client) -> None:
    beat(client, "bluesky", 4)
    beat(client, "mastodon", 400)
    beat(client, "slow", 400, every_sec=300.0)
    beat(client, "csv", 3_700)
    beat(client, "csv", 3_600, sign="goodbye")
    beat(client, "old", 8 * 86_400)
    beat(client, "back", 3_600, sign="goodbye")
    beat(client, "back", 10)
    insert(client, "mentions", mention("shop:1", source="shop"))

    assert states(settings, client) == {
        "mastodon": "stalled",
        "bluesky": "live",
        "slow": "live",
        "back": "live",
        "shop": "unwatched",
        "csv": "stopped",
        "old": "abandoned",
    }


def test_a_producer_that_starts_again_and_again_without_an_answer_is_stalled(
    settings: Settings, client: Client
) -> None:
    beat(client, "bluesky", 9_000, sign="goodbye")
    beat(client, "bluesky", 20, sign="hello")
    assert states(settings, client) == {"bluesky": "live"}

    beat(client, "mastodon", 9_000, sign="goodbye")
    for age_sec in (300, 200, 100, 1):
        beat(client, "mastodon", age_sec, sign="hello")
    beat(client, "reddit", 500, sign="hello")
    assert states(settings, client) == {
        "mastodon": "stalled",
        "reddit": "stalled",
        "bluesky": "live",
    }


def test_a_clock_that_runs_ahead_does_not_hide_a_stall(settings: Settings, client: Client) -> None:
    stored_at = clock.now() - timedelta(seconds=500)
    beat(client, "bluesky", -3_600, stored_at=stored_at)  # type: ignore[arg-type]

    assert states(settings, client) == {"bluesky": "stalled"}


def test_a_mention_whose_rules_ran_again_counts_once_and_when_it_came(
    settings: Settings, client: Client
) -> None:
    now = clock.now()
    for number, (stored_min, lag_sec) in enumerate([(10, 1), (20, 2), (30, 3), (90, 100)]):
        stored_at = now - timedelta(minutes=stored_min)
        times = {"kafka_timestamp": stored_at, "stored_at": stored_at}
        times["published_at"] = stored_at - timedelta(seconds=lag_sec)
        insert(client, "mentions", mention(f"bluesky:{number}", counted=1, **times))
    times = {"kafka_timestamp": stored_at, "published_at": times["published_at"]}
    insert(client, "mentions", mention("bluesky:3", counted=0, version=9, **times))
    stored_at = now - timedelta(minutes=40)
    insert(
        client,
        "interactions",
        interaction(
            "bluesky:like",
            kafka_timestamp=stored_at,
            stored_at=stored_at,
            occurred_at=stored_at - timedelta(seconds=2),
        ),
    )

    [source] = look(settings, client).sources

    assert (source.kept_last_hour, source.kept_last_day) == (4, 5)
    assert source.lag_p50_sec == pytest.approx(2.0)
    # Once ClickHouse has merged, the first row of the slow one is gone, and its lag with it.
    assert source.lag_p95_sec in (pytest.approx(80.6), pytest.approx(2.85))


def test_what_waits_in_kafka_is_no_stall(settings: Settings, client: Client) -> None:
    settings = replace(settings, mentions_topic="mentions.unread", kafka_group="unread")
    spec = TopicSpec("mentions.unread", key="author id", carries="Event", retention_ms=None)
    TopicAdmin(settings.kafka).create(spec, partitions=1, replication=1)
    beat(client, "bluesky", 300)
    assert states(settings, client) == {"bluesky": "stalled"}

    producer = Producer({"bootstrap.servers": settings.kafka_bootstrap})
    producer.produce(settings.mentions_topic, b"{}", b"somebody")
    assert producer.flush(10) == 0

    assert states(settings, client) == {"bluesky": "unread"}
    assert StallWatch(settings).look(client) == []


def test_the_watch_speaks_once_when_it_begins_and_once_when_it_ends(
    settings: Settings, client: Client
) -> None:
    watch = StallWatch(settings)
    beat(client, "bluesky", 10)
    assert watch.look(client) == []

    client.command("TRUNCATE TABLE heartbeats")
    beat(client, "bluesky", 90)
    [said] = watch.look(client)
    assert "source bluesky is stalled: no sign of life for 9" in said
    assert [watch.look(client) for _ in range(3)] == [[], [], []]

    beat(client, "bluesky", 1)
    [said] = watch.look(client)
    assert "source bluesky is back" in said
    assert watch.look(client) == []


def test_a_stalled_source_that_says_goodbye_is_not_back(settings: Settings, client: Client) -> None:
    watch = StallWatch(settings)
    beat(client, "bluesky", 90)
    assert len(watch.look(client)) == 1

    beat(client, "bluesky", 1, sign="goodbye")

    assert watch.look(client) == []


def test_upkeep_logs_a_stall_as_one_warning(
    settings: Settings, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    beat(client, "bluesky", 90)
    jobs = service.standard_jobs(settings, Retention.parse(""))
    [job] = [job for job in jobs if job.name == "sources"]

    with caplog.at_level(logging.WARNING):
        run_job(client, job)
        run_job(client, job)

    [record] = caplog.records
    assert "source bluesky is stalled" in record.message


def test_the_command_exits_1_for_a_stall_and_tells_programs(
    settings: Settings, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(settings).items():
        if name.startswith("ESCUCHA_"):
            monkeypatch.setenv(name, value)
    monkeypatch.setenv("ESCUCHA_KAFKA_BOOTSTRAP", settings.kafka_bootstrap)
    beat(client, "bluesky", 4)
    quiet = CliRunner().invoke(sources_command, ["--json"])
    assert quiet.exit_code == 0, quiet.output
    assert [source["state"] for source in json.loads(quiet.output)["sources"]] == ["live"]

    beat(client, "mastodon", 400)
    insert(client, "mentions", mention("mastodon:1", source="mastodon"))
    told = CliRunner().invoke(sources_command)

    assert told.exit_code == 1
    assert told.output.splitlines()[1].split()[:2] == ["mastodon", "stalled"]
    assert "four heartbeats in a row are missing" in told.output
    assert "last hour: 0 records read" in told.output
