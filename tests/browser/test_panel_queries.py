"""Every panel's query, run on ClickHouse as the read-only user through the console's API."""

import json
from collections.abc import Iterator, Mapping
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
from tests.browser.data import QUOTED_BRAND, insert_mention, refresh_kept
from tests.browser.serving import running


def panels_of(uid: str) -> dict[str, int]:
    return {
        panel["targets"][0]["rawSql"].splitlines()[0].removeprefix("-- query: "): panel["id"]
        for panel in json.loads(render()[f"{uid}.json"])["panels"]
        if panel["type"] != "row"
    }


BOARDS = {name.removesuffix(".json"): panels_of(name.removesuffix(".json")) for name in render()}
# Where each query is asked; those that stand twice are asked where figures are.
PANELS = {
    query: (uid, number)
    for uid, panels in reversed(BOARDS.items())
    for query, number in panels.items()
}
NOW = datetime.now(UTC)
FIRST_CONTACTS = ("first_contacts_kept", "first_contacts_timed")
VARIABLES = {
    name.removesuffix(".json"): {
        one["name"] for one in json.loads(text)["templating"]["list"] if one["type"] == "query"
    }
    for name, text in render().items()
}


def ask(url: str, query: str, parameters: Mapping[str, Any] | None = None) -> Any:
    uid, number = PANELS[query]
    response = httpx.get(
        f"{url}/api/dashboards/{uid}/panels/{number}/data",
        params=parameters or {"from": "now-30d", "to": "now"},
        timeout=60,
    )
    assert response.status_code == 200, response.text
    return response.json()


def number(url: str, query: str, parameters: Mapping[str, Any] | None = None) -> Any:
    return ask(url, query, parameters)["rows"][0][0]


def between(since: datetime, until: datetime) -> dict[str, str]:
    return {"from": str(int(since.timestamp()) * 1000), "to": str(int(until.timestamp()) * 1000)}


@pytest.mark.parametrize("period", ["now-15m", "now-24h", "now-90d"])
@pytest.mark.parametrize("uid", BOARDS)
def test_every_query_runs_as_the_read_only_user(console_url: str, uid: str, period: str) -> None:
    filtered = {
        name: values
        for name, values in {
            "var-lang": ["es", "en"],
            "var-brand": ["Volta", QUOTED_BRAND],
            "var-topic": ["precio"],
            "var-source": ["reddit"],
        }.items()
        if name.removeprefix("var-") in VARIABLES[uid]
    }
    for chosen in ({}, filtered) if filtered else ({},):
        for query in BOARDS[uid]:
            if PANELS[query][0] == uid:
                answer = ask(console_url, query, {"from": period, "to": "now", **chosen})
                assert "series" in answer or "rows" in answer, query


@pytest.mark.parametrize("uid", BOARDS)
def test_variables_and_annotations_answer(console_url: str, uid: str) -> None:
    path = f"{console_url}/api/dashboards/{uid}"
    offered = httpx.get(f"{path}/variables", timeout=60)
    marks = httpx.get(f"{path}/annotations", params={"from": "now-30d", "to": "now"}, timeout=60)

    assert (offered.status_code, marks.status_code) == (200, 200)
    lists = {one["name"]: one["options"] for one in offered.json()["variables"]}
    assert set(lists) == VARIABLES[uid]
    # Nobody buys anything in this story.
    assert all(options for name, options in lists.items() if name != "currency")


def test_campaigns_begin_and_end_on_every_chart(console_url: str, writer: Client) -> None:
    since, until = (NOW - timedelta(days=9)).date(), (NOW - timedelta(days=3)).date()
    columns = ["sequence", "version", "section", "name", "since", "until"]
    writer.insert("listened", [[1, "v", "campaign", "otoño", since, until]], column_names=columns)
    try:
        marks = httpx.get(
            f"{console_url}/api/dashboards/escucha-measurement/annotations",
            params={"from": "now-29d", "to": "now"},
            timeout=60,
        ).json()["annotations"]
    finally:
        writer.command("TRUNCATE TABLE listened")

    told = [
        (mark["text"], datetime.fromtimestamp(mark["time"] / 1000, UTC).date()) for mark in marks
    ]
    assert [(text.count("otoño"), day) for text, day in told if "otoño" in text] == [
        (1, since),
        (1, until + timedelta(days=1)),
    ]


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
    refresh_kept(writer, FIRST_CONTACTS)
    since = NOW - timedelta(days=12)
    period = between(since, NOW)
    expected = dict(
        writer.query(
            "SELECT if(first_kind IN ('mention', 'reply'), 'words', first_kind) AS kind, count()"
            f" FROM first_contacts_kept WHERE first_at >= toDateTime({int(since.timestamp())})"
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
    refresh_kept(writer, FIRST_CONTACTS)
    chosen = {"from": "now-90d", "to": "now", "var-brand": "Volta", "var-topic": "precio"}
    (expected,) = writer.query(
        "SELECT count() FROM first_contacts_kept AS c INNER JOIN"
        " (SELECT mention_id FROM mentions FINAL WHERE has(topics, 'precio')) AS m"
        " ON m.mention_id = c.first_id WHERE brand = 'Volta'"
    ).first_row

    drawn = ask(console_url, "first_contacts", chosen)["series"]

    assert expected > 0
    assert sum(sum(filter(None, one["values"])) for one in drawn) == expected


@pytest.fixture
def counted_when_asked(writer: Client) -> Iterator[None]:
    """Nobody else counts the hours: a count in between would make what comes late later still."""
    [[own]] = writer.query(
        "SELECT extract(create_table_query, '(REFRESH .+?) TO ') FROM system.tables"
        " WHERE database = currentDatabase() AND name = 'heard_by_hour_view'"
    ).result_rows
    writer.command("ALTER TABLE heard_by_hour_view MODIFY REFRESH EVERY 1 YEAR")
    yield
    writer.command(f"ALTER TABLE heard_by_hour_view MODIFY {own}")


def test_what_comes_late_is_counted_at_once_and_edits_with_the_next_count(
    console_url: str, writer: Client, counted_when_asked: None
) -> None:
    refresh_kept(writer, ("heard_by_hour",))
    at = NOW - timedelta(days=5, hours=3)
    before = number(console_url, "mentions_total", {"from": "now-28d"})
    # It was on its way into ClickHouse when the hours were counted, and began before that.
    [[as_of]] = writer.query("SELECT any(as_of) FROM heard_by_hour").result_rows
    began = as_of.replace(tzinfo=UTC) + timedelta(milliseconds=10)
    assert began < datetime.now(UTC) - timedelta(minutes=1)
    said = {"brands": ["Nimbus"], "stage": "decision", "stored_at": began}
    for _ in range(2):  # a batch that is repeated
        insert_mention(writer, 900_010, at, intent="active", **said)
    edit = {"version": 9, "counted": 0, "intent": "none"}
    insert_mention(writer, 900_010, at, **said, **edit)

    # The console keeps an answer for a second; who asks a little differently gets another.
    assert number(console_url, "mentions_total", {"from": "now-672h"}) == before + 1
    refresh_kept(writer, ("heard_by_hour",))
    assert number(console_url, "mentions_total", {"from": "now-40320m"}) == before + 1
    active = writer.query("SELECT countIf(intent = 'active') FROM mentions FINAL").first_row[0]
    assert number(console_url, "active_intent_total", {"from": "now-90d"}) == active


def test_shares_of_voice_are_shares_of_what_names_a_brand(console_url: str, writer: Client) -> None:
    brands = dict(
        writer.query(
            "SELECT arrayJoin(brands) AS brand, count() FROM mentions FINAL"
            " WHERE published_at > now() - INTERVAL 29 DAY GROUP BY brand"
        ).result_rows
    )
    drawn = ask(console_url, "share_of_voice", {"from": "now-29d", "to": "now"})
    ours = ask(console_url, "share_of_voice", {"from": "now-29d", "var-brand": "Volta"})

    most = sorted(brands, key=lambda brand: (-brands[brand], brand))[:5]
    assert {one["name"] for one in drawn["series"]} == set(most)
    [volta] = ours["series"]
    assert volta["name"] == "Volta"
    assert all(0 < share < 1 for share in volta["values"] if share is not None)
    places = {
        row[0]: sum(row[1:]) for row in ask(console_url, "places", {"from": "now-29d"})["rows"]
    }
    assert places == dict(
        writer.query(
            "SELECT toString(source), count() FROM mentions FINAL"
            " WHERE published_at > now() - INTERVAL 29 DAY GROUP BY source"
        ).result_rows
    )


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
            f"{url}/api/dashboards/escucha-listening/panels/{PANELS['brands'][1]}/data"
        )

    assert response.status_code == 503
    assert response.json()["code"] == "query_too_big"
