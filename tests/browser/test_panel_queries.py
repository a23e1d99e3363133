"""Every panel's query, run on ClickHouse as the read-only user through the console's API."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from dashboards.build import render
from dashboards.console import ConsoleConfig
from dashboards.panels import INTENTS
from deploy.local.ports import free_ports
from tests.browser.data import OLD_TOPIC_ID, QUOTED_BRAND, insert_mention, refresh_kept
from tests.browser.serving import running


def panels_of(uid: str) -> dict[str, int]:
    return {
        panel["targets"][0]["rawSql"].splitlines()[0].removeprefix("-- query: "): panel["id"]
        for panel in json.loads(render()[f"{uid}.json"])["panels"]
        if panel["type"] != "row"
    }


PANELS = panels_of("escucha-listening")
NOW = datetime.now(UTC)


def ask(url: str, query: str, parameters: Mapping[str, Any] | None = None) -> Any:
    response = httpx.get(
        f"{url}/api/dashboards/escucha-listening/panels/{PANELS[query]}/data",
        params=parameters or {"from": "now-30d", "to": "now"},
        timeout=30,
    )
    assert response.status_code == 200, response.text
    return response.json()


def number(url: str, query: str, parameters: Mapping[str, Any] | None = None) -> Any:
    return ask(url, query, parameters)["rows"][0][0]


def between(since: datetime, until: datetime) -> dict[str, str]:
    return {"from": str(int(since.timestamp()) * 1000), "to": str(int(until.timestamp()) * 1000)}


@pytest.mark.parametrize("period", ["now-15m", "now-1h", "now-24h", "now-90d"])
@pytest.mark.parametrize("query", PANELS)
def test_every_query_runs_as_the_read_only_user(console_url: str, query: str, period: str) -> None:
    answer = ask(console_url, query, {"from": period, "to": "now", "var-lang": ["es", "en"]})

    assert "series" in answer or answer["columns"]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (NOW - timedelta(minutes=50), NOW),
        (NOW - timedelta(hours=5, minutes=59), NOW),
        (NOW - timedelta(hours=6, minutes=17), NOW - timedelta(minutes=3)),
        (NOW - timedelta(days=11, minutes=31), NOW - timedelta(days=2, minutes=7)),
        (NOW - timedelta(days=80), NOW),
    ],
)
def test_counts_are_exact_at_the_edges_of_the_period(
    console_url: str, writer: Client, since: datetime, until: datetime
) -> None:
    period = between(since, until)
    where = (
        f"published_at >= toDateTime({int(since.timestamp())})"
        f" AND published_at <= toDateTime({int(until.timestamp())})"
    )
    mentions, active = writer.query(
        f"SELECT count(), countIf(intent = 'active') FROM mentions FINAL WHERE {where}"
    ).first_row
    brands = dict(
        writer.query(
            "SELECT arrayJoin(brands) AS brand, count() FROM mentions FINAL"
            f" WHERE {where} GROUP BY brand"
        ).result_rows
    )

    assert number(console_url, "mentions_total", period) == mentions
    assert number(console_url, "active_intent_total", period) == active
    for chart in ("volume_by_language", "intent_by_hour"):
        drawn = ask(console_url, chart, period)["series"]
        assert sum(sum(filter(None, one["values"])) for one in drawn) == mentions
    counted = {row[0]: sum(row[1:]) for row in ask(console_url, "brands", period)["rows"]}
    assert counted == brands


def test_filters_count_what_sql_counts(console_url: str, writer: Client) -> None:
    chosen = {"from": "now-90d", "to": "now", "var-brand": QUOTED_BRAND, "var-source": "reddit"}
    expected = writer.query(
        "SELECT count() FROM mentions FINAL"
        " WHERE source = 'reddit' AND has(brands, {brand:String})",
        parameters={"brand": QUOTED_BRAND},
    ).first_row[0]

    assert expected > 0
    assert number(console_url, "mentions_total", chosen) == expected
    assert ask(console_url, "brands", chosen)["rows"][0][0] == QUOTED_BRAND


def test_a_chosen_topic_is_followed_by_every_panel_of_mentions(
    console_url: str, writer: Client
) -> None:
    chosen = {"from": "now-90d", "to": "now", "var-topic": "envíos", "var-brand": "Nimbus"}
    where = "has(topics, 'envíos') AND has(brands, 'Nimbus')"
    (expected,) = writer.query(f"SELECT count() FROM mentions FINAL WHERE {where}").first_row
    (copies,) = writer.query(
        f"SELECT count() FROM mentions FINAL WHERE {where}"
        " AND mention_id IN (SELECT mention_id FROM near_duplicates WHERE original != mention_id)"
    ).first_row

    assert 0 < copies < expected
    assert number(console_url, "mentions_total", chosen) == expected
    for query, name in (("topics", "envíos"), ("brands", "Nimbus")):
        [row] = ask(console_url, query, chosen)["rows"]
        assert (row[0], sum(row[1:])) == (name, expected)
    raw, net = ask(console_url, "raw_and_net", chosen)["series"]
    assert sum(raw["values"]) == expected
    assert sum(net["values"]) == expected - copies
    ids = {row[-1].split(":", 1)[1] for row in ask(console_url, "latest_mentions", chosen)["rows"]}
    found = writer.query(f"SELECT splitByChar(':', mention_id)[2] FROM mentions WHERE {where}")
    assert ids - {""} <= {row[0] for row in found.result_rows}


def test_first_contacts_are_those_of_the_view(console_url: str, writer: Client) -> None:
    refresh_kept(writer)
    since = NOW - timedelta(days=12)
    period = between(since, NOW)
    expected = dict(
        writer.query(
            "SELECT if(first_kind IN ('mention', 'reply'), 'words', first_kind) AS kind, count()"
            f" FROM first_contacts WHERE first_at >= toDateTime({int(since.timestamp())})"
            f" AND first_at <= toDateTime({int(NOW.timestamp())}) GROUP BY kind"
        ).result_rows
    )

    drawn = ask(console_url, "first_contacts", period)["series"]

    assert expected["words"] > 10
    assert expected["like"] > 10
    assert {
        one["name"]: sum(filter(None, one["values"])) for one in drawn if any(one["values"])
    } == expected


def test_the_first_contact_of_a_brand_does_not_depend_on_what_else_was_asked(
    console_url: str, writer: Client
) -> None:
    refresh_kept(writer)
    chosen = {"from": "now-90d", "to": "now", "var-brand": "Volta", "var-topic": "precio"}
    (expected,) = writer.query(
        "SELECT count() FROM first_contacts AS c INNER JOIN"
        " (SELECT mention_id FROM mentions FINAL WHERE has(topics, 'precio')) AS m"
        " ON m.mention_id = c.first_id WHERE brand = 'Volta'"
    ).first_row

    drawn = ask(console_url, "first_contacts", chosen)["series"]

    assert expected > 0
    assert sum(sum(filter(None, one["values"])) for one in drawn) == expected


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


@pytest.mark.parametrize("value", ["') OR 1=1 --", "\\", "*", "xx", "es'"])
def test_a_value_nobody_offered_is_refused(console_url: str, value: str) -> None:
    response = httpx.get(
        f"{console_url}/api/dashboards/escucha-listening/panels/1/data",
        params={"var-lang": value},
    )

    assert response.status_code == 400
    assert response.json()["code"] == "bad_request"


def test_a_mention_stored_twice_is_shown_once(console_url: str, writer: Client) -> None:
    for _ in range(2):
        insert_mention(writer, 900_001, NOW - timedelta(minutes=1), text="said once")

    rows = ask(console_url, "latest_mentions", {"from": "now-1h", "to": "now"})["rows"]

    assert [row[4] for row in rows].count("said once") == 1


def test_a_mention_is_shown_with_the_words_that_drove_its_intent(
    console_url: str, writer: Client
) -> None:
    words = ["dónde", "lo compro"]
    insert_mention(writer, 900_005, NOW - timedelta(minutes=1), text="why", intent_words=words)

    answer = ask(console_url, "latest_mentions", {"from": "now-2h", "to": "now"})

    (row,) = (row for row in answer["rows"] if row[4] == "why")
    assert row[8] == "dónde, lo compro"


def test_a_deleted_mention_is_not_shown(console_url: str, writer: Client) -> None:
    at = NOW - timedelta(minutes=2)
    insert_mention(writer, 900_002, at, text="taken back")
    insert_mention(writer, 900_002, at, text="taken back", version=1, is_deleted=1)

    rows = ask(console_url, "latest_mentions", {"from": "now-1h", "to": "now"})["rows"]

    assert "taken back" not in [row[4] for row in rows]


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


def test_intents_of_the_story_have_names(console_url: str) -> None:
    names = [one["name"] for one in ask(console_url, "intent_by_hour")["series"]]

    assert names == list(INTENTS)


def test_missing_tables_are_told_apart_from_a_broken_query(
    config: ConsoleConfig, writer: Client
) -> None:
    writer.command("RENAME TABLE mentions TO mentions_away")
    try:
        with running(replace(config, port=free_ports(1)[0])) as url:
            response = httpx.get(f"{url}/api/dashboards/escucha-listening/panels/1/data")
    finally:
        writer.command("RENAME TABLE mentions_away TO mentions")

    assert response.status_code == 503
    assert response.json()["code"] == "not_migrated"
    assert "escucha migrate" in response.json()["remedy"]


def test_a_query_beyond_the_limits_is_told(config: ConsoleConfig) -> None:
    limited = replace(config, port=free_ports(1)[0], max_result_rows=1)
    with running(limited) as url:
        response = httpx.get(
            f"{url}/api/dashboards/escucha-listening/panels/{PANELS['brands']}/data"
        )

    assert response.status_code == 503
    assert response.json()["code"] == "query_too_big"
