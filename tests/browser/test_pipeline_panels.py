"""Panels and alarms of the pipeline: sources, workers, jobs, kept tables, books, dead letters."""

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from dashboards.alerting import RULES
from dashboards.console import ConsoleConfig
from dashboards.named import read_query
from tests.browser.data import OLD_TOPIC_ID
from tests.browser.test_panel_queries import ask, number


def test_a_stalled_source_is_counted_and_named(console_url: str) -> None:
    assert number(console_url, "sources_stalled") == 1
    assert ask(console_url, "sources")["rows"][0][:2] == ["mastodon", "stalled"]


def test_alarms_see_what_panels_see(config: ConsoleConfig, console_url: str) -> None:
    client = clickhouse_connect.get_client(
        dsn=config.clickhouse_url,
        username=config.user,
        password=config.password,
        database=config.database,
    )
    try:
        told = {
            rule.name: client.query(read_query(f"alert_{rule.name}")).result_rows for rule in RULES
        }
    finally:
        client.close()

    [[age_sec]] = told["freshness"]
    assert 0 <= age_sec < 600
    assert dict(told["stalled_sources"]) == {"bluesky": 0, "csv": 0, "mastodon": 1, "reddit": 0}
    assert told["dead_letters"] == [(number(console_url, "dead_letters_waiting"),)]
    assert told["ledger_gap"] == [(number(console_url, "ledger_gap"),)]
    assert told["worker_trouble"] == [(0,)]
    assert told["kept_tables"] == [(0,)]


def test_workers_say_by_what_they_judge_and_what_is_wrong(console_url: str, writer: Client) -> None:
    columns = ["worker", "model_version", "trouble"]
    rows = [["worker-1", "fast-2", ""], ["worker-9", "fast-1", "the file is broken"]]
    writer.insert("worker_models", rows, column_names=columns)
    try:
        answer = ask(console_url, "workers")
        heard = number(console_url, "workers_heard")
    finally:
        writer.command("TRUNCATE TABLE worker_models")
    names = [column["name"] for column in answer["columns"]]
    told = [dict(zip(names, row, strict=True)) for row in answer["rows"]]

    assert [(row["worker"], row["model"], row["trouble"]) for row in told] == [
        ("worker-9", "fast-1", "the file is broken"),
        ("worker-1", "fast-2", ""),
    ]
    assert (
        told[1]["records"]
        == writer.query(
            "SELECT sum(records) FROM ledger WHERE planned_at > now64(3) - INTERVAL 1 HOUR"
        ).first_row[0]
    )
    assert heard == 2


def test_jobs_and_kept_tables_say_when_they_last_went_well(
    console_url: str, writer: Client
) -> None:
    writer.command("INSERT INTO upkeep_marks (job, mark) VALUES ('signals', now64(3))")
    writer.command("INSERT INTO upkeep_marks (job, mark) VALUES ('turn of forget 1', now64(3))")
    try:
        [job] = ask(console_url, "jobs")["rows"]
    finally:
        writer.command("TRUNCATE TABLE upkeep_marks")
    kept = {row[0]: row for row in ask(console_url, "kept_views")["rows"]}
    views = writer.query(
        "SELECT view FROM system.view_refreshes WHERE database = currentDatabase()"
    ).result_rows

    assert job[0] == "signals"
    assert job[2] < 60
    assert {f"{name}_view" for name in kept} == {view for (view,) in views}
    assert {row[-1] for row in kept.values()} == {""}
    assert kept["heard_by_hour"][5] > 1000


def test_dead_letters_that_were_replayed_wait_no_more(console_url: str) -> None:
    assert number(console_url, "dead_letters_waiting") == 2
    assert [row[-1] for row in ask(console_url, "latest_dead_letters")["rows"]] == [0, 0, 1]


def test_the_ledger_is_exact_until_a_plan_is_missing(console_url: str, writer: Client) -> None:
    (gap_of_history,) = writer.query(
        f"SELECT max(position) - 10 FROM ledger WHERE topic_id = '{OLD_TOPIC_ID}'"
    ).first_row
    assert gap_of_history == 40
    assert number(console_url, "ledger_gap") == 0

    writer.command(
        "INSERT INTO ledger (topic, topic_id, kafka_partition, position, first_offset,"
        " last_offset, records, mentions) VALUES"
        " ('other.v1', 'other-1', 0, 0, 0, 9, 10, 10),"
        " ('other.v1', 'other-1', 0, 13, 13, 19, 7, 5)"
    )
    writer.command(  # these carry no mentions, and nothing of them is missing
        "INSERT INTO ledger (topic, topic_id, kafka_partition, position, first_offset,"
        " last_offset, records, orders, gestures, labels) VALUES"
        " ('other.v1', 'other-1', 1, 0, 0, 5, 6, 3, 2, 1)"
    )
    try:
        assert number(console_url, "ledger_gap", {"from": "now-29d"}) == 3 + 2
        rows = ask(console_url, "ledger_by_partition", {"from": "now-29d"})["rows"]
        assert [row[-1] for row in rows if row[0] == "other.v1"] == [5, 0]
    finally:
        writer.command("DELETE FROM ledger WHERE topic = 'other.v1'")


def test_each_source_says_how_it_is(console_url: str) -> None:
    answer = ask(console_url, "sources")
    states = [(row[0], row[1]) for row in answer["rows"]]

    assert states == [
        ("mastodon", "stalled"),
        ("bluesky", "live"),
        ("csv", "stopped"),
        ("reddit", "abandoned"),
    ]
    kept_last_day = [column["name"] for column in answer["columns"]].index("kept_last_day")
    assert all(row[kept_last_day] > 0 for row in answer["rows"])
