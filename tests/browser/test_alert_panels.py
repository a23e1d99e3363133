"""Emerging intent on the dashboard of predictive signals: its queries, its marks, its looks."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page, expect

from dashboards.build import render
from dashboards.macros import MacroContext, expand
from dashboards.timerange import TimeRange
from deploy.local.handles import ClickHouseHandle
from streams.signals.emerging import store
from streams.signals.emerging.lifecycle import Change, Series, acknowledged
from streams.signals.emerging.settings import DetectorSettings

BOARD = "escucha-predictive"
NOW = datetime.now(UTC).replace(microsecond=0)
TABLES = ("alerts", "alert_evidence")


def alert(number: int, series: Series, **values: Any) -> Change:
    usual: dict[str, Any] = {
        "series": series, "change": 1, "alert_id": f"alert{number}", "event": "opened",
        "state": "open", "at": NOW, "opened_at": NOW - timedelta(hours=number),
        "since": NOW - timedelta(hours=number, minutes=9), "severity": 8, "observed": 21,
        "expected": 2.4, "window_min": 20, "false_per_week": 1e-9, "sure": 0.99999,
        "watched": 40, "before_contact": 0.75, "words": ("comprar", "presupuesto"),
        "link": "https://example.org/d/escucha-listening", "notice": True,
    }  # fmt: skip
    return Change(**{**usual, **values})


@pytest.fixture(scope="module", autouse=True)
def alerts(writer: Client) -> Iterator[None]:
    settings = DetectorSettings()
    ids = writer.query(
        "SELECT mention_id FROM mentions FINAL ORDER BY published_at DESC, mention_id LIMIT 5"
    ).result_rows
    evidence = (*(mention for (mention,) in ids), "csv:taken-back")
    store.append(writer, alert(1, Series("brand", "Nimbus", "es"), evidence=evidence), settings)
    held = alert(5, Series("topic", "batería", "en"), severity=3, before_contact=None)
    store.append(writer, held, settings)
    store.append(writer, acknowledged(held, NOW, "Ana"), settings)
    over = alert(9, Series("brand", "Volta", "es"), severity=5, state="closed", event="closed")
    store.append(writer, over, settings)
    yield
    for table in TABLES:
        writer.command("TRUNCATE TABLE {name:Identifier}", {"name": table})


def ask(url: str, panel: int, **parameters: Any) -> list[list[Any]]:
    response = httpx.get(
        f"{url}/api/dashboards/{BOARD}/panels/{panel}/data",
        params={"from": "now-24h", "to": "now", **parameters},
        timeout=30,
    )
    assert response.status_code == 200, response.text
    answer = response.json()
    return list(answer.get("rows", answer.get("series")))


def test_open_alerts_are_counted_and_listed(console_url: str) -> None:
    assert ask(console_url, 31) == [[2]]
    first, second = ask(console_url, 32)
    assert [first[k] for k in (1, 2, 3, 4, 5, 6)] == ["Nimbus", "brand", "es", "open", 8, 21]
    assert second[1:6] == ["batería", "topic", "en", "acknowledged", 3]
    assert first[10] == "comprar, presupuesto"


def test_the_filters_hold(console_url: str) -> None:
    assert ask(console_url, 31, **{"var-lang": "en"}) == [[1]]
    assert [row[1] for row in ask(console_url, 32, **{"var-brand": "Volta"})] == ["batería"]
    assert len(ask(console_url, 34, **{"var-lang": "en"})) == 0


def test_evidence_is_what_is_still_stored(console_url: str) -> None:
    rows = ask(console_url, 34)
    assert len(rows) == 5
    assert {row[1] for row in rows} == {"Nimbus"}


def test_alerts_over_time_count_each_once(console_url: str) -> None:
    series = ask(console_url, 33)
    total = {line["name"]: sum(line["values"]) for line in series}  # type: ignore[call-overload]
    assert total == {"light": 1, "medium": 1, "strong": 1}


def test_marks_are_of_the_alerts_of_the_period(clickhouse: ClickHouseHandle) -> None:
    from tests.browser.serving import writing

    board = json.loads(render()["escucha-listening.json"])
    [marks] = [one for one in board["annotations"]["list"] if one["name"] == "Alertas · Alerts"]
    span = TimeRange.parse("now-24h", "now")
    with writing(clickhouse) as client:
        sql = expand(marks["target"]["rawSql"], MacroContext(span, span.interval(90)))
        rows = client.query(sql).named_results()
        found = [row["text"] for row in rows]
    assert found == ["Volta (es): 21 / 2.4", "batería (en): 21 / 2.4", "Nimbus (es): 21 / 2.4"]


@pytest.mark.browser
def test_the_page_shows_them(page: Page, console_url: str, complaints: list[str]) -> None:
    page.goto(f"{console_url}/d/{BOARD}?from=now-24h&to=now")
    expect(page.get_by_text("Intención que surge ahora")).to_be_visible()
    expect(page.get_by_text("comprar, presupuesto").first).to_be_visible()
    expect(page.get_by_text("Atendida")).to_be_visible()
    expect(page.get_by_text("75 %").first).to_be_visible()
    assert complaints == []
